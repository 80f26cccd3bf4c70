"""How good a model or a recipe is, on the official split and on castings it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from core.model.engine import MICRO_BATCH, Engine, Inference, joined_inferences
from core.model.metrics import Evaluation, evaluate
from core.training.data.dataset import LabelledPhotograph, majority_labels

FOLDS = 5


def infer_all(
    engine: Engine, pixels: NDArray[np.uint8], progress: Callable[[int], None]
) -> Inference:
    """Log-odds (N,) and evidence (N, 10, 10) of (N, 300, 300) photographs."""
    parts = []
    for start in range(0, len(pixels), MICRO_BATCH):
        parts.append(engine.infer(pixels[start : start + MICRO_BATCH]))
        progress(len(parts[-1].log_odds))
    return joined_inferences(parts)


def evaluate_split(
    split: str,
    photographs: Sequence[LabelledPhotograph],
    log_odds: NDArray[np.floating],
    threshold: float,
    castings: Sequence[str] | None = None,
) -> Evaluation:
    """The figures of labelled photographs and their scores at a threshold (a probability)."""
    defective = [photograph.is_defective for photograph in photographs]
    return evaluate(split, defective, log_odds, threshold, castings)


def folds_of(
    photographs: Sequence[LabelledPhotograph], castings: Sequence[str], seed: int = 0
) -> NDArray[np.intp]:
    """The fold (0 to 4) of each photograph: stratified, all of a casting in one fold.

    A casting that carries both labels is stratified by the label most of its photographs
    have, so that the folds do not depend on label noise.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    majority = majority_labels(photographs, castings)
    target = [majority[casting] for casting in castings]
    folds = np.full(len(photographs), -1, dtype=np.intp)
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for fold, (_, held_out) in enumerate(splitter.split(np.zeros(len(target)), target, castings)):
        folds[held_out] = fold
    return folds
