"""Frozen baselines of control charts, and notes on their signals: both are only added to."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from core.clock import now
from core.people import Person, Role, require
from core.process.control_chart import (
    GRAINS,
    Chart,
    FrozenBaseline,
    Note,
    segments,
    signals_between,
)
from core.process.shifts import Calendar, Shift
from core.process.spc import Baseline, Rule
from core.process.trends import Grain, buckets_of, runs_of
from db.process.trends import cells
from db.schema import baseline, signal_note
from db.selection import Selection

_BEFORE = {Grain.HOUR: timedelta(days=3), Grain.SHIFT: timedelta(days=14)}
"""How far back a shift report looks, for rules over points in a row."""


def freeze_baseline(
    connection: Connection,
    person: Person,
    chart: Chart,
    begins: datetime,
    ends: datetime,
    found: Baseline,
    reason: str,
) -> None:
    """Freeze a chart's limits from the subgroups of a period; raises NotAllowed, ValueError.

    An earlier baseline of the chart stays in the log. ValueError without a reason.
    """
    require(person, Role.ENGINEER)
    connection.execute(
        baseline.insert(),
        _of_chart(chart)
        | {
            "begins": begins,
            "ends": ends,
            "defective": found.defective,
            "inspected": found.inspected,
            "subgroups": found.subgroups,
            "sigma_z": found.sigma_z,
            "chance": found.p_value,
            "reason": _required(reason),
            "set_by": person.signature,
            "set_at": now(),
        },
    )


def frozen_baselines(
    connection: Connection, station: str | None, grain: Grain
) -> dict[tuple[int, float], FrozenBaseline]:
    """The baselines in force of a station's charts, by model and threshold."""
    row = baseline.c
    latest = (
        select(func.max(row.id))
        .where(row.station == (station or ""), row.grain == grain.value)
        .group_by(row.model_id, row.threshold)
    )
    found = {}
    for item in connection.execute(select(baseline).where(row.id.in_(latest))):
        chart = Chart(station, grain, item.model_id, item.threshold)
        found[item.model_id, item.threshold] = FrozenBaseline(
            chart,
            item.begins,
            item.ends,
            Baseline(item.defective, item.inspected, item.subgroups, item.sigma_z, item.chance),
            item.reason,
            item.set_by,
            item.set_at,
        )
    return found


def note_signal(
    connection: Connection, person: Person, chart: Chart, rule: Rule, at: datetime, cause: str
) -> None:
    """Note what caused a signal; raises NotAllowed for a viewer, ValueError without a cause."""
    require(person, Role.REVIEWER)
    connection.execute(
        signal_note.insert(),
        _of_chart(chart)
        | {
            "rule": rule.value,
            "at": at,
            "cause": _required(cause),
            "noted_by": person.signature,
            "noted_at": now(),
        },
    )


def signal_notes(
    connection: Connection, station: str | None, grain: Grain, begins: datetime, ends: datetime
) -> list[Note]:
    """The notes on a station's signals of a period, oldest first."""
    row = signal_note.c
    rows = connection.execute(
        select(signal_note)
        .where(
            row.station == (station or ""),
            row.grain == grain.value,
            row.at >= begins,
            row.at < ends,
        )
        .order_by(row.id)
    )
    return [
        Note(
            Chart(station, grain, item.model_id, item.threshold),
            Rule(item.rule),
            item.at,
            item.cause,
            item.noted_by,
            item.noted_at,
        )
        for item in rows
    ]


def shift_signals(
    connection: Connection, calendar: Calendar, shift: Shift, station: str | None
) -> tuple[str, ...] | None:
    """What the charts by hour and by shift signalled in a shift; None without a baseline."""
    said: list[str] = []
    charted = False
    for grain in GRAINS:
        frozen = frozen_baselines(connection, station, grain) if grain in _BEFORE else {}
        if not frozen:
            continue
        charted = True
        first = calendar.shift_of(shift.begins - _BEFORE[grain]).begins
        buckets = buckets_of(calendar, grain, first, shift.ends)
        runs = runs_of(cells(connection, buckets, Selection(station)))
        found = segments(runs, station, grain, frozen)
        said += signals_between(found, buckets, shift.begins, shift.ends)
    return tuple(said) if charted else None


def _of_chart(chart: Chart) -> dict[str, object]:
    return {
        "station": chart.station or "",
        "grain": chart.grain.value,
        "model_id": chart.model,
        "threshold": chart.threshold,
    }


def _required(text: str) -> str:
    line = " ".join(text.replace("\x00", "").split())
    if not line:
        raise ValueError("write why")
    return line
