"""Notices above every page: the data are a demonstration, or will not be kept."""

from __future__ import annotations

import streamlit as st

from core.disks import is_ephemeral
from core.people import Person, Role
from db.demonstration import Demonstration, demonstration_of
from db.session import file_of, reading
from pages.shared.people import NAME, current_person
from pages.shared.services import (
    Services,
    clear_cached_reads,
    say_busy,
    shown_errors,
    sign_in_configured,
)
from pages.shared.text import ago, count
from services.demo import clear_demonstration


def notices(services: Services) -> None:
    """What everyone must know about the database, on every page."""
    _not_kept(services)
    _demonstration(services)


def _not_kept(services: Services) -> None:
    file = file_of(services.database)
    if file is not None and is_ephemeral(file):
        st.warning(
            "**Inspections are not kept here.** The database is a file on a disk that is deleted "
            "with this container: after a restart it is empty. For real use name a "
            "PostgreSQL server in DATABASE_URL (on Streamlit Community Cloud: in the app's "
            "secrets), or a file on a permanent disk.",
            icon=":material/warning:",
        )


def _demonstration(services: Services) -> None:
    with reading(services.database) as connection:
        found = demonstration_of(connection)
    if found is None:
        return
    person = _here(services)
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        st.badge("Demonstration", icon=":material/science:", color="orange")
        st.text(
            f"Rendered parts and made-up decisions, made {ago(found.made_at)}: nothing here is "
            "real production.",
            width="stretch",
        )
        if person is None or not person.role.includes(Role.ENGINEER):
            return
        icon = ":material/delete_sweep:"
        if found.parts_since or found.decisions_since:
            if st.button("Clear the demonstration ...", icon=icon):
                _confirm(services, person, found)
        else:
            st.button(
                "Clear the demonstration", icon=icon, on_click=_clear, args=(services, person)
            )


@st.dialog("Clear the demonstration")
def _confirm(services: Services, person: Person, found: Demonstration) -> None:
    st.write(
        f"Since it was made, people added {count(found.parts_since)} parts and "
        f"{count(found.decisions_since)} decisions. They are removed too, permanently: first "
        "download the reports you want to keep."
    )
    if st.button(
        "Remove everything",
        type="primary",
        icon=":material/delete_sweep:",
        on_click=_clear,
        args=(services, person),
    ):
        st.rerun()


def _clear(services: Services, person: Person) -> None:
    """Called before the page is drawn again, so that it shows the empty database."""
    if services.worker.active():
        st.warning("A batch is being inspected. Wait until it has finished.")
        return
    with shown_errors(retry=False):
        clear_demonstration(services.database, person, busy=say_busy)
        clear_cached_reads()
        for name in [key for key in st.session_state if key != NAME]:
            del st.session_state[name]
        st.query_params.clear()


def _here(services: Services) -> Person | None:
    """The person; without a sign-in also before a name is typed, since no entry is signed."""
    person = current_person(services)
    if person is None and not sign_in_configured():
        return Person("Unnamed user", None, False, services.settings.unverified_role)
    return person
