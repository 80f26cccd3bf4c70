"""``python -m core benchmark``: the figures in a table and as JSON."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import db
from core.benchmark import BenchmarkReport, benchmark
from core.benchmark_ways import STATION
from core.engine import Engine
from core.inspection import InspectionStore


def measure(
    report: Path | None,
    threads: int,
    rounds: int,
    photographs: int,
    in_a_row: int,
    say: Callable[[str], None],
) -> None:
    """Run the benchmark and say what was measured; raises what it raises."""
    result = benchmark(_store, threads, rounds, photographs, in_a_row)
    for line in _lines(result):
        say(line)
    if report is not None:
        report.write_text(json.dumps(result.as_dict(), indent=2) + "\n", encoding="utf-8")


def _lines(result: BenchmarkReport) -> Iterator[str]:
    for rate in result.rates:
        yield (
            f"{rate.way:<52} batch {rate.batch:>2}: {rate.photographs_per_second:8.1f} /s, "
            f"{rate.milliseconds_per_photograph:8.2f} ms each"
        )
    for name, ratio in result.ratios.items():
        yield f"{name}: {ratio:.2f}"
    for what, latency in (
        ("one at a time, to the committed row", result.latency),
        ("in turn with them, bare ONNX forward", result.forward_latency),
    ):
        yield (
            f"{what}, {latency.photographs} photographs: p50 {latency.p50:.1f} ms, "
            f"p95 {latency.p95:.1f} ms, p99 {latency.p99:.1f} ms, p99/p50 "
            f"{latency.p99 / latency.p50:.2f}"
        )
    arithmetic = result.arithmetic
    yield (
        f"one forward pass: {arithmetic.gflop_per_photograph:.2f} GFLOP; product of matrices: "
        f"{arithmetic.matrix_gflop_per_second:.0f} GFLOP/s"
    )
    for name, share in arithmetic.shares.items():
        yield f"share of that rate, {name}: {share:.2f}"


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
