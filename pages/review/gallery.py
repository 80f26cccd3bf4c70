"""Many parts at once: select them in a gallery, and decide about all with one confirmation."""

from __future__ import annotations

import streamlit as st

from core.people import Person
from core.review.decisions import Decision, read_names
from db.inspections.parts import Part, part_by_id
from db.review.decisions import LONGEST_NOTE
from db.review.queue import decided_count, open_count
from db.session import reading
from pages.review.filters import Choice, Show, listed
from pages.review.session import WORDS
from pages.shared.gallery import PAGE, paged
from pages.shared.part_card import card_picture, card_verdict
from pages.shared.pictures import evidence_scale
from pages.shared.services import Services, say_busy, shown_errors
from pages.shared.text import count, plain, short
from services.review import decide_many

_SELECTED = "review selected"


def gallery_view(services: Services, person: Person, choice: Choice) -> None:
    """A page of parts with a box on each, and the decisions about those selected."""
    with reading(services.database) as connection:
        if choice.show is Show.OPEN:
            size = open_count(connection, person, choice.filters)
        else:
            size = decided_count(connection, choice.filters)
    if not size:
        st.info("No part here. Choose other filters, or come back later.", icon=":material/inbox:")
        return
    with paged(f"review page {hash(choice)}", size) as first:
        with reading(services.database) as connection:
            numbers = listed(connection, person, choice, first, PAGE)
            parts = [part for number in numbers if (part := part_by_id(connection, number))]
        chosen = [part.id for part in parts if part.id in _selected()]
        _actions(services, person, parts, chosen, size)
        with st.grid(min_column_width=250, gap="small"):
            for part in parts:
                _card(services, part)


def _actions(
    services: Services, person: Person, parts: list[Part], chosen: list[int], size: int
) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{len(chosen)} selected** of {count(size)}", width="content")
        st.button("Select page", on_click=_select, args=(parts, True), icon=":material/select_all:")
        st.button(
            "Clear selection",
            on_click=_select,
            args=(parts, False),
            disabled=not chosen,
            icon=":material/deselect:",
        )
        for decision in (Decision.DEFECTIVE, Decision.OK, Decision.RETAKE):
            if st.button(
                f"{WORDS[decision]} ...",
                key=f"bulk {decision}",
                disabled=not chosen,
                type="primary" if decision is not Decision.RETAKE else "secondary",
            ):
                _confirm(services, person, decision, chosen)


@st.dialog("Apply to all selected parts?")
def _confirm(services: Services, person: Person, decision: Decision, chosen: list[int]) -> None:
    st.markdown(
        f"**{count(len(chosen))} parts** will be recorded as **{WORDS[decision]}**, decided by "
        f"{plain(person.signature)}."
    )
    kind = ""
    if decision is Decision.DEFECTIVE:
        kinds = read_names(services.settings.defect_types)
        kind = st.selectbox("Defect", kinds, index=len(kinds) - 1)
    note = st.text_input("Note (optional)", max_chars=LONGEST_NOTE)
    if not st.button("Decide", type="primary", icon=":material/done_all:"):
        return
    with shown_errors(retry=False):
        decide_many(
            services.database,
            person,
            chosen,
            decision,
            kind,
            note,
            review_rate=services.settings.review_rate,
            busy=say_busy,
        )
        _selected().difference_update(chosen)
        said = f"{count(len(chosen))} parts decided: {WORDS[decision]}."
        st.toast(said, icon=":material/done_all:")
        st.rerun()


def _card(services: Services, part: Part) -> None:
    item, address = part.inspection, services.settings.database_url
    with st.container(border=True, gap="xxsmall"):
        card_picture(services, part, evidence_scale(services.database, address, item.model))
        card_verdict(part)
        box = f"{_SELECTED} {part.id}"
        selected = st.session_state[box] = part.id in _selected()
        st.checkbox(
            plain(short(part.file, 30)), key=box, on_change=_select, args=([part], not selected)
        )


def _selected() -> set[int]:
    """The selected parts; not read off the boxes, because those not drawn lose their state."""
    selected: set[int] = st.session_state.setdefault(_SELECTED, set())
    return selected


def _select(parts: list[Part], on: bool) -> None:
    change = _selected().update if on else _selected().difference_update
    change({part.id for part in parts})
