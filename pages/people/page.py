"""People: your account and everyone's roles."""

from __future__ import annotations

import streamlit as st

from core.people import Person, Role
from db.people import roles
from db.session import reading
from pages.shared.layout import head
from pages.shared.people import leave, person_or_question
from pages.shared.services import Services, say_busy, shown_errors, sign_in_configured, start
from pages.shared.text import moment_text, plain
from services.people import give_role

MAY = {
    Role.VIEWER: "can see everything and change nothing",
    Role.REVIEWER: "can also decide about parts",
    Role.ENGINEER: "can also change thresholds, models and roles",
}


def page() -> None:
    services = start()
    head("People", "Your account and everyone's roles")
    person = person_or_question(services, "Every decision is recorded with your name.")
    if person is None:
        return
    _you(person)
    if sign_in_configured():
        _roles(services, person)
    else:
        st.info(
            "No sign-in is configured, so every name is recorded as unverified. The README says "
            "how to configure one; roles then belong to e-mail addresses.",
            icon=":material/info:",
        )


def _you(person: Person) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        icon = ":material/verified_user:" if person.verified else ":material/person:"
        st.markdown(f"{icon} **{plain(person.signature)}**", width="stretch")
        st.badge(person.role.capitalize(), color="blue")
        st.caption(MAY[person.role], width="content")
        verb = "Sign out" if person.verified else "Not you?"
        st.button(verb, icon=":material/logout:", on_click=leave)


def _roles(services: Services, person: Person) -> None:
    st.subheader("Roles", anchor=False)
    st.caption(
        f"Anyone without a role is a viewer. {plain(services.settings.first_engineer)} is "
        "an engineer unless the table says otherwise."
    )
    with reading(services.database) as connection:
        entries = roles(connection)
    if entries:
        st.dataframe(
            {
                "E-mail": [entry.email for entry in entries],
                "Role": [entry.role.value for entry in entries],
                "Given by": [entry.given_by for entry in entries],
                "Given": [
                    moment_text(entry.given_at, services.settings.calendar) for entry in entries
                ],
            },
            hide_index=True,
        )
    if not person.role.includes(Role.ENGINEER):
        st.caption("An engineer gives roles.")
        return
    with st.form("role", clear_on_submit=True):
        left, middle, right = st.columns([4, 2, 1], vertical_alignment="bottom")
        email = left.text_input("E-mail address", max_chars=254)
        role = middle.selectbox("Role", [Role.VIEWER, Role.REVIEWER, Role.ENGINEER], index=1)
        if right.form_submit_button("Give", type="primary", width="stretch"):
            _give(services, person, email, role)


def _give(services: Services, person: Person, email: str, role: Role) -> None:
    with shown_errors(retry=False):
        try:
            give_role(services.database, person, email, role, busy=say_busy)
        except ValueError:
            st.warning("That is not an e-mail address.", icon=":material/alternate_email:")
            return
        st.rerun()


page()
