"""The live part of the Threshold page: the slider, and everything that moves with it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import streamlit as st

import db
from core.metrics import log_odds_of
from core.people import Person, Role
from pages import _address
from pages._services import Services, shown_errors
from pages._threshold_data import Picture
from pages._threshold_line import Line
from pages._threshold_live import picture, position
from pages._threshold_replay import replayed
from pages._threshold_table import STEP, Scale, scale_of, table, threshold_at

SLIDER = "at"
"""The slider's name, in the session and in the address."""
GIVEN = "at-given"
"""How often the slider was put somewhere by other means than a person's hand, and where."""
RULE = "rule"
BY_HAND = "chosen by hand"
APPLY = "apply"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A threshold that somebody asked to apply, and why this one."""

    threshold: float
    rule: str


@st.fragment
def live(
    services: Services,
    model: db.Model,
    of: Picture,
    evidence: str,
    line: Line,
    person: Person | None,
    version: str,
) -> None:
    """Slider and picture, which the browser moves, and what the server says once it rests."""
    with shown_errors():
        now = model.threshold
        scale = scale_of(of, now)
        proposed = threshold_at(scale, _position(scale), now)
        left, right = st.columns([5, 1], vertical_alignment="center")
        with left:
            st.caption(evidence)
        with right:
            _apply_button(now, proposed, person)
        picture(table(of, line, now), st.session_state[GIVEN], _moved)
        replayed(services, model, proposed, version)


def take(threshold: float, rule: str) -> None:
    """Move the slider to a threshold; rounded down, so that it never misses a part more."""
    _put(math.floor(log_odds_of(threshold) / STEP) * STEP)
    st.session_state[RULE] = rule


def _position(scale: Scale) -> float:
    """Where the slider is, in log-odds: moved, in the address, or at the threshold in force."""
    state = st.session_state
    if SLIDER not in state:
        given = _address.decimal(SLIDER, scale.lowest, scale.highest)
        _put(scale.now if given is None else given)
    if not scale.lowest <= state[SLIDER] <= scale.highest:
        _put(min(max(state[SLIDER], scale.lowest), scale.highest))
    at: float = state[SLIDER]
    _address.keep(SLIDER, None if abs(at - scale.now) < STEP / 2 else f"{at:.2f}")
    return at


def _put(at: float) -> None:
    number, _ = st.session_state.get(GIVEN, (0, 0.0))
    st.session_state[SLIDER] = round(at, 2)
    st.session_state[GIVEN] = (number + 1, round(at, 2))


def _moved() -> None:
    at = position()
    if at is not None:
        st.session_state[SLIDER] = round(at, 2)
        st.session_state[RULE] = BY_HAND


def _apply_button(now: float, proposed: float, person: Person | None) -> None:
    allowed = person is None or person.role.includes(Role.ENGINEER)
    same = now == proposed
    if st.button(
        "Apply ...",
        type="primary",
        width="stretch",
        icon=":material/rule:",
        disabled=same or not allowed,
        help="An engineer applies thresholds." if not allowed else None,
    ):
        rule = st.session_state.get(RULE, BY_HAND)
        st.session_state[APPLY] = Wanted(proposed, rule)
        st.rerun()
