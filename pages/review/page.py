"""Review: people's decisions about the parts that the model judged."""

from __future__ import annotations

import streamlit as st

from core.people import Person, Role
from db.inspections.parts import gallery_size, part_by_id
from db.session import reading
from pages.review.figures import figures_view
from pages.review.filters import Choice, Show, choose
from pages.review.gallery import gallery_view
from pages.review.part import moves, part_view
from pages.review.session import ReviewSession, leave, session_for
from pages.shared import url_state
from pages.shared.layout import inspect_first, nothing_here
from pages.shared.part_card import PART
from pages.shared.people import person_or_question
from pages.shared.services import Services, shown_errors, start
from pages.shared.text import count, plain

ONE, MANY, FIGURES = "one", "gallery", "figures"
VIEWS = {ONE: "One by one", MANY: "Gallery", FIGURES: "Figures"}


def page() -> None:
    services = start()
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.title("Review", anchor=False, width="content")
        view = url_state.choice(
            st.segmented_control,
            "View",
            list(VIEWS),
            ONE,
            name="view",
            key="review view",
            format_func=VIEWS.__getitem__,
            required=True,
            label_visibility="collapsed",
        )
    if view == FIGURES:
        figures_view(services, choose(services, shows=False).filters)
        return
    person = person_or_question(services, "Every decision is recorded with your name.")
    if person is None:
        return
    if not person.role.includes(Role.REVIEWER):
        st.info(
            f"You have the role {person.role}; reviewers decide about parts. The figures are "
            "open to you. An engineer can change your role.",
            icon=":material/visibility:",
        )
        return
    choice = choose(services)
    if view == MANY:
        leave(services, person)
        gallery_view(services, person, choice)
    else:
        st.fragment(_one_by_one)(services, person, choice)


def _one_by_one(services: Services, person: Person, choice: Choice) -> None:
    with shown_errors():
        session = session_for(services, person, choice, url_state.number(PART))
        if session.fault:
            st.error(plain(session.fault), icon=":material/error:")
        url_state.keep(PART, session.part)
        if session.part is None:
            _nothing_left(services, person, session)
            return
        with reading(services.database) as connection:
            part = part_by_id(connection, session.part)
        if part is not None:
            part_view(services, person, session, part)


def _nothing_left(services: Services, person: Person, session: ReviewSession) -> None:
    with reading(services.database) as connection:
        empty = gallery_size(connection) == 0
    if empty:
        inspect_first(
            "There is nothing to review yet",
            "Inspect photographs first; flagged parts then come here.",
        )
        return
    is_open = session.choice.show is Show.OPEN
    done = len(session.decided)
    if not is_open:
        title, text = "No such part", "No decided parts match these filters."
    elif done:
        title, text = "No open parts", f"You decided {count(done)} parts in this session."
    else:
        title = "No open parts"
        text = "Every part is decided, claimed by another person, or left out by the filters."
    with nothing_here(title, text):
        if session.skipped and is_open:
            st.button(
                f"Return to the {count(len(session.skipped))} skipped parts",
                type="primary",
                on_click=session.return_to_skipped,
            )
        moves(services, person, session)
        st.caption(plain(session.message))


page()
