"""Parts whose truth is known and whose score is known: what a threshold is chosen on.

Scores are log-odds of "defective". Parts are grouped by physical casting, because
photographs of one casting are not independent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import ThresholdError
from core.model.metrics import probabilities


@dataclass(frozen=True, slots=True)
class ScoredParts:
    """N parts with score and truth; both kinds are there, and no score is missing.

    Made by :func:`scored_parts`. ``castings`` numbers the physical castings from 0.
    """

    log_odds: NDArray[np.float64]
    defective: NDArray[np.bool_]
    castings: NDArray[np.intp]

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """The scores as the probabilities that verdicts are given by."""
        return probabilities(self.log_odds)

    def lowest_by_casting(self) -> NDArray[np.float64]:
        """The lowest score of each defective casting, ascending: its photograph first missed."""
        lowest = np.full(int(self.castings.max()) + 1, np.inf)
        np.minimum.at(lowest, self.castings[self.defective], self.log_odds[self.defective])
        return np.sort(lowest[np.isfinite(lowest)])


def scored_parts(
    log_odds: ArrayLike,
    defective: ArrayLike,
    castings: Sequence[str] | NDArray[np.intp] | None = None,
) -> ScoredParts:
    """An evidence set of equally long sequences; without ``castings`` each part is its own.

    Raises ThresholdError where nothing can be learned from it: no part, only one kind of
    part, a score that is not a number, or the same score for every part.
    """
    scores = np.asarray(log_odds, dtype=np.float64)
    truth = np.asarray(defective, dtype=bool)
    groups = np.arange(len(scores)) if castings is None else np.asarray(castings)
    if scores.ndim != 1 or scores.shape != truth.shape or scores.shape != groups.shape:
        raise ThresholdError("Scores, labels and castings differ in number. Read them again.")
    if not len(scores):
        raise ThresholdError("There is no part with a score and a known truth yet.")
    if not np.isfinite(scores).all():
        bad = int((~np.isfinite(scores)).sum())
        raise ThresholdError(
            f"{bad} of {len(scores)} scores are not numbers. No threshold is chosen on them; "
            "have these parts inspected again."
        )
    for kind, present in (("defective", truth.any()), ("OK", not truth.all())):
        if not present:
            raise ThresholdError(
                f"There is no {kind} part among the {len(scores)} with a known truth. A threshold "
                "needs both kinds: review more parts, or take the model's held-out scores."
            )
    if scores.min() == scores.max():
        raise ThresholdError(
            f"All {len(scores)} parts have the same score, so no threshold tells them apart. "
            "Check the model and the photographs."
        )
    _, numbers = np.unique(groups, return_inverse=True)
    return ScoredParts(scores, truth, numbers)


def joined(sets: Iterable[ScoredParts]) -> ScoredParts:
    """Several sets as one; a casting of one set is none of another's."""
    every = list(sets)
    before = np.cumsum([0, *(int(each.castings.max()) + 1 for each in every[:-1])])
    return ScoredParts(
        np.concatenate([each.log_odds for each in every]),
        np.concatenate([each.defective for each in every]),
        np.concatenate([each.castings + start for each, start in zip(every, before, strict=True)]),
    )
