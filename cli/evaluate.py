"""``python -m core evaluate``: figures on labelled photographs, or the threshold for a recall."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import Castings, JsonReport, Runtime, Weights
from cli.terminal import bar, growing_bar, say
from core.errors import SettingsError

if TYPE_CHECKING:
    from core.model.metrics import Evaluation


class Split(StrEnum):
    """What an evaluation is made on."""

    OFFICIAL = "official"
    UNSEEN = "unseen"


def evaluate(
    dataset: Annotated[
        Path | None, typer.Argument(exists=True, file_okay=False, help="Data set folder.")
    ] = None,
    castings: Castings = None,
    split: Annotated[
        Split, typer.Option(help="Official test split, or castings held out in turn.")
    ] = Split.OFFICIAL,
    json: JsonReport = None,
    engine: Runtime = "onnx",
    recipe: Annotated[str, typer.Option(help="Recipe retrained for each fold.")] = "best",
    fold_seed: Annotated[int, typer.Option(min=0, help="Which five folds of castings.")] = 0,
    weights: Weights = None,
    recall_floor: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="The threshold for this recall, on held-out scores."),
    ] = None,
    confidence: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Confidence that the recall floor holds.")
    ] = 0.95,
) -> None:
    """Recall, precision, F1, accuracy, AUC and bounds on labelled photographs.

    With --recall-floor: the threshold that guarantees this recall, from the model's held-out
    scores, and without a data set.
    """
    if (dataset is None) == (recall_floor is None):
        raise SettingsError("Name a data set to evaluate on, or a --recall-floor: one of the two.")
    if dataset is None:
        from cli.recall_floor import find_threshold

        find_threshold(recall_floor or 0.0, confidence, json)
        return
    from core.model.engine import EngineKind
    from core.training.data.dataset import read_data_set
    from services.datasets import castings_for
    from services.training import evaluate_official, evaluate_unseen_castings, recipe_named

    def tell(evaluation: Evaluation) -> None:
        say(evaluation_line(evaluation))
        if evaluation.recall_lower_bound is not None:
            say(
                f"Recall is at least {evaluation.recall_lower_bound:.4f} with 95 % confidence, "
                f"counted over {evaluation.bounds_counted_over}."
            )
        if json is not None:
            json.write_text(evaluation.model_dump_json(indent=2) + "\n", encoding="utf-8")

    if split is Split.OFFICIAL:
        tell(evaluate_official(dataset, castings, EngineKind(engine), bar))
        return
    recipe_named(recipe)
    groups = castings_for(dataset, read_data_set(dataset), castings, growing_bar)
    if evaluate_unseen_castings(dataset, groups, recipe, fold_seed, weights, bar, tell=tell):
        say("These figures are on the model card.")


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
