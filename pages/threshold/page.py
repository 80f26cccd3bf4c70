"""Threshold: what another threshold would do, and who applied which and why."""

from __future__ import annotations

import streamlit as st

from core.errors import ThresholdError
from db.inspections.models import Model, model_by_sha256
from db.inspections.parts import data_version
from db.session import reading
from pages.shared.layout import head, nothing_here
from pages.shared.part_card import open_part
from pages.shared.people import current_person
from pages.shared.services import Services, start
from pages.shared.text import count, plain
from pages.shared.url_state import choice
from pages.threshold.advice import cost_advice, recall_advice
from pages.threshold.evidence import SOURCES, Evidence, Source, evidence_of
from pages.threshold.line import ask_line
from pages.threshold.log import confirm, log
from pages.threshold.slider import APPLY, propose, threshold_slider


def page() -> None:
    services = start()
    model = _model(services)
    head("Threshold", f"model {model.sha256[:8]}" if model is not None else "")
    if services.engine is None or model is None:
        st.error(
            f"**There is no model to choose a threshold for.** {plain(services.fault)}",
            icon=":material/error:",
        )
        return
    person = current_person(services)
    source = choice(
        st.segmented_control,
        "Evidence",
        list(Source),
        Source.HELD_OUT,
        name="evidence",
        key="evidence",
        format_func=SOURCES.__getitem__,
        required=True,
        wrap=True,
    )
    with st.grid(columns=2, min_column_width=250, gap="small"):
        line = ask_line()
    # Read once: what is stored while the slider moves is not counted again at each move.
    with reading(services.database) as connection:
        version = f"{services.settings.database_url} {data_version(connection)}"
    evidence: Evidence | None = None
    try:
        evidence = evidence_of(
            services.database,
            source,
            services.engine.card,
            model.id,
            "" if source is Source.HELD_OUT else version,
        )
    except ThresholdError as error:
        with nothing_here("No threshold can be chosen on this evidence", str(error)):
            pass
    else:
        threshold_slider(
            services, model, evidence, _evidence_line(evidence, source), line, person, version
        )
        left, right = st.columns(2, gap="medium")
        with left:
            recall_advice(evidence, propose)
        with right:
            cost_advice(evidence, line, model.threshold, propose)
    log(services, model, person)
    wanted = st.session_state.get(APPLY)
    if wanted is not None:
        confirm(services, model, evidence, source, wanted)
    else:
        open_part(services)


def _model(services: Services) -> Model | None:
    """The model with the threshold that is in force now, not when the app was started."""
    if services.model is None:
        return None
    with reading(services.database) as connection:
        return model_by_sha256(connection, services.model.sha256)


def _evidence_line(evidence: Evidence, source: Source) -> str:
    counts, castings = evidence.counts, len(evidence.parts.lowest_by_casting())
    said = (
        f"{count(counts.defective)} defective photographs of {count(castings)} castings, and "
        f"{count(counts.ok)} OK ones."
    )
    if source is not Source.REVIEWED:
        said += " Held-out scores come from networks that have not seen the casting."
    if source is not Source.HELD_OUT:
        said += (
            " People mostly review flagged parts, so misses are under-counted among reviewed "
            "parts, and recall looks better than it is."
        )
    return said


page()
