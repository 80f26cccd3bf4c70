"""Held-out photographs, changed in some way, before the networks that held them out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from core.engine import MICRO_BATCH, default_threads
from core.gate import GateLimits, fault, measure
from core.metrics import probabilities
from core.network import CastingNetwork
from core.training.export import export_graph
from core.training.parts import Gray


@dataclass(frozen=True, slots=True)
class Judged:
    """What a network and the gate made of N pictures."""

    log_odds: NDArray[np.float32]
    evidence: NDArray[np.float32]
    """(N, 10, 10)."""
    called_defective: NDArray[np.bool_]
    """What the network says, whatever the gate says."""
    turned_away: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judges:
    """One network a fold as serving would run it, with the gate and the threshold."""

    sessions: list[onnxruntime.InferenceSession]
    limits: GateLimits
    threshold: float

    def judge(
        self, pixels: Sequence[Gray], folds: NDArray[np.intp], step: Callable[[int], None]
    ) -> Judged:
        """Each picture (300, 300) by the network of its fold."""
        log_odds = np.zeros(len(pixels), dtype=np.float32)
        evidence = np.zeros((len(pixels), 10, 10), dtype=np.float32)
        away = np.zeros(len(pixels), dtype=np.bool_)
        for fold, session in enumerate(self.sessions):
            of = np.flatnonzero(folds == fold)
            for start in range(0, len(of), MICRO_BATCH):
                some = of[start : start + MICRO_BATCH]
                batch = np.stack([pixels[n] for n in some])
                scores, maps, strangeness = session.run(None, {"photographs": batch})
                log_odds[some], evidence[some] = scores, maps
                away[some] = [
                    bool(fault(measure(gray), float(strange), self.limits))
                    for gray, strange in zip(batch, strangeness, strict=True)
                ]
                step(len(some))
        return Judged(log_odds, evidence, probabilities(log_odds) >= self.threshold, away)


def judges_of(networks: Sequence[CastingNetwork], limits: GateLimits, threshold: float) -> Judges:
    """The networks of the folds, in order, as graphs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = default_threads()
    sessions = []
    with tempfile.TemporaryDirectory() as folder:
        for network in networks:
            path = Path(folder) / "fold.onnx"
            export_graph(network, path)
            sessions.append(
                onnxruntime.InferenceSession(
                    path.read_bytes(), options, providers=["CPUExecutionProvider"]
                )
            )
    return Judges(sessions, limits, threshold)
