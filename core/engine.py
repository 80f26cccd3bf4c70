"""Batches of part images -> log-odds and evidence maps, by the model on the card.

ONNX Runtime serves; torch is the reference with the same interface. Both refuse a file
that is not the one its model card describes, and both may be called from several threads.

    engine = load_engine()
    inference = engine.infer(pixels)          # (N, 300, 300) uint8
    inference.log_odds, inference.evidence    # (N,), (N, 10, 10)
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelAltered
from core.model_card import GRAPH, MODELS, WEIGHTS, ModelCard, read_card, verified_bytes

if TYPE_CHECKING:
    import onnxruntime

    from core.network import CastingNetwork

MICRO_BATCH = 8
"""Photographs in one forward pass: 32 are no faster and take 840 MB instead of 320."""


class EngineKind(StrEnum):
    """Which runtime computes the forward pass."""

    ONNX = "onnx"
    TORCH = "torch"


@dataclass(frozen=True, slots=True)
class Inference:
    """One forward pass: ``evidence[i].sum() + card.head_bias == log_odds[i]``."""

    log_odds: NDArray[np.float32]
    evidence: NDArray[np.float32]
    strangeness: NDArray[np.float32]
    """(N,): how unlike the training parts each photograph is (see ``core.familiarity``)."""


class Engine(Protocol):
    """A loaded model."""

    @property
    def card(self) -> ModelCard: ...

    @property
    def kind(self) -> EngineKind: ...

    @property
    def threads(self) -> int: ...

    def infer(self, pixels: NDArray[np.uint8]) -> Inference:
        """(N, 300, 300) uint8 -> Inference; safe from several threads at once."""


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
    """The serving engine."""

    card: ModelCard
    threads: int
    session: onnxruntime.InferenceSession
    kind: EngineKind = EngineKind.ONNX

    def infer(self, pixels: NDArray[np.uint8]) -> Inference:
        """(N, 300, 300) uint8 -> Inference."""
        log_odds, evidence, strangeness = self.session.run(
            ["log_odds", "evidence", "strangeness"], {"photographs": np.ascontiguousarray(pixels)}
        )
        return Inference(np.asarray(log_odds), np.asarray(evidence), np.asarray(strangeness))


def load_onnx(folder: Path = MODELS, threads: int | None = None) -> OnnxEngine:
    """The serving engine; raises ModelMissing or ModelAltered."""
    import onnxruntime

    card = read_card(folder)
    threads = threads or default_threads()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    graph = verified_bytes(folder / GRAPH, card.graph_sha256)
    try:
        session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no public base
        raise ModelAltered(
            f"{GRAPH} cannot be loaded by this version of ONNX Runtime. Reinstall the pinned "
            "requirements, or export the model again."
        ) from error
    return OnnxEngine(card, threads, session)


@dataclass(frozen=True, slots=True)
class TorchEngine:
    """The reference engine: eager torch, the same closed form."""

    card: ModelCard
    threads: int
    network: CastingNetwork
    torch: Any
    kind: EngineKind = EngineKind.TORCH

    def infer(self, pixels: NDArray[np.uint8]) -> Inference:
        """(N, 300, 300) uint8 -> Inference."""
        with self.torch.inference_mode():
            outputs = self.network(self.torch.from_numpy(np.array(pixels)))
        return Inference(*(output.numpy() for output in outputs))


def load_torch(folder: Path = MODELS, threads: int | None = None) -> TorchEngine:
    """The reference engine; raises ModelMissing or ModelAltered."""
    import torch

    from core.network import load_weights

    card = read_card(folder)
    threads = threads or default_threads()
    network = load_weights(verified_bytes(folder / WEIGHTS, card.weights_sha256), WEIGHTS)
    torch.set_num_threads(threads)
    return TorchEngine(card, threads, network, torch)
