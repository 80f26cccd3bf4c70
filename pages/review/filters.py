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
NAMES = ("verdict", "batch", "station", "day", "shift", "by")
_BOUND = ("station", "day")
"""Those whose widget is bound to the address."""
"""Names of the filters in the address."""


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
    show = _show() if shows else Show.OPEN
    filters = _filters(services, show is not Show.OPEN or not shows)
    return Choice(show, replace(filters, disagreement=show is Show.DISAGREEMENT))


def _show() -> Show:
    key = "review show"
    if key not in st.session_state:
        st.session_state[key] = Show(url_state.word("show", list(Show)) or Show.OPEN)
    show: Show | None = st.segmented_control(
        "Show",
        list(Show),
        format_func=SHOWN.__getitem__,
        required=True,
        key=key,
        label_visibility="collapsed",
        wrap=True,
    )
    show = show or Show.OPEN
    url_state.keep("show", None if show is Show.OPEN else show.value)
    return show


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


def _key(name: str) -> str:
    return f"review filter {name}"


def _label() -> str:
    active = sum(bool(st.query_params.get(name)) for name in NAMES)
    return f"Filters ({active})" if active else "Filters"


def _clear() -> None:
    for name in NAMES:
        if name in _BOUND:
            st.session_state[name] = None
        else:
            st.session_state[_key(name)] = None
            url_state.keep(name, None)


def _select(
    label: str, name: str, options: dict[str, str], *, disabled: bool = False
) -> str | None:
    # Not bound to the address: a bound widget would write the label there, not the value.
    key = _key(name)
    if key not in st.session_state:
        st.session_state[key] = url_state.word(name, list(options))
    elif st.session_state[key] not in options:
        st.session_state[key] = None
    chosen: str | None = st.selectbox(
        label,
        list(options),
        format_func=lambda value: options.get(value, value),
        index=None,
        placeholder="All",
        key=key,
        disabled=disabled,
    )
    url_state.keep(name, chosen)
    return chosen


def _period(
    calendar: Calendar, day: date | None, shift: str | None
) -> tuple[datetime | None, datetime | None]:
    if day is None:
        return None, None
    if shift is None:
        return calendar.day(day)
    found = calendar.shift(day, shift)
    return found.begins, found.ends
