"""One part under review: its pictures, its history, and the keys that decide about it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.inspection.frame import SIDE
from core.inspection.records import Verdict
from core.people import Person
from core.review.decisions import Decision, margin, read_names
from db.inspections.history import history
from db.inspections.parts import Part, part_by_id
from db.review.decisions import LONGEST_NOTE, Disposition, dispositions_of
from db.session import reading
from pages.review.filters import Show
from pages.review.session import WORDS, ReviewSession, decide, note_key, undo
from pages.shared.part_card import NO_PHOTOGRAPH, verdict_badge
from pages.shared.pictures import ZOOMED, evidence_scale, legend_picture, pictures
from pages.shared.services import Services
from pages.shared.text import LOOKS, ago, count, moment_text, percent, plain, short

KEYS = "123456789"
UPCOMING = 2
THUMBNAIL = 54
_WIDE = "review wide"


def part_view(services: Services, person: Person, session: ReviewSession, part: Part) -> None:
    """The part with everything needed to decide it."""
    if st.session_state.get(_WIDE):
        _pictures(services, part, ZOOMED)
        panel = st.container()
    else:
        left, panel = st.columns([9, 5], gap="medium")
        with left:
            _pictures(services, part, SIDE)
    with panel:
        _score(part)
        _decisions(services, person, session, part)
    # Below both, so that on a phone the decisions follow the pictures.
    _history(services, part, blind=part.id in session.second_reviews)
    _upcoming(services, session)


def _pictures(services: Services, part: Part, side: int) -> None:
    item, scale = part.inspection, _scale(services, part)
    made = pictures(services, item, scale, side)
    if made is None:
        st.caption(NO_PHOTOGRAPH)
        return
    left, right = st.columns(2, gap="xxsmall", wrap=False)
    left.image(made[0], width="stretch", alt=f"Photograph of {part.file}")
    right.image(
        made[1],
        width="stretch",
        alt=f"Heatmap of {part.file}: {LOOKS[item.verdict].word}, {percent(item.probability)}",
    )
    name, legend = st.columns([1, 1], gap="small", vertical_alignment="center")
    name.text(short(part.file, 36))
    with legend.container(
        horizontal=True, wrap=False, vertical_alignment="center", horizontal_alignment="right"
    ):
        st.caption("for OK", width="content")
        st.image(legend_picture(scale), width=80, alt="Colours of the heatmap")
        st.caption("for a defect", width="content")


def _scale(services: Services, part: Part) -> float:
    address = services.settings.database_url
    return evidence_scale(services.database, address, part.inspection.model)


def _score(part: Part) -> None:
    item = part.inspection
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        verdict_badge(item.verdict)
        st.markdown(
            f"Score **{percent(item.probability)}** (threshold {percent(item.threshold)})",
            width="content",
        )
    above = margin(item.log_odds, item.threshold)
    cells = item.evidence.astype("float64")
    said = [
        f"Evidence {cells[cells > 0].sum():+.1f} for a defect, {cells[cells < 0].sum():+.1f} for OK"
    ]
    if above is not None:
        side = "above" if above >= 0 else "below"
        said.append(f"{abs(above):.1f} log-odds {side} the threshold")
    st.caption(plain(" · ".join(said)))
    if item.reason:
        st.info(plain(item.reason))


def _decisions(services: Services, person: Person, session: ReviewSession, part: Part) -> None:
    kinds = read_names(services.settings.defect_types)
    defective = f"Defective, {plain(kinds[-1])}. The keys below name the defect at once."
    with st.grid(columns=2, min_column_width=110, gap="xsmall"):
        for decision, key, icon, note in (
            (Decision.DEFECTIVE, "D", LOOKS[Verdict.DEFECTIVE].icon, defective),
            (Decision.OK, "O", LOOKS[Verdict.OK].icon, None),
            (Decision.RETAKE, "T", ":material/photo_camera:", "The photograph shows too little"),
            (Decision.UNSURE, "U", ":material/help:", "Another person should look"),
        ):
            kind = kinds[-1] if decision is Decision.DEFECTIVE else ""
            st.button(
                WORDS[decision],
                key=f"decide {decision}",
                type="primary" if decision in (Decision.DEFECTIVE, Decision.OK) else "secondary",
                icon=icon,
                shortcut=key,
                width="stretch",
                help=note,
                on_click=decide,
                args=(services, person, session, decision, kind),
            )
    st.caption("Defective, and the defect is")
    with st.grid(columns=3, min_column_width=110, gap="xxsmall"):
        for place, kind in enumerate(kinds):
            st.button(
                plain(kind.capitalize()),
                key=f"kind {place}",
                shortcut=KEYS[place] if place < len(KEYS) else None,
                width="stretch",
                on_click=decide,
                args=(services, person, session, Decision.DEFECTIVE, kind),
            )
    st.text_input(
        "Note",
        key=note_key(part.id),
        max_chars=LONGEST_NOTE,
        placeholder="Note (optional)",
        label_visibility="collapsed",
        on_change="ignore",
    )
    moves(services, person, session)
    st.caption(plain(session.message) or "Each key decides and shows the next part.")
    if session.choice.show is Show.OPEN:
        decided = len(session.decided)
        remaining = max(0, session.open_at_start - decided)
        st.caption(f"{count(remaining)} remaining, {count(decided)} decided this session")


def moves(services: Services, person: Person, session: ReviewSession) -> None:
    """Previous, undo, next, and the size of the pictures."""
    zoom = "Switch between normal and full-width pictures"
    with st.grid(columns=4, gap="xxsmall", min_column_width=70):
        for label, key, note, disabled, work in (
            ("Back", "P", "The previous part", session.position == 0, partial(session.move, -1)),
            (
                "Undo",
                "Z",
                "Take back the last decision of this session",
                not session.undoable,
                partial(undo, services, person, session),
            ),
            ("Next", "N", "Go on without deciding", not session.part, partial(session.move, 1)),
            ("Zoom", "F", zoom, False, _switch_width),
        ):
            st.button(
                label,
                key=label.lower(),
                shortcut=key,
                width="stretch",
                help=note,
                disabled=disabled,
                on_click=work,
            )


def _switch_width() -> None:
    st.session_state[_WIDE] = not st.session_state.get(_WIDE)


def _history(services: Services, part: Part, *, blind: bool) -> None:
    """Decisions and earlier inspections; ``blind`` shows nothing of what people decided."""
    calendar = services.settings.calendar
    with reading(services.database) as connection:
        lines = [] if blind else [_line(item) for item in dispositions_of(connection, part.id)]
        earlier = history(connection, part.id)
    for other in earlier:
        what = "Same photograph" if other.same_photograph else "Same file name"
        word = LOOKS[other.verdict if blind else other.final].word
        at = moment_text(other.inspected_at, calendar)
        lines.append(f"{what}, {at}, {other.station}: {word}")
    if not earlier:
        lines.append("No earlier inspection of this photograph or file name.")
    inspected = moment_text(part.inspection.inspected_at, calendar)
    lines.append(f"Inspected {inspected} at {part.station}, batch {part.batch_id}")
    with st.container(gap="xxsmall"):
        for line in lines:
            st.caption(plain(line))


def _line(found: Disposition) -> str:
    word = WORDS[found.decision] + (f", {found.defect_type}" if found.defect_type else "")
    note = f" ({found.note})" if found.note else ""
    return f"{found.signature} decided {ago(found.decided_at)}: {word}{note}"


def _upcoming(services: Services, session: ReviewSession) -> None:
    """The next parts, small: the browser has their pictures before they are shown large."""
    with reading(services.database) as connection:
        found = [part_by_id(connection, number) for number in session.upcoming[:UPCOMING]]
    coming = [
        made
        for part in found
        if part and (made := pictures(services, part.inspection, _scale(services, part)))
    ]
    if not coming:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.caption("Next", width="content")
        for made in coming:
            st.image(made[0], width=THUMBNAIL, alt="Next photograph")
            st.image(made[1], width=THUMBNAIL, alt="Next heatmap")
