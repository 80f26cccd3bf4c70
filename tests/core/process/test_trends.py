"""Periods cut into buckets, and cells added up into points and runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.process.shifts import DEFAULT_SHIFTS, read_calendar
from core.process.trends import MOST, Cell, Grain, buckets_of, finest, period, points_of, runs_of

ZONES = ("Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
BERLIN = read_calendar("Europe/Berlin", DEFAULT_SHIFTS)
CELL = Cell(0, 1, 0.5, datetime(2026, 1, 1, tzinfo=UTC), 10, 4, 1, 3, 9, 2, 2.0, 1.0, 9)


@given(
    st.sampled_from(ZONES),
    st.sampled_from([Grain.HOUR, Grain.SHIFT, Grain.DAY]),
    st.dates(date(2024, 1, 1), date(2028, 1, 1)),
    st.integers(0, 10),
)
def test_buckets_tile_the_period(zone: str, grain: Grain, first: date, more: int) -> None:
    calendar = read_calendar(zone, DEFAULT_SHIFTS)
    begins, ends = period(calendar, first, first + timedelta(days=more))
    buckets = buckets_of(calendar, grain, begins, ends)
    assert buckets[0].begins == begins
    assert buckets[-1].ends == ends
    assert all(before.ends == after.begins for before, after in pairwise(buckets))
    assert len({bucket.begins for bucket in buckets}) == len(buckets)


@pytest.mark.parametrize(
    ("grain", "day", "number"),
    [
        (Grain.HOUR, date(2026, 3, 28), 23),
        (Grain.HOUR, date(2026, 10, 24), 25),
        (Grain.SHIFT, date(2026, 10, 24), 3),
        (Grain.DAY, date(2026, 10, 24), 1),
    ],
)
def test_a_day_that_the_clock_changes_on(grain: Grain, day: date, number: int) -> None:
    assert len(buckets_of(BERLIN, grain, *period(BERLIN, day, day))) == number


def test_batches_are_not_cut_out_of_a_calendar() -> None:
    with pytest.raises(ValueError, match="batches"):
        buckets_of(BERLIN, Grain.BATCH, *period(BERLIN, date(2026, 1, 1), date(2026, 1, 1)))


def test_a_long_period_is_not_cut_too_finely() -> None:
    day = date(2026, 1, 1)
    assert finest(BERLIN, *period(BERLIN, day, day)) == list(Grain)
    year = period(BERLIN, day, day + timedelta(days=364))
    assert Grain.HOUR not in finest(BERLIN, *year)
    assert Grain.DAY in finest(BERLIN, *year)
    month = period(BERLIN, day, day + timedelta(days=40))
    assert len(buckets_of(BERLIN, Grain.HOUR, *month)) <= MOST


def test_cells_of_a_bucket_make_one_point() -> None:
    buckets = buckets_of(BERLIN, Grain.SHIFT, *period(BERLIN, date(2026, 1, 1), date(2026, 1, 1)))
    other = replace(CELL, threshold=0.4, inspected=10, defective=1, undecided=0)
    first, second = points_of(buckets, [replace(CELL, bucket=2), CELL, other])
    assert (first.bucket, second.bucket) == (buckets[0], buckets[2])
    assert (first.inspected, first.defective, first.judged, first.undecided) == (20, 4, 18, 2)
    assert first.rate == 4 / 18
    assert first.not_inspectable_rate == 0.1
    assert first.provisional
    assert first.mean == pytest.approx(4 / 18)
    assert first.spread == pytest.approx((2 / 18 - (4 / 18) ** 2) ** 0.5)
    blind = replace(CELL, judged=0, defective=0, scored=0, undecided=0)
    (point,) = points_of(buckets, [blind])
    assert point.rate is point.mean is point.spread is None
    assert not point.provisional


def test_a_chart_breaks_at_each_change_and_by_model() -> None:
    def at(bucket: int, model: int, threshold: float, judged: int = 9) -> Cell:
        moment = CELL.first_at + timedelta(hours=bucket)
        return replace(
            CELL, bucket=bucket, model=model, threshold=threshold, first_at=moment, judged=judged
        )

    cells = [
        at(3, 1, 0.5),
        at(0, 1, 0.5),
        at(1, 1, 0.4),
        at(1, 2, 0.4),
        at(2, 1, 0.4),
        at(4, 1, 0.5, judged=0),
        at(5, 2, 0.4),
    ]
    runs = runs_of(cells)
    assert [(run.model, run.threshold, [cell.bucket for cell in run.cells]) for run in runs] == [
        (1, 0.5, [0]),
        (1, 0.4, [1, 2]),
        (2, 0.4, [1, 5]),
        (1, 0.5, [3]),
    ]
    assert [subgroup.inspected for subgroup in runs[1].subgroups] == [9, 9]
