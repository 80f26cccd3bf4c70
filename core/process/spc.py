"""Statistical process control of the share of defective parts: p-chart, Laney p', run rules.

    baseline = baseline_of([Subgroup(12, 100), Subgroup(8, 80), ...])   # a period that was good
    baseline.limits(inspected=90)                                      # of a subgroup of 90
    signals(subgroups, baseline)                                       # what is out of control

A subgroup is what was made under the same conditions: an hour, a shift. Limits come from a
frozen baseline, never from the points that they judge, and a chart is made for one model and
one threshold: subgroups of two of them are never given to one call.

The p-chart takes parts of a subgroup for independent, with one rate of defects. Where subgroups
differ by more than chance (castings of one mould, one shift), its limits are too narrow; Laney's
p' widens them by sigma-Z, the scatter of the subgroups in units of the binomial's.

Sources: NIST/SEMATECH e-Handbook 6.3.3.2; Montgomery, Introduction to Statistical Quality
Control, "Control chart for fraction nonconforming"; Laney, Quality Engineering 14 (2002) 531-537;
Western Electric, Statistical Quality Control Handbook (1956); Nelson, Journal of Quality
Technology 16 (1984) 237-239. Nelson's tests 7 and 8 judge how subgroups of measurements were
chosen and are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

SIGMAS = 3
"""Distance of the control limits from the centre line, in standard deviations."""
MOVING_RANGE_FACTOR = 1.128
"""Mean range of two, over the standard deviation: d2 of Laney's paper and of every table."""
SIGNIFICANCE = 0.05
"""Chance of calling a baseline over-dispersed that is not."""
_ROUNDING = 1e-9
"""A point this near to a limit is on it, and a point on a limit is not beyond it."""


@dataclass(frozen=True, slots=True)
class Subgroup:
    """Counts of one subgroup; ValueError unless 0 <= defective <= inspected and inspected > 0."""

    defective: int
    inspected: int

    def __post_init__(self) -> None:
        if not 0 <= self.defective <= self.inspected or not self.inspected:
            raise ValueError(f"{self.defective} defective of {self.inspected} is no subgroup")

    @property
    def rate(self) -> float:
        return self.defective / self.inspected


@dataclass(frozen=True, slots=True)
class Limits:
    """Control limits of one subgroup, as rates within 0 and 1."""

    lower: float
    centre: float
    upper: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a period in control tells: enough to draw limits for ever after."""

    defective: int
    inspected: int
    subgroups: int
    sigma_z: float
    """Laney's sigma-Z: 1 where subgroups differ by chance alone; 1 where it is unknown."""
    p_value: float
    """Chance that subgroups in control differ as much as these (chi-square); small: they do not."""

    @property
    def centre(self) -> float:
        """The centre line; exact, so that a rate on it compares equal."""
        return self.defective / self.inspected

    @property
    def laney(self) -> bool:
        """Whether the subgroups differ by more than chance, so that limits need sigma-Z."""
        return self.sigma_z > 1 and self.p_value < SIGNIFICANCE

    def sigma(self, inspected: int) -> float:
        """Standard deviation of the rate of a subgroup of this size."""
        binomial = math.sqrt(self.centre * (1 - self.centre) / inspected)
        return binomial * self.sigma_z if self.laney else binomial

    def limits(self, inspected: int) -> Limits:
        """Control limits of a subgroup of this size."""
        reach = SIGMAS * self.sigma(inspected)
        return Limits(max(0.0, self.centre - reach), self.centre, min(1.0, self.centre + reach))

    def score(self, subgroup: Subgroup) -> float:
        """Distance from the centre line in standard deviations; 0 exactly on the line.

        Infinite where the baseline has no spread (no part defective, or every one) and the
        subgroup differs from it.
        """
        distance, sigma = subgroup.rate - self.centre, self.sigma(subgroup.inspected)
        if distance == 0:
            return 0.0
        return distance / sigma if sigma else math.copysign(math.inf, distance)


def baseline_of(subgroups: Sequence[Subgroup]) -> Baseline:
    """The baseline that these subgroups, in the order of time, make.

    Raises ValueError without a subgroup.
    """
    if not subgroups:
        raise ValueError("a baseline needs a subgroup")
    plain = Baseline(
        defective=sum(subgroup.defective for subgroup in subgroups),
        inspected=sum(subgroup.inspected for subgroup in subgroups),
        subgroups=len(subgroups),
        sigma_z=1.0,
        p_value=1.0,
    )
    if len(subgroups) < 2 or not 0 < plain.centre < 1:
        return plain
    scores = [plain.score(subgroup) for subgroup in subgroups]
    ranges = [abs(after - before) for before, after in pairwise(scores)]
    return Baseline(
        plain.defective,
        plain.inspected,
        plain.subgroups,
        sigma_z=sum(ranges) / len(ranges) / MOVING_RANGE_FACTOR,
        p_value=_p_value(sum(score * score for score in scores), len(scores) - 1),
    )


