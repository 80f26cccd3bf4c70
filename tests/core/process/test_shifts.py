"""Every instant is in exactly one shift, on the days the clock changes as on any other."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.errors import SettingsError
from core.process.shifts import DEFAULT_SHIFTS, Calendar, Pattern, read_calendar, read_shift
from core.settings import Settings

BERLIN = read_calendar("Europe/Berlin", DEFAULT_SHIFTS)
HOUR = timedelta(hours=1)

# Half-hour changes, changes at midnight, a day that was skipped whole, and none at all.
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Cairo",
    "America/Havana",
    "Asia/Kolkata",
    "UTC",
)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Any time zone of ZONES with one to six shifts that start at any minute."""
    minutes = draw(st.sets(st.integers(0, 24 * 60 - 1), min_size=1, max_size=6))
    clocks = [f"{minute // 60:02}:{minute % 60:02}" for minute in sorted(minutes)]
    ends = clocks[1:] + clocks[:1]
    shifts = ", ".join(
        f"shift {number} {start}-{end}"
        for number, (start, end) in enumerate(zip(clocks, ends, strict=True))
    )
    return read_calendar(draw(st.sampled_from(ZONES)), shifts)


instants = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
days = st.dates(date(2005, 1, 1), date(2035, 1, 1))


@given(calendars(), instants)
def test_an_instant_is_in_exactly_one_shift(calendar: Calendar, instant: datetime) -> None:
    shift = calendar.shift_of(instant)
    assert shift.begins <= instant < shift.ends
    day = calendar.local(instant).date()
    around = [
        other
        for offset in range(-3, 4)
        for other in calendar.shifts_of(day + timedelta(days=offset))
    ]
    assert [other for other in around if other.begins <= instant < other.ends] == [shift]


@given(calendars(), days)
def test_shifts_follow_each_other_without_gap_or_overlap(calendar: Calendar, day: date) -> None:
    shifts = [
        shift for offset in range(4) for shift in calendar.shifts_of(day + timedelta(days=offset))
    ]
    assert all(before.ends == after.begins for before, after in pairwise(shifts))
    assert all(shift.begins <= shift.ends for shift in shifts)
    assert calendar.day(day) == (shifts[0].begins, shifts[len(calendar.patterns) - 1].ends)


@given(calendars(), days, st.times())
def test_an_instant_is_the_first_that_the_clock_reaches(
    calendar: Calendar, day: date, clock: time
) -> None:
    wall = datetime.combine(day, clock)
    found = calendar.instant(day, clock)

    def shown(instant: datetime) -> datetime:
        return calendar.local(instant).replace(tzinfo=None)

    assert shown(found) >= wall
    assert shown(found - timedelta(microseconds=1)) < wall


@given(calendars(), instants, st.timedeltas(timedelta(0), timedelta(days=5)))
def test_shifts_of_a_period_are_those_of_its_instants(
    calendar: Calendar, begins: datetime, length: timedelta
) -> None:
    assume(length)
    found = calendar.shifts_between(begins, begins + length)
    assert found[0] == calendar.shift_of(begins)
    assert found[-1] == calendar.shift_of(begins + length - timedelta(microseconds=1))
    assert all(before.ends == after.begins for before, after in pairwise(found))
    assert all(shift.begins < shift.ends for shift in found)


@given(st.sampled_from(ZONES), st.lists(instants, min_size=1, max_size=200))
def test_a_years_shift_totals_add_up_to_the_number_of_parts(
    zone: str, moments: list[datetime]
) -> None:
    calendar = read_calendar(zone, DEFAULT_SHIFTS)
    parts = [moment.replace(year=2026, day=min(moment.day, 28)) for moment in moments]
    shifts = calendar.shifts_between(min(parts), max(parts) + timedelta(microseconds=1))
    totals = [sum(shift.begins <= part < shift.ends for part in parts) for shift in shifts]
    assert sum(totals) == len(parts)
    by_day: dict[date, int] = {}
    for part in parts:
        day = calendar.shift_of(part).day
        by_day[day] = by_day.get(day, 0) + 1
    for day, total in by_day.items():
        begins, ends = calendar.day(day)
        assert total == sum(begins <= part < ends for part in parts)


