"""A threshold from the recall it must keep, and what every other threshold would do.

:func:`recall_floor` gives a guarantee. With n defective castings that the model has not seen,
each scored by its lowest photograph, and s(1) <= ... <= s(n), the threshold s(k) keeps recall
r with confidence 1 - d when P(Bin(n, 1 - r) <= k - 1) <= d; the largest such k is taken. The
guarantee is about castings: a new defective casting has each of its photographs called
defective with probability r. It holds although the threshold is chosen on the same castings,
because k is fixed before their scores are looked at (order statistics as tolerance limits:
Wilks, Annals of Mathematical Statistics 1941; Vovk, Machine Learning 2013).

    parts = evidence_set(log_odds, defective, castings)
    floor = recall_floor(parts, recall=0.95, confidence=0.95)
    curves(parts).matrix(floor.threshold).false_alarms
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import NotEnoughCastings, ThresholdError
from core.model.metrics import CONFIDENCE, Confusion, log_odds_of, lower_bound, probabilities
from core.thresholds.scored_parts import ScoredParts

Rates = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RecallFloor:
    """A threshold (a probability) with a guarantee about recall on castings not seen yet."""

    threshold: float
    recall: float
    confidence: float
    castings: int
    """Defective castings the guarantee rests on."""
    may_miss: int
    """How many of these castings lie below the threshold, at most: k - 1."""


@dataclass(frozen=True, slots=True)
class ObservedFloor:
    """A threshold (a probability) that kept a recall on the photographs at hand: no guarantee."""

    threshold: float
    photographs: int
    """Defective photographs."""
    missed: int
    castings: int
    """Defective castings."""
    castings_missed: int
    """Castings of which a photograph or more is missed."""
    casting_recall_bound: float
    """Lower bound at 95 % of the share of castings caught whole, for a threshold given
    beforehand; it flatters a threshold that was chosen on these photographs."""

    @property
    def recall(self) -> float:
        return 1 - self.missed / self.photographs


@dataclass(frozen=True, slots=True)
class Curves:
    """The counts at every threshold that makes a difference on an evidence set.

    ``thresholds`` are the distinct probabilities, ascending; a part is called defective from
    the threshold on, so between two of them nothing changes.
    """

    thresholds: Rates
    caught: Counts
    false_alarms: Counts
    defective: int
    ok: int

    @property
    def flagged(self) -> Counts:
        return self.caught + self.false_alarms

    @property
    def recall(self) -> Rates:
        return self.caught / self.defective

    @property
    def precision(self) -> Rates:
        """NaN where nothing is flagged."""
        nothing = np.full(len(self.thresholds), np.nan)
        shares: Rates = np.divide(self.caught, self.flagged, out=nothing, where=self.flagged > 0)
        return shares

    @property
    def specificity(self) -> Rates:
        return 1 - self.false_alarms / self.ok

    @property
    def f1(self) -> Rates:
        """Share between 0 and 1; the harmonic mean of recall and precision."""
        return 2 * self.caught / (self.flagged + self.defective)

    def thinned(self, points: int) -> Curves:
        """Some ``points`` of the thresholds, evenly spread over scores and over parts, to draw."""
        count = len(self.thresholds)
        if count <= points:
            return self
        by_part = np.linspace(0, count - 1, points // 2).round().astype(np.intp)
        inner = np.clip(self.thresholds[[0, -1]], 1e-12, 1 - 1e-12)
        even = np.linspace(log_odds_of(inner[0]), log_odds_of(inner[1]), points // 2)
        by_score = np.searchsorted(self.thresholds, probabilities(even))
        kept = np.unique(np.concatenate([by_part, np.minimum(by_score, count - 1)]))
        return replace(
            self,
            thresholds=self.thresholds[kept],
            caught=self.caught[kept],
            false_alarms=self.false_alarms[kept],
        )

    def at(self, thresholds: Rates) -> Curves:
        """The counts at these thresholds instead: any probabilities, ascending."""
        place = np.searchsorted(self.thresholds, thresholds)
        # Above the highest score nothing is called defective.
        return replace(
            self,
            thresholds=thresholds,
            caught=np.append(self.caught, 0)[place],
            false_alarms=np.append(self.false_alarms, 0)[place],
        )

    def matrices(self) -> list[Confusion]:
        """The confusion matrix at each of the thresholds."""
        return [
            Confusion(
                caught=caught,
                missed=self.defective - caught,
                false_alarms=false_alarms,
                passed=self.ok - false_alarms,
            )
            for caught, false_alarms in zip(
                self.caught.tolist(), self.false_alarms.tolist(), strict=True
            )
        ]

    def matrix(self, threshold: float) -> Confusion:
        """The confusion matrix at any threshold (a probability)."""
        return self.at(np.array([threshold])).matrices()[0]


def curves(parts: ScoredParts) -> Curves:
    """Counts at every distinct score, in one sort; 50,000 parts take milliseconds."""
    thresholds, place = np.unique(parts.probabilities, return_inverse=True)
    defective = np.bincount(place[parts.defective], minlength=len(thresholds))
    ok = np.bincount(place[~parts.defective], minlength=len(thresholds))
    return Curves(
        thresholds=thresholds,
        caught=np.cumsum(defective[::-1])[::-1],
        false_alarms=np.cumsum(ok[::-1])[::-1],
        defective=int(defective.sum()),
        ok=int(ok.sum()),
    )


def recall_floor(parts: ScoredParts, recall: float, confidence: float = CONFIDENCE) -> RecallFloor:
    """The highest threshold that guarantees ``recall`` on castings not seen yet.

    Raises NotEnoughCastings where not even a threshold that misses none of the castings is
    enough, ThresholdError for a guarantee nobody can give and for scores beyond all bounds.
    """
    lowest = parts.lowest_by_casting()
    may_miss = _may_miss(len(lowest), recall, confidence)
    if may_miss is None:
        raise NotEnoughCastings(
            recall, confidence, len(lowest), castings_needed(recall, confidence)
        )
    return RecallFloor(
        threshold=_as_threshold(lowest[may_miss]),
        recall=recall,
        confidence=confidence,
        castings=len(lowest),
        may_miss=may_miss,
    )


def castings_needed(recall: float, confidence: float = CONFIDENCE) -> int:
    """Defective castings from which a recall can be guaranteed at all: 299 for 0.99 at 95 %.

    Raises ThresholdError for a guarantee nobody can give.
    """
    _check_guarantee(recall, confidence)
    number = math.ceil(math.log(1 - confidence) / math.log(recall))
    # The logarithms may round to the wrong side of a whole number.
    return number if _may_miss(number, recall, confidence) is not None else number + 1


def recall_floor_on_photographs(parts: ScoredParts, floor: float) -> ObservedFloor:
    """The highest threshold with recall of ``floor`` or more on these very photographs.

    Raises ThresholdError for a floor that is no recall and for scores beyond all bounds.
    """
    if not 0 < floor <= 1:
        raise ThresholdError(f"A recall floor is above 0 and at most 1, not {floor:g}.")
    scores = np.sort(parts.log_odds[parts.defective])
    allowed = np.arange(len(scores))
    may_miss = int(np.flatnonzero((len(scores) - allowed) / len(scores) >= floor)[-1])
    threshold = _as_threshold(scores[may_miss])
    lowest = parts.lowest_by_casting()
    castings_missed = int((probabilities(lowest) < threshold).sum())
    return ObservedFloor(
        threshold=threshold,
        photographs=len(scores),
        missed=int((probabilities(scores) < threshold).sum()),
        castings=len(lowest),
        castings_missed=castings_missed,
        casting_recall_bound=lower_bound(len(lowest) - castings_missed, len(lowest)) or 0.0,
    )


def _may_miss(castings: int, recall: float, confidence: float) -> int | None:
    """The largest k - 1 with P(Bin(castings, 1 - recall) <= k - 1) <= 1 - confidence."""
    from scipy.special import bdtr

    _check_guarantee(recall, confidence)
    # A chance of at most one half: no more misses than are expected.
    most = int(castings * (1 - recall)) + 1
    chance = bdtr(np.arange(min(most, castings)), castings, 1 - recall)
    kept = np.flatnonzero(chance <= 1 - confidence)
    return int(kept[-1]) if len(kept) else None


def _check_guarantee(recall: float, confidence: float) -> None:
    if not 0 < recall < 1:
        raise ThresholdError(
            f"A recall of {recall:g} cannot be guaranteed. Name one above 0 and below 1, "
            "for example 0.99."
        )
    if not 0.5 <= confidence < 1:
        raise ThresholdError(
            f"A confidence of {confidence:g} cannot be guaranteed. Name one from 0.5 to below 1, "
            "for example 0.95."
        )


def _as_threshold(log_odds: float) -> float:
    """The probability of a score, by the function that verdicts are given with."""
    threshold = float(probabilities(log_odds))
    if not 0 < threshold < 1:
        raise ThresholdError(
            f"The threshold would lie at a log-odds of {log_odds:g}, where every part or none is "
            "called defective. Check the model's scores."
        )
    return threshold
