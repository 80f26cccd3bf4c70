"""One part: its card in a gallery, and everything about it in a dialog."""

from __future__ import annotations

import streamlit as st

from core.inspection.frame import whole_frame
from core.inspection.records import Inspection, Verdict
from core.process.shifts import Calendar
from db.inspections.models import model_by_sha256
from db.inspections.parts import Part, part_by_id
from db.session import reading
from pages.shared import url_state
from pages.shared.pictures import LARGE, pair, pictures
from pages.shared.services import Services
from pages.shared.text import LOOKS, moment_text, percent, plain, short

NO_PHOTOGRAPH = "The photograph is no longer kept."
PART = "part"
"""Name of the open part in the address."""


def verdict_badge(verdict: Verdict) -> None:
    """The verdict as icon, word and colour."""
    look = LOOKS[verdict]
    st.badge(look.word, icon=look.icon, color=look.colour)


def card_picture(services: Services, part: Part, scale: float) -> None:
    """Photograph and heatmap of a part in a gallery, as one picture.

    Galleries have few elements a card: the browser builds every one of them for every part.
    """
    item = part.inspection
    made = pair(services, item, scale)
    if made is None:
        st.caption(NO_PHOTOGRAPH)
    else:
        st.image(made, width="stretch", alt=f"Photograph and heatmap of {_named(part)}")


def card_verdict(part: Part, *notes: str) -> None:
    """Verdict and probability of a part in a gallery, and small notes below, as one text."""
    look, probability = LOOKS[part.inspection.verdict], percent(part.inspection.probability)
    verdict = f":{look.colour}-badge[{look.icon} {look.word}] **{plain(probability)}**"
    small = [f":small[:gray[{plain(note)}]]" for note in notes]
    st.markdown("  \n".join([verdict, *small]), width="content")


def card(services: Services, part: Part, scale: float) -> None:
    """A part in a gallery: photograph, heatmap, verdict, probability and name."""
    note = f"Threshold {percent(part.inspection.threshold)}"
    with st.container(border=True, gap="xsmall"):
        card_picture(services, part, scale)
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"
        ):
            card_verdict(
                part,
                f"{note} · already inspected" if part.already_inspected else note,
                short(part.file, 30),
            )
            if st.button("Details", key=f"details-{part.id}-{part.file}", type="tertiary"):
                url_state.keep(PART, part.id)
                st.rerun()


def _close() -> None:
    url_state.keep(PART, None)


@st.dialog("Part", width="large", on_dismiss=_close)
def details(services: Services, part: Part, scale: float) -> None:
    """Everything that is stored of one part."""
    item = part.inspection
    with st.container(horizontal=True, vertical_alignment="center"):
        verdict_badge(item.verdict)
        st.text(part.file, width="content")
    left, middle, right = st.columns([5, 5, 3], gap="small")
    made = pictures(services, item, scale, LARGE)
    if made is None:
        left.caption(NO_PHOTOGRAPH)
    else:
        left.image(made[0], "Photograph", "stretch", alt=f"Photograph of {part.file}")
        middle.image(made[1], "Heatmap", "stretch", alt=f"Heatmap of {_named(part)}")
    with right:
        st.metric("Probability of a defect", percent(item.probability))
        st.metric("Threshold", percent(item.threshold))
        st.metric("Log-odds", f"{item.log_odds:.2f}")
        st.metric("Time", f"{_milliseconds(part):.1f} ms")
    if item.reason:
        st.info(plain(item.reason))
    _table(part, services.settings.calendar)


def judged_text(item: Inspection) -> str:
    """Which square of the photograph was judged, and by how many views."""
    frame = item.judged
    whole = frame == whole_frame(item.width, item.height)
    square = (
        "the whole photograph"
        if whole
        else f"{frame.side} pixels square, {frame.left} from the left, {frame.top} from the top"
    )
    if item.views == 1:
        return f"{square}, one view"
    return f"{square}, {item.views} views, which differ by {item.doubt:.2f} log-odds"


def _table(part: Part, calendar: Calendar) -> None:
    item = part.inspection
    rows = {
        "Inspected": f"{moment_text(item.inspected_at, calendar)} at {part.station}, "
        f"batch {part.batch_id}",
        "Photograph": f"{item.width} x {item.height} pixels, {item.format}",
        "Judged": judged_text(item),
        "Stages": f"decode {item.times.decode_ms:.1f} ms, gate {item.times.gate_ms:.1f} ms, "
        f"inference {item.times.inference_ms:.1f} ms, store {part.store_ms:.1f} ms",
        "Model": item.model,
        "SHA-256": item.sha256,
    }
    with st.container(gap="xxsmall"):
        for name, value in rows.items():
            left, right = st.columns([1, 7], gap="small", vertical_alignment="center")
            left.caption(name)
            right.text(value)


def _named(part: Part) -> str:
    """File, verdict and probability, for screen readers."""
    item = part.inspection
    return f"{part.file}: {LOOKS[item.verdict].word}, {percent(item.probability)}"


def _milliseconds(part: Part) -> float:
    times = part.inspection.times
    return times.decode_ms + times.gate_ms + times.inference_ms + part.store_ms


def open_part(services: Services) -> None:
    """The part that the address names, in its dialog."""
    number = url_state.number(PART)
    if number is None:
        return
    with reading(services.database) as connection:
        part = part_by_id(connection, number)
        model = model_by_sha256(connection, part.inspection.model) if part else None
    if part is not None and model is not None:
        details(services, part, float(model.card["evidence_scale"]))
