"""Batches of part images -> log-odds and evidence maps, by the model on the card.

ONNX Runtime serves; torch is the reference with the same interface. Both refuse a file
that is not the one its model card describes, and both may be called from several threads.

    engine = load_engine()
    inference = engine.infer(pixels)          # (N, 300, 300) uint8
    inference.log_odds, inference.evidence    # (N,), (N, 10, 10)
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelAltered
from core.model.card import GRAPH, MODELS, WEIGHTS, ModelCard, read_card, verified_bytes
from core.model.tone import with_tone

if TYPE_CHECKING:
    import onnxruntime

    from core.model.network import CastingNetwork

MICRO_BATCH = 8
"""Photographs handed over together: to the torch engine, and to one transaction of the store."""


OUTPUTS = ("log_odds", "evidence", "strangeness")
"""Of the exported graph, in order; the last is the novelty score."""


class EngineKind(StrEnum):
    """Which runtime computes the forward pass."""

    ONNX = "onnx"
    TORCH = "torch"


@dataclass(frozen=True, slots=True)
class Inference:
    """One forward pass: ``evidence[i].sum() + card.head_bias == log_odds[i]``."""

    log_odds: NDArray[np.float32]
    evidence: NDArray[np.float32]
    novelty: NDArray[np.float32]
    """(N,): how unlike the training parts each photograph is (see ``core.model.novelty``)."""


class Engine(Protocol):
    """A loaded model."""

    @property
    def card(self) -> ModelCard: ...

    @property
    def kind(self) -> EngineKind: ...

    @property
    def threads(self) -> int: ...

    @property
    def lanes(self) -> int:
        """Calls side by side that get most photographs through."""

    def infer(self, pixels: NDArray[np.uint8], alone: bool = True) -> Inference:
        """(N, 300, 300) uint8 -> Inference; safe from several threads at once.

        Not ``alone``: other calls run or wait beside this one.
        """


def default_threads() -> int:
    """Threads for one forward pass: the processors this process may use, at most four."""
    return max(1, min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2))


def load_engine(
    kind: EngineKind = EngineKind.ONNX, folder: Path = MODELS, threads: int | None = None
) -> Engine:
    """The model of a folder, ready to infer; raises ModelMissing or ModelAltered."""
    load = load_torch if kind is EngineKind.TORCH else load_onnx
    return load(folder, threads)


@dataclass(frozen=True, slots=True)
class OnnxEngine:
    """The serving engine.

    All threads together compute a single photograph, for the lowest latency. Several photographs
    get one thread each: no thread waits for another at the end of every layer, and each layer
    stays in the processor's cache.
    """

    card: ModelCard
    threads: int
    session: onnxruntime.InferenceSession
    """All threads on one call."""
    lane: onnxruntime.InferenceSession
    """One thread a call."""
    pool: ThreadPoolExecutor
    kind: EngineKind = EngineKind.ONNX

    @property
    def lanes(self) -> int:
        """One a thread."""
        return self.threads

    def infer(self, pixels: NDArray[np.uint8], alone: bool = True) -> Inference:
        """(N, 300, 300) uint8 -> Inference."""
        pixels = model_input(pixels, self.card)
        if len(pixels) < 2:
            return _run(self.session if alone else self.lane, pixels)
        each = [pixels[index : index + 1] for index in range(len(pixels))]
        return joined_inferences(self.pool.map(partial(_run, self.lane), each))


def model_input(pixels: NDArray[np.uint8], card: ModelCard) -> NDArray[np.uint8]:
    """(N, 300, 300) uint8 in the tone that the model of the card was trained with."""
    if card.tone is None:
        return pixels
    return np.stack([with_tone(gray, card.tone) for gray in pixels])


def joined_inferences(parts: Iterable[Inference]) -> Inference:
    """Several forward passes as one; at least one is needed."""
    outputs = zip(*((part.log_odds, part.evidence, part.novelty) for part in parts), strict=True)
    return Inference(*(np.concatenate(of) for of in outputs))


def _run(session: onnxruntime.InferenceSession, pixels: NDArray[np.uint8]) -> Inference:
    outputs = session.run(OUTPUTS, {"photographs": np.ascontiguousarray(pixels)})
    return Inference(*(np.asarray(output) for output in outputs))


def load_onnx(folder: Path = MODELS, threads: int | None = None) -> OnnxEngine:
    """The serving engine; raises ModelMissing or ModelAltered."""
    card = read_card(folder)
    threads = threads or default_threads()
    graph = verified_bytes(folder / GRAPH, card.graph_sha256)
    lane = onnx_session(graph, 1)
    session = lane if threads == 1 else onnx_session(graph, threads)
    return OnnxEngine(card, threads, session, lane, ThreadPoolExecutor(threads, "inference"))


def onnx_session(graph: bytes, threads: int) -> onnxruntime.InferenceSession:
    """A session that computes each call with ``threads``; raises ModelAltered."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Disable thread spinning: between two photographs others need the processor.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no public base
        raise ModelAltered(
            f"{GRAPH} cannot be loaded by this version of ONNX Runtime. Reinstall the pinned "
            "requirements, or export the model again."
        ) from error


@dataclass(frozen=True, slots=True)
class TorchEngine:
    """The reference engine: eager torch, the same closed form."""

    card: ModelCard
    threads: int
    network: CastingNetwork
    torch: Any
    kind: EngineKind = EngineKind.TORCH
    lanes: int = 1

    def infer(self, pixels: NDArray[np.uint8], alone: bool = True) -> Inference:
        """(N, 300, 300) uint8 -> Inference."""
        pixels = model_input(pixels, self.card)
        with self.torch.inference_mode():
            outputs = self.network(self.torch.from_numpy(np.array(pixels)))
        return Inference(*(output.numpy() for output in outputs))


def load_torch(folder: Path = MODELS, threads: int | None = None) -> TorchEngine:
    """The reference engine; raises ModelMissing or ModelAltered."""
    import torch

    from core.model.network import load_weights

    card = read_card(folder)
    threads = threads or default_threads()
    network = load_weights(verified_bytes(folder / WEIGHTS, card.weights_sha256), WEIGHTS)
    torch.set_num_threads(threads)
    return TorchEngine(card, threads, network, torch)
