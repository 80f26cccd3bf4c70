"""What the inspection of a photograph works with: the file, the verdict, and their store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.inspection.frame import Frame, whole_frame
from core.inspection.images import sha256_of


class Verdict(StrEnum):
    """What the model says about a part."""

    DEFECTIVE = "defective"
    OK = "ok"
    NOT_INSPECTABLE = "not_inspectable"


@dataclass(frozen=True, slots=True)
class Photograph:
    """A file as it arrived: its name (never trusted as a path) and its bytes."""

    name: str
    data: bytes
    fault: str = ""
    """Why its source could not read it; such a photograph is rejected with this reason."""
    sha256: str = ""
    """Of the bytes; computed here unless the source that read them has done it."""

    def __post_init__(self) -> None:
        if not self.sha256:
            object.__setattr__(self, "sha256", sha256_of(self.data))


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Milliseconds one part spent in each stage; waiting between stages is not counted."""

    decode_ms: float
    gate_ms: float
    inference_ms: float


@dataclass(frozen=True, slots=True)
class Inspection:
    """One verdict with everything that explains it."""

    file: str
    sha256: str
    verdict: Verdict
    probability: float
    log_odds: float
    threshold: float
    model: str
    """sha256 of the model's weights."""
    evidence: NDArray[np.float16]
    """(rows, columns), log-odds per cell of the last feature map."""
    reason: str
    """Empty, or for ``not_inspectable`` what to do."""
    width: int
    height: int
    format: str
    times: StageTimes
    inspected_at: datetime
    frame: Frame | None = None
    """The square that was judged; None before version 0.3, when it was the whole photograph."""
    views: int = 1
    """How many views of the part were judged."""
    doubt: float = 0.0
    """Standard deviation of the views' log-odds; 0 for one view."""

    @property
    def judged(self) -> Frame:
        """The square of the photograph that the model judged."""
        return self.frame or whole_frame(self.width, self.height)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A file that could not be inspected, and why."""

    file: str
    sha256: str
    byte_count: int
    reason: str
    rejected_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for one photograph."""

    photograph: Photograph
    result: Inspection | Rejection
    already_inspected: bool = False
    """True when the store already held this photograph's verdict; none was added."""


class InspectionStore(Protocol):
    """Stores outcomes; bound to one batch, one station and one model."""

    def find(self, sha256s: Sequence[str]) -> Mapping[str, Inspection]:
        """Stored inspections of these photographs by this model at this station, by sha256."""

    def record(self, outcomes: Sequence[Outcome]) -> Mapping[str, Inspection]:
        """Store all outcomes in one transaction.

        Returns, by sha256, the inspections that another writer stored first; for those no
        verdict was added.
        """
