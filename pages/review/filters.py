"""Which parts are reviewed: the filters on the page and in its address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

import streamlit as st
from sqlalchemy import Connection

from core.inspection.records import Verdict
from core.people import Person
from core.process.shifts import Calendar
from db.inspections.batches import batch_by_id, recent_batches
from db.review import queue
from db.review.decisions import names_of
from db.review.queue import decided, waiting
from db.selection import Selection
from db.session import reading
from pages.shared import url_state
from pages.shared.services import Services
from pages.shared.text import LOOKS, batch_name

BATCHES = 200
KEYS = {"station": "station", "day": "day"} | {
    name: f"review {name}" for name in ("verdict", "batch", "shift", "by")
}
"""Keys of the filters' widgets, by their names in the address."""


class Show(StrEnum):
    """Open parts, or some of those that are decided."""

    OPEN = "open"
    DECIDED = "decided"
    DISAGREEMENT = "disagreement"


SHOWN = {
    Show.OPEN: "Open",
    Show.DECIDED: "Decided",
    Show.DISAGREEMENT: "People disagree with the model",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What is shown, and of which parts."""

    show: Show
    filters: Selection


def listed(
    connection: Connection, person: Person, choice: Choice, offset: int, limit: int
) -> list[int]:
    """Numbers of the parts: open ones by distance from the threshold, decided ones newest first."""
    if choice.show is Show.OPEN:
        return waiting(connection, person, choice.filters, offset, limit)
    return decided(connection, choice.filters, offset, limit)


def choose(services: Services, shows: bool = True) -> Choice:
    """Draw the filters; without ``shows`` there is no choice between open and decided parts."""
    show = Show.OPEN
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if shows:
            show = url_state.choice(
                st.segmented_control,
                "Show",
                list(Show),
                Show.OPEN,
                name="show",
                key="review show",
                format_func=SHOWN.__getitem__,
                required=True,
                label_visibility="collapsed",
                wrap=True,
            )
        filters = _filters(services, show is not Show.OPEN or not shows)
    return Choice(show, replace(filters, disagreement=show is Show.DISAGREEMENT))


def _filters(services: Services, with_reviewer: bool) -> Selection:
    calendar = services.settings.calendar
    with reading(services.database) as connection:
        batches = {batch.id: batch for batch in recent_batches(connection, BATCHES)}
        stations = queue.stations(connection)
        people = names_of(connection) if with_reviewer else {}
        asked = url_state.number("batch")
        if asked is not None and asked not in batches:
            named = batch_by_id(connection, asked)
            batches |= {named.id: named} if named else {}
    with st.popover(_label(), icon=":material/filter_list:", key="review filters", width="content"):
        verdict = _select(
            "Verdict", "verdict", {item.value: look.word for item, look in LOOKS.items()}
        )
        batch = _select(
            "Batch",
            "batch",
            {str(number): batch_name(item, calendar) for number, item in batches.items()},
        )
        station = st.selectbox(
            "Station", stations, index=None, placeholder="All", key="station", bind="query-params"
        )
        day = st.date_input("Day", value=None, format="YYYY-MM-DD", key="day", bind="query-params")
        # Not bound: the Threshold page has another "shift" in its address.
        shift = _select(
            "Shift" if day else "Shift (choose a day first)",
            "shift",
            {name: name for name in calendar.names},
            disabled=day is None,
        )
        by = _select("Decided by", "by", people) if with_reviewer else None
        st.button("Clear all", icon=":material/filter_list_off:", on_click=_clear, width="stretch")
    since, until = _period(calendar, day, shift)
    return Selection(
        verdict=Verdict(verdict) if verdict else None,
        batch_id=int(batch) if batch else None,
        station=station,
        since=since,
        until=until,
        reviewer=by,
    )


def _label() -> str:
    given = (st.session_state.get(key, st.query_params.get(name)) for name, key in KEYS.items())
    active = sum(bool(value) for value in given)
    return f"Filters ({active})" if active else "Filters"


def _clear() -> None:
    for key in KEYS.values():
        st.session_state[key] = None


def _select(label: str, name: str, options: dict[str, str], disabled: bool = False) -> str | None:
    return url_state.choice(
        st.selectbox,
        label,
        list(options),
        None,
        name=name,
        key=KEYS[name],
        format_func=lambda value: options.get(value, value),
        index=None,
        placeholder="All",
        disabled=disabled,
    )


def _period(
    calendar: Calendar, day: date | None, shift: str | None
) -> tuple[datetime | None, datetime | None]:
    if day is None:
        return None, None
    if shift is None:
        return calendar.day(day)
    found = calendar.shift(day, shift)
    return found.begins, found.ends
