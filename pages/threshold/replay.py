"""What the proposed threshold would have done to the parts of the last days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

from core.thresholds.replay import Difference, Replay, replay
from db.inspections.models import Model
from db.inspections.parts import part_by_id
from db.session import reading
from pages.shared.gallery import PAGE, paged
from pages.shared.part_card import card
from pages.shared.services import Services
from pages.shared.text import count
from pages.shared.url_state import choice
from pages.threshold.evidence import inspected_since

DAYS = (7, 30)


def replayed(services: Services, model: Model, proposed: float, version: str) -> None:
    """Sentences, and on demand the parts whose verdict would have been different."""
    with st.container(border=True):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.markdown("**What would have happened**", width="content")
            days: int = choice(
                st.segmented_control,
                "Days",
                DAYS,
                DAYS[0],
                name="days",
                key="days",
                format_func=lambda number: f"Last {number} days",
                required=True,
                label_visibility="collapsed",
            )
        # From the beginning of an hour on, so that the parts are read once an hour.
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        since = hour - timedelta(days=days)
        changes = replay(inspected_since(services.database, model.id, since, version), proposed)
        st.markdown(replay_sentences(changes, days))
        sides = {
            name: difference.ids.tolist()
            for name, difference in (
                ("Newly flagged", changes.more),
                ("No longer flagged", changes.fewer),
            )
            if len(difference.ids)
        }
        if not sides or not st.toggle("Show these parts", key="show-replay"):
            return
        side: str = st.segmented_control(
            "Which",
            list(sides),
            default=next(iter(sides)),
            required=True,
            label_visibility="collapsed",
        )
        ids = sides.get(side) or next(iter(sides.values()))
        with paged(f"replay-{side}-{len(ids)}", len(ids)) as first:
            with reading(services.database) as connection:
                found = [part_by_id(connection, part) for part in ids[first : first + PAGE]]
            scale = float(model.card["evidence_scale"])
            with st.grid(min_column_width=310, gap="small"):
                for part in found:
                    if part is not None:
                        card(services, part, scale)


def replay_sentences(changes: Replay, days: int) -> str:
    """What the proposed threshold would have changed in the last days; Markdown."""
    if not changes.parts:
        return f"No part was inspected by this model in the last {days} days."
    lead = (
        f"{count(changes.parts)} parts were inspected in the last {days} days, of which "
        f"{count(changes.flagged)} were flagged."
    )
    sides = [
        _side(difference, word)
        for difference, word in ((changes.more, "more"), (changes.fewer, "fewer"))
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
