"""Whether the model's scores drift: the population stability index and what it compares.

    reference = reference_of(ok_log_odds, defective_log_odds)
    drift = reference.drift(counts)      # counts of today's log-odds in reference.edges

The index is sum((p - q) ln(p / q)) over bins with the shares p of today and q of the reference;
below 0.1 scores are as they were, from 0.25 they are not (Siddiqi, Credit Risk Scorecards, 2006).
A plant makes other shares of defective parts than a set of examples has, so the reference is
weighted to the share of parts called defective today: a worse day is the control chart's matter,
and only scores that moved are drift.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

SMALL, LARGE = 0.1, 0.25
"""Conventional limits of the index."""
FEWEST = 200
"""Parts below which chance alone moves the index by about SMALL / 2."""
_BINS_OF_A_CLASS = 5
_HALF = 0.5


class Level(StrEnum):
    """What an index means."""

    STABLE = "stable"
    WATCH = "watch"
    DRIFTED = "drifted"
    TOO_FEW = "too few parts"


@dataclass(frozen=True, slots=True)
class Drift:
    """Today beside the reference: shares of parts in each bin, and the index of the two."""

    index: float
    level: Level
    today: tuple[float, ...]
    reference: tuple[float, ...]
    parts: int


@dataclass(frozen=True, slots=True)
class Reference:
    """Scores of castings that were held out of training, as counts in bins of log-odds."""

    edges: tuple[float, ...]
    """Inner edges, rising; bin i holds edges[i - 1] <= log-odds < edges[i]."""
    ok: tuple[int, ...]
    defective: tuple[int, ...]

    def drift(self, counts: Sequence[int], defective: float) -> Drift:
        """Today's counts in the bins, of which a share ``defective`` was called so.

        Raises ValueError where the number of bins differs or nothing was counted.
        """
        today = np.asarray(counts, dtype=np.float64)
        if len(today) != len(self.ok) or not today.sum():
            raise ValueError(f"{len(today)} bins with {today.sum():.0f} parts cannot be compared")
        reference = (1 - defective) * _shares(self.ok) + defective * _shares(self.defective)
        # Half a part in every bin: an empty one would make the index infinite.
        smoothed = (today + _HALF) / (today + _HALF).sum()
        index = float(((smoothed - reference) * np.log(smoothed / reference)).sum())
        return Drift(
            index,
            _level(index, int(today.sum())),
            tuple((today / today.sum()).tolist()),
            tuple(reference.tolist()),
            int(today.sum()),
        )


def reference_of(ok: ArrayLike, defective: ArrayLike) -> Reference:
    """The reference of held-out log-odds of sound and of defective castings.

    Bins hold equal shares of either class. Raises ValueError where a class is empty.
    """
    classes = [np.asarray(scores, dtype=np.float64) for scores in (ok, defective)]
    if any(not scores.size or np.isnan(scores).any() for scores in classes):
        raise ValueError("a reference needs scores of sound and of defective castings")
    cuts = np.linspace(0, 1, _BINS_OF_A_CLASS + 1)[1:-1]
    edges = np.unique(np.concatenate([np.quantile(scores, cuts) for scores in classes]))
    binned = [counts_in(edges.tolist(), scores) for scores in classes]
    return Reference(tuple(edges.tolist()), tuple(binned[0]), tuple(binned[1]))


def counts_in(edges: Sequence[float], scores: ArrayLike) -> list[int]:
    """How many scores fall into each bin of ``edges``: one more bin than edges."""
    values = np.asarray(scores, dtype=np.float64)
    bins = np.searchsorted(np.asarray(edges), values, side="right")
    counted: list[int] = np.bincount(bins, minlength=len(edges) + 1).tolist()
    return counted


def _shares(counts: Sequence[int]) -> NDArray[np.float64]:
    smoothed = np.asarray(counts, dtype=np.float64) + _HALF
    shares: NDArray[np.float64] = smoothed / smoothed.sum()
    return shares


def _level(index: float, parts: int) -> Level:
    if parts < FEWEST:
        return Level.TOO_FEW
    if index < SMALL:
        return Level.STABLE
    return Level.WATCH if index < LARGE else Level.DRIFTED
