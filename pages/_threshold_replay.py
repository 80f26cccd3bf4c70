"""What the proposed threshold would have done to the parts of the last days."""

from __future__ import annotations

import streamlit as st

import db
from core.replay import replay
from pages import _address
from pages._part import card
from pages._services import Services
from pages._threshold_data import inspected_since
from pages._threshold_words import replay_sentences
from pages._words import count

DAYS = (7, 30)
SHOWN = 12
MORE, FEWER = "more", "fewer"


def replayed(services: Services, model: db.Model, proposed: float, version: str) -> None:
    """Sentences, and on demand the parts whose verdict would have been another."""
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
        names = {MORE: "Newly called defective", FEWER: "No longer called defective"}
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
        given = _address.number("days")
        st.session_state["days"] = given if given in DAYS else DAYS[0]
    days: int = st.segmented_control(
        "Days",
        DAYS,
        format_func=lambda number: f"Last {number} days",
        required=True,
        key="days",
        label_visibility="collapsed",
    )
    _address.keep("days", None if days == DAYS[0] else days)
    return days


def _gallery(services: Services, model: db.Model, ids: list[int]) -> None:
    pages = -(-len(ids) // SHOWN)
    page = 1
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            page = st.pagination(pages, key=f"replay-page-{pages}")
            st.caption(f"{count(len(ids))} parts", width="content")
    with db.reading(services.database) as connection:
        found = [
            db.part_by_id(connection, number) for number in ids[(page - 1) * SHOWN : page * SHOWN]
        ]
    scale = float(model.card["evidence_scale"])
    with st.grid(min_column_width=310, gap="small"):
        for part in found:
            if part is not None:
                card(services, part, scale)
