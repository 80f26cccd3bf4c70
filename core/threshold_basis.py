"""What a threshold was chosen on, as the log keeps it for who asks later."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from core.evidence_set import EvidenceSet
from core.metrics import Confusion
from core.thresholds import curves


class Basis(BaseModel):
    """The evidence set, in counts, and what the chosen threshold did on it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    """Where the parts come from, in words."""
    parts: int
    defective_castings: int
    confusion: Confusion
    rule: str
    """Why this threshold and no other: a recall floor, the cheapest, or chosen by hand."""


def basis_of(parts: EvidenceSet, source: str, threshold: float, rule: str) -> Basis:
    """The basis of a threshold (a probability) that is chosen on these parts."""
    return Basis(
        source=source,
        parts=len(parts.log_odds),
        defective_castings=len(parts.lowest_by_casting()),
        confusion=curves(parts).matrix(threshold),
        rule=rule,
    )
