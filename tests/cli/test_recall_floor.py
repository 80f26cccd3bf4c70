"""The threshold for a recall floor, from the command line."""

import json

import pytest

from cli.recall_floor import find_threshold
from core.errors import NotEnoughCastings
from core.model.card import write_card
from core.thresholds.held_out_scores import read_held_out_scores
from core.thresholds.recall_floor import curves, recall_floor
from tests.held_out import write_held_out
from tests.programs import run


def model(folder, castings):
    described = write_held_out(folder, castings)
    write_card(described, folder)
    return described


def test_the_guarantee_is_printed_and_written(tmp_path, capsys):
    described = model(tmp_path, castings=500)
    floor = find_threshold(0.99, 0.95, tmp_path / "out.json", tmp_path)
    parts = read_held_out_scores(described, tmp_path)
    assert floor == recall_floor(parts, 0.99, 0.95)
    said = capsys.readouterr().err
    assert said.index("Held-out") < said.index("Observed:") < said.index("Guaranteed:")
    assert f"{floor.threshold:.6f}" in said.partition("Guaranteed:")[2]
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["promised"]["threshold"] == floor.threshold
    matrix = curves(parts).matrix(floor.threshold)
    assert written["promised"]["confusion"]["false_alarms"] == matrix.false_alarms
    assert written["more_castings_needed"] == 0


def test_without_enough_castings_only_the_observed_threshold_is_said(tmp_path, capsys):
    model(tmp_path, castings=60)
    with pytest.raises(NotEnoughCastings) as refused:
        find_threshold(0.99, 0.95, tmp_path / "out.json", tmp_path)
    said = capsys.readouterr().err
    assert "Observed:" in said
    assert "Guaranteed:" not in said
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["promised"] is None
    assert written["more_castings_needed"] == refused.value.more > 200


@pytest.mark.parametrize(
    "arguments", [(), (".", "--recall-floor", "0.99"), ("--recall-floor", "2")]
)
def test_wrong_use_gives_exit_code_2(arguments):
    assert run("evaluate", *arguments).returncode == 2
