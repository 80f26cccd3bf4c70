"""A camera in the browser: what it photographs and the verdict on it."""

from __future__ import annotations

import streamlit as st

from core.inspection.records import Inspection, Outcome, Rejection
from pages.shared.part_card import verdict_badge
from pages.shared.pictures import LARGE, pictures
from pages.shared.services import Services, say_busy
from pages.shared.text import count, percent, plain
from services.inspection.camera import inspect_photograph

TAKEN = "camera-taken"


def camera(services: Services, station: str) -> None:
    """A photograph on one side, its verdict on the other."""
    if services.engine is None:
        st.info(f"There is no model to inspect with. {plain(services.fault)}")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        shot = st.camera_input(f"Photograph a part at {station}", key="camera")
    with right:
        if shot is None:
            st.text("A photograph taken here is inspected and stored at once.")
            return
        taken = (shot.file_id, station)
        if st.session_state.get(TAKEN, (None, None))[0] != taken:
            outcome = inspect_photograph(services, station, shot.getvalue(), busy=say_busy)
            st.session_state[TAKEN] = (taken, outcome)
        _outcome(services, st.session_state[TAKEN][1])


def _outcome(services: Services, outcome: Outcome) -> None:
    result = outcome.result
    if isinstance(result, Rejection):
        st.warning(plain(result.reason), icon=":material/block:")
        return
    made = _picture(services, result)
    if made is not None:
        st.image(made, width="stretch", alt=f"Heatmap of {result.file}")
    with st.container(horizontal=True, vertical_alignment="center"):
        verdict_badge(result.verdict)
        st.markdown(f"**{percent(result.probability)}**", width="content")
        times = result.times
        took = times.decode_ms + times.gate_ms + times.inference_ms
        st.caption(f"{count(result.width)} x {count(result.height)} pixels · {took:.1f} ms")
    if result.reason:
        st.info(plain(result.reason))


def _picture(services: Services, item: Inspection) -> bytes | None:
    if services.engine is None:
        return None
    made = pictures(services, item, services.engine.card.evidence_scale, LARGE)
    return None if made is None else made[1]
