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
from core.training.cross_validation import Bar, Material, held_out
from core.training.data.dataset import read_castings, read_data_set
from core.training.evaluate.gate_report import with_reports
from core.training.evaluate.looks import look_figures, scores_of_turns, second_looks
from core.training.recipe import RECIPES, Recipe
from core.training.train import CHECKPOINTS, FOLD_SEED, evaluate_exported, train


def train_model(
    dataset: Path, castings: dict[str, str], recipe: str, out: Path, weights: Path | None, bar: Bar
) -> ModelCard:
    """Train on ``dataset`` and write the model to ``out``; raises what training raises.

    Finished fits are kept under ``out``, so that a stopped run resumes.
    """
    photographs, chosen = read_data_set(dataset), recipe_named(recipe)
    material = Material(dataset, photographs, castings, chosen, out / CHECKPOINTS, bar, weights)
    return train(material, out)


def evaluate_official(
    dataset: Path, castings: Path | None, kind: EngineKind, bar: Bar
) -> Evaluation:
    """The shipped model on the test split (all photographs where there is no split).

    Raises DataSetError, ModelUnavailable.
    """
    photographs = read_data_set(dataset)
    tested = [photograph for photograph in photographs if photograph.split == "test"]
    groups = read_castings(castings) if castings else None
    return evaluate_exported(load_engine(kind), dataset, tested or photographs, groups, bar)[0]


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
    photographs, chosen = read_data_set(dataset), recipe_named(recipe)
    material = Material(dataset, photographs, castings, chosen, folder / CHECKPOINTS, bar, weights)
    held = held_out(material, fold_seed, curves=fold_seed == FOLD_SEED)
    card = read_card(folder)
    if card.recipe != json.loads(json.dumps(asdict(chosen))):
        tell(material.evaluate(held.scores, 0.5))
        return False
    probability = card.threshold.probability
    turns = calibrated(scores_of_turns(material, held), card.calibration)
    scores = second_looks(turns, probability, card.second_look) if card.second_look else turns[:, 0]
    evaluation = material.evaluate(scores, probability)
    tell(evaluation)
    looks = [of for of in card.looks if of.fold_seed != fold_seed]
    looks += look_figures(material, fold_seed, turns[:, 0], scores)
    card = card.model_copy(update={"looks": sorted(looks, key=lambda of: of.fold_seed)})
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
