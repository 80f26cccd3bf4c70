"""Advice on the Threshold page: the recall that can be guaranteed, and the cheapest threshold."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.errors import NotEnoughCastings
from core.thresholds.costs import cost_curve
from core.thresholds.recall_floor import recall_floor, recall_floor_on_photographs
from pages.shared.services import shown_errors
from pages.shared.text import count, percent, plain
from pages.shared.url_state import choice
from pages.threshold.charts import draw_cost
from pages.threshold.evidence import Evidence, cheapest_of, threshold_name
from pages.threshold.line import Line, amount, ask_costs

Propose = Callable[[float, str], None]

RECALL = 0.99
RECALLS = (0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
CONFIDENCES = (0.8, 0.9, 0.95, 0.99)
CONFIDENCE = 0.95


def recall_advice(evidence: Evidence, propose: Propose) -> None:
    """The threshold that guarantees a recall, or why none can; and the one that kept it here."""
    with st.container(border=True):
        st.markdown("**Recall floor**")
        left, right = st.columns(2, gap="small")
        with left:
            recall = _share("Recall of at least", "recall", RECALLS, RECALL)
        with right:
            confidence = _share("With confidence", "confidence", CONFIDENCES, CONFIDENCE)
        with shown_errors(retry=False):
            _guaranteed(evidence, recall, confidence, propose)
            _observed(evidence, recall, propose)


def _guaranteed(evidence: Evidence, recall: float, confidence: float, propose: Propose) -> None:
    try:
        floor = recall_floor(evidence.parts, recall, confidence)
    except NotEnoughCastings as error:
        st.warning(plain(str(error)), icon=":material/add_a_photo:")
        return
    st.success(
        f"**{threshold_name(floor.threshold)}** guarantees it: with {percent(confidence)} "
        f"confidence, at least {percent(recall)} of new defective castings are caught in every "
        f"photograph. Based on {count(floor.castings)} defective castings, of which "
        f"{count(floor.may_miss)} may be missed.",
        icon=":material/verified:",
    )
    rule = f"recall {recall:g} guaranteed with {confidence:g} confidence"
    _use_button("guaranteed", propose, floor.threshold, rule)


def _observed(evidence: Evidence, recall: float, propose: Propose) -> None:
    seen = recall_floor_on_photographs(evidence.parts, recall)
    st.caption(
        f"On this data only (no guarantee): {threshold_name(seen.threshold)} is the highest "
        f"threshold that kept {percent(recall)} on these {count(seen.photographs)} defective "
        f"photographs; it missed {count(seen.missed)} photographs of "
        f"{count(seen.castings_missed)} of {count(seen.castings)} castings."
    )
    rule = f"recall {recall:g} observed, no guarantee"
    _use_button("observed", propose, seen.threshold, rule)


def cost_advice(evidence: Evidence, line: Line, now: float, propose: Propose) -> None:
    """The cheapest threshold, and the plateau that the data cannot separate from it."""
    with st.container(border=True), shown_errors(retry=False):
        st.markdown("**Cost**")
        costs = ask_costs()
        advice = cheapest_of(evidence, costs, line.defect_rate)
        curve = cost_curve(evidence.lines, costs, line.defect_rate)
        st.caption(
            f"Lowest cost at {threshold_name(advice.threshold)}: {amount(advice.cost)} ± "
            f"{amount(advice.standard_error)} per 1,000 parts. Between "
            f"{threshold_name(advice.plateau_low)} and {threshold_name(advice.plateau_high)} "
            "the data cannot separate the costs (shaded). Cost is only advice; the recall floor "
            "is a guarantee."
        )
        draw_cost(evidence, curve, advice, now)
        rule = (
            f"cheapest at {costs.escape:g} for an escape, {costs.false_alarm:g} for a false "
            f"alarm, {line.defect_rate:.4g} defective"
        )
        _use_button("cheapest", propose, advice.threshold, rule)


def _use_button(which: str, propose: Propose, threshold: float, rule: str) -> None:
    st.button(
        "Use this threshold",
        key=f"take-{which}",
        icon=":material/input:",
        on_click=propose,
        args=(threshold, rule),
    )


def _share(label: str, name: str, offered: Sequence[float], usual: float) -> float:
    def in_percent(share: float) -> str:
        return f"{share * 100:g} %"

    return choice(st.selectbox, label, offered, usual, name=name, key=name, format_func=in_percent)