class Rule(StrEnum):
    """What makes a point a signal; numbers are Nelson's."""

    BEYOND = "beyond"
    """1: a point beyond a control limit."""
    RUN = "run"
    """2: nine points in a row on one side of the centre line."""
    TREND = "trend"
    """3: six points in a row, each higher (or each lower) than the one before."""
    ALTERNATING = "alternating"
    """4: fourteen points in a row going up and down in turn."""
    TWO_OF_THREE = "two_of_three"
    """5: two of three points in a row beyond two sigma on one side."""
    FOUR_OF_FIVE = "four_of_five"
    """6: four of five points in a row beyond one sigma on one side."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A rule that fired at point ``at``, and every point that it holds against the process.

    A rule that keeps firing from one point to the next is one signal.
    """

    rule: Rule
    at: int
    points: tuple[int, ...]
    side: int
    """1 above the centre line or rising, -1 below or falling, 0 neither."""


def signals(subgroups: Sequence[Subgroup], baseline: Baseline) -> list[Signal]:
    """Every signal among these subgroups, in the order in which they fired.

    The subgroups follow each other in time and belong to one model and one threshold.
    """
    scores = [baseline.score(subgroup) for subgroup in subgroups]
    rates = [subgroup.rate for subgroup in subgroups]
    found: list[Signal] = []
    for rule, fires in _RULES.items():
        last: Signal | None = None
        last_at = -2
        for at in range(len(subgroups)):
            points, side = fires(scores, rates, at)
            if not points:
                continue
            if (
                last is not None
                and rule is not Rule.BEYOND
                and (last_at, last.side) == (at - 1, side)
            ):
                found.remove(last)
                points, first = tuple(sorted({*last.points, *points})), last.at
            else:
                first = at
            last, last_at = Signal(rule, first, points, side), at
            found.append(last)
    order = list(Rule)
    return sorted(found, key=lambda signal: (signal.at, order.index(signal.rule)))


_Fired = tuple[tuple[int, ...], int]
_QUIET: _Fired = ((), 0)


def _side(value: float) -> int:
    return (value > 0) - (value < 0)


def _beyond(scores: Sequence[float], _rates: Sequence[float], at: int) -> _Fired:
    return ((at,), _side(scores[at])) if abs(scores[at]) > SIGMAS + _ROUNDING else _QUIET


def _most_of(count: int, span: int, sigmas: float) -> Callable[..., _Fired]:
    def fires(scores: Sequence[float], _rates: Sequence[float], at: int) -> _Fired:
        side = _side(scores[at])
        points = tuple(
            index
            for index in range(max(0, at - span + 1), at + 1)
            if scores[index] * side > sigmas + _ROUNDING
        )
        # The newest point is one of them, or an old signal would be given for a good point.
        return (points, side) if at in points and len(points) >= count else _QUIET

    return fires


def _run(scores: Sequence[float], _rates: Sequence[float], at: int, length: int = 9) -> _Fired:
    points = tuple(range(at - length + 1, at + 1))
    if points[0] < 0:
        return _QUIET
    sides = {_side(scores[index]) for index in points}
    # A point on the centre line is on neither side: it ends a run.
    return (points, _side(scores[at])) if len(sides) == 1 and 0 not in sides else _QUIET


def _trend(_scores: Sequence[float], rates: Sequence[float], at: int, length: int = 6) -> _Fired:
    points = tuple(range(at - length + 1, at + 1))
    if points[0] < 0:
        return _QUIET
    steps = {_side(rates[after] - rates[before]) for before, after in pairwise(points)}
    return (points, steps.pop()) if steps in ({1}, {-1}) else _QUIET


def _alternating(
    _scores: Sequence[float], rates: Sequence[float], at: int, length: int = 14
) -> _Fired:
    points = tuple(range(at - length + 1, at + 1))
    if points[0] < 0:
        return _QUIET
    steps = [_side(rates[after] - rates[before]) for before, after in pairwise(points)]
    turns = all(before * after < 0 for before, after in pairwise(steps))
    return (points, 0) if turns else _QUIET


_RULES: dict[Rule, Callable[[Sequence[float], Sequence[float], int], _Fired]] = {
    Rule.BEYOND: _beyond,
    Rule.RUN: _run,
    Rule.TREND: _trend,
    Rule.ALTERNATING: _alternating,
    Rule.TWO_OF_THREE: _most_of(2, 3, 2.0),
    Rule.FOUR_OF_FIVE: _most_of(4, 5, 1.0),
}


def _p_value(chi_square: float, freedom: int) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(freedom, chi_square))
