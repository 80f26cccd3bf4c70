"""The period, station and model of the Trends page, and the counts of their parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import streamlit as st
from sqlalchemy import Connection

from core.process.shifts import Calendar
from core.process.trends import Bucket, Cell, Grain, Point, buckets_of, finest, period, points_of
from db.inspections.models import known_models
from db.inspections.parts import data_version
from db.process import trends
from db.process.shift_report import latest_inspection
from db.process.trends import batch_buckets
from db.review import queue
from db.selection import Selection
from db.session import reading
from pages.shared import url_state
from pages.shared.cached_read import cached_read
from pages.shared.services import Services

ALL_STATIONS = "All stations"
ALL_MODELS = 0
# Days of a view by default.
DAYS = 14
BY = {Grain.HOUR: "Hour", Grain.SHIFT: "Shift", Grain.DAY: "Day", Grain.BATCH: "Batch"}


@dataclass(frozen=True, slots=True)
class View:
    """The choices in the page's address."""

    calendar: Calendar
    begins: datetime
    ends: datetime
    scope: Selection
    grain: Grain
    version: str
    """Of the data; other data, other figures."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A view's buckets and what is in them."""

    buckets: Sequence[Bucket]
    cells: Sequence[Cell]
    points: Sequence[Point]


def choose(services: Services) -> View | None:
    """Draw the filters; None where nothing has been inspected yet."""
    calendar = services.settings.calendar
    with reading(services.database) as connection:
        newest = latest_inspection(connection)
        stations = queue.stations(connection)
        models = {model.id: model for model in known_models(connection)}
        version = data_version(connection)
    if newest is None:
        return None
    first, last = _first_days(calendar, newest)
    st.session_state.setdefault("trend-days", (first, last))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = st.date_input("Days", key="trend-days", width=250)
        station: str = st.selectbox(
            "Station",
            [ALL_STATIONS, *stations],
            key="station",
            width=200,
            bind="query-params",
        )
        model = url_state.choice(
            st.selectbox,
            "Model",
            [ALL_MODELS, *models],
            ALL_MODELS,
            name="model",
            key="trend-model",
            format_func=lambda number: (
                f"{models[number].name} · {models[number].sha256[:8]}" if number else "All models"
            ),
            width=220,
        )
        # While a period is being chosen, only its first day is known.
        first, last = (days[0], days[-1]) if isinstance(days, tuple) and days else (first, last)
        begins, ends = period(calendar, first, last)
        grains = finest(calendar, begins, ends)
        grain = url_state.choice(
            st.segmented_control,
            "By",
            grains,
            Grain.SHIFT if Grain.SHIFT in grains else grains[0],
            name="by",
            key="trend-by",
            format_func=BY.__getitem__,
            required=True,
            width="content",
        )
    url_state.keep("from", first.isoformat())
    url_state.keep("to", last.isoformat())
    scope = Selection(None if station == ALL_STATIONS else station, model or None)
    return View(calendar, begins, ends, scope, grain, version)


def counted(services: Services, view: View) -> Counted:
    """The view's counts, made once for all reruns until something is stored."""
    buckets, cells = cached_read(services, view.version, _buckets_and_cells, view)
    return Counted(buckets, cells, points_of(buckets, cells))


def _buckets_and_cells(connection: Connection, view: View) -> tuple[list[Bucket], list[Cell]]:
    if view.grain is Grain.BATCH:
        buckets = batch_buckets(connection, view.begins, view.ends, view.scope.station)
    else:
        buckets = buckets_of(view.calendar, view.grain, view.begins, view.ends)
    return buckets, trends.cells(connection, buckets, view.scope)


def _first_days(calendar: Calendar, newest: datetime) -> tuple[date, date]:
    last = _day("to") or calendar.shift_of(newest).day
    first = _day("from") or last - timedelta(days=DAYS - 1)
    return min(first, last), last


def _day(name: str) -> date | None:
    try:
        day = date.fromisoformat(st.query_params.get(name, ""))
    except ValueError:
        return None
    # Far days have no calendar; a view of them would be empty anyway.
    return day if 1970 <= day.year <= datetime.now(UTC).year + 1 else None
