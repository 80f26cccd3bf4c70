"""The line a threshold is for: its defect rate, its parts in a shift, what errors cost there."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.thresholds.costs import Costs
from pages.shared import url_state

PARTS_PER_SHIFT = 800
MOST_PARTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """What the evidence set cannot say of a line."""

    defect_rate: float
    parts_per_shift: int


def ask_line() -> Line:
    """The line's figures, kept in the address."""
    percent = _number(
        ("Expected defect rate, %", "defective"),
        (0.01, 99.0, 2.0, 0.5),
        "True share of defective castings in production. The evidence set has more, so enter "
        "it here.",
    )
    # Not bound: the Review page has another "shift" in its address.
    key = "parts per shift"
    if key not in st.session_state:
        given = url_state.number("shift") or PARTS_PER_SHIFT
        st.session_state[key] = given if given <= MOST_PARTS else PARTS_PER_SHIFT
    parts: int = st.number_input(
        "Parts per shift", 1, MOST_PARTS, step=50, key=key, help="Of one line."
    )
    url_state.keep("shift", None if parts == PARTS_PER_SHIFT else parts)
    return Line(percent / 100, parts)


def ask_costs() -> Costs:
    """What errors cost, kept in the address."""
    left, right = st.columns(2, gap="small")
    with left:
        escape = _number(
            ("Cost of an escape", "escape"),
            (0.0, 1e9, 100.0, 10.0),
            "A defective part passed as OK: complaint, replacement, sorting.",
        )
    with right:
        alarm = _number(
            ("Cost of a false alarm", "alarm"),
            (0.0, 1e9, 2.0, 1.0),
            "An OK part flagged as defective: a person has to look at it.",
        )
    return Costs(escape, alarm)


def _number(
    names: tuple[str, str], scale: tuple[float, float, float, float], meaning: str
) -> float:
    """Ask for a number: its label and its name in the address; lowest, highest, usual, step."""
    label, key = names
    value: float = st.number_input(label, *scale, key=key, bind="query-params", help=meaning)
    return value


def amount(number: float) -> str:
    """12, 3.4, 0.02: as many digits as distinguish it from nothing."""
    if number >= 9.95:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 0.095 or not number else f"{number:.2g}"
