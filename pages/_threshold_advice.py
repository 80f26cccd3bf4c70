"""Advice on the Threshold page: the recall that can be promised, and the cheapest threshold."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.costs import Costs, cost_curve
from core.errors import NotEnoughCastings, ThresholdError
from core.thresholds import recall_floor, recall_floor_on_photographs
from pages import _address
from pages._threshold_charts import draw_cost
from pages._threshold_data import Picture, cheapest_of
from pages._threshold_line import Line, ask_costs
from pages._threshold_words import amount, threshold_name
from pages._words import count, percent, plain

Take = Callable[[float, str], None]

RECALL = 0.99
RECALLS = (0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
CONFIDENCES = (0.8, 0.9, 0.95, 0.99)
CONFIDENCE = 0.95


def recall_advice(of: Picture, take: Take) -> None:
    """The threshold that promises a recall, or why none can; and the one that kept it here."""
    with st.container(border=True):
        st.markdown("**Recall floor**")
        left, right = st.columns(2, gap="small")
        with left:
            recall = _chosen("Recall of at least", "recall", RECALLS, RECALL)
        with right:
            confidence = _chosen("With confidence", "confidence", CONFIDENCES, CONFIDENCE)
        try:
            floor = recall_floor(of.parts, recall, confidence)
        except NotEnoughCastings as error:
            st.warning(plain(str(error)), icon=":material/add_a_photo:")
        except ThresholdError as error:
            st.error(plain(str(error)), icon=":material/error:")
        else:
            st.success(
                f"**{threshold_name(floor.threshold)}** promises it: {percent(recall)} or more "
                "of castings not seen yet are called defective on every photograph, with "
                f"{percent(confidence)} confidence. It rests on {count(floor.castings)} "
                f"defective castings, of which {count(floor.may_miss)} may be missed.",
                icon=":material/verified:",
            )
            rule = f"recall {recall:g} promised with {confidence:g} confidence"
            _take_button("Take the promise", take, floor.threshold, rule)
        _observed(of, recall, take)


def _observed(of: Picture, recall: float, take: Take) -> None:
    try:
        seen = recall_floor_on_photographs(of.parts, recall)
    except ThresholdError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.caption(
        f"Observed, no promise: {threshold_name(seen.threshold)} is the highest threshold that "
        f"kept {percent(recall)} on these {count(seen.photographs)} defective photographs; it "
        f"missed {count(seen.missed)}, of {count(seen.castings_missed)} of "
        f"{count(seen.castings)} castings."
    )
    rule = f"recall {recall:g} observed, no promise"
    _take_button("Take the observed", take, seen.threshold, rule)


def cost_advice(of: Picture, line: Line, now: float, take: Take) -> None:
    """The cheapest threshold, and the plateau that the evidence does not tell from it."""
    with st.container(border=True):
        st.markdown("**Cost**")
        costs = ask_costs()
        try:
            advice = cheapest_of(of, costs, line.defect_rate)
            curve = cost_curve(of.lines, costs, line.defect_rate)
        except ThresholdError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        st.caption(
            f"Errors cost least at {threshold_name(advice.threshold)}: {amount(advice.cost)} ± "
            f"{amount(advice.standard_error)} in 1,000 parts. From "
            f"{threshold_name(advice.plateau_low)} to {threshold_name(advice.plateau_high)} "
            "nothing is told apart by this evidence (shaded). Cost is advice; the recall floor "
            "is the promise."
        )
        draw_cost(of, curve, advice, now)
        _take_button("Take the cheapest", take, advice.threshold, _cost_rule(costs, line))


def _cost_rule(costs: Costs, line: Line) -> str:
    return (
        f"cheapest at {costs.escape:g} for an escape, {costs.false_alarm:g} for a false alarm, "
        f"{line.defect_rate:.4g} defective"
    )


def _take_button(label: str, take: Take, threshold: float, rule: str) -> None:
    st.button(label, icon=":material/input:", on_click=take, args=(threshold, rule))


def _chosen(label: str, name: str, offered: tuple[float, ...], usual: float) -> float:
    """One of the values offered, kept in the address."""
    if name not in st.session_state:
        given = _address.decimal(name, offered[0], offered[-1])
        st.session_state[name] = given if given in offered else usual
    value: float = st.selectbox(
        label, offered, format_func=lambda share: f"{share * 100:g} %", key=name
    )
    _address.keep(name, None if value == usual else f"{value:g}")
    return value
