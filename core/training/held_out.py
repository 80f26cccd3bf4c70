"""Castings held out in turn: what everything is trained from, and scores nobody memorised.

The pictures and their frozen features are made once; each fold then costs one fit. A
photograph's held-out score comes from the network that saw no photograph of its casting.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.metrics import Evaluation
from core.model_card import Epoch
from core.network import CastingNetwork, from_imagenet
from core.training.dataset import LabelledPhotograph, castings_of, read_pixels
from core.training.evaluation import FOLDS, evaluate_split, folds_of
from core.training.examples import examples_of, training_views, view_count
from core.training.features import frozen_features
from core.training.fit import Examples, Validation, fit, log_odds_of
from core.training.recipe import Recipe, Stage

SCORE_COLUMNS = ("sha256", "casting", "label", "fold", "log_odds")

# A titled progress bar of so many steps; yields the function that advances it.
Bar = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True, slots=True)
class Material:
    """A data set made ready: what is trained on, and every photograph for scoring."""

    examples: Examples
    photographs: list[LabelledPhotograph]
    """The whole data set, test split included: castings are held out, not splits."""
    castings: list[str]
    features: NDArray[np.float16]
    folds: NDArray[np.intp]

    @property
    def defective(self) -> NDArray[np.bool_]:
        """The photographs' labels."""
        return np.array([photograph.is_defective for photograph in self.photographs])

    def validation(self, fold: int) -> Validation:
        """The photographs of the castings that this fold holds out."""
        chosen = self.folds == fold
        return Validation(self.features[chosen], self.defective[chosen])

    def rows_without(self, fold: int) -> NDArray[np.intp]:
        """The examples in which no casting of the fold has any part."""
        chosen = np.flatnonzero(self.folds == fold)
        return self.examples.without({self.castings[n] for n in chosen})


def prepare(
    folder: Path,
    photographs: list[LabelledPhotograph],
    seen: Sequence[LabelledPhotograph],
    castings: dict[str, str],
    recipe: Recipe,
    fold_seed: int,
    bar: Bar,
    weights: Path | None,
) -> Material:
    """Views of the ``seen`` photographs, frozen features of all, folds of castings.

    Raises DataSetError when the photographs cannot be used, ModelMissing without weights.
    """
    network = from_imagenet(weights)
    with bar("Pictures to train on", view_count(recipe, len(seen))) as step:
        views = training_views(folder, seen, castings_of(seen, castings), recipe, step)
    with bar("Their frozen features", len(views)) as step:
        examples = examples_of(network, views, recipe, step)
    groups = castings_of(photographs, castings)
    with bar("Frozen features of the photographs", len(photographs)) as step:
        pixels = list(read_pixels(folder, photographs))
        features = frozen_features(network, recipe.frozen, pixels, step)
    return Material(
        examples, photographs, groups, features, folds_of(photographs, groups, fold_seed)
    )


def fit_without(
    material: Material,
    fold: int,
    recipe: Recipe,
    bar: Bar,
    weights: Path | None,
    validate: bool = False,
) -> tuple[CastingNetwork, list[Epoch]]:
    """A network that has seen no casting of one fold; with ``validate`` its curves on them."""
    network = from_imagenet(weights)
    with bar(f"Fit without fold {fold + 1} of {FOLDS}", work(recipe, recipe.stages)) as step:
        curves = fit(
            network,
            material.examples,
            material.rows_without(fold),
            recipe,
            recipe.stages,
            material.validation(fold) if validate else None,
            step,
        )
    return network, curves


def scores_without(
    material: Material, networks: Sequence[CastingNetwork], recipe: Recipe
) -> NDArray[np.float32]:
    """Log-odds of every photograph by the network that held its casting out; NaN elsewhere.

    ``networks`` are those of the first folds, in order.
    """
    scores = np.full(len(material.photographs), np.nan, dtype=np.float32)
    for fold, network in enumerate(networks):
        of = material.folds == fold
        scores[of] = log_odds_of(network, recipe.frozen, material.features[of])
    return scores


def evaluate_unseen(
    material: Material, scores: NDArray[np.float32], threshold: float
) -> Evaluation:
    """The figures of the photographs that have a held-out score."""
    known = np.flatnonzero(~np.isnan(scores))
    return evaluate_split(
        "unseen",
        [material.photographs[n] for n in known],
        scores[known],
        threshold,
        [material.castings[n] for n in known],
    )


def write_scores(path: Path, material: Material, scores: NDArray[np.float32]) -> None:
    """Held-out scores as CSV: the evidence that thresholds are chosen on."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(SCORE_COLUMNS)
        for photograph, casting, fold, score in zip(
            material.photographs, material.castings, material.folds, scores, strict=True
        ):
            if not np.isnan(score):
                writer.writerow(
                    (photograph.sha256, casting, photograph.label, fold, f"{score:.5f}")
                )


def work(recipe: Recipe, stages: Sequence[Stage]) -> int:
    """Examples that a fit goes through."""
    return sum(stage.epochs * (stage.examples // recipe.batch) for stage in stages) * recipe.batch
