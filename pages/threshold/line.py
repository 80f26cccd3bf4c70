"""The line a threshold is for: its defect rate, its parts in a shift, what errors cost there."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.thresholds.costs import Costs
from pages.shared import url_state

DEFECT_PERCENT = 2.0
PARTS_PER_SHIFT = 800
MOST_PARTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """What the evidence set cannot say of a line."""

    defect_rate: float
    parts_per_shift: int


def ask_line() -> Line:
    """The line's figures, kept in the address."""
    percent = st.number_input(
        "Expected defect rate, %",
        0.01,
        99.0,
        DEFECT_PERCENT,
        0.5,
        key="defective",
        bind="query-params",
        help="True share of defective castings in production. The evidence set has more, so enter "
        "it here.",
    )
    # Not bound: the Review page has another "shift" in its address.
    if "parts per shift" not in st.session_state:
        given = url_state.number("shift")
        usable = given is not None and 1 <= given <= MOST_PARTS
        st.session_state["parts per shift"] = given if usable else PARTS_PER_SHIFT
    parts: int = st.number_input(
        "Parts per shift", 1, MOST_PARTS, step=50, key="parts per shift", help="Of one line."
    )
    url_state.keep("shift", None if parts == PARTS_PER_SHIFT else parts)
    return Line(percent / 100, parts)


def ask_costs() -> Costs:
    """What errors cost, kept in the address."""
    left, right = st.columns(2, gap="small")
    escape = left.number_input(
        "Cost of an escape",
        0.0,
        1e9,
        100.0,
        10.0,
        key="escape",
        bind="query-params",
        help="A defective part passed as OK: complaint, replacement, sorting.",
    )
    alarm = right.number_input(
        "Cost of a false alarm",
        0.0,
        1e9,
        2.0,
        1.0,
        key="alarm",
        bind="query-params",
        help="An OK part flagged as defective: a person has to look at it.",
    )
    return Costs(escape, alarm)


def amount(number: float) -> str:
    """12, 3.4, 0.02: as many digits as distinguish it from nothing."""
    if number >= 9.95:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 0.095 or not number else f"{number:.2g}"
