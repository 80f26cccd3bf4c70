"""What a threshold was chosen on, as the log keeps it for who asks later."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from core.model.metrics import Confusion
from core.thresholds.recall_floor import curves
from core.thresholds.scored_parts import ScoredParts


class ThresholdRationale(BaseModel):
    """The evidence set, in counts, and what the chosen threshold did on it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    """Where the parts come from, in words."""
    parts: int
    defective_castings: int
    confusion: Confusion
    rule: str
    """Why this threshold and no other: a recall floor, the cheapest, or chosen by hand."""


def rationale_of(
    parts: ScoredParts, source: str, threshold: float, rule: str
) -> ThresholdRationale:
    """The basis of a threshold (a probability) that is chosen on these parts."""
    return ThresholdRationale(
        source=source,
        parts=len(parts.log_odds),
        defective_castings=len(parts.lowest_by_casting()),
        confusion=curves(parts).matrix(threshold),
        rule=rule,
    )
