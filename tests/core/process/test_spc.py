"""Control charts against the handbooks' examples, and where those end: 0, 1, single parts."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.process.spc import Baseline, Rule, Signal, Subgroup, baseline_of, signals

# NIST/SEMATECH e-Handbook 6.3.3.2, chips of 30 wafers, 50 chips a wafer; the same counts as
# Montgomery's frozen orange juice cans (Introduction to Statistical Quality Control, 6th ed.,
# table 7.1): average 0.2313, limits 0.0524 and 0.4102, samples 15 and 23 beyond the upper one.
WAFERS = [
    Subgroup(defective, 50)
    for defective in (
        *(12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22),
        *(8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6),
    )
]

# Montgomery, 6th ed., table 7.4, purchase orders of 25 weeks: sizes vary, average 234 / 2450,
# week 11 beyond its limit.
PURCHASE_ORDERS = [
    Subgroup(defective, inspected)
    for defective, inspected in zip(
        (12, 8, 6, 9, 10, 12, 11, 16, 10, 6, 20, 15, 9, 8, 6, 8, 10, 7, 5, 8, 5, 8, 10, 6, 9),
        (
            *(100, 80, 80, 100, 110, 110, 100, 100, 90, 90, 110, 120, 120),
            *(120, 110, 80, 80, 80, 90, 100, 100, 100, 100, 90, 90),
        ),
        strict=True,
    )
]

# Mohammed, Panesar, Laney and Wilson, BMJ Quality and Safety 22 (2013) 362-368: patients of twenty
# weeks who were seen within four hours, of all who came. Limits of the p' chart of these weeks as
# the R package qicharts2 computes them (chart "pp", lower and upper, ten digits).
WEEKS = [
    Subgroup(seen, came)
    for seen, came in zip(
        (
            *(266501, 264225, 276532, 281461, 269071, 261215, 270409, 279778, 270483, 270320),
            *(267923, 271478, 255353, 256820, 261835, 259144, 255910, 260863, 264465, 260989),
        ),
        (
            *(280443, 276823, 291681, 296155, 282343, 275888, 283867, 295251, 284468, 282529),
            *(279618, 283932, 266629, 268091, 276803, 271578, 266005, 273520, 278574, 273772),
        ),
        strict=True,
    )
]
CENTRE_OF_WEEKS = 0.9528997113
LIMITS_OF_WEEKS = (
    *((0.9401296442, 0.9656697785), (0.9400464186, 0.9657530041), (0.9403780656, 0.9654213571)),
    *((0.9404730075, 0.9653264152), (0.9401726842, 0.9656267385), (0.9400246568, 0.9657747659)),
    *((0.9402068940, 0.9655925287), (0.9404539980, 0.9653454247), (0.9402203093, 0.9655791134)),
    *((0.9401768742, 0.9656225485), (0.9401108193, 0.9656886034), (0.9402083470, 0.9655910757)),
    *((0.9398030140, 0.9659964087), (0.9398387734, 0.9659606493), (0.9400459543, 0.9657534684)),
    *((0.9399228940, 0.9658765287), (0.9397876617, 0.9660117610), (0.9399690440, 0.9658303787)),
    *((0.9400868775, 0.9657125452), (0.9399749965, 0.9658244262)),
)

EXAMPLES = pytest.mark.parametrize("subgroups", [WAFERS, PURCHASE_ORDERS, WEEKS])


def exact(subgroups: list[Subgroup]) -> tuple[Decimal, Decimal, list[Decimal]]:
    """Centre line, sigma-Z and binomial sigmas by Laney's formulas, in 50 digits."""
    with localcontext(prec=50):
        total = Fraction(
            sum(item.defective for item in subgroups), sum(item.inspected for item in subgroups)
        )
        centre = Decimal(total.numerator) / total.denominator
        sigmas = [(centre * (1 - centre) / item.inspected).sqrt() for item in subgroups]
        scores = [
            (Decimal(item.defective) / item.inspected - centre) / sigma
            for item, sigma in zip(subgroups, sigmas, strict=True)
        ]
        ranges = [abs(after - before) for before, after in pairwise(scores)]
        return centre, sum(ranges) / len(ranges) / Decimal("1.128"), sigmas


def test_the_handbooks_p_chart() -> None:
    baseline = baseline_of(WAFERS)
    assert baseline.centre == 347 / 1500
    assert round(baseline.centre, 4) == 0.2313
    plain = Baseline(347, 1500, 30, sigma_z=1.0, p_value=1.0)
    limits = plain.limits(50)
    assert (round(limits.lower, 4), round(limits.upper, 4)) == (0.0524, 0.4102)
    beyond = [item.at for item in signals(WAFERS, plain) if item.rule is Rule.BEYOND]
    assert beyond == [14, 22]


