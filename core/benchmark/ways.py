"""What the benchmark measures: each way as a function that returns its seconds a photograph."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from threading import Semaphore
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import QualityControlError
from core.inspection.gate import Measures, measure
from core.inspection.pipeline import inspect_photographs
from core.inspection.records import InspectionStore, Photograph
from core.model.engine import Engine, OnnxEngine, TorchEngine

STATION = "benchmark"
MATRIX = 1024

Infer = Callable[[NDArray[np.uint8]], Any]
Stores = Callable[[Engine], AbstractContextManager[InspectionStore]]
"""Opens an empty store of its own on disk for an engine."""


class Way(StrEnum):
    """From a photograph to its verdict and map, or a part of that."""

    GRAD_CAM = "eager torch + autograd Grad-CAM (grad-cam package)"
    CLOSED_FORM = "eager torch + closed form"
    ENGINE = "serving engine: verdict + map"
    GRAPH = "bare ONNX forward"
    GATE = "gate: focus, light, noise, compression"
    COMMITTED = "encoded bytes to committed row"

    @property
    def is_slow(self) -> bool:
        """Some ten times as slow as the others."""
        return self in (Way.GRAD_CAM, Way.CLOSED_FORM)


def ways(
    onnx: OnnxEngine,
    torch_engine: TorchEngine,
    pixels: NDArray[np.uint8],
    encoded: Sequence[Photograph],
    stores: Stores,
    batch: int,
) -> Iterator[tuple[Way, Callable[[], float]]]:
    """Each way and a function that returns its seconds a photograph."""
    few = pixels[: max(batch, 16)]  # eager ways are slow; as many as a stable figure needs
    yield Way.GRAD_CAM, lambda: _timed(_grad_cam(torch_engine), few, batch)
    yield Way.CLOSED_FORM, lambda: _timed(torch_engine.infer, few, batch)
    yield Way.ENGINE, lambda: _timed(onnx.infer, pixels, batch)
    yield Way.GRAPH, lambda: _timed(_bare(onnx), pixels, batch)
    yield Way.GATE, lambda: _timed(_measure_all, pixels, batch)
    yield Way.COMMITTED, lambda: _committed(onnx, encoded, stores, batch)


def latencies(
    engine: OnnxEngine,
    encoded: Sequence[Photograph],
    pixels: NDArray[np.uint8],
    stores: Stores,
    count: int,
) -> tuple[list[float], list[float]]:
    """Seconds to the committed row of ``count`` photographs, and of as many bare forward passes.

    Each is sent when the last one's row was committed and a bare forward pass was made. They
    are those of ``encoded`` in turn, told apart by a number behind their end.
    """
    stored = Semaphore(1)
    forward = _bare(engine)
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
    with stores(engine) as store:
        for _ in inspect_photographs(one_by_one(), engine, 0.5, store):
            taken.append(time.perf_counter() - sent[-1])
            stored.release()
    return taken, forwards


def matrix_rate(threads: int) -> float:
    """Multiplications and additions a second in a product of matrices; the best of some."""
    import torch

    torch.set_num_threads(threads)
    factor = torch.rand(MATRIX, MATRIX)
    best = 0.0
    for _ in range(10):
        began = time.perf_counter()
        torch.mm(factor, factor)
        best = max(best, 2 * MATRIX**3 / (time.perf_counter() - began))
    return best


def operations(engine: TorchEngine) -> int:
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
