"""Every way from a photograph to a verdict with its map, side by side on the same photographs.

All ways take turns within one run, several rounds, so that a machine whose speed drifts
slows them alike; figures are medians over rounds, and what counts are their ratios, taken
round by round. The photographs are rendered parts.
"""

from __future__ import annotations

import gc
import platform
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial
from statistics import median
from threading import Semaphore
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.inspection.gate import measure
from core.inspection.part_finder import judged_pixels
from core.inspection.pipeline import inspect_photographs
from core.inspection.records import InspectionStore, Photograph
from core.model.engine import Engine, TorchEngine, load_onnx, load_torch
from core.synthetic.samples import encode_jpeg, sample_parts

BATCHES = (1, 8, 32)
COMPARED = (1, 32)
"""Batches in which all ways are compared; the slow ones are not measured in others."""
SEED = 4_711
STATION = "benchmark"
MATRIX = 1024

Infer = Callable[[NDArray[np.uint8]], object]
Stores = Callable[[Engine], AbstractContextManager[InspectionStore]]
"""Opens an empty store on disk for an engine."""


class Way(StrEnum):
    """From a photograph to its verdict and map, or a part of that."""

    GRAD_CAM = "eager torch + autograd Grad-CAM (grad-cam package)"
    CLOSED_FORM = "eager torch + closed form"
    ENGINE = "serving engine: verdict + map"
    GRAPH = "bare ONNX forward"
    GATE = "gate: focus, light, noise, compression"
    COMMITTED = "encoded bytes to committed row"


SLOW = (Way.GRAD_CAM, Way.CLOSED_FORM)
"""Some ten times as slow as the others."""

RATIOS = (
    ("serving engine to eager torch + Grad-CAM", Way.GRAD_CAM, Way.ENGINE),
    ("eager closed form to eager torch + Grad-CAM", Way.GRAD_CAM, Way.CLOSED_FORM),
    ("committed rows to bare ONNX forward", Way.GRAPH, Way.COMMITTED),
    ("gate's share of the way to a committed row", Way.GATE, Way.COMMITTED),
)


