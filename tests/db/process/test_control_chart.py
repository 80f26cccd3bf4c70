"""Baselines and notes of control charts: frozen, append-only, and broken at each change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, Table
from sqlalchemy.exc import DBAPIError

from core.errors import NotAllowed
from core.inspection.records import Verdict
from core.people import Person, Role
from core.process.control_chart import Chart, ChartSegment, segments, signal_words, signals_between
from core.process.shifts import DEFAULT_SHIFTS, read_calendar
from core.process.spc import Rule, Signal, baseline_of
from core.process.trends import Grain, buckets_of, period, runs_of
from db.process.control_chart import (
    freeze_baseline,
    frozen_baselines,
    note_signal,
    shift_signals,
    signal_notes,
)
from db.process.trends import cells
from db.schema import baseline, signal_note
from db.selection import Selection
from db.session import reading, writing
from tests.stored_parts import ENGINEER, open_store, outcome

UTC_CALENDAR = read_calendar("UTC", DEFAULT_SHIFTS)
REVIEWER = Person("Rita", None, False, Role.REVIEWER)
VIEWER = Person("Vic", None, False, Role.VIEWER)
FIRST = date(2026, 11, 2)
DAYS = period(UTC_CALENDAR, FIRST, FIRST + timedelta(days=6))
ALARM = datetime(2026, 11, 8, 14, 30, tzinfo=UTC)


@pytest.fixture
def chart(database: Engine) -> Chart:
    """Seven days of shifts of five parts, one of them defective; the last late shift is bad."""
    store = open_store(database)
    number = 0
    for bucket in buckets_of(UTC_CALENDAR, Grain.SHIFT, *DAYS):
        bad = bucket.begins <= ALARM < bucket.ends
        given = []
        for part in range(5):
            number += 1
            given.append(
                outcome(
                    number,
                    verdict=Verdict.DEFECTIVE if bad or part == 0 else Verdict.OK,
                    inspected_at=bucket.begins + timedelta(minutes=40 + part),
                )
            )
        store.record(given)
    return Chart(None, Grain.SHIFT, store.batch.model_id, 0.5)


def charted(database: Engine) -> list[ChartSegment]:
    buckets = buckets_of(UTC_CALENDAR, Grain.SHIFT, *DAYS)
    with reading(database) as connection:
        runs = runs_of(cells(connection, buckets, Selection()))
        return segments(runs, None, Grain.SHIFT, frozen_baselines(connection, None, Grain.SHIFT))


def freeze(database: Engine, chart: Chart, person: Person = ENGINEER, reason: str = "good") -> None:
    run = charted(database)[0].run
    with writing(database) as connection:
        found = baseline_of(run.subgroups[:15])
        freeze_baseline(connection, person, chart, *DAYS, found, reason)


def test_a_frozen_baseline_draws_limits_and_finds_the_bad_shift(
    database: Engine, chart: Chart
) -> None:
    (segment,) = charted(database)
    assert segment.frozen is None
    assert segment.limits == segment.signals == ()
    freeze(database, chart)
    (segment,) = charted(database)
    assert segment.frozen is not None
    assert (segment.frozen.baseline.centre, segment.frozen.baseline.subgroups) == (0.2, 15)
    assert len(segment.limits) == 21
    (signal,) = segment.signals
    assert (signal.rule, signal.at, signal.side) == (Rule.BEYOND, 19, 1)
    buckets = buckets_of(UTC_CALENDAR, Grain.SHIFT, *DAYS)
    assert signals_between([segment], buckets, *DAYS) == [
        "2026-11-08 late: beyond a control limit, above"
    ]
    with reading(database) as connection:
        late = UTC_CALENDAR.shift(date(2026, 11, 8), "late")
        early = UTC_CALENDAR.shift(date(2026, 11, 8), "early")
        assert shift_signals(connection, UTC_CALENDAR, late, None) == (
            "2026-11-08 late: beyond a control limit, above",
        )
        assert shift_signals(connection, UTC_CALENDAR, early, None) == ()
        assert shift_signals(connection, UTC_CALENDAR, late, "line 1") is None


def test_the_latest_baseline_is_in_force_and_earlier_ones_stay(
    database: Engine, chart: Chart
) -> None:
    freeze(database, chart)
    freeze(database, chart, reason="  better\x00 ")
    (segment,) = charted(database)
    assert segment.frozen is not None
    assert (segment.frozen.reason, segment.frozen.set_by) == ("better", ENGINEER.signature)
    with reading(database) as connection:
        assert len(connection.execute(baseline.select()).all()) == 2
        assert frozen_baselines(connection, "line 1", Grain.SHIFT) == {}
        assert frozen_baselines(connection, None, Grain.HOUR) == {}


def test_a_change_of_threshold_breaks_the_chart_and_has_no_limits(
    database: Engine, chart: Chart
) -> None:
    freeze(database, chart)
    store = open_store(database)
    other = outcome(999, verdict=Verdict.DEFECTIVE, inspected_at=DAYS[1] - timedelta(minutes=1))
    store.record([replace(other, result=replace(other.result, threshold=0.4))])
    first, second = charted(database)
    assert (first.run.threshold, len(first.run.cells), len(first.limits)) == (0.5, 21, 21)
    assert (second.run.threshold, second.frozen, second.limits) == (0.4, None, ())


def test_notes_are_kept_with_their_signal(database: Engine, chart: Chart) -> None:
    with writing(database) as connection:
        note_signal(connection, REVIEWER, chart, Rule.BEYOND, ALARM, "wet sand")
        note_signal(connection, REVIEWER, chart, Rule.BEYOND, ALARM, "mixer repaired")
    with reading(database) as connection:
        notes = signal_notes(connection, None, Grain.SHIFT, *DAYS)
        assert signal_notes(connection, "line 1", Grain.SHIFT, *DAYS) == []
        assert signal_notes(connection, None, Grain.SHIFT, DAYS[1], DAYS[1]) == []
    assert [note.cause for note in notes] == ["wet sand", "mixer repaired"]
    assert (notes[0].chart, notes[0].rule, notes[0].at) == (chart, Rule.BEYOND, ALARM)
    assert notes[0].noted_by == REVIEWER.signature


def test_who_may_not_is_refused_and_so_is_nothing(database: Engine, chart: Chart) -> None:
    with pytest.raises(NotAllowed):
        freeze(database, chart, REVIEWER)
    with pytest.raises(ValueError, match="write why"):
        freeze(database, chart, reason="  ")
    with writing(database) as connection:
        with pytest.raises(NotAllowed):
            note_signal(connection, VIEWER, chart, Rule.RUN, ALARM, "x")
        with pytest.raises(ValueError, match="write why"):
            note_signal(connection, REVIEWER, chart, Rule.RUN, ALARM, "\n")


@pytest.mark.parametrize("change", ["update", "delete"])
@pytest.mark.parametrize("table", [baseline, signal_note])
def test_entries_are_never_changed(
    database: Engine, chart: Chart, change: str, table: Table
) -> None:
    freeze(database, chart)
    with writing(database) as connection:
        note_signal(connection, REVIEWER, chart, Rule.RUN, ALARM, "wet sand")
    statement = table.update().values(station="x") if change == "update" else table.delete()
    with pytest.raises(DBAPIError, match="never changed"), writing(database) as connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    ("signal", "words"),
    [
        (Signal(Rule.RUN, 8, (8,), -1), "nine in a row on one side of the centre line, below"),
        (Signal(Rule.TREND, 5, (5,), 1), "six in a row, each higher"),
        (Signal(Rule.TREND, 5, (5,), -1), "six in a row, each lower"),
        (Signal(Rule.ALTERNATING, 13, (13,), 0), "fourteen in a row, up and down in turn"),
    ],
)
def test_signals_in_words(signal: Signal, words: str) -> None:
    assert signal_words(signal) == words
