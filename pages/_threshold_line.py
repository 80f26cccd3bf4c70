"""The line a threshold is for: its defect rate, its parts in a shift, what errors cost there."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.costs import Costs
from pages import _address

DEFECT_PERCENT = 2.0
PARTS_PER_SHIFT = 800


@dataclass(frozen=True, slots=True)
class Line:
    """What the evidence set cannot say of a line."""

    defect_rate: float
    parts_per_shift: int


def ask_line() -> Line:
    """The line's figures, kept in the address."""
    percent = float(
        _asked(
            "Defective parts of the line, %",
            "defective",
            DEFECT_PERCENT,
            (0.01, 99.0, 0.5),
            "Among 100 parts as they are cast, so many are really defective. An evidence set has "
            "far more of them than a line, so rates are taken from it and this is not.",
        )
    )
    parts = int(
        _asked("Parts in a shift", "shift", PARTS_PER_SHIFT, (1, 1_000_000, 50), "Of one line.")
    )
    return Line(percent / 100, parts)


def ask_costs() -> Costs:
    """What errors cost, kept in the address."""
    left, right = st.columns(2, gap="small")
    with left:
        escape = _asked(
            "Cost of an escape",
            "escape",
            100.0,
            (0.0, 1e9, 10.0),
            "A defective part that is called OK: complaint, replacement, sorting.",
        )
    with right:
        alarm = _asked(
            "Cost of a false alarm",
            "alarm",
            2.0,
            (0.0, 1e9, 1.0),
            "An OK part that is called defective: a person's look at it.",
        )
    return Costs(float(escape), float(alarm))


def _asked(
    label: str, name: str, usual: float, bounds: tuple[float, float, float], help: str
) -> float:
    """A number input that begins with the address, and writes itself there."""
    lowest, highest, step = bounds
    if name not in st.session_state:
        given = _address.decimal(name, lowest, highest)
        st.session_state[name] = type(usual)(usual if given is None else given)
    value: float = st.number_input(
        label, lowest, highest, step=type(usual)(step), key=name, help=help
    )
    _address.keep(name, None if value == usual else f"{value:g}")
    return value
