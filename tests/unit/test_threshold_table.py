"""What the Threshold page says at each position of its slider is what was counted there."""

from __future__ import annotations

import numpy as np
import pytest

from core.costs import consequences
from core.metrics import lower_bound, probabilities
from pages._threshold_data import Picture, picture
from pages._threshold_drawing import ticks
from pages._threshold_line import Line
from pages._threshold_table import content, scale_of, threshold_at
from pages._threshold_words import amount, consequence_sentence, threshold_name
from pages._words import percent
from tests.unit.test_thresholds import made_up

LINE = Line(0.03, 700)
NOW = 0.4237


@pytest.fixture(scope="module")
def evidence() -> Picture:
    return picture(made_up(), "made up")


def test_every_position_says_what_was_counted_there(evidence: Picture) -> None:
    told = content(evidence, LINE, NOW)
    scale = scale_of(evidence, NOW)
    positions = scale.positions
    assert len(told["names"]) == len(positions)
    lowest = probabilities(evidence.parts.lowest_by_casting())
    before = consequences(evidence.counts.matrix(NOW), LINE.defect_rate)
    sampled = np.random.default_rng(1).choice(len(positions), 60)
    for index in [0, told["now"], *sampled.tolist(), len(positions) - 1]:
        threshold = threshold_at(scale, float(positions[index]), NOW)
        row = int(np.searchsorted(told["begins"], index, side="right")) - 1
        text = {
            name: begin + middle[row] + end for name, (begin, middle, end) in told["rows"].items()
        }
        matrix = evidence.counts.matrix(threshold)
        parts = consequences(evidence.counts.matrix(threshold), LINE.defect_rate)
        assert told["names"][index] == threshold_name(threshold)
        assert text["caught"] == f"{matrix.caught:,}"
        assert text["missed"] == f"{matrix.missed:,}"
        assert text["false-alarms"] == f"{matrix.false_alarms:,}"
        assert text["passed"] == f"{matrix.passed:,}"
        assert text["recall"] == percent(matrix.recall or 0)
        assert text["precision"] == ("-" if matrix.precision is None else percent(matrix.precision))
        assert text["flagged"] == amount(parts.flagged)
        assert text["escapes"] == amount(parts.escapes)
        assert text["thousand"] == consequence_sentence(before, parts, "1,000 parts")
        caught = int((lowest >= threshold).sum())
        assert text["whole"] == f"{caught:,}"
        assert text["bound"] == percent(lower_bound(caught, len(lowest)) or 0)
    assert positions[told["now"]] == scale.now


def test_the_threshold_in_force_changes_nothing(evidence: Picture) -> None:
    told = content(evidence, LINE, NOW)
    for name in ("recall", "precision", "specificity", "f1", "flagged", "flagged-shift"):
        begin, middle, end = told["rows"][f"{name}-change"]
        assert begin + middle[told["row_now"]] + end == ""


@pytest.mark.parametrize(
    ("lowest", "highest", "most", "expected"),
    [
        (0, 100, 5, ["0", "20", "40", "60", "80", "100"]),
        (0, 7, 2, ["0", "5"]),
        (0, 1, 2, ["0", "0.5", "1"]),
        (-13, 12, 9, ["-10", "-5", "0", "5", "10"]),
        (0, 4321, 2, ["0", "2,000", "4,000"]),
    ],
)
def test_ticks_are_round_and_inside(
    lowest: float, highest: float, most: int, expected: list[str]
) -> None:
    found = ticks(lowest, highest, most)
    assert [text for _, text in found] == expected
    assert all(0 <= place <= 100 for place, _ in found)
