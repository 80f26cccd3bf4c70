"""Every way from a photograph to a verdict with its map, side by side on the same photographs.

All ways take turns within one run, several rounds, so that a machine whose speed drifts
slows them alike; figures are medians over rounds, and what counts are their ratios, taken
round by round. The photographs are rendered parts.
"""

from __future__ import annotations

import gc
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np

from core.benchmark.ways import Stores, Way, latencies, matrix_rate, operations, ways
from core.inspection.images import decode
from core.inspection.records import Photograph
from core.model.engine import load_onnx, load_torch
from core.synthetic.samples import encode_jpeg, sample_parts

BATCHES = (1, 8, 32)
COMPARED = (1, 32)
"""Batches in which all ways are compared; the slow ones are not measured in others."""
SEED = 4_711


@dataclass(frozen=True, slots=True)
class Rate:
    """One way at one batch size."""

    way: str
    batch: int
    photographs_per_second: float
    milliseconds_per_photograph: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of one photograph after the other."""

    photographs: int
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The model's arithmetic beside what the machine can do, with the same threads."""

    gflop_per_photograph: float
    """Multiplications and additions of one forward pass, 10^9."""
    matrix_gflop_per_second: float
    """Of float32 matrices of 1024 x 1024."""
    shares: dict[str, float]
    """Of that rate, reached by each way."""


@dataclass(frozen=True, slots=True)
class BenchmarkReport:
    """Rates, latencies, and the ratios that matter."""

    threads: int
    rounds: int
    photographs: int
    machine: str
    rates: tuple[Rate, ...]
    ratios: dict[str, float]
    latency: Latency
    """From encoded bytes to committed row, each sent when the last was stored."""
    forward_latency: Latency
    """Of the bare ONNX forward, in turn with them: what of their spread is the machine's own."""
    arithmetic: Arithmetic

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON would have it."""
        return asdict(self)


def benchmark(
    stores: Stores, threads: int, rounds: int, photographs: int, in_a_row: int
) -> BenchmarkReport:
    """Measure every way with ``threads`` threads; takes some minutes.

    ``photographs`` are those of one round, ``in_a_row`` those whose latency is taken. Raises
    ModelUnavailable without a model, QualityControlError without the grad-cam package.
    """
    onnx, torch_engine = load_onnx(threads=threads), load_torch(threads=threads)
    encoded = [Photograph(part.name, encode_jpeg(part)) for part in sample_parts(photographs, SEED)]
    pixels = np.stack([decode(photograph.data).pixels for photograph in encoded])
    seconds: dict[tuple[Way, int], list[float]] = {}
    products: list[float] = []
    for counted in (False, *[True] * rounds):  # the first round warms up
        for batch in BATCHES:
            for way, timed in ways(onnx, torch_engine, pixels, encoded, stores, batch):
                if way.is_slow and batch not in COMPARED:
                    continue
                gc.collect()
                taken = timed()
                if counted:
                    seconds.setdefault((way, batch), []).append(taken)
        products.append(matrix_rate(threads))
    rows, forwards = latencies(onnx, encoded, pixels, stores, in_a_row)
    return BenchmarkReport(
        threads,
        rounds,
        photographs,
        platform.processor() or platform.machine(),
        tuple(
            Rate(way.value, batch, 1 / median(taken), median(taken) * 1e3)
            for (way, batch), taken in seconds.items()
        ),
        _ratios(seconds),
        _latency(rows),
        _latency(forwards),
        _arithmetic(operations(torch_engine), max(products), seconds),
    )


def _latency(seconds: Sequence[float]) -> Latency:
    p50, p95, p99 = (float(np.percentile(seconds, share)) * 1e3 for share in (50, 95, 99))
    return Latency(len(seconds), p50, p95, p99)


def _arithmetic(count: int, rate: float, seconds: dict[tuple[Way, int], list[float]]) -> Arithmetic:
    reached = {
        f"{way.value}, batch {batch}": count / median(seconds[way, batch]) / rate
        for way in (Way.GRAPH, Way.ENGINE, Way.COMMITTED)
        for batch in COMPARED
    }
    return Arithmetic(count / 1e9, rate / 1e9, reached)


def _ratios(seconds: dict[tuple[Way, int], list[float]]) -> dict[str, float]:
    """Medians of the ratios round by round, so that drift between rounds cancels."""
    ratios = {}
    for batch in COMPARED:
        for name, slow, fast in (
            ("serving engine to eager torch + Grad-CAM", Way.GRAD_CAM, Way.ENGINE),
            ("eager closed form to eager torch + Grad-CAM", Way.GRAD_CAM, Way.CLOSED_FORM),
            ("committed rows to bare ONNX forward", Way.GRAPH, Way.COMMITTED),
            ("gate's share of the way to a committed row", Way.GATE, Way.COMMITTED),
        ):
            ratios[f"{name}, batch {batch}"] = _ratio(seconds[slow, batch], seconds[fast, batch])
    return ratios


def _ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    return median(a / b for a, b in zip(slow, fast, strict=True))
