"""The live part of the Threshold page: the slider, and everything that moves with it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import streamlit as st

import db
from core.costs import consequences
from core.metrics import Confusion, log_odds_of, lower_bound, probabilities
from core.people import Person, Role
from pages import _address
from pages._services import Services, shown_errors
from pages._threshold_charts import draw, precision_recall_option, scores_option
from pages._threshold_data import Picture
from pages._threshold_line import Line
from pages._threshold_replay import replayed
from pages._threshold_words import amount, consequence_sentence, threshold_name
from pages._words import count, percent

SLIDER = "at"
"""The slider's name, in the session and in the address."""
RULE = "rule"
BY_HAND = "chosen by hand"
APPLY = "apply"
STEP = 0.01
FARTHEST = 30.0
"""Log-odds beyond which a probability is no longer told from 0 or 1."""


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
    line: Line,
    person: Person | None,
    version: str,
) -> None:
    """Slider, consequences, matrix, curves and replay: as little as moves, and as fast."""
    with shown_errors():
        now = model.threshold
        proposed = _slider(of, now)
        with st.container(border=True):
            left, right = st.columns([4, 1], vertical_alignment="center")
            with left:
                _said(of, line, now, proposed)
            with right:
                _apply_button(now, proposed, person)
        _figures(of, line, now, proposed)
        left, right = st.columns([2, 3], gap="medium")
        with left:
            _matrix(of.counts.matrix(proposed))
            st.markdown("**Precision and recall of every threshold**")
            draw(
                precision_recall_option(of, now, proposed),
                "precision-recall",
                280,
                "Precision against recall",
            )
        with right:
            st.markdown("**Scores of the parts, and what a threshold makes of them**")
            draw(
                scores_option(of, now, proposed),
                "scores",
                490,
                "Histogram of scores; recall, precision and specificity by threshold",
            )
        replayed(services, model, proposed, version)


def take(threshold: float, rule: str) -> None:
    """Move the slider to a threshold; rounded down, so that it never misses a part more."""
    st.session_state[SLIDER] = math.floor(log_odds_of(threshold) / STEP) * STEP
    st.session_state[RULE] = rule


def _slider(of: Picture, now: float) -> float:
    """The proposed threshold, as a probability."""
    at_now = round(log_odds_of(now), 2)
    lowest = max(-FARTHEST, math.floor(min(of.edges[0], at_now)))
    highest = min(FARTHEST, math.ceil(max(of.edges[-1], at_now)))
    if SLIDER not in st.session_state:
        given = _address.decimal(SLIDER, lowest, highest)
        st.session_state[SLIDER] = at_now if given is None else given
    st.session_state[SLIDER] = min(max(st.session_state[SLIDER], lowest), highest)
    value: float = st.slider(
        "Proposed threshold, in log-odds: parts that score as much or more are called defective",
        float(lowest),
        float(highest),
        step=STEP,
        key=SLIDER,
        on_change=_by_hand,
    )
    is_now = abs(value - at_now) < STEP / 2
    _address.keep(SLIDER, None if is_now else f"{value:.2f}")
    return now if is_now else float(probabilities(value))


def _by_hand() -> None:
    st.session_state[RULE] = BY_HAND


def _said(of: Picture, line: Line, now: float, proposed: float) -> None:
    thousand = [consequences(of.counts, at, line.defect_rate) for at in (now, proposed)]
    shift = [
        consequences(of.counts, at, line.defect_rate, line.parts_per_shift)
        for at in (now, proposed)
    ]
    lines = [f"**{threshold_name(now)}** is in force. Move the slider to propose another."]
    if now != proposed:
        lines = [
            f"**{threshold_name(proposed)}** instead of {threshold_name(now)}, which is in force:",
            consequence_sentence(*thousand, "1,000 parts"),
            consequence_sentence(*shift, f"a shift's {count(line.parts_per_shift)} parts"),
        ]
    lines.append(
        f":small[:gray[In 1,000 parts of the line: {amount(thousand[1].flagged)} called "
        f"defective, {amount(thousand[1].caught)} of them rightly; "
        f"{amount(thousand[1].escapes)} defective parts escape.]]"
    )
    # One element: the browser takes as long for each of several as for all of them in one.
    st.markdown("  \n".join(lines))


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


def _figures(of: Picture, line: Line, now: float, proposed: float) -> None:
    before, after = of.counts.matrix(now), of.counts.matrix(proposed)
    rates = [
        (name, getattr(before, field), getattr(after, field))
        for name, field in (
            ("Recall", "recall"),
            ("Precision", "precision"),
            ("Specificity", "specificity"),
            ("F1", "f1"),
        )
    ]
    with st.grid(columns=6, min_column_width=130, gap="xsmall"):
        for name, old, new in rates:
            st.metric(
                name,
                "-" if new is None else percent(new),
                _rate_change(old, new),
                delta_color="off",
                border=True,
            )
        for name, parts in (
            ("Flagged per 1,000", 1000),
            ("Flagged per shift", line.parts_per_shift),
        ):
            old, new = (
                consequences(of.counts, at, line.defect_rate, parts).flagged
                for at in (now, proposed)
            )
            change = new - old
            st.metric(
                name,
                amount(new),
                f"{'+' if change > 0 else '-'}{amount(abs(change))}" if change else None,
                delta_color="off",
                border=True,
            )
    lowest = probabilities(of.parts.lowest_by_casting())
    caught = int((lowest >= proposed).sum())
    bound = lower_bound(caught, len(lowest))
    st.caption(
        f"{count(caught)} of {count(len(lowest))} defective castings are caught on every "
        f"photograph: were this threshold given beforehand, {percent(bound or 0)} or more of all "
        "castings would be, with 95 % confidence. A threshold chosen on these parts needs the "
        "promise below."
    )


def _rate_change(old: float | None, new: float | None) -> str | None:
    if old is None or new is None or old == new:
        return None
    return f"{(new - old) * 100:+.1f} points"


def _matrix(matrix: Confusion) -> None:
    defective, ok = matrix.caught + matrix.missed, matrix.passed + matrix.false_alarms
    st.markdown(f"**Confusion matrix** of {count(defective)} defective and {count(ok)} OK parts")
    cells = (
        ("Caught", matrix.caught, defective, "defective"),
        ("Missed: escapes", matrix.missed, defective, "defective"),
        ("False alarms", matrix.false_alarms, ok, "OK"),
        ("Passed", matrix.passed, ok, "OK"),
    )
    with st.grid(columns=2, min_column_width=130, gap="xsmall"):
        for name, number, whole, kind in cells:
            st.metric(
                name,
                count(number),
                f"{percent(number / whole)} of {kind}",
                delta_color="off",
                delta_arrow="off",
                border=True,
            )
