"""Reviewing parts: claim them, decide about one or many, undo, and export what was decided.

Every function is one transaction. ``busy`` is called each time the database was busy, before
the transaction is tried again; StoreBusy after the last try.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from core.people import Person
from core.review.decisions import Decision
from db.inspections.parts import photograph_bytes
from db.review import decisions, queue
from db.review.decisions import Decided, Disposition
from db.review.queue import Claimed
from db.review.reviewed import reviewed_parts
from db.selection import Selection
from db.session import reading, write

if TYPE_CHECKING:
    from core.training.data.reviewed import Exported


def claim_next(
    database: Database,
    person: Person,
    filters: Selection,
    limit: int,
    *,
    busy: Callable[[], None],
) -> list[Claimed]:
    """Claim the next ``limit`` open parts for this person; raises NotAllowed for a viewer."""
    # The queue may be long, and while a transaction writes, others wait: so it is read before.
    with reading(database) as connection:
        parts = queue.waiting(connection, person, filters, limit=limit)
    return write(database, partial(queue.claim, person=person, parts=parts), busy)


def claim_part(
    database: Database, person: Person, inspection_id: int, *, busy: Callable[[], None]
) -> bool:
    """Claim one part, even a decided one; False where another person holds it."""
    work = partial(queue.claim_part, person=person, inspection_id=inspection_id)
    return write(database, work, busy)


def release(database: Database, person: Person, *, busy: Callable[[], None]) -> None:
    """Give back every part that this person claimed and did not decide."""
    write(database, partial(queue.release, person=person), busy)


def decide(
    database: Database,
    person: Person,
    inspection_id: int,
    decision: Decision,
    defect_type: str = "",
    note: str = "",
    *,
    review_rate: float,
    busy: Callable[[], None],
) -> Decided:
    """Store a decision; :func:`db.review.decisions.decide` says what it raises."""
    return write(
        database,
        lambda connection: decisions.decide(
            connection, person, inspection_id, decision, defect_type, note, review_rate
        ),
        busy,
    )


def decide_many(
    database: Database,
    person: Person,
    inspection_ids: Sequence[int],
    decision: Decision,
    defect_type: str = "",
    note: str = "",
    *,
    review_rate: float,
    busy: Callable[[], None],
) -> None:
    """Store the same decision about each of these parts, or about none after an error."""

    def decide_all(connection: Connection) -> None:
        # Always in the same order, so that two people never wait for each other.
        for number in sorted(inspection_ids):
            decisions.decide(connection, person, number, decision, defect_type, note, review_rate)

    write(database, decide_all, busy)


def undo(
    database: Database, person: Person, disposition_id: int, *, busy: Callable[[], None]
) -> Disposition:
    """Take back a decision of this person, claim its part again, and return the decision.

    Raises NotAllowed for another person's decision, LookupError where there is none.
    """

    def take_back(connection: Connection) -> Disposition:
        taken = decisions.undo(connection, person, disposition_id)
        queue.claim_part(connection, person, taken.inspection_id)
        return taken

    return write(database, take_back, busy)


def export_folder(
    database: Database,
    filters: Selection,
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
) -> Exported:
    """Write the reviewed parts to ``folder`` as a data set to train on.

    ``progress`` is called with the number of parts compared, and of how many. Raises
    DataSetError where the folder is not empty, or only one class was reviewed.
    """
    # Imported here: serving a page does not need the training code, and few people export.
    from core.training.data.reviewed import write_data_set

    with reading(database) as connection:
        parts = reviewed_parts(connection, filters)
        return write_data_set(folder, parts, partial(photograph_bytes, connection), progress)


def export_zip(database: Database, filters: Selection) -> bytes:
    """The data set of :func:`export_folder` as a ZIP archive, packed in memory."""
    packed = io.BytesIO()
    with TemporaryDirectory() as temporary, zipfile.ZipFile(packed, "w") as archive:
        folder = Path(temporary) / "reviewed parts"
        export_folder(database, filters, folder)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
    return packed.getvalue()
