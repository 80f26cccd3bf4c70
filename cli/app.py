"""The command line: ``python -m core COMMAND``.

Exit code 0: done. 1: some files were rejected or the work failed. 2: wrong use.
Commands import what they need when they run, so that ``--help`` answers at once and
inspecting never loads torch.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import typer
from rich.markup import escape

from cli.benchmark import benchmark
from cli.demo import demo, samples
from cli.doctor import doctor
from cli.evaluate import evaluate
from cli.inspect import inspect
from cli.maintenance import backup, purge, restore
from cli.report import report
from cli.terminal import console
from cli.train import castings, export, train
from cli.watch import watch
from core.errors import QualityControlError, SettingsError

PACKAGES = {
    **dict.fromkeys(("torch", "torchvision", "onnx", "onnxscript", "sklearn"), "train"),
    **dict.fromkeys(("pytorch_grad_cam", "skimage"), "dev"),
}
"""Packages that serving does without, and the requirements file that each is in."""

app = typer.Typer(
    help="Quality control of castings: inspect photographs, train and evaluate the model.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> NoReturn:
    """Run the command line; a known error is one line and exit code 1 or 2."""
    try:
        app()
    except QualityControlError as error:
        console.print(f"[red]{escape(str(error))}[/red]", soft_wrap=True)
        sys.exit(2 if isinstance(error, SettingsError) else 1)
    except ModuleNotFoundError as error:
        name = PACKAGES.get((error.name or "").partition(".")[0])
        if name is None:
            raise
        packages = {"train": "training", "dev": "development"}[name]
        console.print(
            f"[red]This command needs the {packages} packages: pip install -r "
            f"requirements-{name}.txt[/red]",
            soft_wrap=True,
        )
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("Stopped. What was finished is kept; the same command resumes.")
        sys.exit(1)
    sys.exit(0)


@app.callback()
def start() -> None:
    """Quality control of castings: inspect photographs, train and evaluate the model."""
    from core.logs import configure
    from core.settings import read_settings

    configure(read_settings().log_level)


for command in (
    *(inspect, watch, train, export, samples, demo, evaluate, castings, benchmark, report),
    *(backup, restore, purge, doctor),
):
    app.command()(command)
