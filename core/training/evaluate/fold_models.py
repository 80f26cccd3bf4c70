"""Held-out photographs, changed in some way, scored by the fold models that held them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from core.inspection.gate import GateLimits, measure, rejection_reason
from core.model.engine import MICRO_BATCH, OUTPUTS, default_threads, onnx_session
from core.model.metrics import probabilities
from core.model.network import CELLS, CastingNetwork
from core.model.tone import with_tone
from core.training.data.part_geometry import Gray
from core.training.export import graph_bytes


@dataclass(frozen=True, slots=True)
class FoldVerdicts:
    """What a fold model and the gate say of N pictures."""

    log_odds: NDArray[np.float32]
    evidence: NDArray[np.float32]
    """(N, 10, 10)."""
    called_defective: NDArray[np.bool_]
    """What the network says, whatever the gate says."""
    rejected: NDArray[np.bool_]
    """What the gate says."""


@dataclass(frozen=True, slots=True)
class FoldModels:
    """One network a fold as serving would run it, with the gate and the threshold."""

    sessions: list[onnxruntime.InferenceSession]
    limits: GateLimits
    threshold: float
    tone: Sequence[float]

    def inspect(
        self, pixels: Sequence[Gray], folds: NDArray[np.intp], step: Callable[[int], None]
    ) -> FoldVerdicts:
        """Each picture (300, 300) by the network of its fold."""
        log_odds = np.zeros(len(pixels), dtype=np.float32)
        evidence = np.zeros((len(pixels), CELLS, CELLS), dtype=np.float32)
        rejected = np.zeros(len(pixels), dtype=np.bool_)
        for fold, session in enumerate(self.sessions):
            of = np.flatnonzero(folds == fold)
            for start in range(0, len(of), MICRO_BATCH):
                some = of[start : start + MICRO_BATCH]
                batch = np.stack([pixels[n] for n in some])
                toned = np.stack([with_tone(gray, self.tone) for gray in batch])
                log_odds[some], evidence[some], novelty = session.run(None, {"photographs": toned})
                rejected[some] = [
                    bool(rejection_reason(measure(gray), float(score), self.limits))
                    for gray, score in zip(batch, novelty, strict=True)
                ]
                step(len(some))
        called = probabilities(log_odds) >= self.threshold
        return FoldVerdicts(log_odds, evidence, called, rejected)


def fold_models(
    networks: Sequence[CastingNetwork],
    limits: GateLimits,
    threshold: float,
    tone: Sequence[float],
) -> FoldModels:
    """The networks of the folds, in order, as graphs."""
    sessions = [onnx_session(graph_bytes(of, OUTPUTS), default_threads()) for of in networks]
    return FoldModels(sessions, limits, threshold, tone)
