"""What the Threshold page shows at each position of its slider is what was counted there."""

from __future__ import annotations

import numpy as np
import pytest

from core.model.metrics import lower_bound, probabilities
from core.thresholds.costs import consequences
from pages.threshold.evidence import Evidence, count_evidence, threshold_name
from pages.threshold.line import Line, amount
from pages.threshold.slider import figures, scale_of, threshold_at
from tests.made_up_scores import made_up

LINE = Line(0.03, 700)
NOW = 0.4237


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return count_evidence(made_up(), "made up")


def test_every_position_says_what_was_counted_there(evidence: Evidence) -> None:
    columns = figures(evidence, LINE, NOW)
    scale = scale_of(evidence, NOW)
    positions = scale.positions
    assert {len(column) for column in columns.values()} == {len(positions)}
    lowest = probabilities(evidence.parts.lowest_by_casting())
    at_now = int(np.flatnonzero(positions == scale.now)[0])
    sampled = np.random.default_rng(1).choice(len(positions), 60)
    for index in [0, at_now, *sampled.tolist(), len(positions) - 1]:
        row = {name: column[index].item() for name, column in columns.items()}
        threshold = threshold_at(scale, float(positions[index]), NOW)
        matrix = evidence.counts.matrix(threshold)
        assert row["threshold"] == threshold
        for name in ("caught", "missed", "false_alarms", "passed"):
            assert row[name] == getattr(matrix, name)
        for name in ("recall", "precision", "specificity", "f1"):
            rate = getattr(matrix, name)
            assert row[name] == pytest.approx(np.nan if rate is None else rate, nan_ok=True)
        thousand = consequences(matrix, LINE.defect_rate)
        shift = consequences(matrix, LINE.defect_rate, LINE.parts_per_shift)
        assert row["caught_1000"] == pytest.approx(thousand.caught)
        assert row["flagged_1000"] == pytest.approx(thousand.flagged)
        assert row["escapes_1000"] == pytest.approx(thousand.escapes)
        assert row["flagged_shift"] == pytest.approx(shift.flagged)
        assert row["escapes_shift"] == pytest.approx(shift.escapes)
        caught = int((lowest >= threshold).sum())
        assert row["castings"] == caught
        assert row["castings_bound"] == (lower_bound(caught, len(lowest)) or 0)
    assert columns["threshold"][at_now] == NOW


@pytest.mark.parametrize(
    ("number", "written"),
    [(1234.5, "1,234"), (12, "12"), (3.42, "3.4"), (0, "0.0"), (0.0214, "0.021")],
)
def test_small_amounts_keep_their_digits(number: float, written: str) -> None:
    assert amount(number) == written


def test_a_threshold_is_named_by_log_odds_and_probability() -> None:
    assert threshold_name(0.5) == "+0.00 (50.0 %)"
