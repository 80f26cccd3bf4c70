"""What is known of a part beside its own verdict: decisions, and inspections from before."""

from __future__ import annotations

import streamlit as st

import db
from pages._desk import WORDS
from pages._services import Services
from pages._words import LOOKS, ago, moment_text, plain


def known(services: Services, part: db.Part, *, blind: bool) -> None:
    """Decisions and history of a part; ``blind`` shows nothing of what people decided."""
    item, calendar = part.inspection, services.settings.calendar
    with db.reading(services.database) as connection:
        given = [] if blind else db.dispositions_of(connection, part.id)
        earlier = db.history(connection, part.id)
    lines = [_decision(found) for found in given]
    for other in earlier:
        what = "Same photograph" if other.same_photograph else "Same file name"
        word = LOOKS[other.verdict if blind else other.final].word
        lines.append(
            f"{what}, {moment_text(other.inspected_at, calendar)}, {other.station}: {word}"
        )
    if not earlier:
        lines.append("No other photograph with these bytes or this file name is known.")
    inspected = moment_text(item.inspected_at, calendar)
    lines.append(f"Inspected {inspected} at {part.station}, batch {part.batch_id}")
    with st.container(gap="xxsmall"):
        for line in lines:
            st.caption(plain(line))


def _decision(found: db.Disposition) -> str:
    said = WORDS[found.decision] + (f", {found.defect_type}" if found.defect_type else "")
    note = f" ({found.note})" if found.note else ""
    return f"{found.signature} decided {ago(found.decided_at)}: {said}{note}"
