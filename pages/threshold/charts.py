"""The charts of the Threshold page."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import streamlit as st

from core.inspection.records import Verdict
from core.model.metrics import log_odds_of
from core.thresholds.costs import CheapestThreshold
from core.thresholds.recall_floor import Rates
from pages.shared.charts import Trace, bars, figure, line
from pages.shared.theme import colour_of, faint, ink, neutral
from pages.threshold.evidence import Evidence

EDGE = 1e-12
MARGIN = {"l": 56, "r": 12, "t": 40, "b": 124}
"""Pixels around the plots that follow the slider; its script places marks by them."""
LEGEND = {"orientation": "h", "y": -0.19, "yanchor": "top"}


def draw_scores(evidence: Evidence, lowest: float, highest: float, now: float) -> None:
    """Histogram of the scores above, rates by threshold below."""
    at = log_odds(evidence.lines.thresholds)
    ok, defective = colour_of(Verdict.OK), colour_of(Verdict.DEFECTIVE)
    middles, width = (evidence.edges[:-1] + evidence.edges[1:]) / 2, np.diff(evidence.edges)
    histogram = [
        bars(middles, heights, colour, "", width=width, name=name, opacity=0.45, yaxis="y2")
        for name, heights, colour in (
            ("OK parts", evidence.ok_bars, ok),
            ("Defective parts", evidence.defective_bars, defective),
        )
    ]
    rates = [
        _curve(at, 100 * share, colour, name=name, dash=dash, shape="vh")
        for name, share, colour, dash in (
            ("Recall", evidence.lines.recall, defective, "solid"),
            ("Precision", evidence.lines.precision, neutral(), "dot"),
            ("Specificity", evidence.lines.specificity, ok, "dash"),
        )
    ]
    st.markdown("**Scores of the parts, and rates at each threshold**")
    _draw(
        "scores",
        "Histogram of scores; rates by threshold",
        [*histogram, *rates],
        **_now(now),
        barmode="overlay",
        xaxis={
            "range": [lowest, highest],
            "title": {"text": "Score, log-odds of a defect", "standoff": 18},
        },
        yaxis={"domain": [0, 0.64], "range": [0, 101], "title": "Rate, %"},
        yaxis2={"domain": [0.7, 1], "title": "Parts"},
    )


def draw_precision_recall(evidence: Evidence, now: float) -> None:
    """Precision against recall of every threshold, and the threshold in force."""
    matrix = evidence.counts.matrix(now)
    found = (
        100 * (matrix.recall or 0),
        None if matrix.precision is None else 100 * matrix.precision,
    )
    dots = [
        line(
            [across],
            [up],
            colour,
            "",
            mode="markers",
            name=name,
            cliponaxis=False,
            marker={"size": 12, "symbol": symbol, "color": colour, "line": {"width": 2}},
        )
        for name, symbol, colour, (across, up) in (
            ("now", "circle-open", neutral(), found),
            # Only for the legend: the browser draws this dot, and moves it.
            ("proposed", "circle", ink(), (None, None)),
        )
    ]
    curve = _curve(
        100 * evidence.lines.recall, 100 * evidence.lines.precision, colour_of(Verdict.OK)
    )
    st.markdown("**Precision and recall of every threshold**")
    _draw(
        "precision-recall",
        "Precision against recall",
        [curve | {"showlegend": False}, *dots],
        xaxis={"range": [0, 100], "title": "Recall, %"},
        yaxis={"range": [100 * lowest_precision(evidence), 100], "title": "Precision, %"},
    )


def draw_cost(evidence: Evidence, cost: Rates, advice: CheapestThreshold, now: float) -> None:
    """Expected cost against the threshold, with the plateau of one standard error."""
    low, high = log_odds(np.array([advice.plateau_low, advice.plateau_high])).tolist()
    colour = colour_of(Verdict.OK)
    plateau = {"type": "rect", "yref": "paper", "x0": low, "x1": high, "y0": 0, "y1": 1}
    layout = _now(now)
    layout["shapes"].append(plateau | {"line": {"width": 0}, "fillcolor": faint(colour)})
    _draw(
        "cost",
        "Expected cost of 1,000 parts by threshold",
        [_curve(log_odds(evidence.lines.thresholds), cost, colour, shape="vh")],
        **layout,
        height=250,
        bottom=42,
        showlegend=False,
        xaxis={
            "range": [float(evidence.edges[0]), float(evidence.edges[-1])],
            "title": "Threshold, log-odds",
        },
        yaxis={
            "rangemode": "tozero",
            "nticks": 5,
            "tickformat": ",",
            "title": "Cost of 1,000 parts",
        },
    )


def lowest_precision(evidence: Evidence) -> float:
    """Where the axis of precision begins: in whole tenths."""
    return math.floor(10 * float(evidence.lines.precision.min())) / 10


def log_odds(shares: Rates) -> Rates:
    """The log-odds of probabilities, finite also for 0 and 1."""
    bounded = np.clip(shares, EDGE, 1 - EDGE)
    values: Rates = np.log(bounded) - np.log1p(-bounded)
    return values


def _now(now: float) -> dict[str, Any]:
    """An upright line at the threshold in force."""
    at = log_odds_of(now)
    line = {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper"}
    label = {"x": at, "y": 1, "yref": "paper", "yanchor": "bottom", "text": "now"}
    return {
        "shapes": [line | {"line": {"color": ink(), "width": 1.5, "dash": "dot"}}],
        "annotations": [label | {"showarrow": False, "font": {"color": ink()}}],
    }


def _curve(across: Rates, up: Rates, colour: str, name: str = "", **look: str) -> Trace:
    stroke = {"width": 2, "color": colour} | look
    return line(across, up, colour, "", mode="lines", name=name, line=stroke)


def _draw(
    name: str,
    alt: str,
    data: list[Trace],
    height: int = 500,
    bottom: int = MARGIN["b"],
    **layout: Any,
) -> None:
    margin = MARGIN | {"b": bottom, "autoexpand": False}
    shared = {"showlegend": True, "legend": LEGEND, "margin": margin}
    drawn = figure(data, height, **(shared | layout))
    with st.container(key=name, gap=None):
        st.plotly_chart(drawn, key=f"{name}-chart", config={"staticPlot": True}, alt=alt)
