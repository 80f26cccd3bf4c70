"""The command line: ``python -m core COMMAND``.

Exit code 0: done. 1: some files were rejected or the work failed. 2: wrong use.
Commands import what they need when they run, so that ``--help`` answers at once and
inspecting never loads torch.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from core.engine import EngineKind
from core.errors import QualityControlError, SettingsError
from core.terminal import bar, console, growing_bar
from core.upkeep import backup, doctor, purge, restore

app = typer.Typer(
    help="Quality control of castings: inspect photographs, train and evaluate the model.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Split(StrEnum):
    """What an evaluation is made on."""

    OFFICIAL = "official"
    UNSEEN = "unseen"


DataSet = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Data set folder.")]
Castings = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="CSV: which photographs show one casting."),
]


def main() -> NoReturn:
    """Run the command line; a known error is one line and exit code 1 or 2."""
    try:
        app()
    except SettingsError as error:
        console.print(f"[red]{error}[/red]", soft_wrap=True)
        sys.exit(2)
    except QualityControlError as error:
        console.print(f"[red]{error}[/red]", soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("Stopped. What was finished is kept; the same command resumes.")
        sys.exit(1)
    sys.exit(0)


@app.callback()
def begin() -> None:
    """Quality control of castings: inspect photographs, train and evaluate the model."""
    from core.logs import configure
    from core.settings import read_settings

    configure(read_settings().log_level)


@app.command()
def inspect(
    paths: Annotated[
        list[Path], typer.Argument(exists=True, help="Photographs, or folders of them.")
    ],
    database_url: Annotated[
        str | None, typer.Option(help="Where verdicts are kept [default: DATABASE_URL].")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write one row a file here.")] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, help="Probability from which a part is defective [default: in force]."
        ),
    ] = None,
    engine: Annotated[EngineKind, typer.Option(help="Runtime.")] = EngineKind.ONNX,
    station: Annotated[str | None, typer.Option(help="Station [default: STATION].")] = None,
) -> None:
    """Inspect photographs, store every verdict with its heatmap, and say what was found."""
    from core.commands.inspect import inspect_files

    rejected = inspect_files(
        paths, growing_bar, console.print, database_url, csv, threshold, engine, station
    )
    raise typer.Exit(1 if rejected else 0)


@app.command()
def watch(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Folder that photographs come to.")
    ],
    station: Annotated[str | None, typer.Option(help="Station [default: STATION].")] = None,
    move_to: Annotated[
        Path | None,
        typer.Option(help="Move inspected files into this folder [default: they are left]."),
    ] = None,
    settle: Annotated[
        float,
        typer.Option(min=0.0, max=3600.0, help="Seconds unchanged until a file counts as written."),
    ] = 0.5,
    database_url: Annotated[
        str | None, typer.Option(help="Where verdicts are kept [default: DATABASE_URL].")
    ] = None,
) -> None:
    """Inspect each file once as it comes into a folder, until the program is told to stop."""
    from core.commands.watch import watch_folder

    watch_folder(folder, station, move_to, settle, database_url, growing_bar, console.print)


@app.command()
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
    from core.commands.training import train_model

    train_model(dataset, castings, recipe, out, weights, bar, console.print)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="New or empty folder to write to.")],
    database_url: Annotated[
        str | None, typer.Option(help="Where decisions are kept [default: DATABASE_URL].")
    ] = None,
    station: Annotated[str | None, typer.Option(help="Only parts of this station.")] = None,
) -> None:
    """Write the parts that people reviewed as a data set to train on, castings included."""
    from core.commands.exporting import export_reviewed

    export_reviewed(folder, database_url, station, bar, console.print)


@app.command()
def samples(
    folder: Annotated[Path, typer.Argument(help="Folder to write to.")],
    count: Annotated[int, typer.Option(min=1, max=1_000_000)] = 24,
    seed: Annotated[int, typer.Option(min=0)] = 1,
) -> None:
    """Render castings with known defects, and labels.csv with the defects' boxes."""
    from core.samples import write_samples

    write_samples(folder, count, seed)
    console.print(f"{count} rendered parts and labels.csv are in {folder}.")