def test_montgomerys_p_chart_with_varying_subgroups() -> None:
    plain = Baseline(234, 2450, 25, sigma_z=1.0, p_value=1.0)
    centre = 234 / 2450
    for item in PURCHASE_ORDERS:
        reach = 3 * math.sqrt(centre * (1 - centre) / item.inspected)
        limits = plain.limits(item.inspected)
        assert limits.upper == pytest.approx(centre + reach, abs=1e-12)
        assert limits.lower == pytest.approx(max(0.0, centre - reach), abs=1e-12)
    first = plain.limits(100)
    assert (round(first.lower, 3), round(first.upper, 3)) == (0.007, 0.184)
    beyond = [item.at for item in signals(PURCHASE_ORDERS, plain) if item.rule is Rule.BEYOND]
    assert beyond == [10]


@EXAMPLES
def test_laneys_formulas_to_a_millionth(subgroups: list[Subgroup]) -> None:
    centre, sigma_z, sigmas = exact(subgroups)
    found = baseline_of(subgroups)
    assert found.centre == pytest.approx(float(centre), abs=1e-6)
    assert found.sigma_z == pytest.approx(float(sigma_z), abs=1e-6)
    wide = Baseline(found.defective, found.inspected, found.subgroups, found.sigma_z, p_value=0.0)
    factor = sigma_z if wide.laney else Decimal(1)
    for item, sigma in zip(subgroups, sigmas, strict=True):
        limits = wide.limits(item.inspected)
        assert limits.upper == pytest.approx(float(centre + 3 * sigma * factor), abs=1e-6)
        assert limits.lower == pytest.approx(max(0.0, float(centre - 3 * sigma * factor)), abs=1e-6)


def test_a_published_p_prime_chart() -> None:
    found = baseline_of(WEEKS)
    assert found.laney
    assert found.centre == pytest.approx(CENTRE_OF_WEEKS, abs=1e-9)
    for item, (lower, upper) in zip(WEEKS, LIMITS_OF_WEEKS, strict=True):
        limits = found.limits(item.inspected)
        assert limits.lower == pytest.approx(lower, abs=1e-9)
        assert limits.upper == pytest.approx(upper, abs=1e-9)
    # On a p-chart most weeks lie beyond its narrow limits; on this one, none does.
    plain = Baseline(found.defective, found.inspected, found.subgroups, sigma_z=1.0, p_value=1.0)
    beyond = [
        [item.at for item in signals(WEEKS, baseline) if item.rule is Rule.BEYOND]
        for baseline in (plain, found)
    ]
    assert len(beyond[0]) > len(WEEKS) / 2
    assert beyond[1] == []


def test_over_dispersion_asks_for_laney_and_chance_does_not() -> None:
    wafers, orders = baseline_of(WAFERS), baseline_of(PURCHASE_ORDERS)
    assert wafers.sigma_z > 1
    assert wafers.p_value < 0.001
    assert wafers.laney
    assert orders.p_value > 0.1
    assert not orders.laney
    assert orders.limits(100) == Baseline(234, 2450, 25, 1.0, 1.0).limits(100)


def test_the_chance_is_the_chi_square_tests() -> None:
    # Two subgroups of 100 with 10 and 20 defective: chi-square 3.92157 with one degree of
    # freedom, as for any two-by-two table; its p-value is erfc(sqrt(chi-square / 2)).
    found = baseline_of([Subgroup(10, 100), Subgroup(20, 100)])
    chi_square = 25 / (100 * 0.15 * 0.85) * 2
    assert found.p_value == pytest.approx(math.erfc(math.sqrt(chi_square / 2)), abs=1e-12)


STEADY = Baseline(50, 100, 20, sigma_z=1.0, p_value=1.0)
"""Centre line 0.5; a subgroup of 100 has sigma 0.05."""


def chart(*percents: int) -> list[Subgroup]:
    return [Subgroup(percent, 100) for percent in percents]


def fired(rule: Rule, *percents: int) -> list[tuple[int, tuple[int, ...]]]:
    return [
        (item.at, item.points) for item in signals(chart(*percents), STEADY) if item.rule == rule
    ]


def test_a_point_beyond_a_limit_and_not_one_on_it() -> None:
    assert fired(Rule.BEYOND, 65, 35, 50) == []
    assert fired(Rule.BEYOND, 50, 66, 50, 34) == [(1, (1,)), (3, (3,))]


def test_nine_in_a_row_on_one_side() -> None:
    up, low = (51, 52) * 4, (49, 48) * 4
    assert fired(Rule.RUN, *up) == []
    assert fired(Rule.RUN, *up, 51) == [(8, tuple(range(9)))]
    assert fired(Rule.RUN, *low, 49, 48) == [(8, tuple(range(10)))]
    assert fired(Rule.RUN, 49, *up, 51, 49) == [(9, tuple(range(1, 10)))]


def test_a_point_on_the_centre_line_belongs_to_neither_side() -> None:
    assert fired(Rule.RUN, 51, 52, 51, 52, 50, 51, 52, 51, 52) == []
    assert fired(Rule.RUN, *[50] * 20) == []
    thirds = Baseline(1, 3, 1, 1.0, 1.0)
    assert all(thirds.score(Subgroup(size, 3 * size)) == 0 for size in range(1, 5000))


