"""Held-out photographs, changed in some way, scored by the fold models that held them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from core.inspection.gate import GateLimits, measure, rejection_reason
from core.model.card import SecondLook
from core.model.engine import MICRO_BATCH, OUTPUTS, Inference, default_threads, onnx_session
from core.model.metrics import probabilities
from core.model.network import CELLS, CastingNetwork
from core.model.second_look import TURNS, is_near, joined
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
    look: SecondLook | None

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
                batch = np.stack([with_tone(pixels[n], self.tone) for n in some])
                first = Inference(*session.run(OUTPUTS, {"photographs": batch}))
                log_odds[some], evidence[some] = first.log_odds, first.evidence
                rejected[some] = [
                    bool(rejection_reason(measure(pixels[n]), float(novelty), self.limits))
                    for n, novelty in zip(some, first.novelty, strict=True)
                ]
                for at in np.flatnonzero(is_near(first.log_odds, self.threshold, self.look)):
                    turned = [np.rot90(batch[at], turn)[None] for turn in range(TURNS)]
                    again = joined(
                        [
                            Inference(*session.run(OUTPUTS, {"photographs": view}))
                            for view in map(np.ascontiguousarray, turned)
                        ]
                    )
                    log_odds[some[at]], evidence[some[at]] = again.log_odds, again.evidence
                step(len(some))
        called = probabilities(log_odds) >= self.threshold
        return FoldVerdicts(log_odds, evidence, called, rejected)


def fold_models(
    networks: Sequence[CastingNetwork],
    limits: GateLimits,
    threshold: float,
    tone: Sequence[float],
    look: SecondLook | None,
) -> FoldModels:
    """The networks of the folds, in order, as graphs."""
    sessions = [onnx_session(graph_bytes(of, OUTPUTS), default_threads()) for of in networks]
    return FoldModels(sessions, limits, threshold, tone, look)
