"""What a threshold costs: consequences add up, the cheapest is cheapest, its plateau is honest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ThresholdError
from core.thresholds.costs import Costs, cheapest, consequences, cost_curve
from core.thresholds.recall_floor import curves
from core.thresholds.scored_parts import scored_parts
from tests.made_up_scores import made_up, sets

COSTS = Costs(escape=100, false_alarm=2)
RATES = st.floats(0.001, 0.5)


@given(sets(), RATES, st.floats(0.01, 0.99))
def test_consequences_add_up_to_the_parts_of_the_line(parts, rate, threshold):
    told = consequences(curves(parts).matrix(threshold), rate, parts=500)
    assert told.caught + told.escapes == pytest.approx(500 * rate)
    assert 0 <= told.false_alarms <= 500 * (1 - rate) * (1 + 1e-12)
    assert told.flagged == told.caught + told.false_alarms


def test_consequences_of_a_known_case():
    parts = scored_parts([2, 2, 2, -1, 1, -2, -2, -2], [True] * 4 + [False] * 4)
    told = consequences(curves(parts).matrix(0.5), 0.02)
    assert (told.caught, told.escapes, told.false_alarms) == pytest.approx((15, 5, 245))
    assert told.precision == pytest.approx(15 / 260)
    assert consequences(curves(parts).matrix(0.99), 0.02).precision is None


@given(sets(), RATES)
def test_no_threshold_costs_less_than_the_cheapest(parts, rate):
    found = cheapest(parts, COSTS, rate, resamples=20)
    counts = curves(parts)
    costs = cost_curve(counts, COSTS, rate)
    assert found.cost == pytest.approx(costs.min())
    told = consequences(counts.matrix(found.threshold), rate)
    assert COSTS.escape * told.escapes + COSTS.false_alarm * told.false_alarms == pytest.approx(
        found.cost, abs=1e-9
    )
    assert found.plateau_low <= found.threshold <= found.plateau_high


@given(sets(), RATES)
def test_the_plateau_costs_at_most_a_standard_error_more_and_ends_where_it_must(parts, rate):
    found = cheapest(parts, COSTS, rate, resamples=20)
    counts = curves(parts)
    costs = cost_curve(counts, COSTS, rate)
    inside = (counts.thresholds >= found.plateau_low) & (counts.thresholds <= found.plateau_high)
    limit = found.cost + found.standard_error
    assert (costs[inside] <= limit).all()
    first, last = np.flatnonzero(inside)[[0, -1]]
    assert first == 0 or costs[first - 1] > limit
    assert last + 1 == len(costs) or costs[last + 1] > limit


def test_castings_are_resampled_not_photographs():
    together = made_up(castings=60, photographs=30)
    apart = scored_parts(together.log_odds, together.defective)
    with_castings = cheapest(together, COSTS, 0.05).standard_error
    assert with_castings > 1.5 * cheapest(apart, COSTS, 0.05).standard_error


def test_the_standard_error_is_that_of_a_share_where_castings_have_one_part():
    scores = np.concatenate([np.linspace(-1, 9, 400), np.linspace(-9, 1, 400)])
    parts = scored_parts(scores, np.arange(800) < 400)
    found = cheapest(parts, Costs(1, 1), 0.5, resamples=4000)
    matrix = curves(parts).matrix(found.threshold)
    missed, alarmed = 1 - matrix.recall, 1 - matrix.specificity
    variance = missed * (1 - missed) / 400 + alarmed * (1 - alarmed) / 400
    assert found.standard_error == pytest.approx(1000 * 0.5 * variance**0.5, rel=0.05)


def test_a_gap_between_the_kinds_gives_its_middle():
    parts = scored_parts([-4.0, -2.0, 3.0, 5.0], [False, False, True, True])
    found = cheapest(parts, COSTS, 0.05)
    assert found.cost == found.standard_error == 0
    assert found.threshold == pytest.approx(1 / (1 + np.exp(-0.5)))
    assert found.plateau_low == found.threshold
    assert found.plateau_high == pytest.approx(1 / (1 + np.exp(-3)))


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, float("nan")])
def test_a_defect_rate_nobody_has_is_refused(rate):
    with pytest.raises(ThresholdError, match="defect rate"):
        consequences(curves(made_up()).matrix(0.5), rate)
    with pytest.raises(ThresholdError, match="defect rate"):
        cheapest(made_up(), COSTS, rate)


@pytest.mark.parametrize("costs", [Costs(0, 0), Costs(-1, 5), Costs(float("nan"), 1)])
def test_costs_that_make_no_sense_are_refused(costs):
    with pytest.raises(ThresholdError, match="Costs"):
        cheapest(made_up(), costs, 0.05)
