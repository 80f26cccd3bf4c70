"""``python -m core train``, ``castings`` and ``export``: models, and the data to train them on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.evaluate import evaluation_line
from cli.options import Castings, DataSet, opened_database
from cli.terminal import bar, growing_bar, say


def train(
    dataset: DataSet,
    castings: Castings = None,
    recipe: Annotated[str, typer.Option(help="Training recipe: seed or best.")] = "best",
    out: Annotated[Path, typer.Option(help="Folder for the model.")] = Path("models"),
    weights: Annotated[
        Path | None, typer.Option(help="ImageNet weights on disk, instead of a download.")
    ] = None,
) -> None:
    """Train a model, evaluate it, export it and write its model card."""
    from core.training.data.dataset import read_data_set
    from services.datasets import castings_for
    from services.training import recipe_named, train_model

    recipe_named(recipe)
    groups = castings_for(dataset, read_data_set(dataset), castings, growing_bar)
    card = train_model(dataset, groups, recipe, out, weights, bar)
    for epoch in card.curves:
        say(
            f"{epoch.stage} {epoch.epoch}: loss {epoch.training_loss:.4f}; on validation castings "
            f"loss {epoch.validation_loss:.4f}, recall {epoch.validation_recall:.4f}, "
            f"specificity {epoch.validation_specificity:.4f}, AUC {epoch.validation_auc:.4f}"
        )
    say(f"Checkpoint: {card.checkpoint}")
    say(f"Threshold {card.threshold.probability:.4f}: {card.threshold.rule}")
    for evaluation in card.evaluations.values():
        say(evaluation_line(evaluation))
    say(f"Model and card are in {out}.")


def export(
    folder: Annotated[Path, typer.Argument(help="New or empty folder to write to.")],
    database_url: Annotated[
        str | None, typer.Option(help="Where decisions are kept [default: DATABASE_URL].")
    ] = None,
    station: Annotated[str | None, typer.Option(help="Only parts of this station.")] = None,
) -> None:
    """Write the parts that people reviewed as a data set to train on, castings included."""
    from core.training.data.reviewed import CASTINGS
    from db.selection import Selection
    from services.review import export_folder

    with opened_database(database_url) as database, growing_bar("Finding castings") as progress:
        written = export_folder(database, Selection(station=station), folder, progress)
    say(
        f"{written.defective} defective and {written.ok} OK photographs of {written.castings} "
        f"castings are in {folder}."
    )
    say(f"Train on them: python -m core train {folder} --castings {folder / CASTINGS}")


def castings(
    dataset: DataSet,
    csv: Annotated[Path, typer.Option(help="Write one row per photograph here.")],
    json: Annotated[Path | None, typer.Option(help="Write leaks and conflicts here.")] = None,
) -> None:
    """Find which photographs show the same casting, leaks between splits, label conflicts."""
    from json import dumps

    from core.errors import DataSetError
    from core.training.data.dataset import read_data_set
    from services.datasets import casting_report

    found = casting_report(dataset, read_data_set(dataset), growing_bar)
    summary = found.summary()
    try:
        found.to_csv(csv)
        if json is not None:
            json.write_text(dumps(summary, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataSetError(f"{error.filename} cannot be written: {error.strerror}.") from error
    say(f"{summary['photographs']} photographs show {summary['castings']} castings.")
    say(f"{len(found.exact_copies)} sets of exact copies are in more than one split.")
    say(f"{len(found.in_both_splits)} castings are in more than one split.")
    say(f"{len(found.with_two_labels)} castings have two labels.")
    say(f"{len(found.unmatched)} photographs could not be matched.")
