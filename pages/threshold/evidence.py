"""What the Threshold page draws from, read and counted once for all reruns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from sqlalchemy import Engine as Database

from core.model.card import ModelCard
from core.model.metrics import log_odds_of
from core.thresholds.costs import CheapestThreshold, Costs, cheapest
from core.thresholds.held_out_scores import read_held_out_scores
from core.thresholds.recall_floor import Curves, curves
from core.thresholds.replay import InspectedParts
from core.thresholds.scored_parts import ScoredParts, joined
from db.review.scores import parts_since, reviewed_scores
from db.session import reading
from pages.shared.text import percent

DRAWN = 300
"""Points of a line; more look the same on a screen and take longer to send."""
BARS = 60


class Source(StrEnum):
    """Whose truth a threshold is chosen on."""

    HELD_OUT = "held-out"
    REVIEWED = "reviewed"
    BOTH = "both"


SOURCES = {
    Source.HELD_OUT: "Held-out scores",
    Source.REVIEWED: "Reviewed parts",
    Source.BOTH: "Both",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Scored parts and all that is drawn from them, whatever the threshold is."""

    key: str
    """The same for the same evidence; caches go by it."""
    parts: ScoredParts
    counts: Curves
    lines: Curves
    """The counts, thinned to what is drawn."""
    edges: NDArray[np.float64]
    """Log-odds between the bars of the histogram."""
    defective_bars: NDArray[np.int64]
    ok_bars: NDArray[np.int64]


@st.cache_data(
    max_entries=6, show_spinner="Counting ...", hash_funcs={ModelCard: lambda card: card.identity}
)
def evidence_of(
    _database: Database, source: Source, card: ModelCard, model_id: int, version: str
) -> Evidence:
    """The evidence for a threshold; raises ThresholdError where there is none.

    ``version`` tells databases and their states apart.
    """
    sets = []
    if source is not Source.REVIEWED:
        sets.append(read_held_out_scores(card))
    if source is not Source.HELD_OUT:
        with reading(_database) as connection:
            sets.append(reviewed_scores(connection, model_id))
    return count_evidence(joined(sets), f"{card.identity} {source} {model_id} {version}")


def count_evidence(parts: ScoredParts, key: str) -> Evidence:
    """Count everything that is drawn."""
    counts = curves(parts)
    edges = np.linspace(parts.log_odds.min(), parts.log_odds.max(), BARS + 1)
    defective, _ = np.histogram(parts.log_odds[parts.defective], edges)
    ok, _ = np.histogram(parts.log_odds[~parts.defective], edges)
    return Evidence(key, parts, counts, counts.thinned(DRAWN), edges, defective, ok)


@st.cache_data(
    max_entries=50, show_spinner=False, hash_funcs={Evidence: lambda evidence: evidence.key}
)
def cheapest_of(evidence: Evidence, costs: Costs, defect_rate: float) -> CheapestThreshold:
    """The cheapest threshold; raises ThresholdError for impossible costs and rates."""
    return cheapest(evidence.parts, costs, defect_rate)


@st.cache_data(max_entries=4, show_spinner=False)
def inspected_since(
    _database: Database, model_id: int, since: datetime, version: str
) -> InspectedParts:
    """Parts inspected since then; ``version`` tells databases and their states apart."""
    with reading(_database) as connection:
        return parts_since(connection, model_id, since)


def threshold_name(threshold: float) -> str:
    """A threshold as log-odds and probability."""
    # Without the sum, a value just below zero would read -0.00.
    return f"{round(log_odds_of(threshold), 2) + 0.0:+.2f} ({percent(threshold)})"
