"""Files and folders on disk: inspected as one batch, into the database and a CSV file."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from core.errors import StoreUnavailable
from core.inspection.file_names import passed_over, printable
from core.inspection.images import MAX_BYTES
from core.inspection.records import Outcome, Photograph, Rejection
from core.inspection.retry import RetryPolicy
from core.inspection.watching.watch_folder import may_be_a_picture
from core.logs import fields
from core.process.csv_export import INSPECTION_COLUMNS, REJECTED, Cell, inspection_row, write_rows
from db.inspections.batches import continue_batch
from db.session import write
from services.application import Application
from services.inspection.batches import run

SOURCE = "command line"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FilesReport:
    """What was found in a batch of files."""

    photographs: int
    defective: int
    ok: int
    not_inspectable: int
    rejected: int
    already_inspected: int
    seconds: float


def photograph_files(paths: Iterable[Path]) -> tuple[list[Path], int]:
    """Files to inspect, each once, and how many files in folders were skipped.

    A file that is named is always taken; in folders, read recursively, those that are passed
    over everywhere (hidden, half-written, a server's own) are not, nor those whose extension
    says they are something else (tables, texts), which are counted.
    """
    files: dict[Path, None] = {}
    skipped = 0
    for path in paths:
        if not path.is_dir():
            files[path] = None
            continue
        for found in sorted(path.rglob("*")):
            if passed_over(found.relative_to(path).as_posix()) or not found.is_file():
                continue
            if may_be_a_picture(found):
                files[found] = None
            else:
                skipped += 1
    return list(files), skipped


def inspect_files(
    application: Application,
    files: Sequence[Path],
    label: str,
    station: str | None = None,
    csv: Path | None = None,
    threshold: float | None = None,
    *,
    progress: Callable[[int, int], object],
    say: Callable[[str], object],
) -> FilesReport:
    """Inspect and store every file as a batch; the same label again continues one that broke off.

    The CSV grows as parts are stored. Raises the errors of engine and store.
    """
    _, model = application.ready()
    kind = (SOURCE, printable(label), station or application.settings.station, model.id)
    batch = write(
        application.database, lambda connection: continue_batch(connection, *kind, len(files))
    )
    retry = RetryPolicy(lambda reason: say(reason) if reason else None)
    counts: Counter[str] = Counter()
    began = perf_counter()
    with closing(run(application, batch, _read(files), retry, threshold)) as outcomes:
        rows = _counted(outcomes, counts, lambda: progress(counts["photographs"], len(files)))
        if csv is None:
            for _ in rows:
                pass
        else:
            _write_csv(csv, rows)
    names = [name for name in FilesReport.__dataclass_fields__ if name != "seconds"]
    report = FilesReport(**{name: counts[name] for name in names}, seconds=perf_counter() - began)
    log.info("batch finished", extra=fields(batch=batch.id, **asdict(report)))
    return report


def _read(files: Iterable[Path]) -> Iterator[Photograph]:
    for path in files:
        # One byte over the limit is enough for the decoder to refuse a file of any size.
        try:
            with path.open("rb") as file:
                yield Photograph(printable(str(path)), file.read(MAX_BYTES + 1))
        except OSError as error:
            reason = f"The file cannot be read: {error.strerror}."
            yield Photograph(printable(str(path)), b"", fault=reason)


def _counted(
    outcomes: Iterable[Outcome], counts: Counter[str], counted: Callable[[], object]
) -> Iterator[tuple[Cell, ...]]:
    for outcome in outcomes:
        result = outcome.result
        counts[REJECTED if isinstance(result, Rejection) else result.verdict.value] += 1
        counts["already_inspected"] += outcome.already_inspected
        counts["photographs"] += 1
        counted()
        yield inspection_row(outcome)


def _write_csv(csv: Path, rows: Iterable[tuple[Cell, ...]]) -> None:
    try:
        with csv.open("w", newline="", encoding="utf-8") as file:
            write_rows(file, INSPECTION_COLUMNS, rows)
    except OSError as error:
        raise StoreUnavailable(
            f"{csv} cannot be written: {error.strerror}. Choose another file; the verdicts so far "
            "are in the database."
        ) from error
