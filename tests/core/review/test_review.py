"""Figures from people's decisions, held to scipy, scikit-learn and simulated production."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import beta
from sklearn.metrics import cohen_kappa_score

from core.inspection.records import Verdict
from core.model.metrics import upper_bound
from core.review.decisions import BORDERLINE, Decision, drawn, margin, queued, read_names
from core.review.estimates import Group, Production, agreement, contradiction, escape_rate, estimate

NOBODY = Group(0, 0, 0)


@pytest.mark.parametrize(
    ("misses", "audited", "bound"),
    [
        (0, 299, 0.00997),
        (0, 1, 0.95),
        (0, 58, 0.0503),
        (0, 59, 0.0495),
        (0, 2_995, 0.0009998),
        (1, 299, 0.0158),
        (3, 100, 0.0757),
        (5, 20, 0.4556),
        (20, 20, 1.0),
        (7, 5_000, 0.00263),
    ],
)
def test_the_bound_of_the_escape_rate_is_exact(misses: int, audited: int, bound: float) -> None:
    found = escape_rate(misses, audited)
    assert found.bound == pytest.approx(bound, rel=5e-3)
    exact = beta.ppf(0.95, misses + 1, audited - misses) if misses < audited else 1.0
    assert found.bound == pytest.approx(exact, abs=1e-12)
    assert found.estimate == misses / audited


def test_without_an_audited_part_nothing_is_known() -> None:
    assert escape_rate(0, 0).bound is None
    assert escape_rate(0, 0).estimate is None


def test_in_2000_production_runs_the_escape_rate_is_under_the_bound() -> None:
    random = np.random.default_rng(2026)
    bounds: dict[tuple[int, int], float | None] = {}
    for parts, rate in ((4_000, 0.004), (4_000, 0.02), (12_000, 0.001), (600, 0.1)):
        held = 0
        for _ in range(500):
            escapes = random.random(parts) < rate
            audited = random.random(parts) < 0.05
            case = (int((escapes & audited).sum()), int(audited.sum()))
            bound = bounds.setdefault(case, upper_bound(*case))
            held += bound is not None and escapes.mean() <= bound
        assert held / 500 >= 0.95, (parts, rate, held)


def test_each_group_is_weighted_back_to_the_parts_it_stands_for() -> None:
    found = estimate(
        Production(
            flagged=Group(100, 45, 5),
            borderline=Group(20, 5, 15),
            passed=Group(1_000, 1, 49),
            audited=Group(51, 2, 49),
        )
    )
    assert (found.caught, found.false_alarms) == (90.0, pytest.approx(10.0))
    assert (found.missed, found.passed) == (25.0, 995.0)
    assert found.recall == pytest.approx(90 / 115)
    assert found.precision == pytest.approx(0.9)
    assert found.false_alarm_rate == pytest.approx(10 / 1005)


def test_the_estimates_are_right_on_average_and_what_nobody_saw_is_not_guessed() -> None:
    random = np.random.default_rng(7)
    missed = []
    for _ in range(400):
        defective = random.random(3_000) < 0.03
        audited = random.random(3_000) < 0.05
        seen = Group(3_000, int((defective & audited).sum()), int((~defective & audited).sum()))
        estimated = estimate(Production(NOBODY, NOBODY, seen, seen)).missed
        assert estimated is not None
        missed.append(estimated - defective.sum())
    assert abs(np.mean(missed)) < 3 * np.std(missed) / math.sqrt(400)

    unseen = estimate(Production(Group(5, 0, 0), NOBODY, Group(10, 0, 0), NOBODY))
    assert (unseen.caught, unseen.missed, unseen.recall, unseen.precision) == (None,) * 4
    empty = estimate(Production(NOBODY, NOBODY, NOBODY, NOBODY))
    assert (empty.caught, empty.missed, empty.recall) == (0.0, 0.0, None)


@pytest.mark.parametrize("seed", range(30))
def test_kappa_is_scikit_learns(seed: int) -> None:
    random = np.random.default_rng(seed)
    choices = list(Decision)[: 2 + seed % 3]
    first = random.choice(choices, 40)
    second = np.where(random.random(40) < seed / 30, first, random.choice(choices, 40))
    pairs = [(Decision(a), Decision(b)) for a, b in zip(first, second, strict=True)]
    found = agreement(pairs)
    assert found.kappa == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)
    assert (found.parts, found.agreed) == (40, int((first == second).sum()))


def test_kappa_without_variety_is_undefined() -> None:
    assert agreement([]).kappa is None
    assert agreement([(Decision.OK, Decision.OK)] * 9).kappa is None
    assert agreement([(Decision.OK, Decision.DEFECTIVE)] * 9).kappa == 0.0


def test_the_margin_is_measured_from_the_threshold() -> None:
    assert margin(1.5, 0.5) == pytest.approx(1.5)
    assert margin(0.0, 0.2) == pytest.approx(math.log(4))
    for nothing in (margin(math.nan, 0.5), margin(1.0, 0.0), margin(1.0, 1.0)):
        assert nothing is None
    assert contradiction(Decision.DEFECTIVE, -4.0, 0.5) == pytest.approx(4.0)
    assert contradiction(Decision.OK, -4.0, 0.5) == pytest.approx(-4.0)
    assert contradiction(Decision.UNSURE, -4.0, 0.5) is None


def test_what_is_queued() -> None:
    far = BORDERLINE + 0.1
    assert queued(Verdict.OK, -far, 0.5, 0.0) is None
    for verdict, log_odds, rate in (
        (Verdict.DEFECTIVE, 9.0, 0.0),
        (Verdict.NOT_INSPECTABLE, math.nan, 0.0),
        (Verdict.OK, -0.5, 0.0),
        (Verdict.OK, -9.0, 1.0),
    ):
        how = queued(verdict, log_odds, 0.5, rate)
        assert how is not None
        assert how.audit_rate == (rate or None)
    assert not any(drawn(0.0) for _ in range(100))
    assert all(drawn(1.0) for _ in range(100))


def test_defect_types_keep_their_order_and_come_once() -> None:
    assert read_names(" crack, burr  / flash,,crack , other") == (
        "crack",
        "burr / flash",
        "other",
    )
