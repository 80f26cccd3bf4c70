"""What people's decisions say about the model, and the reviewed parts to train on."""

from __future__ import annotations

import streamlit as st
from sqlalchemy import Connection

from core.review.estimates import (
    AGREEMENT,
    Agreement,
    Estimate,
    Production,
    agreement,
    escape_rate,
    estimate,
)
from db.inspections.parts import data_version
from db.review import figures
from db.review.figures import Suspect, second_opinions
from db.review.reviewed import reviewed_parts
from db.selection import Selection
from db.session import reading
from pages.review.filters import Show
from pages.review.session import WORDS, begin_again
from pages.shared.cached_read import cached_read
from pages.shared.part_card import PART
from pages.shared.services import Services
from pages.shared.text import LOOKS, count, plain, short
from services.review import export_zip

MOST_EXPORTED = 2_000
"""Photographs in one download, which is packed in memory."""

Counted = tuple[Production, Agreement, list[Suspect], tuple[int, int]]


def _counted(connection: Connection, filters: Selection) -> Counted:
    """The last pair is how many photographs people found defective, and how many OK."""
    reviewed = [part.is_defective for part in reviewed_parts(connection, filters)]
    return (
        figures.production(connection, filters),
        agreement(second_opinions(connection, filters)),
        figures.suspects(connection, filters),
        (sum(reviewed), len(reviewed) - sum(reviewed)),
    )


def figures_view(services: Services, filters: Selection) -> None:
    """Escape rate, confusion matrix, agreement and possible labelling errors of these parts."""
    with reading(services.database) as connection:
        version = data_version(connection)
    production, agreed, suspects, reviewed = cached_read(services, version, _counted, filters)
    if not production.flagged.parts + production.borderline.parts + production.passed.parts:
        st.info(
            "No part with these filters has a verdict yet. Inspect photographs, or choose other "
            "filters.",
            icon=":material/inbox:",
        )
        return
    estimated = estimate(production)
    _escapes(production)
    _rates(production, estimated, agreed)
    left, right = st.columns([5, 4], gap="large")
    with left:
        _matrix(estimated)
    with right:
        _coverage(production)
    _suspects(suspects)
    _export(services, filters, *reviewed)


def _escapes(production: Production) -> None:
    audited = production.audited
    found = escape_rate(audited.defective, audited.defective + audited.ok)
    with st.container(border=True):
        if found.bound is None:
            st.markdown("**How many defective parts pass as OK is not known yet.**")
            st.caption(
                f"{count(audited.parts)} passed parts were drawn for the audit sample and none "
                "of them is decided. Decide the open parts; 59 audited parts without a miss "
                "show that at most 5 % escape, 299 at most 1 %."
            )
            return
        st.markdown(
            f"### At most {_percent(found.bound)} of the passed parts are defective "
            "(95 % confidence)"
        )
        st.caption(
            f"{_misses(found.misses)} among {count(found.audited)} audited parts: "
            f"{_percent(found.estimate)}. {count(audited.parts - found.audited)} parts of the "
            "audit sample are not decided yet. The bound is exact (Clopper-Pearson)."
        )


def _rates(production: Production, estimated: Estimate, agreed: Agreement) -> None:
    kappa = agreed.kappa
    with st.grid(columns=4, min_column_width=170, gap="xsmall"):
        for name, value, meaning in (
            (
                "Recall",
                _percent(estimated.recall),
                "Share of the defective parts that the model flagged, weighted.",
            ),
            (
                "False alarms among OK parts",
                _percent(estimated.false_alarm_rate),
                "Share of the OK parts that the model flagged, weighted.",
            ),
            (
                "Flagged parts that are defective",
                _percent(estimated.precision),
                f"Of {count(production.flagged.parts)} flagged parts.",
            ),
            (
                "Agreement of reviewers",
                "-" if kappa is None else f"{kappa:.2f}",
                "Cohen's kappa of blind second reviews: 1 is full agreement, 0 is chance.",
            ),
        ):
            st.metric(name, value, border=True, help=meaning)
    if agreed.parts:
        alike = f"{count(agreed.agreed)} of {count(agreed.parts)} parts"
        if kappa is None:
            verdict = ""
        elif kappa >= AGREEMENT:
            verdict = f"Kappa is at least {AGREEMENT}: good agreement."
        else:
            verdict = (
                f"Kappa is below {AGREEMENT}: agree on what a defect is before trusting these "
                "figures."
            )
        st.caption(f"{alike} were decided alike by two people. {verdict}")


def _matrix(estimated: Estimate) -> None:
    st.subheader("Estimated for all production", anchor=False)
    st.dataframe(
        {
            "People": ["Defective", "OK"],
            "Model: defective": [
                f"{_parts(estimated.caught)} caught",
                f"{_parts(estimated.false_alarms)} false alarms",
            ],
            "Model: OK": [
                f"{_parts(estimated.missed)} missed",
                f"{_parts(estimated.passed)} passed",
            ],
        },
        hide_index=True,
    )


def _coverage(production: Production) -> None:
    st.subheader("Review coverage", anchor=False)
    rows = {
        "Flagged": production.flagged,
        "Passed, close to the threshold": production.borderline,
        "Passed, drawn for the audit": production.audited,
    }
    st.dataframe(
        {
            "Parts": list(rows),
            "All": [count(group.parts) for group in rows.values()],
            "Found defective": [count(group.defective) for group in rows.values()],
            "Found OK": [count(group.ok) for group in rows.values()],
        },
        hide_index=True,
    )


def _suspects(suspects: list[Suspect]) -> None:
    st.subheader("Possible labelling errors", anchor=False)
    if not suspects:
        st.caption("No disagreements.")
        return
    st.caption(
        "People and the model disagree about these parts, the largest difference first. One of "
        "them is clearly wrong: look again."
    )
    for suspect in suspects:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                "Look",
                key=f"look {suspect.inspection_id}",
                on_click=_look,
                args=(suspect.inspection_id,),
                icon=":material/search:",
            )
            st.text(short(suspect.file), width="content")
            st.caption(
                plain(
                    f"model {LOOKS[suspect.verdict].word}, {suspect.name} "
                    f"{WORDS[suspect.decision]}, {suspect.contradiction:.1f} log-odds apart"
                ),
                width="content",
            )


def _look(part: int) -> None:
    st.session_state["review view"] = "one"
    st.session_state["review show"] = Show.DISAGREEMENT
    begin_again()
    st.query_params[PART] = str(part)


def _export(services: Services, filters: Selection, defective: int, ok: int) -> None:
    st.subheader("Export reviewed parts for training", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.download_button(
            "Download the data set",
            data=lambda: export_zip(services.database, filters),
            file_name="reviewed-parts.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
            disabled=not defective or not ok or defective + ok > MOST_EXPORTED,
        )
        st.caption(
            f"{count(defective)} photographs found defective and {count(ok)} "
            "found OK, with the castings they show and who decided. A data set needs both. "
            f"More than {count(MOST_EXPORTED)} are exported with the command "
            "`python -m core export`.",
            width="stretch",
        )


def _percent(share: float | None) -> str:
    if share is None:
        return "-"
    return f"{share * 100:.2f} %" if share < 0.1 else f"{share * 100:.1f} %"


def _misses(number: int) -> str:
    return "1 miss" if number == 1 else f"{count(number)} misses"


def _parts(number: float | None) -> str:
    return "-" if number is None else count(round(number))
