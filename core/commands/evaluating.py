"""``python -m core evaluate`` and ``castings``: figures on labelled photographs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from core.engine import EngineKind, load_engine
from core.errors import DataSetError, SettingsError
from core.metrics import Evaluation
from core.model_card import MODELS, Division, read_card, write_card
from core.training.calibration import calibrated
from core.training.castings import CastingReport, group_castings
from core.training.dataset import (
    LabelledPhotograph,
    castings_of,
    read_castings,
    read_data_set,
    read_pixels,
)
from core.training.evaluation import evaluate_split, infer_all
from core.training.held_out import Bar, evaluate_unseen, held_out, prepare
from core.training.recipe import RECIPES
from core.training.reports import with_reports
from core.training.train import CHECKPOINTS, FOLD_SEED, divided

Say = Callable[[str], None]


def evaluate_official(
    dataset: Path,
    castings: Path | None,
    report: Path | None,
    engine_kind: EngineKind,
    bar: Bar,
    say: Say,
) -> Evaluation:
    """The shipped model on the test split (all photographs where there is no split).

    Raises DataSetError, ModelUnavailable.
    """
    photographs = read_data_set(dataset)
    tested = [photograph for photograph in photographs if photograph.split == "test"]
    tested = tested or photographs
    engine = load_engine(engine_kind)
    pixels = read_pixels(dataset, tested)
    with bar("Official split", len(pixels)) as step:
        inference = infer_all(engine, pixels, step)
    groups = castings_of(tested, read_castings(castings)) if castings else None
    threshold = engine.card.threshold.probability
    evaluation = evaluate_split("official", tested, inference.log_odds, threshold, groups)
    _tell(evaluation, report, say)
    return evaluation


def evaluate_unseen_castings(
    dataset: Path,
    castings: Path | None,
    report: Path | None,
    recipe: str,
    fold_seed: int,
    weights: Path | None,
    bar: Bar,
    say: Say,
    folder: Path = MODELS,
) -> Evaluation:
    """A recipe on castings it has not seen: five folds by casting, each photograph scored once.

    Where it is the recipe of the model in ``folder``, its calibration and threshold are used
    and its card is completed: with robustness and the gate for the card's own folds, with the
    figures alone for others. Raises SettingsError, DataSetError, ModelUnavailable.
    """
    if recipe not in RECIPES:
        raise SettingsError(f"There is no recipe {recipe!r}. Use one of: {', '.join(RECIPES)}.")
    photographs = read_data_set(dataset)
    groups = castings_for(dataset, photographs, castings, bar)
    seen, _, _ = divided(photographs, groups)
    material = prepare(
        dataset, photographs, seen, groups, RECIPES[recipe], folder / CHECKPOINTS, bar, weights
    )
    held = held_out(material, fold_seed, curves=fold_seed == FOLD_SEED)
    card = read_card(folder)
    if card.recipe != json.loads(json.dumps(asdict(material.recipe))):
        evaluation = evaluate_unseen(material, held.scores, 0.5)
        _tell(evaluation, report, say)
        return evaluation
    scores = calibrated(held.scores, card.calibration)
    evaluation = evaluate_unseen(material, scores, card.threshold.probability)
    _tell(evaluation, report, say)
    if fold_seed == FOLD_SEED:
        evaluations = {**card.evaluations, evaluation.split: evaluation}
        card = with_reports(material, held, card).model_copy(update={"evaluations": evaluations})
    else:
        others = [of for of in card.divisions if of.fold_seed != fold_seed]
        divisions = sorted([*others, _division(fold_seed, evaluation)], key=lambda of: of.fold_seed)
        card = card.model_copy(update={"divisions": divisions})
    write_card(card, folder)
    say("These figures are on the model card.")
    return evaluation


def _division(fold_seed: int, evaluation: Evaluation) -> Division:
    return Division(
        fold_seed=fold_seed,
        recall=evaluation.recall or 0.0,
        specificity=evaluation.specificity or 0.0,
        accuracy=evaluation.accuracy or 0.0,
        auc=evaluation.auc or 0.0,
    )


def castings_for(
    dataset: Path, photographs: Sequence[LabelledPhotograph], castings: Path | None, bar: Bar
) -> dict[str, str]:
    """sha256 -> casting from the file, or found on the photographs where none is given."""
    if castings is not None:
        return read_castings(castings)
    return {row.sha256: row.casting for row in _grouped(dataset, photographs, bar).rows}


def find_castings(dataset: Path, table: Path, report: Path | None, bar: Bar, say: Say) -> None:
    """Write which photographs show one casting; say what a split or a label gives away."""
    found = _grouped(dataset, read_data_set(dataset), bar)
    summary = found.summary()
    try:
        found.to_csv(table)
        if report is not None:
            report.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataSetError(f"{error.filename} cannot be written: {error.strerror}.") from error
    say(f"{summary['photographs']} photographs show {summary['castings']} castings.")
    say(f"{len(found.exact_copies)} sets of exact copies lie in more than one split.")
    say(f"{len(found.in_both_splits)} castings lie in more than one split.")
    say(f"{len(found.with_two_labels)} castings carry two labels.")
    say(f"{len(found.unmatched)} photographs could not be matched.")


def evaluation_line(evaluation: Evaluation) -> str:
    """An evaluation in one line."""
    figures = ("recall", "precision", "f1", "accuracy", "specificity", "auc")
    values = ((name, getattr(evaluation, name)) for name in figures)
    shown = ", ".join(
        f"{name} {'unknown' if value is None else f'{value:.4f}'}" for name, value in values
    )
    matrix = evaluation.confusion
    return (
        f"{evaluation.split}, {evaluation.photographs} photographs at threshold "
        f"{evaluation.threshold:.4f}: {shown}; {matrix.missed} missed, "
        f"{matrix.false_alarms} false alarms"
    )


def _grouped(dataset: Path, photographs: Sequence[LabelledPhotograph], bar: Bar) -> CastingReport:
    with bar("Finding castings", len(photographs)) as step:
        before = 0

        def progress(done: int, _: int) -> None:
            nonlocal before
            step(done - before)
            before = done

        return group_castings(photographs, dataset, progress)


def _tell(evaluation: Evaluation, report: Path | None, say: Say) -> None:
    say(evaluation_line(evaluation))
    if evaluation.recall_lower_bound is not None:
        say(
            f"Recall is at least {evaluation.recall_lower_bound:.4f} with 95 % confidence, "
            f"counted over {evaluation.bounds_counted_over}."
        )
    if report is not None:
        report.write_text(evaluation.model_dump_json(indent=2) + "\n", encoding="utf-8")