@dataclass(frozen=True, slots=True)
class Rate:
    """One way at one batch size."""

    way: str
    batch: int
    photographs_per_second: float
    milliseconds_per_photograph: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds per photograph, one photograph after the other."""

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
    """Share of that rate that each way reaches."""


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
    """Of the bare ONNX forward, in turn with them: how much of the spread is the machine's."""
    arithmetic: Arithmetic

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON would have it."""
        return asdict(self)


def benchmark(
    stores: Stores, threads: int, rounds: int, photographs: int, in_a_row: int
) -> BenchmarkReport:
    """Measure every way with ``threads`` threads; takes some minutes.

    ``photographs`` are those of one round, ``in_a_row`` those whose latency is measured. Raises
    ModelUnavailable without a model, ImportError without torch or grad-cam.
    """
    onnx, torch_engine = load_onnx(threads=threads), load_torch(threads=threads)
    encoded = [Photograph(part.name, encode_jpeg(part)) for part in sample_parts(photographs, SEED)]
    pixels = np.stack([judged_pixels(photograph.data) for photograph in encoded])

    def forward(batch: NDArray[np.uint8]) -> object:
        return onnx.session.run(None, {"photographs": batch})

    def committed(batch: int) -> float:
        with stores(onnx) as store:
            began = time.perf_counter()
            deque(inspect_photographs(encoded, onnx, 0.5, store, micro_batch=batch), maxlen=0)
            return (time.perf_counter() - began) / len(encoded)

    infer: dict[Way, Infer] = {
        Way.GRAD_CAM: _grad_cam(torch_engine),
        Way.CLOSED_FORM: torch_engine.infer,
        Way.ENGINE: onnx.infer,
        Way.GRAPH: forward,
        Way.GATE: lambda batch: [measure(gray) for gray in batch],
    }
    seconds: dict[tuple[Way, int], list[float]] = {}
    products: list[float] = []
    for counted in (False, *[True] * rounds):  # the first round warms up
        for batch in BATCHES:
            for way in Way:
                if way in SLOW and batch not in COMPARED:
                    continue
                gc.collect()
                if way is Way.COMMITTED:
                    taken = committed(batch)
                else:
                    few = pixels[: max(batch, 16)] if way in SLOW else pixels
                    taken = _timed(infer[way], few, batch)
                if counted:
                    seconds.setdefault((way, batch), []).append(taken)
        products.append(_matrix_rate(threads))
    with stores(onnx) as store:
        inspected = partial(inspect_photographs, engine=onnx, threshold=0.5, store=store)
        rows, forwards = _latencies(inspected, forward, encoded, pixels, in_a_row)
    operations, best = _operations(torch_engine), max(products)
    return BenchmarkReport(
        threads,
        rounds,
        photographs,
        platform.processor() or platform.machine(),
        rates=tuple(
            Rate(way.value, batch, 1 / median(taken), median(taken) * 1e3)
            for (way, batch), taken in seconds.items()
        ),
        # Medians of the ratios round by round, so that drift between rounds cancels.
        ratios={
            f"{name}, batch {batch}": median(
                a / b for a, b in zip(seconds[slow, batch], seconds[fast, batch], strict=True)
            )
            for batch in COMPARED
            for name, slow, fast in RATIOS
        },
        latency=_latency(rows),
        forward_latency=_latency(forwards),
        arithmetic=Arithmetic(
            operations / 1e9,
            best / 1e9,
            {
                f"{way.value}, batch {batch}": operations / median(seconds[way, batch]) / best
                for way in (Way.GRAPH, Way.ENGINE, Way.COMMITTED)
                for batch in COMPARED
            },
        ),
    )


def _timed(infer: Infer, pixels: NDArray[np.uint8], batch: int) -> float:
    """Seconds per photograph."""
    began = time.perf_counter()
    for start in range(0, len(pixels), batch):
        infer(pixels[start : start + batch])
    return (time.perf_counter() - began) / len(pixels)


def _latencies(
    inspected: Callable[[Iterator[Photograph]], Iterator[object]],
    forward: Infer,
    encoded: Sequence[Photograph],
    pixels: NDArray[np.uint8],
    count: int,
) -> tuple[list[float], list[float]]:
    """Seconds to the committed row of ``count`` photographs, and of as many forward passes.

    A photograph is sent when the last one's row is committed and one forward pass is made. They
    are those of ``encoded`` in turn, told apart by a number behind their end.
    """
    stored = Semaphore(1)
    sent: list[float] = []
    forwards: list[float] = []

    def one_by_one() -> Iterator[Photograph]:
        for number in range(count):
            which = number % len(encoded)
            given = encoded[which]
            photograph = Photograph(given.name, given.data + number.to_bytes(4))
            stored.acquire()
            forwards.append(_timed(forward, pixels[which : which + 1], 1))
            sent.append(time.perf_counter())
            yield photograph

    taken = []
    for _ in inspected(one_by_one()):
        taken.append(time.perf_counter() - sent[-1])
        stored.release()
    return taken, forwards


def _latency(seconds: Sequence[float]) -> Latency:
    p50, p95, p99 = (float(np.percentile(seconds, share)) * 1e3 for share in (50, 95, 99))
    return Latency(len(seconds), p50, p95, p99)


def _matrix_rate(threads: int) -> float:
    """Multiplications and additions a second in a product of matrices; the best of ten."""
    import torch

    torch.set_num_threads(threads)
    factor = torch.rand(MATRIX, MATRIX)
    best = 0.0
    for _ in range(10):
        began = time.perf_counter()
        torch.mm(factor, factor)
        best = max(best, 2 * MATRIX**3 / (time.perf_counter() - began))
    return best


def _operations(engine: TorchEngine) -> int:
    """Multiplications and additions of the convolutions of one forward pass."""
    import torch

    found = 0

    def count(layer: torch.nn.Module, _given: object, made: torch.Tensor) -> None:
        nonlocal found
        found += 2 * made.numel() * layer.get_parameter("weight")[0].numel()

    layers = [layer for layer in engine.network.modules() if isinstance(layer, torch.nn.Conv2d)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    engine.infer(np.zeros((1, 300, 300), dtype=np.uint8))
    for hook in hooks:
        hook.remove()
    return found


def _grad_cam(engine: TorchEngine) -> Infer:
    """The usual way: gradients by autograd, hooks on the last feature block."""
    import torch
    from pytorch_grad_cam import GradCAM

    network = engine.network
    # The same network from normalised photographs.
    pooling = [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()]
    model = torch.nn.Sequential(network.features, *pooling, network.head).eval()

    def infer(pixels: NDArray[np.uint8]) -> object:
        with GradCAM(model=model, target_layers=[network.features[-1]]) as cam:
            return cam(
                input_tensor=network.normalise(torch.from_numpy(pixels)),
                targets=[lambda output: output[0]] * len(pixels),
            )

    return infer
