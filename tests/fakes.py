"""Stand-ins that keep the contracts of the engine and the store, without model or disk."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.inspection.gate import GateLimits
from core.inspection.records import Inspection, Outcome
from core.model.card import Calibration, ModelCard, Threshold, TrainingData
from core.model.engine import EngineKind, Inference


class Upload(io.BytesIO):
    """A file as the page's upload widget returns it."""

    def __init__(self, name: str, data: bytes) -> None:
        super().__init__(data)
        self.name = name


OPEN_GATE = GateLimits(
    novelty=1e9, sharpness=0.0, brightness=0.0, overexposed=1.0, noise=1e9, blockiness=1e9
)
"""Limits that every photograph keeps."""


def card(**changes: Any) -> ModelCard:
    """A model card with plausible content."""
    values: dict[str, Any] = {
        "name": "test",
        "architecture": "none",
        "input": "300 x 300",
        "weights_sha256": "a" * 64,
        "graph_sha256": "b" * 64,
        "trained_at": datetime(2026, 1, 1, tzinfo=UTC),
        "recipe": {},
        "data": TrainingData(
            name="", licence="", photographs={}, castings={}, rendered_parts=0, left_out=""
        ),
        "curves": [],
        "checkpoint": "",
        "threshold": Threshold(probability=0.5, rule=""),
        "head_bias": 0.0,
        "evidence_scale": 1.0,
        "gate": OPEN_GATE,
        "calibration": Calibration(
            slope=1.0, offset=0.0, error_before=0.0, error_after=0.0, reliability=[]
        ),
        "evaluations": {},
        "divisions": [],
        "robustness": None,
        "gate_report": [],
        "limits": [],
    }
    return ModelCard(**values | changes)


@dataclass
class BrightnessEngine:
    """Log-odds grow with the photograph's mean brightness; the evidence adds up to them."""

    card: ModelCard = field(default_factory=card)
    kind: EngineKind = EngineKind.ONNX
    threads: int = 1
    lanes: int = 2
    batches: list[int] = field(default_factory=list)
    alone: list[bool] = field(default_factory=list)

    def infer(self, pixels: NDArray[np.uint8], alone: bool = True) -> Inference:
        self.batches.append(len(pixels))
        self.alone.append(alone)
        log_odds = (pixels.mean(axis=(1, 2)) - 127.5) / 10
        evidence = np.repeat(log_odds / 100, 100).reshape(-1, 10, 10)
        return Inference(
            log_odds.astype(np.float32),
            evidence.astype(np.float32),
            np.zeros(len(pixels), dtype=np.float32),
        )


@dataclass
class MemoryStore:
    """Keeps outcomes in memory, as the database would."""

    verdicts: dict[str, Inspection] = field(default_factory=dict)
    transactions: list[list[Outcome]] = field(default_factory=list)

    def find(self, sha256s: Sequence[str]) -> Mapping[str, Inspection]:
        return {sha256: self.verdicts[sha256] for sha256 in sha256s if sha256 in self.verdicts}

    def record(self, outcomes: Sequence[Outcome]) -> Mapping[str, Inspection]:
        self.transactions.append(list(outcomes))
        first = {}
        for outcome in outcomes:
            result = outcome.result
            if isinstance(result, Inspection) and not outcome.already_inspected:
                if result.sha256 in self.verdicts:
                    first[result.sha256] = self.verdicts[result.sha256]
                self.verdicts.setdefault(result.sha256, result)
        return first
