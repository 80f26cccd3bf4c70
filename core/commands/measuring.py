"""``python -m core benchmark``: the figures in a table and as JSON."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import db
from core.benchmark import STATION, benchmark
from core.engine import Engine
from core.inspection import InspectionStore


def measure(
    report: Path | None, threads: int, rounds: int, photographs: int, say: Callable[[str], None]
) -> None:
    """Run the benchmark and say its rates and ratios; raises what it raises."""
    result = benchmark(_store, threads, rounds, photographs)
    for rate in result.rates:
        say(
            f"{rate.way:<52} batch {rate.batch:>2}: {rate.photographs_per_second:8.1f} /s, "
            f"{rate.milliseconds_per_photograph:8.2f} ms each"
        )
    for name, ratio in result.ratios.items():
        say(f"{name}: {ratio:.2f}")
    if report is not None:
        report.write_text(json.dumps(result.as_dict(), indent=2) + "\n", encoding="utf-8")


@contextmanager
def _store(engine: Engine) -> Iterator[InspectionStore]:
    """An empty SQLite database on this disk, as serving would use it."""
    card = engine.card
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        database = db.connect(f"sqlite:///{Path(folder) / 'benchmark.db'}")
        with db.writing(database) as connection:
            model = db.register_model(
                connection, card.identity, card.name, {}, card.threshold.probability, STATION
            )
            batch = db.open_batch(connection, STATION, "", STATION, model.id, 0)
        try:
            yield db.BatchStore(database, batch)
        finally:
            database.dispose()
