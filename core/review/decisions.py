"""What people decide about parts, and which parts they are asked about.

The queue holds every part that the model called defective or not inspectable, every part
called OK whose score lies close to the threshold, and an audit sample: each part called OK is
drawn with the same chance in the moment it is stored. Reviewing only flagged parts could
never reveal a miss; the audit sample can, and its draw is what the bound on the escape rate
(:mod:`core.review.estimates`) rests on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from secrets import SystemRandom

from core.inspection.records import Inspection, Verdict
from core.model.metrics import log_odds_of

AUDIT_RATE = 0.05
"""Chance of a part called OK to be drawn into the audit sample."""
REVIEW_RATE = 0.05
"""Chance of a decided part to be drawn for a blind second review."""
BORDERLINE = 1.0
"""Log-odds; a part called OK that is closer to the threshold is always queued."""
DEFECT_TYPES = "blowhole, pinhole, burr / flash, shrinkage, crack, mould defect, other"

_random = SystemRandom()


class Decision(StrEnum):
    """What a person says of a part."""

    DEFECTIVE = "defective"
    OK = "ok"
    RETAKE = "retake"
    """The photograph shows too little; take another."""
    UNSURE = "unsure"
    """Somebody else should look; the part stays open."""


DECISIVE = (Decision.DEFECTIVE, Decision.OK, Decision.RETAKE)
"""Decisions that settle a part; of these the latest that was not undone is in force."""

FINAL = {
    Decision.DEFECTIVE: Verdict.DEFECTIVE,
    Decision.OK: Verdict.OK,
    Decision.RETAKE: Verdict.NOT_INSPECTABLE,
}
"""The final state of a part that is settled; an unsettled part has the model's verdict."""


@dataclass(frozen=True, slots=True)
class Queued:
    """How a part is queued."""

    distance: float
    """Log-odds from the threshold, either way; infinite where there is none to tell."""
    audit_rate: float | None
    """The chance it was drawn with; None where it was not drawn for the audit sample."""


@dataclass(frozen=True, slots=True)
class ReviewedPart:
    """A photograph whose latest decision is "defective" or "ok"."""

    sha256: str
    format: str
    """As Pillow names it: "JPEG"."""
    file: str
    is_defective: bool
    defect_type: str
    note: str
    name: str
    """Who decided."""
    verified: bool
    decided_at: datetime


def drawn(chance: float) -> bool:
    """One draw that nobody can foresee or repeat: the operating system's randomness."""
    return _random.random() < chance


def margin(log_odds: float, threshold: float) -> float | None:
    """Log-odds above the threshold (a probability), negative below it; None without either."""
    if math.isnan(log_odds) or not 0 < threshold < 1:
        return None
    return log_odds - log_odds_of(threshold)


def queued(verdict: Verdict, log_odds: float, threshold: float, audit_rate: float) -> Queued | None:
    """How a part is queued in the moment it is stored, the draw made; None where it is not."""
    above = margin(log_odds, threshold)
    distance = math.inf if above is None else abs(above)
    audited = verdict is Verdict.OK and drawn(audit_rate)
    if verdict is Verdict.OK and not audited and distance >= BORDERLINE:
        return None
    return Queued(distance, audit_rate if audited else None)


def queued_inspection(item: Inspection, audit_rate: float) -> Queued | None:
    """:func:`queued` for an inspection."""
    return queued(item.verdict, item.log_odds, item.threshold, audit_rate)


def read_names(text: str) -> tuple[str, ...]:
    """The names of a comma-separated list, in its order, each once; may be empty."""
    names = (" ".join(name.split()) for name in text.split(","))
    return tuple(dict.fromkeys(name for name in names if name))