@app.command()
def demo(
    database_url: Annotated[
        str | None, typer.Option(help="An empty database [default: DATABASE_URL].")
    ] = None,
    parts: Annotated[int, typer.Option(min=300, max=100_000, help="About so many parts.")] = 2_400,
    clear: Annotated[
        bool, typer.Option("--clear", help="Empty a demonstration's database instead.")
    ] = False,
) -> None:
    """Fill an empty database with thirty days of production from rendered parts."""
    from core.commands import demonstrating

    if clear:
        demonstrating.clear_demonstration(console.print, database_url)
    else:
        demonstrating.make_demonstration(growing_bar, console.print, database_url, parts)


@app.command()
def evaluate(
    dataset: Annotated[
        Path | None, typer.Argument(exists=True, file_okay=False, help="Data set folder.")
    ] = None,
    castings: Castings = None,
    split: Annotated[
        Split, typer.Option(help="Official test split, or castings held out in turn.")
    ] = Split.OFFICIAL,
    json: Annotated[Path | None, typer.Option(help="Write every figure here.")] = None,
    engine: Annotated[EngineKind, typer.Option(help="Runtime.")] = EngineKind.ONNX,
    recipe: Annotated[str, typer.Option(help="Recipe trained anew for each fold.")] = "best",
    fold_seed: Annotated[int, typer.Option(min=0, help="Which five folds of castings.")] = 0,
    weights: Annotated[Path | None, typer.Option(help="ImageNet weights on disk.")] = None,
    recall_floor: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="The threshold for this recall, on held-out scores."),
    ] = None,
    confidence: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="How sure the recall floor is to hold.")
    ] = 0.95,
) -> None:
    """Recall, precision, F1, accuracy, AUC and bounds on labelled photographs.

    With --recall-floor: the threshold that promises this recall, from the model's held-out
    scores, and without a data set.
    """
    if dataset is None and recall_floor is not None:
        from core.commands.thresholding import find_threshold

        find_threshold(recall_floor, confidence, json, console.print)
        return
    if dataset is None or recall_floor is not None:
        raise SettingsError("Name a data set to evaluate on, or a --recall-floor: one of the two.")
    from core.commands.evaluating import evaluate_official, evaluate_unseen_castings

    if split is Split.OFFICIAL:
        evaluate_official(dataset, castings, json, engine, bar, console.print)
    else:
        evaluate_unseen_castings(
            dataset, castings, json, recipe, fold_seed, weights, bar, console.print
        )


@app.command()
def castings(
    dataset: DataSet,
    csv: Annotated[Path, typer.Option(help="Write one row a photograph here.")],
    json: Annotated[Path | None, typer.Option(help="Write leaks and conflicts here.")] = None,
) -> None:
    """Find which photographs show the same casting, leaks between splits, label conflicts."""
    from core.commands.evaluating import find_castings

    find_castings(dataset, csv, json, bar, console.print)


@app.command()
def benchmark(
    json: Annotated[Path | None, typer.Option(help="Write every figure here.")] = None,
    threads: Annotated[int, typer.Option(min=1, max=64)] = 2,
    rounds: Annotated[int, typer.Option(min=1, max=100)] = 5,
    photographs: Annotated[int, typer.Option(min=32, max=10_000)] = 128,
    in_a_row: Annotated[
        int, typer.Option(min=1, max=100_000, help="Photographs whose latency is taken.")
    ] = 2000,
) -> None:
    """Throughput and latency side by side with eager torch + autograd Grad-CAM, in one run."""
    from core.commands.measuring import measure

    measure(json, threads, rounds, photographs, in_a_row, console.print)


@app.command()
def report(
    shift: Annotated[str, typer.Option(help="The shift, as 2026-11-23:night.")],
    csv: Annotated[Path | None, typer.Option(help="Write one row a part here.")] = None,
    station: Annotated[str | None, typer.Option(help="One station [default: all].")] = None,
    database_url: Annotated[
        str | None, typer.Option(help="Where verdicts are kept [default: DATABASE_URL].")
    ] = None,
) -> None:
    """Report a shift: its figures, one row a part as CSV, and a manifest of both."""
    from core.commands.reporting import report_shift

    report_shift(shift, csv, station, database_url, console.print)


for command in (backup, restore, purge, doctor):
    app.command()(command)