@pytest.mark.parametrize(
    ("day", "name", "hours"),
    [
        (date(2026, 3, 28), "night", 7),
        (date(2026, 10, 24), "night", 9),
        (date(2026, 3, 28), "early", 8),
        (date(2026, 3, 29), "night", 8),
    ],
)
def test_the_night_of_a_change_is_shorter_or_longer(day: date, name: str, hours: int) -> None:
    shift = BERLIN.shift(day, name)
    assert shift.ends - shift.begins == hours * HOUR


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 28), 23), (date(2026, 10, 24), 25), (date(2026, 6, 1), 24)],
)
def test_a_day_with_a_change_has_23_or_25_hours(day: date, hours: int) -> None:
    begins, ends = BERLIN.day(day)
    assert ends - begins == hours * HOUR


def test_a_night_belongs_to_the_day_it_starts() -> None:
    instant = datetime(2026, 11, 24, 3, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    shift = BERLIN.shift_of(instant)
    assert shift.key == "2026-11-23:night"
    assert shift.begins == datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
    assert read_shift(BERLIN, shift.key) == shift


def test_a_start_that_the_clock_skips_is_the_instant_of_the_skip() -> None:
    calendar = read_calendar("Europe/Berlin", "a 02:15-02:45, b 02:45-14:00, c 14:00-02:15")
    skipped = calendar.shift(date(2026, 3, 29), "a")
    change = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert (skipped.begins, skipped.ends) == (change, change)
    assert calendar.shift_of(change).name == "b"


def test_a_start_that_comes_twice_is_the_first() -> None:
    calendar = read_calendar("Europe/Berlin", "a 02:30-14:00, b 14:00-02:30")
    shift = calendar.shift(date(2026, 10, 25), "a")
    assert shift.begins == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert calendar.shift_of(datetime(2026, 10, 25, 1, 15, tzinfo=UTC)) == shift


def test_no_shift_is_in_an_empty_period() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert BERLIN.shifts_between(now, now) == []


def test_a_single_shift_lasts_all_day() -> None:
    calendar = read_calendar("UTC", "day and night 06:00-06:00")
    assert calendar.patterns == (Pattern("day and night", time(6)),)
    begins, ends = calendar.day(date(2026, 11, 23))
    assert ends - begins == 24 * HOUR


@pytest.mark.parametrize(
    ("zone", "shifts", "says"),
    [
        ("Europe/Nowhere", DEFAULT_SHIFTS, "there is no time zone"),
        ("../etc/passwd", DEFAULT_SHIFTS, "there is no time zone"),
        ("", DEFAULT_SHIFTS, "there is no time zone"),
        ("UTC", "", "is not a shift"),
        ("UTC", "early 6-14", "is not a shift"),
        ("UTC", "early 06:00-14:00, late 14:00-22:00", "without gap or overlap"),
        ("UTC", "early 06:00-15:00, late 14:00-06:00", "without gap or overlap"),
        ("UTC", "one 06:00-18:00, One 18:00-06:00", "the same name"),
        ("UTC", "one 06:00-06:00, two 06:00-06:00", "start at the same time"),
        ("UTC", "one 06:00-25:00, two 25:00-06:00", "not a time of the day"),
    ],
)
def test_settings_that_make_no_calendar_are_refused(zone: str, shifts: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        Settings(plant_time_zone=zone, shifts=shifts)


def test_midnight_may_be_written_as_24() -> None:
    calendar = read_calendar("UTC", "a 00:00-12:00, b 12:00-24:00")
    assert calendar.names == ["a", "b"]
    assert Settings().calendar == read_calendar("UTC", DEFAULT_SHIFTS)


@pytest.mark.parametrize("key", ["", "early", "2026-13-01:early", "23.11.2026:early", ":", "-"])
def test_a_key_that_names_no_shift_says_how_to_write_one(key: str) -> None:
    with pytest.raises(LookupError, match="DATE:NAME"):
        read_shift(BERLIN, key)


def test_an_unknown_shift_is_answered_with_those_there_are() -> None:
    with pytest.raises(LookupError, match="early, late, night"):
        read_shift(BERLIN, "2026-11-23:noon")