def test_six_in_a_row_rising_or_falling() -> None:
    assert fired(Rule.TREND, 46, 47, 48, 49, 51) == []
    assert fired(Rule.TREND, 46, 47, 48, 49, 51, 52) == [(5, tuple(range(6)))]
    assert fired(Rule.TREND, 50, 53, 52, 51, 49, 48, 47, 46) == [(6, (1, 2, 3, 4, 5, 6, 7))]
    assert fired(Rule.TREND, 46, 47, 48, 48, 49, 51, 52) == []


def test_fourteen_in_a_row_up_and_down() -> None:
    assert fired(Rule.ALTERNATING, *(48, 52) * 6, 48) == []
    assert fired(Rule.ALTERNATING, *(48, 52) * 7) == [(13, tuple(range(14)))]


def test_two_of_three_beyond_two_sigma() -> None:
    assert fired(Rule.TWO_OF_THREE, 61, 50, 61) == [(2, (0, 2))]
    assert fired(Rule.TWO_OF_THREE, 61, 50, 50, 61) == []
    assert fired(Rule.TWO_OF_THREE, 61, 39, 50) == []
    assert fired(Rule.TWO_OF_THREE, 60, 60, 60) == []
    assert fired(Rule.TWO_OF_THREE, 61, 61, 51, 61) == [(1, (0, 1)), (3, (1, 3))]
    assert fired(Rule.TWO_OF_THREE, 61, 61, 50, 50, 39, 39) == [(1, (0, 1)), (5, (4, 5))]
    assert fired(Rule.TWO_OF_THREE, 50, 39, 39, 50, 50) == [(2, (1, 2))]


def test_four_of_five_beyond_one_sigma() -> None:
    assert fired(Rule.FOUR_OF_FIVE, 56, 56, 50, 56, 56) == [(4, (0, 1, 3, 4))]
    assert fired(Rule.FOUR_OF_FIVE, 56, 56, 50, 50, 56, 56) == []
    assert fired(Rule.FOUR_OF_FIVE, *[55] * 8) == []
    assert fired(Rule.FOUR_OF_FIVE, 44, 44, 44, 44, 50) == [(3, (0, 1, 2, 3))]


def test_signals_come_in_the_order_they_fired() -> None:
    found = signals(chart(50, 66, 66), STEADY)
    assert found == [
        Signal(Rule.BEYOND, 1, (1,), 1),
        Signal(Rule.BEYOND, 2, (2,), 1),
        Signal(Rule.TWO_OF_THREE, 2, (1, 2), 1),
    ]


@pytest.mark.parametrize("defective", [0, 100])
def test_a_baseline_without_spread_breaks_nothing(defective: int) -> None:
    baseline = baseline_of([Subgroup(defective, 100)] * 12)
    assert not baseline.laney
    limits = baseline.limits(7)
    assert limits.lower == limits.centre == limits.upper == defective / 100
    assert signals([Subgroup(defective, 100)] * 30, baseline) == []
    (only,) = signals([Subgroup(1, 2)], baseline)
    assert (only.rule, only.side) == (Rule.BEYOND, 1 if defective == 0 else -1)


def test_subgroups_of_one_part() -> None:
    singles = [Subgroup(index % 10 == 0, 1) for index in range(50)]
    baseline = baseline_of(singles)
    assert baseline.centre == 0.1
    assert baseline.limits(1).upper == pytest.approx(min(1.0, 0.1 + 3 * 0.3))
    assert baseline_of(singles[:1]).limits(1).upper == 1.0
    assert all(item.rule is not Rule.BEYOND for item in signals(singles, baseline))


@pytest.mark.parametrize("counts", [(0, 0), (-1, 5), (6, 5)])
def test_counts_that_are_no_subgroup_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no subgroup"):
        Subgroup(*counts)


def test_a_baseline_needs_a_subgroup() -> None:
    with pytest.raises(ValueError, match="needs a subgroup"):
        baseline_of([])


sizes = st.integers(1, 500)
groups = st.lists(
    sizes.flatmap(lambda size: st.builds(Subgroup, st.integers(0, size), st.just(size))),
    min_size=1,
    max_size=40,
)


@given(groups, groups)
def test_limits_and_signals_of_anything(
    given_groups: list[Subgroup], later: list[Subgroup]
) -> None:
    baseline = baseline_of(given_groups)
    assert baseline.sigma_z >= 0
    assert 0 <= baseline.p_value <= 1
    for item in later:
        limits = baseline.limits(item.inspected)
        assert 0 <= limits.lower <= limits.centre <= limits.upper <= 1
        assert not math.isnan(baseline.score(item))
    found = signals(later, baseline)
    assert found == sorted(found, key=lambda item: item.at)
    for item in found:
        assert item.at in item.points
        assert all(0 <= point < len(later) for point in item.points)
    # Later points change nothing about where an earlier signal fired.
    before = [(item.rule, item.at) for item in signals(later[:-1], baseline)]
    now = [(item.rule, item.at) for item in found if item.at < len(later) - 1]
    assert before == now
