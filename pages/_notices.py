"""What stands over every page: that its data are made up, or that they will not be kept."""

from __future__ import annotations

import streamlit as st

import db
from core.disks import is_fleeting
from core.errors import QualityControlError
from core.people import Person, Role
from pages._people import NAME, current_person
from pages._services import Services, forget, keep, sign_in_configured
from pages._words import ago, count, plain


def notices(services: Services) -> None:
    """Say what everybody must know of the database, whatever page is open."""
    _not_kept(services)
    _demonstration(services)


def _not_kept(services: Services) -> None:
    file = db.file_of(services.database)
    if file is not None and is_fleeting(file):
        st.warning(
            "**What is inspected here is not kept.** The database is a file on a disk that goes "
            "with this container: its next start begins with an empty one. For real use name a "
            "PostgreSQL server in DATABASE_URL (on Streamlit Community Cloud: in the app's "
            "secrets), or a file on a disk that is kept.",
            icon=":material/warning:",
        )


def _demonstration(services: Services) -> None:
    with db.reading(services.database) as connection:
        found = db.demonstration_of(connection)
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
def _confirm(services: Services, person: Person, found: db.Demonstration) -> None:
    st.write(
        f"Since it was made, people added {count(found.parts_since)} parts and "
        f"{count(found.decisions_since)} decisions. They are removed with it, for good: download "
        "reports of what you want to keep first."
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
    """Before the page is drawn again: it then shows an empty database."""
    if services.worker.active():
        st.warning("A batch is being inspected. Wait until it has ended.")
        return
    try:
        keep(services, lambda connection: db.clear_demonstration(connection, person))
    except QualityControlError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    forget()
    for name in [key for key in st.session_state if key != NAME]:
        del st.session_state[name]
    st.query_params.clear()


def _here(services: Services) -> Person | None:
    """The person; where nobody signs in, also before they typed a name: no entry is signed."""
    person = current_person(services)
    if person is None and not sign_in_configured():
        return Person("whoever sits here", None, False, services.settings.unverified_role)
    return person
