"""People: who you are here, and who may do what."""

from __future__ import annotations

from functools import partial

import streamlit as st

import db
from core.errors import QualityControlError
from core.people import Person, Role
from pages._head import head
from pages._people import leave, person_or_question
from pages._services import Services, keep, sign_in_configured, start
from pages._words import moment_text, plain

MAY = {
    Role.VIEWER: "looks at everything and changes nothing",
    Role.REVIEWER: "also decides about parts",
    Role.ENGINEER: "also changes thresholds, models and roles",
}


def page() -> None:
    services = start()
    head("People", "Who you are here, and who may do what")
    person = person_or_question(services, "Everything that is decided here says who did it.")
    if person is None:
        return
    _you(person)
    if sign_in_configured():
        _roles(services, person)
    else:
        st.info(
            "No sign-in is configured, so every name is recorded as unverified. The README says "
            "how to have people sign in; roles then belong to e-mail addresses.",
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
        f"Who signs in without a role is a viewer. {plain(services.settings.first_engineer)} is "
        "an engineer unless the table says otherwise."
    )
    with db.reading(services.database) as connection:
        entries = db.roles(connection)
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
        role = middle.selectbox("Role", list(Role), index=1)
        if right.form_submit_button("Give", type="primary", width="stretch"):
            _give(services, person, email, role)


def _give(services: Services, person: Person, email: str, role: Role) -> None:
    try:
        keep(services, partial(db.give_role, person=person, email=email, role=role))
    except ValueError:
        st.warning("That is not an e-mail address.", icon=":material/alternate_email:")
    except QualityControlError as error:
        st.error(plain(str(error)), icon=":material/error:")
    else:
        st.rerun()


page()
