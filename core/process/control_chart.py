"""Control charts of a line: runs of subgroups, each beside the baseline that was frozen for it.

A baseline belongs to one chart: a station (or all), what a subgroup is, one model and one
threshold. A run of another model or threshold has no limits until an engineer freezes a
baseline for it, because what the model flags changes with both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.process.spc import Baseline, Limits, Rule, Signal, signals
from core.process.trends import Bucket, Grain, Run

ENOUGH = 20
"""Subgroups from which the handbooks take limits for settled."""
GRAINS = (Grain.HOUR, Grain.SHIFT, Grain.DAY)
"""What a subgroup can be."""
RULES = {
    Rule.BEYOND: "beyond a control limit",
    Rule.RUN: "nine in a row on one side of the centre line",
    Rule.TREND: "six in a row, each {further}",
    Rule.ALTERNATING: "fourteen in a row, up and down in turn",
    Rule.TWO_OF_THREE: "two of three beyond two sigma",
    Rule.FOUR_OF_FIVE: "four of five beyond one sigma",
}
_SIDES = {1: "above", -1: "below", 0: ""}


@dataclass(frozen=True, slots=True)
class Chart:
    """Which chart a baseline or a note belongs to."""

    station: str | None
    grain: Grain
    model: int
    threshold: float


@dataclass(frozen=True, slots=True)
class FrozenBaseline:
    """A baseline as it was set, for good; a later one of the same chart replaces it."""

    chart: Chart
    begins: datetime
    ends: datetime
    baseline: Baseline
    reason: str
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody found to be the cause of a signal."""

    chart: Chart
    rule: Rule
    at: datetime
    """Begin of the subgroup at which the rule fired."""
    cause: str
    noted_by: str
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class ChartSegment:
    """One run of a chart with its limits; without a baseline it has none, and no signal."""

    chart: Chart
    run: Run
    frozen: FrozenBaseline | None
    limits: tuple[Limits, ...]
    """One for each subgroup; empty without a baseline."""
    signals: tuple[Signal, ...]


def segments(
    runs: Iterable[Run],
    station: str | None,
    grain: Grain,
    frozen: Mapping[tuple[int, float], FrozenBaseline],
) -> list[ChartSegment]:
    """The runs with what was frozen for their model and threshold."""
    found = []
    for run in runs:
        chart = Chart(station, grain, run.model, run.threshold)
        own = frozen.get((run.model, run.threshold))
        if own is None:
            found.append(ChartSegment(chart, run, None, (), ()))
            continue
        subgroups = run.subgroups
        limits = tuple(own.baseline.limits(subgroup.inspected) for subgroup in subgroups)
        fired = tuple(signals(subgroups, own.baseline))
        found.append(ChartSegment(chart, run, own, limits, fired))
    return found


def signal_words(signal: Signal) -> str:
    """What a signal means: "beyond a control limit, above"."""
    further = "higher" if signal.side > 0 else "lower"
    words = RULES[signal.rule].format(further=further)
    side = "" if signal.rule is Rule.TREND else _SIDES[signal.side]
    return f"{words}, {side}" if side else words


def signals_between(
    found: Sequence[ChartSegment], buckets: Sequence[Bucket], begins: datetime, ends: datetime
) -> list[str]:
    """The signals that fired in a period, in words."""
    said = []
    for segment in found:
        for signal in segment.signals:
            bucket = buckets[segment.run.cells[signal.at].bucket]
            if begins <= bucket.begins < ends:
                said.append(f"{bucket.label}: {signal_words(signal)}")
    return said
