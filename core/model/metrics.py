"""How good verdicts are: confusion matrix, the rates drawn from it, exact bounds.

"Positive" is a defective part. A rate whose denominator is empty is None, never 0 or 1:
recall without a defective part is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict

from core.errors import DataSetError

CONFIDENCE = 0.95


class Confusion(BaseModel):
    """Counts of parts by truth and verdict."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    caught: int
    """Defective parts called defective."""
    missed: int
    """Defective parts called OK: escapes."""
    false_alarms: int
    """OK parts called defective."""
    passed: int
    """OK parts called OK."""

    @property
    def total(self) -> int:
        return self.caught + self.missed + self.false_alarms + self.passed

    @property
    def recall(self) -> float | None:
        return _rate(self.caught, self.caught + self.missed)

    @property
    def precision(self) -> float | None:
        return _rate(self.caught, self.caught + self.false_alarms)

    @property
    def specificity(self) -> float | None:
        return _rate(self.passed, self.passed + self.false_alarms)

    @property
    def accuracy(self) -> float | None:
        return _rate(self.caught + self.passed, self.total)

    @property
    def f1(self) -> float | None:
        return _rate(2 * self.caught, 2 * self.caught + self.missed + self.false_alarms)


class CastingResult(BaseModel):
    """How one physical casting fared: photographs seen, and called defective."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    casting: str
    label: str
    photographs: int
    called_defective: int
    lowest_log_odds: float
    highest_log_odds: float


class Evaluation(BaseModel):
    """One evaluation of one model (or recipe) on one split."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    split: str
    photographs: int
    castings: int | None
    threshold: float
    confusion: Confusion
    recall: float | None
    recall_lower_bound: float | None
    precision: float | None
    specificity: float | None
    f1: float | None
    accuracy: float | None
    auc: float | None
    bounds_counted_over: str
    by_casting: list[CastingResult]


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def confusion(defective: ArrayLike, called_defective: ArrayLike) -> Confusion:
    """Confusion matrix of two boolean sequences of equal length."""
    truth, call = np.asarray(defective, dtype=bool), np.asarray(called_defective, dtype=bool)
    if truth.shape != call.shape:
        raise DataSetError("Labels and verdicts differ in number.")
    return Confusion(
        caught=int((truth & call).sum()),
        missed=int((truth & ~call).sum()),
        false_alarms=int((~truth & call).sum()),
        passed=int((~truth & ~call).sum()),
    )


def auc(defective: ArrayLike, scores: ArrayLike) -> float | None:
    """Area under the ROC curve, ties counted half (the Mann-Whitney statistic).

    None when one class is missing. Raises DataSetError on scores that are not numbers.
    """
    from scipy.stats import rankdata

    truth, values = np.asarray(defective, dtype=bool), np.asarray(scores, dtype=np.float64)
    if np.isnan(values).any():
        raise DataSetError("A score is not a number.")
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return None
    rank_sum = float(rankdata(values)[truth].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def lower_bound(successes: int, trials: int, confidence: float = CONFIDENCE) -> float | None:
    """Exact one-sided lower bound of a proportion (Clopper and Pearson, Biometrika 1934).

    None without a trial.
    """
    from scipy.special import betaincinv

    if not trials:
        return None
    if not successes:
        return 0.0
    return float(betaincinv(successes, trials - successes + 1, 1 - confidence))


def upper_bound(successes: int, trials: int, confidence: float = CONFIDENCE) -> float | None:
    """Exact one-sided upper bound of a proportion; None without a trial."""
    lower = lower_bound(trials - successes, trials, confidence)
    return None if lower is None else 1 - lower


def evaluate(
    split: str,
    defective: ArrayLike,
    log_odds: ArrayLike,
    threshold: float,
    castings: Sequence[str] | None = None,
) -> Evaluation:
    """Every figure of one split at one threshold (a probability).

    With ``castings`` the bound on recall counts castings, not photographs: photographs of
    one casting are not independent. A casting counts as caught when each of its
    photographs is.
    """
    truth = np.asarray(defective, dtype=bool)
    scores = np.asarray(log_odds, dtype=np.float64)
    called = probabilities(scores) >= threshold
    matrix = confusion(truth, called)
    rows = _by_casting(truth, scores, called, castings) if castings is not None else []
    if castings is None:
        bound = lower_bound(matrix.caught, matrix.caught + matrix.missed)
    else:
        defectives = [row for row in rows if row.label == "defective"]
        caught = sum(row.called_defective == row.photographs for row in defectives)
        bound = lower_bound(caught, len(defectives))
    return Evaluation(
        split=split,
        photographs=matrix.total,
        castings=len(set(castings)) if castings is not None else None,
        threshold=threshold,
        confusion=matrix,
        recall=matrix.recall,
        recall_lower_bound=bound,
        precision=matrix.precision,
        specificity=matrix.specificity,
        f1=matrix.f1,
        accuracy=matrix.accuracy,
        auc=auc(truth, scores),
        bounds_counted_over="photographs" if castings is None else "castings",
        by_casting=rows,
    )


def probabilities(log_odds: ArrayLike) -> NDArray[np.float64]:
    """Probability of "defective" for each log-odds, without overflow."""
    scores = np.asarray(log_odds, dtype=np.float64)
    return np.exp(-np.logaddexp(0.0, -scores))


def log_odds_of(probability: float) -> float:
    """Log-odds of a probability strictly between 0 and 1."""
    return float(np.log(probability) - np.log1p(-probability))


def _by_casting(
    truth: NDArray[np.bool_],
    scores: NDArray[np.float64],
    called: NDArray[np.bool_],
    castings: Sequence[str],
) -> list[CastingResult]:
    names = np.asarray(castings)
    rows = []
    for name in sorted(set(castings)):
        for label in (True, False):
            of = (names == name) & (truth == label)
            if of.any():
                rows.append(
                    CastingResult(
                        casting=name,
                        label="defective" if label else "ok",
                        photographs=int(of.sum()),
                        called_defective=int(called[of].sum()),
                        lowest_log_odds=float(scores[of].min()),
                        highest_log_odds=float(scores[of].max()),
                    )
                )
    return rows
