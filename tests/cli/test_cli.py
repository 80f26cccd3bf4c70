"""The command line: its contract of names, columns and exit codes, run as a program."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from core.synthetic.samples import write_samples
from tests.conftest import ROOT
from tests.programs import run

pytestmark = pytest.mark.slow

COLUMNS = ["file", "sha256", "verdict", "probability", "log_odds", "threshold", "model", "reason"]


@pytest.fixture
def folder(tmp_path):
    write_samples(tmp_path / "parts", 6, seed=3)
    return tmp_path


def inspect(folder: Path, *arguments):
    table = folder / "out.csv"
    url = f"sqlite:///{folder / 'qc.db'}"
    done = run("inspect", *arguments, "--database-url", url, "--csv", table)
    with table.open(newline="") as file:
        return done, list(csv.DictReader(file))


def test_inspecting_a_folder_twice(folder):
    done, rows = inspect(folder, folder / "parts")
    assert done.returncode == 0, done.stderr
    assert list(rows[0]) == COLUMNS
    assert len(rows) == 6
    assert {row["verdict"] for row in rows} <= {"defective", "ok"}
    assert "labels.csv" not in done.stderr
    again, same = inspect(folder, folder / "parts")
    assert same == rows
    assert "6 were already inspected" in " ".join(again.stderr.split())


def test_a_rejected_file_gives_exit_code_1_and_a_reason(folder):
    bad = folder / "parts" / "=bad.jpg"
    bad.write_bytes(b"nothing")
    done, rows = inspect(folder, folder / "parts")
    assert done.returncode == 1
    assert len(rows) == 7
    (row,) = [row for row in rows if row["verdict"] == "rejected"]
    assert "known format" in row["reason"]
    assert row["probability"] == ""


def test_a_threshold_of_the_callers_own(folder):
    _, rows = inspect(folder, folder / "parts", "--threshold", "0")
    assert {row["verdict"] for row in rows} == {"defective"}
    assert {float(row["threshold"]) for row in rows} == {0.0}


@pytest.mark.parametrize(
    "arguments",
    [
        ("inspect",),
        ("inspect", "no such folder"),
        ("inspect", ".", "--threshold", "2"),
        ("inspect", ".", "--database-url", "oracle://nowhere"),
        ("inspect", ".", "--engine", "abacus"),
        ("nonsense",),
    ],
)
def test_wrong_use_gives_exit_code_2(arguments):
    done = run(*arguments)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr


def test_samples_writes_parts_and_labels(tmp_path):
    assert run("samples", tmp_path, "--count", "4", "--seed", "9").returncode == 0
    assert len(list(tmp_path.glob("*.jpg"))) == 4
    assert (tmp_path / "labels.csv").is_file()


def test_serving_never_imports_torch(folder):
    program = (
        "import runpy, sys; sys.argv = ['core', 'inspect', sys.argv[1], '--database-url', "
        "sys.argv[2]]\n"
        "try:\n    runpy.run_module('core', run_name='__main__')\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "assert not {'torch', 'sklearn', 'onnx', 'streamlit'} & set(sys.modules)\n"
    )
    url = f"sqlite:///{folder / 'qc.db'}"
    done = subprocess.run(
        [sys.executable, "-c", program, folder / "parts", url],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "{parts}"],
        ["evaluate", "{parts}"],
        ["benchmark"],
        ["inspect", "{parts}", "--engine", "torch", "--database-url", "sqlite://"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_command_that_needs_the_training_packages_says_so(folder, arguments):
    program = (
        "import sys; sys.modules |= dict.fromkeys(['torch', 'sklearn', 'pytorch_grad_cam'])\n"
        "from cli.app import main; main()"
    )
    given = [argument.format(parts=folder / "parts") for argument in arguments]
    done = subprocess.run(
        [sys.executable, "-c", program, *given], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "pip install -r requirements-train.txt" in done.stderr
    assert "Traceback" not in done.stderr
