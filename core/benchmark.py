"""Throughput of every way from a photograph to a verdict with its map, side by side.

All ways take turns within one run, several rounds, so that a machine whose speed drifts
slows them alike; figures are medians over rounds, and what counts are their ratios. The
photographs are rendered parts.
"""

from __future__ import annotations

import gc
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.engine import Engine, OnnxEngine, TorchEngine, load_onnx, load_torch
from core.errors import QualityControlError
from core.gate import Measures, measure
from core.images import decode
from core.inspection import InspectionStore, Photograph, inspect_photographs
from core.samples import encode_jpeg, sample_parts

BATCHES = (1, 32)
SEED = 4_711
STATION = "benchmark"

Infer = Callable[[NDArray[np.uint8]], Any]
Stores = Callable[[Engine], AbstractContextManager[InspectionStore]]
"""Opens an empty store of its own on disk for an engine."""


@dataclass(frozen=True, slots=True)
class Rate:
    """One way at one batch size."""

    way: str
    batch: int
    photographs_per_second: float
    milliseconds_per_photograph: float


@dataclass(frozen=True, slots=True)
class BenchmarkReport:
    """Rates and the ratios that matter."""

    threads: int
    rounds: int
    photographs: int
    machine: str
    rates: tuple[Rate, ...]
    ratios: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON would have it."""
        return asdict(self)


GRAD_CAM = "eager torch + autograd Grad-CAM (grad-cam package)"
CLOSED_FORM = "eager torch + closed form"
ENGINE = "serving engine: verdict + map"
GRAPH = "bare ONNX forward"
GATE = "gate: focus, light, noise, compression"
COMMITTED = "encoded bytes to committed row"


def benchmark(stores: Stores, threads: int, rounds: int, photographs: int) -> BenchmarkReport:
    """Measure every way with ``threads`` threads; takes some minutes.

    Raises ModelUnavailable without a model, QualityControlError without the grad-cam package.
    """
    onnx, torch_engine = load_onnx(threads=threads), load_torch(threads=threads)
    encoded = [Photograph(part.name, encode_jpeg(part)) for part in sample_parts(photographs, SEED)]
    pixels = np.stack([decode(photograph.data).pixels for photograph in encoded])
    seconds: dict[tuple[str, int], list[float]] = {}
    for counted in (False, *[True] * rounds):  # the first round warms up
        for batch in BATCHES:
            for way, timed in _ways(onnx, torch_engine, pixels, encoded, stores, batch):
                gc.collect()
                taken = timed()
                if counted:
                    seconds.setdefault((way, batch), []).append(taken)
    rates = tuple(
        Rate(way, batch, 1 / median(taken), median(taken) * 1e3)
        for (way, batch), taken in seconds.items()
    )
    return BenchmarkReport(
        threads,
        rounds,
        photographs,
        platform.processor() or platform.machine(),
        rates,
        _ratios(seconds),
    )


def _ways(
    onnx: OnnxEngine,
    torch_engine: TorchEngine,
    pixels: NDArray[np.uint8],
    encoded: Sequence[Photograph],
    stores: Stores,
    batch: int,
) -> Iterator[tuple[str, Callable[[], float]]]:
    """Each way's name and a function that returns its seconds a photograph."""
    few = pixels[: max(batch, 16)]  # eager ways are slow; as many as a stable figure needs
    yield GRAD_CAM, lambda: _timed(_grad_cam(torch_engine), few, batch)
    yield CLOSED_FORM, lambda: _timed(torch_engine.infer, few, batch)
    yield ENGINE, lambda: _timed(onnx.infer, pixels, batch)
    yield GRAPH, lambda: _timed(_bare(onnx), pixels, batch)
    yield GATE, lambda: _timed(_measure_all, pixels, batch)
    yield COMMITTED, lambda: _committed(onnx, encoded, stores, batch)


def _timed(infer: Infer, pixels: NDArray[np.uint8], batch: int) -> float:
    began = time.perf_counter()
    for start in range(0, len(pixels), batch):
        infer(pixels[start : start + batch])
    return (time.perf_counter() - began) / len(pixels)


def _measure_all(pixels: NDArray[np.uint8]) -> list[Measures]:
    return [measure(gray) for gray in pixels]


def _bare(engine: OnnxEngine) -> Infer:
    return lambda pixels: engine.session.run(None, {"photographs": pixels})


def _grad_cam(engine: TorchEngine) -> Infer:
    """The usual way: gradients by autograd, hooks on the last feature block."""
    import torch

    try:
        from pytorch_grad_cam import GradCAM
    except ImportError as error:
        raise QualityControlError(
            "The benchmark compares with the grad-cam package, which is not installed. "
            "Run `pip install -r requirements-dev.txt`."
        ) from error
    network = engine.network

    class Normalised(torch.nn.Module):
        """The same network from normalised photographs, one output a part."""

        def __init__(self) -> None:
            super().__init__()
            self.features, self.head = network.features, network.head

        def forward(self, photographs: torch.Tensor) -> torch.Tensor:
            pooled = self.features(photographs).mean(dim=(2, 3))
            result: torch.Tensor = self.head(pooled)
            return result

    model = Normalised().eval()

    def infer(pixels: NDArray[np.uint8]) -> Any:
        with GradCAM(model=model, target_layers=[model.features[-1]]) as cam:
            return cam(
                input_tensor=network.normalise(torch.from_numpy(pixels)),
                targets=[lambda output: output[0]] * len(pixels),
            )

    return infer


def _committed(engine: Engine, encoded: Sequence[Photograph], stores: Stores, batch: int) -> float:
    with stores(engine) as store:
        began = time.perf_counter()
        _exhaust(inspect_photographs(encoded, engine, 0.5, store, micro_batch=batch))
        return (time.perf_counter() - began) / len(encoded)


def _exhaust(outcomes: Iterable[object]) -> None:
    for _ in outcomes:
        pass


def _ratios(seconds: dict[tuple[str, int], list[float]]) -> dict[str, float]:
    """Medians of the ratios round by round, so that drift between rounds cancels."""
    ratios = {}
    for batch in BATCHES:
        for name, slow, fast in (
            ("serving engine to eager torch + Grad-CAM", GRAD_CAM, ENGINE),
            ("eager closed form to eager torch + Grad-CAM", GRAD_CAM, CLOSED_FORM),
            ("committed rows to bare ONNX forward", GRAPH, COMMITTED),
            ("gate's share of the way to a committed row", GATE, COMMITTED),
        ):
            pairs = zip(seconds[slow, batch], seconds[fast, batch], strict=True)
            ratios[f"{name}, batch {batch}"] = median(a / b for a, b in pairs)
    return ratios
