"""The period, station and model of the Trends page, and the counts of their parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import streamlit as st
from sqlalchemy import Engine as Database

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
from pages.shared.services import Services
from pages.shared.text import plain

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
    state = st.session_state
    state.setdefault("trend-days", (first, last))
    wanted = url_state.number("model")
    state.setdefault("trend-model", wanted if wanted in models else ALL_MODELS)
    state.setdefault("trend-by", Grain(url_state.word("by", list(Grain)) or Grain.SHIFT))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = st.date_input("Days", key="trend-days", width=250)
        station: str = st.selectbox(
            "Station",
            [ALL_STATIONS, *stations],
            key="station",
            width=200,
            bind="query-params",
        )
        model: int = st.selectbox(
            "Model",
            [ALL_MODELS, *models],
            format_func=lambda number: (
                f"{models[number].name} · {models[number].sha256[:8]}" if number else "All models"
            ),
            key="trend-model",
            width=220,
        )
        # While a period is being chosen, only its first day is known.
        first, last = (days[0], days[-1]) if isinstance(days, tuple) and days else (first, last)
        begins, ends = period(calendar, first, last)
        grains = finest(calendar, begins, ends)
        if state["trend-by"] not in grains:
            state["trend-by"] = grains[0]
        grain: Grain | None = st.segmented_control(
            "By", grains, format_func=BY.__getitem__, required=True, key="trend-by", width="content"
        )
    grain = grain or grains[0]
    url_state.keep("from", first.isoformat())
    url_state.keep("to", last.isoformat())
    url_state.keep("model", model or None)
    url_state.keep("by", None if grain is Grain.SHIFT else grain.value)
    scope = Selection(None if station == ALL_STATIONS else station, model or None)
    return View(calendar, begins, ends, scope, grain, version)


def counted(services: Services, view: View) -> Counted:
    """The view's counts, made once for all reruns until something is stored."""
    buckets, cells = _counted(services.database, services.settings.database_url, view)
    return Counted(buckets, cells, points_of(buckets, cells))


def _key(view: View) -> tuple[object, ...]:
    calendar, scope = view.calendar, view.scope
    shifts = [(pattern.name, pattern.starts.isoformat()) for pattern in calendar.patterns]
    place = (scope.station, scope.model_id, view.grain.value)
    return (calendar.zone.key, shifts, view.begins, view.ends, *place, view.version)


@st.cache_data(max_entries=60, show_spinner="Counting ...", hash_funcs={View: _key})
def _counted(_database: Database, address: str, view: View) -> tuple[list[Bucket], list[Cell]]:
    """Buckets and cells; ``address`` only tells one database from another."""
    with reading(_database) as connection:
        if view.grain is Grain.BATCH:
            buckets = batch_buckets(connection, view.begins, view.ends, view.scope.station)
        else:
            buckets = buckets_of(view.calendar, view.grain, view.begins, view.ends)
        return buckets, trends.cells(connection, buckets, view.scope)


def nothing_here(view: View) -> None:
    """A view without a part."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.subheader("No part in this view", anchor=False, width="content")
        st.text("Choose other days, all stations or all models.", width="content")
        st.caption(f"Days begin and end with the shifts of {plain(view.calendar.zone.key)}.")


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
