"""Scores of held-out castings -> probabilities that mean what they say.

Platt scaling (J. Platt, Advances in Large Margin Classifiers, 1999): one slope and one
offset, fitted on scores that no network gave from memory. Both go into the head, so the
evidence map still sums to the log-odds.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import DataSetError
from core.model.card import Calibration, ReliabilityBin
from core.model.metrics import probabilities
from core.model.network import CastingNetwork

BINS = 10

DECIMALS = 5
"""Held-out scores are kept to this many, so that a part on the threshold stays on its side."""


def calibrate(scores: NDArray[np.float32], defective: NDArray[np.bool_]) -> Calibration:
    """The slope and offset that make ``scores`` (N,) log-odds of ``defective`` (N,).

    Raises DataSetError when the scores do not rise with the label.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=np.inf).fit(scores[:, None], defective)
    slope, offset = float(model.coef_[0, 0]), float(model.intercept_[0])
    if slope <= 0:
        raise DataSetError(
            "Nothing was learnt that holds on castings held out: their scores do not rise with "
            "their labels. Check the labels, or train on more castings."
        )
    after = probabilities(slope * scores.astype(np.float64) + offset)
    reliability = reliability_of(after, defective)
    return Calibration(
        slope=slope,
        offset=offset,
        error_before=calibration_error(reliability_of(probabilities(scores), defective)),
        error_after=calibration_error(reliability),
        reliability=reliability,
    )


def calibrated(scores: NDArray[np.float32], by: Calibration) -> NDArray[np.float64]:
    """Scores as the calibrated head gives them, to :data:`DECIMALS`."""
    return np.asarray((by.slope * scores.astype(np.float64) + by.offset).round(DECIMALS))


def calibrate_head(network: CastingNetwork, by: Calibration) -> None:
    """Put slope and offset into the head's weights and bias."""
    with torch.no_grad():
        network.head.weight.mul_(by.slope)
        network.head.bias.mul_(by.slope).add_(by.offset)


def reliability_of(
    predicted: NDArray[np.float64], defective: NDArray[np.bool_]
) -> list[ReliabilityBin]:
    """Ten equal bins of probability; empty ones are left out."""
    which = np.minimum((predicted * BINS).astype(int), BINS - 1)
    return [
        ReliabilityBin(
            photographs=int((which == number).sum()),
            mean_probability=float(predicted[which == number].mean()),
            share_defective=float(defective[which == number].mean()),
        )
        for number in np.unique(which)
    ]


def calibration_error(reliability: list[ReliabilityBin]) -> float:
    """Expected calibration error (Naeini et al., AAAI 2015): the mean gap, by photographs."""
    total = sum(of.photographs for of in reliability)
    gaps = (abs(of.mean_probability - of.share_defective) * of.photographs for of in reliability)
    return sum(gaps) / total
