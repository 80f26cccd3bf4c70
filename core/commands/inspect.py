"""``python -m core inspect``: files and folders through the one way, into database and CSV."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TextIO

import sqlalchemy

import db
from core.engine import Engine, EngineKind, load_engine
from core.errors import StoreUnavailable
from core.images import MAX_BYTES
from core.inspection import Outcome, Photograph, Rejection, inspect_photographs
from core.logs import fields
from core.patience import Patience, PatientStore
from core.reports import INSPECTION_COLUMNS, REJECTED, Cell, inspection_row, write_rows
from core.settings import read_settings
from core.watching import may_be_a_picture

SOURCE = "command line"
WHO = "command line"

log = logging.getLogger(__name__)

Bar = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


def inspect_files(
    paths: Sequence[Path],
    bar: Bar,
    say: Callable[[str], None],
    database_url: str | None,
    csv: Path | None,
    threshold: float | None,
    engine_kind: EngineKind,
    station: str | None,
) -> int:
    """Inspect and store every photograph of ``paths``; returns the number rejected.

    The CSV grows as parts are stored. Raises the errors of the engine and the store.
    """
    settings = read_settings()
    files, passed_over = photograph_files(paths)
    engine = load_engine(engine_kind, threads=settings.threads or None)
    database = db.connect(database_url or settings.database_url)
    with db.reading(database) as connection:
        settings = db.settings_in_force(connection, settings)
    batch = _open_batch(
        database, engine, ", ".join(map(str, paths)), len(files), station or settings.station
    )
    with db.reading(database) as connection:
        in_force = db.current_threshold(connection, batch.model_id)
    counts: Counter[str] = Counter()
    patience = Patience(lambda reason: say(reason) if reason else None)
    began = perf_counter()
    with contextlib.ExitStack() as stack:
        step = stack.enter_context(bar("Inspecting", len(files)))
        outcomes = inspect_photographs(
            _read(files),
            engine,
            in_force if threshold is None else threshold,
            PatientStore(db.BatchStore(database, batch, settings.audit_rate), patience),
        )
        rows = _counted(outcomes, counts, step)
        if csv is None:
            for _ in rows:
                pass
        else:
            file = stack.enter_context(_opened(csv))
            write_rows(file, INSPECTION_COLUMNS, rows)
    patience.insist(lambda: db.write(database, partial(db.finish_batch, batch_id=batch.id)))
    database.dispose()
    seconds = perf_counter() - began
    log.info("batch finished", extra=fields(batch=batch.id, seconds=round(seconds, 3), **counts))
    _summarise(say, counts, seconds, passed_over, csv)
    return counts[REJECTED]


def photograph_files(paths: Iterable[Path]) -> tuple[list[Path], int]:
    """Files to inspect, each once, and how many in folders are no pictures and passed over.

    A file that is named is always taken; in folders, read recursively, hidden files and
    those whose extension says they are something else (tables, texts) are not.
    """
    files: dict[Path, None] = {}
    passed_over = 0
    for path in paths:
        if not path.is_dir():
            files[path] = None
            continue
        for found in sorted(path.rglob("*")):
            if not found.is_file() or found.name.startswith("."):
                continue
            if may_be_a_picture(found):
                files[found] = None
            else:
                passed_over += 1
    return list(files), passed_over


def _read(files: Iterable[Path]) -> Iterator[Photograph]:
    for path in files:
        # One byte over the limit is enough for the decoder to refuse a file of any size.
        try:
            with path.open("rb") as file:
                yield Photograph(str(path), file.read(MAX_BYTES + 1))
        except OSError as error:
            yield Photograph(str(path), b"", fault=f"The file cannot be read: {error.strerror}.")


def _open_batch(
    database: sqlalchemy.Engine, engine: Engine, label: str, total: int, station: str
) -> db.Batch:
    card = engine.card

    def opened(connection: sqlalchemy.Connection) -> db.Batch:
        model = db.register_model(
            connection,
            card.identity,
            card.name,
            card.model_dump(mode="json"),
            card.threshold.probability,
            WHO,
        )
        return db.open_batch(connection, SOURCE, label, station, model.id, total)

    return db.write(database, opened)


def _counted(
    outcomes: Iterable[Outcome], counts: Counter[str], step: Callable[[int], None]
) -> Iterator[tuple[Cell, ...]]:
    for outcome in outcomes:
        result = outcome.result
        counts[REJECTED if isinstance(result, Rejection) else result.verdict.value] += 1
        counts["already inspected"] += outcome.already_inspected
        counts["all"] += 1
        step(1)
        yield inspection_row(outcome)


@contextlib.contextmanager
def _opened(csv: Path) -> Iterator[TextIO]:
    try:
        with csv.open("w", newline="", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise StoreUnavailable(
            f"{csv} cannot be written: {error.strerror}. Choose another file; the verdicts so far "
            "are in the database."
        ) from error


def _summarise(
    say: Callable[[str], None],
    counts: Counter[str],
    seconds: float,
    passed_over: int,
    csv: Path | None,
) -> None:
    say(
        f"{counts['all']} photographs in {seconds:.1f} s ({counts['all'] / seconds:.1f} a second): "
        f"{counts['defective']} defective, {counts['ok']} OK, "
        f"{counts['not_inspectable']} not inspectable, {counts[REJECTED]} rejected."
    )
    if counts["already inspected"]:
        say(
            f"{counts['already inspected']} were already inspected: no verdict was added, theirs "
            "stand with the threshold they were given."
        )
    if passed_over:
        say(f"{passed_over} other files were passed over: they are no pictures.")
    if csv is not None:
        say(f"One row a photograph is in {csv}.")
