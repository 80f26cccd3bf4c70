"""Applying a threshold, and the log of all that were in force."""

from __future__ import annotations

from functools import partial

import streamlit as st

import db
from core.errors import QualityControlError
from core.people import Person, Role
from core.threshold_basis import Basis, basis_of
from pages._people import person_or_question
from pages._services import Services, keep
from pages._threshold_data import SOURCES, Picture, Source
from pages._threshold_view import APPLY, RULE, SLIDER, Wanted
from pages._threshold_words import threshold_name
from pages._words import count, moment_text, plain

LONGEST_REASON = 500


def _close() -> None:
    st.session_state.pop(APPLY, None)


@st.dialog("Apply a threshold", width="medium", on_dismiss=_close)
def confirm(
    services: Services, model: db.Model, of: Picture | None, source: Source, wanted: Wanted
) -> None:
    """Ask for the reason and apply; an engineer's act."""
    person = person_or_question(services, "The log of thresholds says who changed them.")
    if person is None:
        return
    st.markdown(
        f"From **{threshold_name(model.threshold)}** to **{threshold_name(wanted.threshold)}**, "
        f"{plain(wanted.rule)}. Inspections that begin after this use it; verdicts that were "
        "given keep theirs."
    )
    basis = None
    if of is not None:
        basis = basis_of(of.parts, SOURCES[source], wanted.threshold, wanted.rule)
        st.markdown(_basis_line(basis))
    reason = st.text_area(
        "Reason",
        max_chars=LONGEST_REASON,
        placeholder="What an auditor should read in a year",
    )
    if st.button("Apply for new inspections", type="primary", icon=":material/check:"):
        try:
            keep(
                services,
                partial(
                    db.change_threshold,
                    model_id=model.id,
                    threshold=wanted.threshold,
                    reason=reason,
                    person=person,
                    basis=basis,
                    seen=model.threshold,
                ),
            )
        except QualityControlError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        for name in (APPLY, RULE, SLIDER):
            st.session_state.pop(name, None)
        st.toast("The threshold is in force.", icon=":material/check_circle:")
        st.rerun()


def log(services: Services, model: db.Model, person: Person | None) -> None:
    """Every entry, newest first; going back to one is a new entry."""
    st.subheader("Log of thresholds", anchor=False)
    with db.reading(services.database) as connection:
        entries = db.threshold_changes(connection, model.id)
    calendar = services.settings.calendar
    may = person is None or person.role.includes(Role.ENGINEER)
    for entry in reversed(entries):
        with st.container(border=True, gap="xxsmall"):
            with st.container(
                horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
            ):
                st.markdown(_entry_line(entry), width="stretch")
                if entry.id == entries[-1].id:
                    st.badge("In force", icon=":material/check:", color="blue")
                elif entry.threshold != model.threshold and st.button(
                    "Go back to it ...",
                    key=f"back-{entry.id}",
                    icon=":material/undo:",
                    type="tertiary",
                    disabled=not may,
                ):
                    st.session_state[APPLY] = Wanted(
                        entry.threshold,
                        f"back to that of {moment_text(entry.changed_at, calendar)}",
                    )
                    st.rerun()
            st.text(entry.reason)
            said = f"{moment_text(entry.changed_at, calendar)} · {plain(entry.changed_by)}"
            if entry.basis is not None:
                said += f" · {_basis_line(entry.basis)}"
            st.caption(said)


def _entry_line(entry: db.ThresholdChange) -> str:
    to = f"**{threshold_name(entry.threshold)}**"
    return to if entry.previous is None else f"{to} from {threshold_name(entry.previous)}"


def _basis_line(basis: Basis) -> str:
    matrix = basis.confusion
    return plain(
        f"{basis.source}: {count(basis.parts)} parts, {count(basis.defective_castings)} defective "
        f"castings; {count(matrix.missed)} of {count(matrix.caught + matrix.missed)} defective "
        f"missed, {count(matrix.false_alarms)} of {count(matrix.passed + matrix.false_alarms)} OK "
        f"flagged; {basis.rule}"
    )
