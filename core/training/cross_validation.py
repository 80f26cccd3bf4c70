"""Castings held out in turn: scores that no network gave from memory.

The pictures and their frozen features are made once; each fold then costs one fit. A
photograph's held-out score comes from the network that saw no photograph of its casting. A
finished fit is kept on disk, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import numpy as np
import torch
from numpy.typing import NDArray

from core.model.card import Epoch
from core.model.metrics import Evaluation
from core.model.network import CastingNetwork, from_imagenet
from core.training.calibration import DECIMALS
from core.training.data.batches import Examples
from core.training.data.dataset import LabelledPhotograph, castings_of, read_pixels
from core.training.data.examples import examples_of, training_views, view_count
from core.training.evaluate.evaluation import FOLDS, evaluate_split, folds_of
from core.training.features import frozen_features
from core.training.fit import Validation, fit, log_odds_of
from core.training.recipe import Recipe

SCORE_COLUMNS = ("sha256", "casting", "label", "fold", "log_odds")

# A titled progress bar of so many steps; yields the function that advances it.
Bar = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True, slots=True)
class Material:
    """A data set made ready: what is trained on, and every photograph for scoring."""

    folder: Path
    photographs: list[LabelledPhotograph]
    """The whole data set, test split included: castings are held out, not splits."""
    castings: list[str]
    seen: Sequence[LabelledPhotograph]
    """The photographs that pictures to train on are made of."""
    recipe: Recipe
    weights: Path | None
    checkpoints: Path
    """Folder of finished fits."""
    bar: Bar
    examples: Callable[[], Examples]
    features: Callable[[], NDArray[np.float16]]
    """Frozen features of ``photographs``; this and ``examples`` are made when first asked for."""

    @property
    def defective(self) -> NDArray[np.bool_]:
        """The photographs' labels."""
        return np.array([photograph.is_defective for photograph in self.photographs])

    def castings_in(self, chosen: NDArray[np.bool_]) -> set[str]:
        """The castings of some of the photographs."""
        return {self.castings[n] for n in np.flatnonzero(chosen)}


@dataclass(frozen=True, slots=True)
class Fitted:
    """One fit: the network, its curves, and the scores of what it held out."""

    network: CastingNetwork
    curves: list[Epoch]
    scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Cross-validation by casting: who was held out when, and what came of it."""

    folds: NDArray[np.intp]
    scores: NDArray[np.float32]
    networks: list[CastingNetwork]
    curves: list[Epoch]


def prepare(
    folder: Path,
    photographs: list[LabelledPhotograph],
    seen: Sequence[LabelledPhotograph],
    castings: dict[str, str],
    recipe: Recipe,
    checkpoints: Path,
    bar: Bar,
    weights: Path | None,
) -> Material:
    """Views of the ``seen`` photographs and features of all, each made when first needed.

    Raises DataSetError when a photograph has no casting.
    """

    @cache
    def examples() -> Examples:
        with bar("Pictures to train on", view_count(recipe, len(seen))) as step:
            views = training_views(folder, seen, castings_of(seen, castings), recipe, step)
        with bar("Their frozen features", len(views)) as step:
            return examples_of(from_imagenet(weights), views, recipe, step)

    @cache
    def features() -> NDArray[np.float16]:
        with bar("Frozen features of the photographs", len(photographs)) as step:
            pixels = list(read_pixels(folder, photographs))
            return frozen_features(from_imagenet(weights), recipe.frozen, pixels, step)

    groups = castings_of(photographs, castings)
    return Material(
        folder, photographs, groups, seen, recipe, weights, checkpoints, bar, examples, features
    )


def held_out(material: Material, fold_seed: int, curves: bool = False) -> HeldOut:
    """Five fits, each without the castings of one fold; ``curves`` of the first on request.

    Raises DataSetError when the photographs cannot be used, ModelMissing without weights.
    """
    folds = folds_of(material.photographs, material.castings, fold_seed)
    scores = np.full(len(folds), np.nan, dtype=np.float32)
    fits = []
    for fold in range(FOLDS):
        name = f"folds {fold_seed}, fit {fold + 1} of {FOLDS}"
        fits.append(_fitted(material, name, folds == fold, curves and fold == 0))
        scores[folds == fold] = fits[-1].scores
    return HeldOut(folds, scores, [fit.network for fit in fits], fits[0].curves)


def fit_with_all(material: Material) -> CastingNetwork:
    """The fit that is shipped: every casting, nothing held out."""
    nothing = np.zeros(len(material.photographs), dtype=np.bool_)
    return _fitted(material, "every casting", nothing, False).network


def evaluate_unseen(
    material: Material, scores: NDArray[np.floating], threshold: float
) -> Evaluation:
    """The figures of held-out scores at a threshold (a probability)."""
    return evaluate_split("unseen", material.photographs, scores, threshold, material.castings)


def write_scores(
    path: Path, material: Material, folds: NDArray[np.intp], scores: NDArray[np.float64]
) -> None:
    """Held-out scores as CSV: the evidence that thresholds are chosen on."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(SCORE_COLUMNS)
        for photograph, casting, fold, score in zip(
            material.photographs, material.castings, folds, scores, strict=True
        ):
            writer.writerow(
                (photograph.sha256, casting, photograph.label, fold, f"{score:.{DECIMALS}f}")
            )


def _fitted(material: Material, name: str, held: NDArray[np.bool_], validate: bool) -> Fitted:
    """A network that saw none of the ``held`` photographs' castings, from disk if it is there."""
    recipe = material.recipe
    path = material.checkpoints / f"{recipe.name} {name}.pt"
    known = _fingerprint(material, held)
    network = from_imagenet(material.weights)
    found = _read(path, known)
    if found is not None and (found["curves"] or not validate):
        network.load_state_dict(found["network"])
        curves = [Epoch.model_validate(epoch) for epoch in found["curves"]]
        return Fitted(network, curves, found["scores"].numpy())
    examples = material.examples()
    validation = Validation(material.features()[held], material.defective[held])
    names = material.castings_in(held)
    with material.bar(f"Training, {name}", _work(recipe)) as step:
        curves = fit(
            network,
            examples,
            examples.without(names),
            recipe,
            validation if validate else None,
            step,
        )
    scores = log_odds_of(network, recipe.frozen, validation.features)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(
        {
            "fingerprint": known,
            "network": network.state_dict(),
            "curves": [epoch.model_dump() for epoch in curves],
            "scores": torch.from_numpy(scores),
        },
        path,
    )
    return Fitted(network, curves, scores)


def _read(path: Path, fingerprint: str) -> dict[str, Any] | None:
    """A finished fit of the same recipe on the same photographs; None where there is none."""
    if not is_zipfile(path):  # none there, or broken off while it was written
        return None
    found = torch.load(path, weights_only=True)
    return dict(found) if found.get("fingerprint") == fingerprint else None


def _fingerprint(material: Material, held: NDArray[np.bool_]) -> str:
    """sha256 over everything that a fit depends on, but for the program itself."""
    lines = [repr(sorted(asdict(material.recipe).items()))]
    lines += [f"{photograph.sha256} {photograph.label}" for photograph in material.seen]
    lines += [
        f"{photograph.sha256} {casting} {out}"
        for photograph, casting, out in zip(
            material.photographs, material.castings, held, strict=True
        )
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _work(recipe: Recipe) -> int:
    """Examples that a fit goes through."""
    stages = [stage for run in recipe.runs for stage in run]
    batches = sum(stage.epochs * (stage.examples // recipe.batch) for stage in stages)
    return batches * recipe.batch
