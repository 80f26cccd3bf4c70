"""The person at the page: signed in with OpenID Connect, or a name typed in this session."""

from __future__ import annotations

import streamlit as st

from core.people import Person
from db.people import signed_in
from db.session import reading
from pages.shared.services import Services, sign_in_configured, verified_email
from pages.shared.text import plain, short

LONGEST = 60
NAME = "typed name"


def current_person(services: Services) -> Person | None:
    """The person at this page with the role in force; None while unknown."""
    if not sign_in_configured():
        name = st.session_state.get(NAME)
        return Person(name, None, False, services.settings.unverified_role) if name else None
    email = verified_email()
    if email is None:
        return None
    with reading(services.database) as connection:
        return signed_in(
            connection,
            str(st.user.get("name") or email),
            email,
            services.settings.first_engineer,
        )


def person_or_question(services: Services, why: str) -> Person | None:
    """The person; while unknown, None, and a question that says ``why`` it is asked."""
    person = current_person(services)
    if person is None:
        with st.container(border=True, width=560):
            st.subheader("Who are you?", anchor=False)
            st.caption(why)
            _sign_in() if sign_in_configured() else _type_name()
    return person


def navigation_title(person: Person | None) -> str:
    """The person as the navigation shows them."""
    if person is None:
        return "Sign in" if sign_in_configured() else "Your name"
    name = plain(short(person.name, 24))
    return name if person.verified else f"{name} (unverified)"


def leave() -> None:
    """Sign out, or forget the typed name."""
    if sign_in_configured():
        st.logout()
    st.session_state.pop(NAME, None)


def _type_name() -> None:
    with st.form("who", border=False):
        name = st.text_input(
            "Your name",
            max_chars=LONGEST,
            placeholder="First and last name",
            autocomplete="name",
            help="Recorded with every decision, marked as unverified because no sign-in is "
            "configured.",
        )
        done = st.form_submit_button("Continue", type="primary", icon=":material/arrow_forward:")
    if not done:
        return
    cleaned = " ".join(name.split())
    if cleaned:
        st.session_state[NAME] = cleaned
        st.rerun()
    st.warning("Type your name first.", icon=":material/person:")


def _sign_in() -> None:
    if st.user.is_logged_in:
        st.error(
            "Your sign-in has no verified e-mail address. Ask its administrator to verify the "
            "address, then sign in again.",
            icon=":material/error:",
        )
        st.button("Sign out", icon=":material/logout:", on_click=leave)
    else:
        st.button("Sign in", type="primary", icon=":material/login:", on_click=st.login)
