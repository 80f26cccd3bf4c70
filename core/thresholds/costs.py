"""What a threshold does to a line, in parts and in money.

An evidence set has more defective parts than a line; rates are taken from it, and the line's
own defect rate says how many parts they apply to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import ThresholdError
from core.model.metrics import Confusion, log_odds_of, probabilities
from core.thresholds.recall_floor import Curves, Rates, curves
from core.thresholds.scored_parts import ScoredParts

RESAMPLES = 500
SEED = 20261123


@dataclass(frozen=True, slots=True)
class Consequences:
    """What becomes of a number of parts of a line, on average."""

    parts: float
    caught: float
    """Defective parts that are called defective."""
    escapes: float
    """Defective parts that are called OK."""
    false_alarms: float
    """OK parts that are called defective."""

    @property
    def flagged(self) -> float:
        return self.caught + self.false_alarms

    @property
    def precision(self) -> float | None:
        """Share of the flagged parts that is really defective, at the line's defect rate."""
        return self.caught / self.flagged if self.flagged else None


@dataclass(frozen=True, slots=True)
class Costs:
    """What one part costs that is judged wrongly, in any currency."""

    escape: float
    false_alarm: float


@dataclass(frozen=True, slots=True)
class CheapestThreshold:
    """Where errors cost least, and how far that can be told from the evidence.

    Thresholds from ``plateau_low`` to ``plateau_high`` cost no more than the least plus one
    standard error: the evidence does not say which of them is best.
    """

    threshold: float
    cost: float
    """Per 1,000 parts of the line."""
    standard_error: float
    plateau_low: float
    plateau_high: float


def consequences(matrix: Confusion, defect_rate: float, parts: float = 1000) -> Consequences:
    """What a threshold with this confusion matrix does to so many parts of a line.

    The matrix is of defective and of OK parts. Raises ThresholdError for a defect rate that is
    not between 0 and 1.
    """
    _check_rate(defect_rate)
    defective, ok = parts * defect_rate, parts * (1 - defect_rate)
    return Consequences(
        parts=parts,
        caught=defective * matrix.caught / (matrix.caught + matrix.missed),
        escapes=defective * matrix.missed / (matrix.caught + matrix.missed),
        false_alarms=ok * matrix.false_alarms / (matrix.false_alarms + matrix.passed),
    )


def cost_curve(counts: Curves, costs: Costs, defect_rate: float) -> Rates:
    """Expected cost of errors per 1,000 parts at each of the curves' thresholds.

    Raises ThresholdError for costs below zero or both zero, and for a rate out of range.
    """
    _check_rate(defect_rate)
    if not (costs.escape >= 0 and costs.false_alarm >= 0 and costs.escape + costs.false_alarm > 0):
        raise ThresholdError("Costs are zero or more, and one of the two is above zero.")
    escapes = costs.escape * defect_rate * (1 - counts.recall)
    return 1000 * (escapes + costs.false_alarm * (1 - defect_rate) * (1 - counts.specificity))


def cheapest(
    parts: ScoredParts, costs: Costs, defect_rate: float, resamples: int = RESAMPLES
) -> CheapestThreshold:
    """The threshold with the lowest expected cost, with its plateau of one standard error.

    The standard error is that of the lowest cost under resampling of castings, defective and
    OK ones apart (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 6).
    Among equally cheap thresholds the middle of the lowest gap between scores is taken, in
    log-odds: the fewest escapes, and no score sits on the edge. Raises ThresholdError.
    """
    counts = curves(parts)
    cost = cost_curve(counts, costs, defect_rate)
    best = int(np.argmin(cost))
    error = _standard_error(parts, counts.thresholds[best], costs, defect_rate, resamples)
    dear = np.flatnonzero(cost > cost[best] + error)
    low = int(dear[dear < best].max(initial=-1)) + 1
    high = int(dear[dear > best].min(initial=len(cost))) - 1
    return CheapestThreshold(
        threshold=_middle_of_gap(counts.thresholds, best),
        cost=float(cost[best]),
        standard_error=error,
        plateau_low=_middle_of_gap(counts.thresholds, low),
        plateau_high=float(counts.thresholds[high]),
    )


def _standard_error(
    parts: ScoredParts, threshold: float, costs: Costs, defect_rate: float, resamples: int
) -> float:
    """Standard error of the expected cost per 1,000 parts at a threshold."""
    random = np.random.default_rng(SEED)
    called = parts.probabilities >= threshold
    missed = _resampled_rates(~called, parts.defective, parts.castings, resamples, random)
    alarmed = _resampled_rates(called, ~parts.defective, parts.castings, resamples, random)
    cost = costs.escape * defect_rate * missed + costs.false_alarm * (1 - defect_rate) * alarmed
    return float(1000 * cost.std(ddof=1))


def _resampled_rates(
    wrong: NDArray[np.bool_],
    kind: NDArray[np.bool_],
    castings: NDArray[np.intp],
    resamples: int,
    random: np.random.Generator,
) -> Rates:
    """Share of wrong verdicts among parts of a kind, for each resample of their castings."""
    of = castings[kind]
    sizes = np.bincount(of)
    faults = np.bincount(of, weights=wrong[kind])
    # Castings with as many parts and faults are alike, and are drawn as one: 50,000 castings
    # of one part are two kinds.
    alike, numbers = np.unique(
        np.column_stack([sizes, faults])[sizes > 0], axis=0, return_counts=True
    )
    drawn = random.multinomial(numbers.sum(), numbers / numbers.sum(), size=resamples)
    totals = drawn @ alike
    rates: Rates = totals[:, 1] / totals[:, 0]
    return rates


def _middle_of_gap(thresholds: Rates, at: int) -> float:
    """A probability that calls the same parts defective as ``thresholds[at]``."""
    high = float(thresholds[at])
    low = float(thresholds[at - 1]) if at else 0.0
    if not 0 < low < high < 1:
        return high
    middle = float(probabilities((log_odds_of(low) + log_odds_of(high)) / 2))
    return middle if low < middle <= high else high


def _check_rate(defect_rate: float) -> None:
    if not 0 < defect_rate < 1:
        raise ThresholdError(
            f"A defect rate of {defect_rate:g} cannot be used. Name one above 0 and below 1, "
            "for example 0.02."
        )
