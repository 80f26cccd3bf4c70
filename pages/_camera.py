"""A camera in the browser: each photograph is inspected and stored as it is taken."""

from __future__ import annotations

from hashlib import sha256

import streamlit as st

import db
from core.clock import now
from core.inspection import Inspection, Outcome, Photograph, Rejection, inspect_photographs
from pages._part import verdict_badge
from pages._pictures import LARGE, pictures
from pages._services import Services, keep
from pages._words import count, percent, plain

SOURCE = "camera"
TAKEN = "camera-taken"


def camera(services: Services, station: str) -> None:
    """A photograph on one side, what became of it on the other."""
    if services.engine is None:
        st.info(f"There is no model to inspect with. {plain(services.fault)}")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        shot = st.camera_input(f"Photograph a part at {station}", key="camera")
    with right:
        if shot is None:
            st.text("A photograph that is taken here is inspected and stored at once.")
            return
        data = shot.getvalue()
        taken = (sha256(data).hexdigest(), station)
        if st.session_state.get(TAKEN, (None, None))[0] != taken:
            st.session_state[TAKEN] = (taken, _inspect(services, station, data))
        _outcome(services, st.session_state[TAKEN][1])


def _inspect(services: Services, station: str, data: bytes) -> Outcome:
    engine, model = services.engine, services.model
    if engine is None or model is None:
        raise LookupError("a camera without a model")
    shift = services.settings.calendar.shift_of(now())
    kind = (SOURCE, f"camera, {shift.key}", station, model.id)
    batch = keep(
        services,
        lambda connection: (
            db.broken_off_batch(connection, *kind) or db.open_batch(connection, *kind, 0)
        ),
    )
    with db.reading(services.database) as connection:
        threshold = db.current_threshold(connection, model.id)
    photograph = Photograph(f"camera {now():%Y-%m-%d %H.%M.%S.%f}.jpg", data)
    store = db.BatchStore(services.database, batch, services.settings.audit_rate)
    (outcome,) = inspect_photographs([photograph], engine, threshold, store)
    keep(services, lambda connection: db.announce(connection, batch.id, 0))
    return outcome


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
