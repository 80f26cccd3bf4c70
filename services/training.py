"""Training and evaluating models on folders of labelled photographs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from core.errors import SettingsError
from core.model.card import MODELS, CrossValidationRun, ModelCard, read_card, write_card
from core.model.engine import EngineKind, load_engine
from core.model.metrics import Evaluation
from core.training.calibration import calibrated
from core.training.cross_validation import Bar, evaluate_unseen, held_out, prepare
from core.training.data.dataset import castings_of, read_castings, read_data_set, read_pixels
from core.training.evaluate.card_reports import with_reports
from core.training.evaluate.evaluation import evaluate_split, infer_all
from core.training.recipe import RECIPES, Recipe
from core.training.train import CHECKPOINTS, FOLD_SEED, divided, train


def train_model(
    dataset: Path, castings: dict[str, str], recipe: str, out: Path, weights: Path | None, bar: Bar
) -> ModelCard:
    """Train on ``dataset`` and write the model to ``out``; raises what training raises."""
    photographs = read_data_set(dataset)
    return train(dataset, photographs, castings, recipe_named(recipe), out, bar, weights)


def evaluate_official(
    dataset: Path, castings: Path | None, kind: EngineKind, bar: Bar
) -> Evaluation:
    """The shipped model on the test split (all photographs where there is no split).

    Raises DataSetError, ModelUnavailable.
    """
    photographs = read_data_set(dataset)
    tested = [photograph for photograph in photographs if photograph.split == "test"]
    tested = tested or photographs
    engine = load_engine(kind)
    pixels = read_pixels(dataset, tested)
    with bar("Official split", len(pixels)) as step:
        inference = infer_all(engine, pixels, step)
    groups = castings_of(tested, read_castings(castings)) if castings else None
    threshold = engine.card.threshold.probability
    return evaluate_split("official", tested, inference.log_odds, threshold, groups)


def evaluate_unseen_castings(
    dataset: Path,
    castings: dict[str, str],
    recipe: str,
    fold_seed: int,
    weights: Path | None,
    bar: Bar,
    folder: Path = MODELS,
    *,
    tell: Callable[[Evaluation], None],
) -> bool:
    """A recipe on castings it has not seen: five folds by casting, each photograph scored once.

    Where it is the recipe of the model in ``folder``, its calibration and threshold are used
    and its card is completed: with robustness and the gate for the card's own folds, with the
    figures alone for others. ``tell`` gets the figures before that, because it takes long.
    Returns whether they are on the card. Raises SettingsError, DataSetError, ModelUnavailable.
    """
    photographs = read_data_set(dataset)
    seen, _, _ = divided(photographs, castings)
    chosen = recipe_named(recipe)
    material = prepare(
        dataset, photographs, seen, castings, chosen, folder / CHECKPOINTS, bar, weights
    )
    held = held_out(material, fold_seed, curves=fold_seed == FOLD_SEED)
    card = read_card(folder)
    if card.recipe != json.loads(json.dumps(asdict(material.recipe))):
        tell(evaluate_unseen(material, held.scores, 0.5))
        return False
    scores = calibrated(held.scores, card.calibration)
    evaluation = evaluate_unseen(material, scores, card.threshold.probability)
    tell(evaluation)
    if fold_seed == FOLD_SEED:
        evaluations = {**card.evaluations, evaluation.split: evaluation}
        card = with_reports(material, held, card).model_copy(update={"evaluations": evaluations})
    else:
        others = [of for of in card.divisions if of.fold_seed != fold_seed]
        divisions = sorted([*others, _division(fold_seed, evaluation)], key=lambda of: of.fold_seed)
        card = card.model_copy(update={"divisions": divisions})
    write_card(card, folder)
    return True


def recipe_named(name: str) -> Recipe:
    """The recipe of this name; raises SettingsError where there is none."""
    if name not in RECIPES:
        raise SettingsError(f"There is no recipe {name!r}. Use one of: {', '.join(RECIPES)}.")
    return RECIPES[name]


def _division(fold_seed: int, evaluation: Evaluation) -> CrossValidationRun:
    names = ("recall", "specificity", "accuracy", "auc")
    return CrossValidationRun(
        fold_seed=fold_seed, **{name: getattr(evaluation, name) or 0.0 for name in names}
    )
