"""What the proposed threshold would have done to the parts of the last days."""

from __future__ import annotations

import streamlit as st

from core.thresholds.replay import Difference, Replay, replay
from db.inspections.models import Model
from db.inspections.parts import part_by_id
from db.session import reading
from pages.shared import url_state
from pages.shared.part_card import card
from pages.shared.services import Services
from pages.shared.text import count
from pages.threshold.evidence import inspected_since

DAYS = (7, 30)
SHOWN = 12
MORE, FEWER = "more", "fewer"


def replayed(services: Services, model: Model, proposed: float, version: str) -> None:
    """Sentences, and on demand the parts whose verdict would have been different."""
    with st.container(border=True):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.markdown("**What would have happened**", width="content")
            days = _days()
        told = replay(inspected_since(services, model.id, days, version), proposed)
        st.markdown(replay_sentences(told, days))
        sides = {
            name: difference
            for name, difference in ((MORE, told.more), (FEWER, told.fewer))
            if len(difference.ids)
        }
        if not sides or not st.toggle("Show these parts", key="show-replay"):
            return
        names = {MORE: "Newly flagged", FEWER: "No longer flagged"}
        side: str = st.segmented_control(
            "Which",
            list(sides),
            format_func=names.__getitem__,
            default=next(iter(sides)),
            required=True,
            label_visibility="collapsed",
        )
        ids = sides[side].ids if side in sides else next(iter(sides.values())).ids
        _gallery(services, model, ids.tolist())


def _days() -> int:
    if "days" not in st.session_state:
        given = url_state.number("days")
        st.session_state["days"] = given if given in DAYS else DAYS[0]
    days = (
        st.segmented_control(
            "Days",
            DAYS,
            format_func=lambda number: f"Last {number} days",
            required=True,
            key="days",
            label_visibility="collapsed",
        )
        or DAYS[0]
    )
    url_state.keep("days", None if days == DAYS[0] else days)
    return days


def _gallery(services: Services, model: Model, ids: list[int]) -> None:
    pages = -(-len(ids) // SHOWN)
    page = 1
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            page = st.pagination(pages, key=f"replay-page-{pages}")
            st.caption(f"{count(len(ids))} parts", width="content")
    with reading(services.database) as connection:
        found = [
            part_by_id(connection, number) for number in ids[(page - 1) * SHOWN : page * SHOWN]
        ]
    scale = float(model.card["evidence_scale"])
    with st.grid(min_column_width=310, gap="small"):
        for part in found:
            if part is not None:
                card(services, part, scale)


def replay_sentences(told: Replay, days: int) -> str:
    """What the proposed threshold would have changed in the last days; Markdown."""
    if not told.parts:
        return f"No part was inspected by this model in the last {days} days."
    lead = (
        f"{count(told.parts)} parts were inspected in the last {days} days, of which "
        f"{count(told.flagged)} were flagged."
    )
    sides = [
        _side(difference, word)
        for difference, word in ((told.more, "more"), (told.fewer, "fewer"))
        if len(difference.ids)
    ]
    if not sides:
        return f"{lead} This threshold would have changed no verdict."
    return f"{lead} This threshold would have flagged {', and '.join(sides)}."


def _side(difference: Difference, word: str) -> str:
    said = f"**{count(len(difference.ids))} {word}**"
    if not difference.decided:
        return f"{said} (none of them reviewed)"
    return (
        f"{said} ({count(difference.decided)} of them reviewed: "
        f"{count(difference.found_defective)} defective, {count(difference.found_ok)} OK)"
    )
