"""``python -m core benchmark``: the figures in a table and as JSON."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import JsonReport
from cli.terminal import say

if TYPE_CHECKING:
    from core.benchmark import BenchmarkReport
    from core.inspection.records import InspectionStore
    from core.model.engine import Engine


def benchmark(
    json: JsonReport = None,
    threads: Annotated[int, typer.Option(min=1, max=64)] = 2,
    rounds: Annotated[int, typer.Option(min=1, max=100)] = 5,
    photographs: Annotated[int, typer.Option(min=32, max=10_000)] = 128,
    in_a_row: Annotated[
        int, typer.Option(min=1, max=100_000, help="Photographs whose latency is measured.")
    ] = 2000,
) -> None:
    """Throughput and latency side by side with eager torch + autograd Grad-CAM, in one run."""
    from json import dumps

    from core.benchmark import benchmark as run_benchmark

    result = run_benchmark(_empty_store, threads, rounds, photographs, in_a_row)
    for line in _lines(result):
        say(line)
    if json is not None:
        json.write_text(dumps(result.as_dict(), indent=2) + "\n", encoding="utf-8")


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
        f"one forward pass: {arithmetic.gflop_per_photograph:.2f} GFLOP; matrix product: "
        f"{arithmetic.matrix_gflop_per_second:.0f} GFLOP/s"
    )
    for name, share in arithmetic.shares.items():
        yield f"share of that rate, {name}: {share:.2f}"


@contextmanager
def _empty_store(engine: Engine) -> Iterator[InspectionStore]:
    """An empty SQLite database on this disk, as serving would use it."""
    from core.benchmark import STATION
    from db.inspections.batches import open_batch
    from db.inspections.models import register_model
    from db.inspections.store import BatchStore
    from db.session import connect, writing

    card = engine.card
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        database = connect(f"sqlite:///{Path(folder) / 'benchmark.db'}")
        with writing(database) as connection:
            model = register_model(
                connection, card.identity, card.name, {}, card.threshold.probability, STATION
            )
            batch = open_batch(connection, STATION, "", STATION, model.id, 0)
        try:
            yield BatchStore(database, batch)
        finally:
            database.dispose()
