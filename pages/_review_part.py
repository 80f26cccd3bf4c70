"""One part under review: its pictures, what is known of it, and the keys that decide it."""

from __future__ import annotations

import streamlit as st

import db
from core.decisions import Decision, margin, read_names
from core.images import SIDE
from core.inspection import Verdict
from core.people import Person
from pages import _desk
from pages._desk import WORDS, Desk
from pages._part import NO_PHOTOGRAPH, verdict_badge
from pages._pictures import ZOOMED, evidence_scale, legend_picture, pictures
from pages._review_filters import Show
from pages._review_known import known
from pages._services import Services
from pages._words import LOOKS, count, percent, plain, short

KEYS = "123456789"
UPCOMING = 2
THUMBNAIL = 54
_WIDE = "review wide"


def part_view(services: Services, person: Person, desk: Desk, part: db.Part) -> None:
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
        _decisions(services, person, desk, part)
    # Below both, so that on a phone the decisions follow the pictures.
    known(services, part, blind=part.id in desk.blind)
    _upcoming(services, desk)


def _pictures(services: Services, part: db.Part, side: int) -> None:
    made = _made(services, part, side)
    item = part.inspection
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
        st.image(legend_picture(_scale(services, part)), width=80, alt="Colours of the heatmap")
        st.caption("for a defect", width="content")


def _scale(services: Services, part: db.Part) -> float:
    address = services.settings.database_url
    return evidence_scale(services.database, address, part.inspection.model)


def _made(services: Services, part: db.Part, side: int = SIDE) -> tuple[bytes, bytes] | None:
    item = part.inspection
    return pictures(services, item, _scale(services, part), side)


def _score(part: db.Part) -> None:
    item = part.inspection
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        verdict_badge(item.verdict)
        st.markdown(
            f"**{percent(item.probability)}** against the threshold {percent(item.threshold)}",
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


def _decisions(services: Services, person: Person, desk: Desk, part: db.Part) -> None:
    def button(
        label: str,
        decision: Decision,
        key: str | None,
        icon: str | None = None,
        kind: str = "",
        primary: bool = False,
        note: str | None = None,
    ) -> None:
        st.button(
            label,
            key=f"decide {decision} {kind}",
            type="primary" if primary else "secondary",
            icon=icon,
            shortcut=key,
            width="stretch",
            help=note,
            on_click=_desk.decide,
            args=(services, person, desk, decision, kind),
        )

    kinds = read_names(services.settings.defect_types)
    with st.grid(columns=2, min_column_width=110, gap="xsmall"):
        button(
            WORDS[Decision.DEFECTIVE],
            Decision.DEFECTIVE,
            "D",
            LOOKS[Verdict.DEFECTIVE].icon,
            kinds[-1],
            primary=True,
            note=f"Defective, {plain(kinds[-1])}. The keys below name the defect at once.",
        )
        button(WORDS[Decision.OK], Decision.OK, "O", LOOKS[Verdict.OK].icon, primary=True)
        button(
            WORDS[Decision.RETAKE],
            Decision.RETAKE,
            "T",
            ":material/photo_camera:",
            note="The photograph shows too little",
        )
        button(
            WORDS[Decision.UNSURE],
            Decision.UNSURE,
            "U",
            ":material/help:",
            note="Somebody else should look",
        )
    st.caption("Defective, and the defect is")
    with st.grid(columns=3, min_column_width=110, gap="xxsmall"):
        for place, kind in enumerate(kinds):
            st.button(
                plain(kind.capitalize()),
                key=f"kind {place}",
                shortcut=KEYS[place] if place < len(KEYS) else None,
                width="stretch",
                on_click=_desk.decide,
                args=(services, person, desk, Decision.DEFECTIVE, kind),
            )
    st.text_input(
        "Note",
        key=_desk.note_key(part.id),
        max_chars=db.LONGEST_NOTE,
        placeholder="Note (optional)",
        label_visibility="collapsed",
        on_change="ignore",
    )
    moves(services, person, desk)
    st.caption(plain(desk.said) or "Each key decides and shows the next part.")
    if desk.choice.show is Show.OPEN:
        left = max(0, desk.waiting - len(desk.settled))
        st.caption(f"{count(left)} open · {count(len(desk.settled))} decided here")


def moves(services: Services, person: Person, desk: Desk) -> None:
    """Previous, undo, next, and the size of the pictures."""
    with st.grid(columns=4, gap="xxsmall", min_column_width=70):
        st.button(
            "Back",
            key="back",
            shortcut="P",
            width="stretch",
            help="The part before this one",
            disabled=desk.place == 0,
            on_click=_desk.back,
            args=(desk,),
        )
        st.button(
            "Undo",
            key="undo",
            shortcut="Z",
            width="stretch",
            help="Take back the last decision made here",
            disabled=not desk.done,
            on_click=_desk.undo,
            args=(services, person, desk),
        )
        st.button(
            "Next",
            key="next",
            shortcut="N",
            width="stretch",
            help="Go on without deciding",
            disabled=desk.part is None,
            on_click=_desk.forward,
            args=(desk,),
        )
        st.button(
            "Zoom",
            key="zoom",
            shortcut="F",
            width="stretch",
            help="Pictures over the whole width, and back",
            on_click=_switch_width,
        )


def _switch_width() -> None:
    st.session_state[_WIDE] = not st.session_state.get(_WIDE)


def _upcoming(services: Services, desk: Desk) -> None:
    """The next parts, small: the browser has their pictures before they are shown large."""
    with db.reading(services.database) as connection:
        found = [db.part_by_id(connection, number) for number in desk.ahead[:UPCOMING]]
    coming = [made for part in found if part and (made := _made(services, part)) is not None]
    if not coming:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.caption("Next", width="content")
        for made in coming:
            st.image(made[0], width=THUMBNAIL, alt="Next photograph")
            st.image(made[1], width=THUMBNAIL, alt="Next heatmap")
