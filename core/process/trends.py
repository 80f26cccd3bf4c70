"""Periods cut into hours, shifts, days or batches, and what was counted in each.

    grain = Grain.SHIFT
    buckets = buckets_of(calendar, grain, begins, ends)
    cells = db.cells(connection, buckets, station, model_id)     # counts by model and threshold
    points = points_of(buckets, cells)                            # one a bucket that has parts

A cell holds the parts of one bucket that one model judged at one threshold: a control chart is
drawn of cells, because its limits never reach across a change of either.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from core.process.shifts import Calendar
from core.process.spc import Subgroup

MOST = 1_000
"""Buckets in one view: forty days of hours, most of a year of shifts."""


class Grain(StrEnum):
    """What a period is cut into."""

    HOUR = "hour"
    SHIFT = "shift"
    DAY = "day"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A piece of a period: the instants from ``begins`` up to, not including, ``ends``."""

    label: str
    begins: datetime
    ends: datetime
    batch: int | None = None
    """The batch that it is, where the grain is the batch."""

    @property
    def key(self) -> int:
        """Its name in an address: the batch's number, or the second it begins."""
        return self.batch if self.batch is not None else int(self.begins.timestamp())


@dataclass(frozen=True, slots=True)
class Cell:
    """Counts of the parts of one bucket judged by one model at one threshold.

    ``flagged`` and ``not_inspectable`` are the model's; ``defective`` and ``judged`` follow
    people's decisions where there are some, and the model where there are none.
    """

    bucket: int
    """Its place in the list of buckets."""
    model: int
    threshold: float
    first_at: datetime
    inspected: int
    flagged: int
    not_inspectable: int
    defective: int
    judged: int
    """Defective or OK in the end: not inspectable parts are neither."""
    undecided: int
    """Flagged parts that nobody has decided about."""
    probability_sum: float
    probability_squares: float
    scored: int


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of a trend; rates are None where their denominator is empty."""

    bucket: Bucket
    inspected: int
    defective: int
    judged: int
    undecided: int
    not_inspectable: int
    mean: float | None
    """Of the probabilities of a defect."""
    spread: float | None
    """Their standard deviation."""

    @property
    def rate(self) -> float | None:
        """Share of defective parts among those judged."""
        return self.defective / self.judged if self.judged else None

    @property
    def not_inspectable_rate(self) -> float:
        return self.not_inspectable / self.inspected

    @property
    def provisional(self) -> bool:
        """Whether the rate rests on verdicts that nobody has looked at."""
        return self.undecided > 0


@dataclass(frozen=True, slots=True)
class Run:
    """Cells in a row of one model and one threshold: one piece of a control chart."""

    model: int
    threshold: float
    cells: tuple[Cell, ...]

    @property
    def subgroups(self) -> list[Subgroup]:
        """The cells as subgroups; each has a part that was judged."""
        return [Subgroup(cell.defective, cell.judged) for cell in self.cells]


def period(calendar: Calendar, first: date, last: date) -> tuple[datetime, datetime]:
    """The days of work from ``first`` to ``last``, in UTC."""
    return calendar.day(first)[0], calendar.day(max(first, last))[1]


def buckets_of(calendar: Calendar, grain: Grain, begins: datetime, ends: datetime) -> list[Bucket]:
    """The buckets of a period that begins and ends with a day of work; none overlaps another.

    Hours are counted from the begin of each shift, so none of them belongs to two. Batches
    are no pieces of time: ask the database for them. Raises ValueError for these.
    """
    if grain is Grain.BATCH:
        raise ValueError("batches are not cut out of a calendar")
    shifts = calendar.shifts_between(begins, ends)
    if grain is Grain.SHIFT:
        return [
            Bucket(f"{shift.day:%Y-%m-%d} {shift.name}", shift.begins, shift.ends)
            for shift in shifts
        ]
    if grain is Grain.DAY:
        days = sorted({shift.day for shift in shifts})
        return [Bucket(f"{day:%Y-%m-%d}", *calendar.day(day)) for day in days]
    found = []
    for shift in shifts:
        moment = shift.begins
        while moment < shift.ends:
            following = min(shift.ends, moment + timedelta(hours=1))
            label = f"{calendar.local(moment):%Y-%m-%d %H:%M}"
            found.append(Bucket(label, moment, following))
            moment = following
    return found


def finest(calendar: Calendar, begins: datetime, ends: datetime) -> list[Grain]:
    """The grains that cut the period into no more than MOST buckets."""
    hours = (ends - begins) / timedelta(hours=1)
    number = {
        Grain.HOUR: hours,
        Grain.SHIFT: hours / 24 * len(calendar.patterns),
        Grain.DAY: hours / 24,
        Grain.BATCH: 0,
    }
    return [grain for grain in Grain if number[grain] <= MOST]


def points_of(buckets: Sequence[Bucket], cells: Iterable[Cell]) -> list[Point]:
    """One point for each bucket that has a part, in the order of the buckets."""
    by_bucket: dict[int, list[Cell]] = {}
    for cell in cells:
        by_bucket.setdefault(cell.bucket, []).append(cell)
    points = []
    for index in sorted(by_bucket):
        held = by_bucket[index]
        scored = sum(cell.scored for cell in held)
        mean = spread = None
        if scored:
            mean = sum(cell.probability_sum for cell in held) / scored
            squares = sum(cell.probability_squares for cell in held) / scored
            # Rounding may take the variance of equal numbers below zero.
            spread = math.sqrt(max(0.0, squares - mean * mean))
        points.append(
            Point(
                bucket=buckets[index],
                inspected=sum(cell.inspected for cell in held),
                defective=sum(cell.defective for cell in held),
                judged=sum(cell.judged for cell in held),
                undecided=sum(cell.undecided for cell in held),
                not_inspectable=sum(cell.not_inspectable for cell in held),
                mean=mean,
                spread=spread,
            )
        )
    return points


def runs_of(cells: Iterable[Cell]) -> list[Run]:
    """The cells that have a judged part, in the order of time, broken at each change.

    Where two models judge side by side, each has its runs.
    """
    by_model: dict[int, list[Cell]] = {}
    for cell in sorted(cells, key=lambda cell: (cell.bucket, cell.first_at)):
        if cell.judged:
            by_model.setdefault(cell.model, []).append(cell)
    runs = []
    for model, held in by_model.items():
        begin = 0
        for index in range(1, len(held) + 1):
            if index == len(held) or held[index].threshold != held[begin].threshold:
                runs.append(Run(model, held[begin].threshold, tuple(held[begin:index])))
                begin = index
    return sorted(runs, key=lambda run: run.cells[0].first_at)
