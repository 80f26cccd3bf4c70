"""Applying a threshold, and the log of all that were in force."""

from __future__ import annotations

import streamlit as st

from core.people import Person, Role
from core.thresholds.rationale import ThresholdRationale, rationale_of
from db.inspections.models import Model
from db.session import reading
from db.thresholds import ThresholdChange, threshold_changes
from pages.shared.people import person_or_question
from pages.shared.services import Services, say_busy, shown_errors
from pages.shared.text import count, moment_text, plain
from pages.threshold.evidence import SOURCES, Evidence, Source, threshold_name
from pages.threshold.slider import APPLY, POSITION, RULE, Proposal
from services.thresholds import apply_threshold

LONGEST_REASON = 500


def _close() -> None:
    st.session_state.pop(APPLY, None)


@st.dialog("Apply a threshold", width="medium", on_dismiss=_close)
def confirm(
    services: Services, model: Model, evidence: Evidence | None, source: Source, proposal: Proposal
) -> None:
    """Ask for the reason and apply; only an engineer may."""
    person = person_or_question(services, "Every change of a threshold is recorded with your name.")
    if person is None:
        return
    st.markdown(
        f"From **{threshold_name(model.threshold)}** to **{threshold_name(proposal.threshold)}**, "
        f"{plain(proposal.rule)}. New inspections use it; verdicts "
        "already given stay as they are."
    )
    basis = None
    if evidence is not None:
        basis = rationale_of(evidence.parts, SOURCES[source], proposal.threshold, proposal.rule)
        st.markdown(_basis_line(basis))
    reason = st.text_area("Reason (recorded for audits)", max_chars=LONGEST_REASON)
    if not st.button("Apply for new inspections", type="primary", icon=":material/check:"):
        return
    with shown_errors(retry=False):
        apply_threshold(
            services.database,
            person,
            model.id,
            proposal.threshold,
            reason,
            basis,
            seen=model.threshold,
            busy=say_busy,
        )
        for name in (APPLY, RULE, POSITION):
            st.session_state.pop(name, None)
        st.toast("The threshold is in force.", icon=":material/check_circle:")
        st.rerun()


def log(services: Services, model: Model, person: Person | None) -> None:
    """Every entry, newest first; restoring one is a new entry."""
    st.subheader("Log of thresholds", anchor=False)
    with reading(services.database) as connection:
        entries = threshold_changes(connection, model.id)
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
                    "Restore ...",
                    key=f"back-{entry.id}",
                    icon=":material/undo:",
                    type="tertiary",
                    disabled=not may,
                ):
                    st.session_state[APPLY] = Proposal(
                        entry.threshold,
                        f"restored from {moment_text(entry.changed_at, calendar)}",
                    )
                    st.rerun()
            st.text(entry.reason)
            said = f"{moment_text(entry.changed_at, calendar)} · {plain(entry.changed_by)}"
            if entry.basis is not None:
                said += f" · {_basis_line(entry.basis)}"
            st.caption(said)


def _entry_line(entry: ThresholdChange) -> str:
    to = f"**{threshold_name(entry.threshold)}**"
    return to if entry.previous is None else f"{to} from {threshold_name(entry.previous)}"


def _basis_line(basis: ThresholdRationale) -> str:
    matrix = basis.confusion
    return plain(
        f"{basis.source}: {count(basis.parts)} parts, {count(basis.defective_castings)} defective "
        f"castings; {count(matrix.missed)} of {count(matrix.caught + matrix.missed)} defective "
        f"missed, {count(matrix.false_alarms)} of {count(matrix.passed + matrix.false_alarms)} OK "
        f"flagged; {basis.rule}"
    )
