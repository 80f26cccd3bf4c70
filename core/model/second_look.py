"""A second look: a photograph whose score lies near the threshold is judged by four views.

The views are its quarter turns, which show the same part pixel for pixel. Their mean errs less
than one view does, and their spread tells how sure the model is. The maps are turned back and
averaged, so that the cells still sum to the log-odds.

    judged = judge(engine, pixels, threshold, alone=True)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.model.card import SecondLook
from core.model.engine import Engine, Inference
from core.model.metrics import log_odds_of

TURNS = 4
"""Quarter turns, the photograph as it is among them."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the model says of one photograph."""

    log_odds: float
    """Mean of the views."""
    evidence: NDArray[np.float32]
    """(10, 10): mean of the views' maps, turned back; with the head's bias it sums to
    ``log_odds``."""
    novelty: float
    """Of the photograph as it is."""
    views: int
    doubt: float
    """Standard deviation of the views' log-odds; 0 for one view."""


def judge(
    engine: Engine, pixels: NDArray[np.uint8], threshold: float, alone: bool = True
) -> Judgement:
    """Judge one photograph (300, 300), again where it lies near ``threshold`` (a probability).

    Safe from several threads at once; not ``alone`` where other calls run beside this one.
    """
    first = engine.infer(pixels[None], alone)
    if not is_near(first.log_odds, threshold, engine.card.second_look)[0]:
        return joined([first])
    turned = np.stack([np.rot90(pixels, turn) for turn in range(1, TURNS)])
    others = engine.infer(turned, alone)
    return joined([first, *(_view(others, number) for number in range(TURNS - 1))])


def is_near(
    log_odds: NDArray[np.floating], threshold: float, look: SecondLook | None
) -> NDArray[np.bool_]:
    """Which scores (N,) are looked at again: those near the threshold, a probability."""
    if look is None:
        return np.zeros(len(log_odds), dtype=np.bool_)
    # The thresholds 0 and 1 call every part alike, whatever a second look says.
    at = log_odds_of(min(max(threshold, 1e-9), 1 - 1e-9))
    return np.asarray((log_odds > at - look.below) & (log_odds < at + look.above))


def joined(views: Sequence[Inference]) -> Judgement:
    """The mean of one photograph's views, the n-th of them turned n quarters."""
    scores = np.array([float(view.log_odds[0]) for view in views])
    maps = [np.rot90(view.evidence[0], -turn) for turn, view in enumerate(views)]
    return Judgement(
        log_odds=float(scores.mean()),
        evidence=np.asarray(np.mean(maps, axis=0), np.float32),
        novelty=float(views[0].novelty[0]),
        views=len(views),
        doubt=float(scores.std()),
    )


def _view(inference: Inference, number: int) -> Inference:
    at = slice(number, number + 1)
    return Inference(inference.log_odds[at], inference.evidence[at], inference.novelty[at])
