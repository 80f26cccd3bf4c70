"""Castings held out in turn: scores that no network gave from memory.

The pictures and their frozen features are made once; each fold then costs one fit. A
photograph's held-out score comes from the network that saw no photograph of its casting. A
finished fit is kept on disk, so that a stopped run resumes.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import numpy as np
import torch
from numpy.typing import NDArray

from core.model.card import Epoch
from core.model.metrics import Evaluation, evaluate
from core.model.network import CastingNetwork, from_imagenet
from core.model.tone import tone_curve
from core.training.calibration import DECIMALS
from core.training.data.batches import Examples
from core.training.data.dataset import (
    Division,
    LabelledPhotograph,
    castings_of,
    divided,
    folds_of,
    read_pixels,
)
from core.training.data.examples import examples_of, training_views, view_count
from core.training.features import frozen_features
from core.training.fit import Validation, fit, log_odds_of
from core.training.recipe import Recipe

FOLDS = 5
SCORE_COLUMNS = ("sha256", "casting", "label", "fold", "log_odds")

# A titled progress bar of so many steps; yields the function that advances it.
Bar = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True)
class Material:
    """A data set made ready: what is trained on, and every photograph for scoring.

    Raises DataSetError when a photograph has no casting.
    """

    folder: Path
    photographs: list[LabelledPhotograph]
    """The whole data set, test split included: castings are held out, not splits."""
    casting_of: Mapping[str, str]
    """sha256 -> casting."""
    recipe: Recipe
    checkpoints: Path
    """Folder of finished fits."""
    bar: Bar
    weights: Path | None = None
    """ImageNet state_dict on disk, instead of a download."""

    @cached_property
    def castings(self) -> list[str]:
        """The photographs' castings."""
        return castings_of(self.photographs, self.casting_of)

    @cached_property
    def division(self) -> Division:
        """Which photographs are trained on and which are tested on."""
        return divided(self.photographs, self.casting_of)

    @cached_property
    def defective(self) -> NDArray[np.bool_]:
        """The photographs' labels."""
        return np.array([photograph.is_defective for photograph in self.photographs])

    @cached_property
    def tone(self) -> list[float]:
        """(65,): the mean tone curve of what is trained on, every casting alike."""
        seen = self.division.seen
        curves: dict[str, list[NDArray[np.float64]]] = {}
        for name, pixels in zip(
            castings_of(seen, self.casting_of), read_pixels(self.folder, seen), strict=True
        ):
            curves.setdefault(name, []).append(tone_curve(pixels))
        means = [np.mean(of, axis=0) for of in curves.values()]
        return [float(level) for level in np.mean(means, axis=0).round(3)]

    @cached_property
    def examples(self) -> Examples:
        """The recipe's views of the photographs that are trained on."""
        seen, recipe = self.division.seen, self.recipe
        with self.bar("Pictures to train on", view_count(recipe, len(seen))) as step:
            castings = castings_of(seen, self.casting_of)
            views = training_views(self.folder, seen, castings, recipe, step)
        with self.bar("Their frozen features", len(views)) as step:
            return examples_of(from_imagenet(self.weights), views, recipe, self.tone, step)

    @cached_property
    def features(self) -> NDArray[np.float16]:
        """Frozen features of ``photographs``."""
        pixels = list(read_pixels(self.folder, self.photographs))
        with self.bar("Frozen features of the photographs", len(pixels)) as step:
            network, frozen = from_imagenet(self.weights), self.recipe.frozen
            return frozen_features(network, frozen, pixels, self.tone, step)

    def castings_in(self, chosen: NDArray[np.bool_]) -> set[str]:
        """The castings of some of the photographs."""
        return {self.castings[n] for n in np.flatnonzero(chosen)}

    def evaluate(self, scores: NDArray[np.floating], threshold: float) -> Evaluation:
        """The figures of held-out scores at a threshold (a probability)."""
        return evaluate("unseen", self.defective, scores, threshold, self.castings)


@dataclass(frozen=True, slots=True)
class Fitted:
    """One fit: the network, its curves, and the scores of what it held out."""

    network: CastingNetwork
    curves: list[Epoch]
    scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Cross-validation by casting: the fold of each photograph, its score, the fold networks."""

    folds: NDArray[np.intp]
    scores: NDArray[np.float32]
    networks: list[CastingNetwork]
    curves: list[Epoch]


def held_out(material: Material, fold_seed: int, curves: bool = False) -> HeldOut:
    """Five fits, each without the castings of one fold; ``curves`` of the first on request.

    Raises DataSetError when the photographs cannot be used, ModelMissing without weights.
    """
    folds = folds_of(material.photographs, material.castings, FOLDS, fold_seed)
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


def write_scores(
    path: Path, material: Material, folds: NDArray[np.intp], scores: NDArray[np.float64]
) -> None:
    """Held-out scores as CSV: the evidence that thresholds are chosen on."""
    rows = zip(material.photographs, material.castings, folds, scores, strict=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(SCORE_COLUMNS)
        writer.writerows(
            (photograph.sha256, casting, photograph.label, fold, f"{score:.{DECIMALS}f}")
            for photograph, casting, fold, score in rows
        )


def _fitted(material: Material, name: str, held: NDArray[np.bool_], validate: bool) -> Fitted:
    """A network that saw no casting of the ``held`` photographs, from disk where possible."""
    recipe = material.recipe
    path = material.checkpoints / f"{recipe.name} {name}.pt"
    known = _fingerprint(material, held)
    network = from_imagenet(material.weights)
    network.tone.copy_(torch.tensor(material.tone))
    found = _read(path, known)
    if found is not None and (found["curves"] or not validate):
        network.load_state_dict(found["network"])
        curves = [Epoch.model_validate(epoch) for epoch in found["curves"]]
        return Fitted(network, curves, found["scores"].numpy())
    examples = material.examples
    validation = Validation(material.features[held], material.defective[held])
    rows = examples.without(material.castings_in(held))
    with material.bar(f"Training, {name}", _work(recipe)) as step:
        curves = fit(network, examples, rows, recipe, validation if validate else None, step)
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
    """A finished fit of the same recipe on the same photographs, or None."""
    if not is_zipfile(path):  # missing, or incomplete
        return None
    found = torch.load(path, weights_only=True)
    return dict(found) if found.get("fingerprint") == fingerprint else None


def _fingerprint(material: Material, held: NDArray[np.bool_]) -> str:
    """sha256 over everything that a fit depends on, but for the program itself."""
    lines = [repr(sorted(asdict(material.recipe).items())), repr(material.tone)]
    lines += [f"{photograph.sha256} {photograph.label}" for photograph in material.division.seen]
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
