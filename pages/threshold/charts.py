"""The charts of the Threshold page. A figure is a plain dictionary in Plotly's terms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.inspection.records import Verdict
from core.model.metrics import log_odds_of
from core.thresholds.costs import CheapestThreshold
from pages.shared.theme import colour_of, faint, ink, legible, neutral
from pages.threshold.evidence import Picture

Figure = dict[str, Any]
Values = NDArray[np.float64]

EDGE = 1e-12
MARGIN = {"l": 56, "r": 12, "t": 40, "b": 124}
"""Pixels around the plots that follow the slider; its script places marks by them."""
LEGEND = {"orientation": "h", "yref": "container", "y": 0.01, "yanchor": "bottom"}


def draw_scores(of: Picture, lowest: float, highest: float, now: float) -> None:
    """Histogram of the scores above, rates by threshold below."""
    at = log_odds(of.lines.thresholds)
    ok, defective = colour_of(Verdict.OK), colour_of(Verdict.DEFECTIVE)
    middles, width = (of.edges[:-1] + of.edges[1:]) / 2, np.diff(of.edges)
    bars = [
        {
            "type": "bar",
            "x": middles,
            "y": heights,
            "width": width,
            "name": name,
            "opacity": 0.45,
            "marker": {"color": colour, "line": {"width": 0}},
            "yaxis": "y2",
        }
        for name, heights, colour in (
            ("OK parts", of.ok_bars, ok),
            ("Defective parts", of.defective_bars, defective),
        )
    ]
    rates = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": at,
            "y": 100 * share,
            "name": name,
            "line": {"shape": "vh", "width": 2, "color": colour, "dash": dash},
        }
        for name, share, colour, dash in (
            ("Recall", of.lines.recall, defective, "solid"),
            ("Precision", of.lines.precision, neutral(), "dot"),
            ("Specificity", of.lines.specificity, ok, "dash"),
        )
    ]
    layout = _now(now) | {
        "height": 500,
        "legend": LEGEND,
        "barmode": "overlay",
        "xaxis": {
            "range": [lowest, highest],
            "title": {"text": "Score, log-odds of a defect", "standoff": 18},
        },
        "yaxis": {"domain": [0, 0.64], "range": [0, 101], "title": "Rate, %"},
        "yaxis2": {"domain": [0.7, 1], "title": "Parts"},
    }
    st.markdown("**Scores of the parts, and rates at each threshold**")
    _draw("scores", [*bars, *rates], layout, "Histogram of scores; rates by threshold")


def draw_precision_recall(of: Picture, now: float) -> None:
    """Precision against recall of every threshold, and the threshold in force."""
    matrix = of.counts.matrix(now)
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": 100 * of.lines.recall,
        "y": 100 * of.lines.precision,
        "line": {"width": 2, "color": colour_of(Verdict.OK)},
        "showlegend": False,
    }
    dots = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [100 * (matrix.recall or 0.0) if shown else None],
            "y": [None if matrix.precision is None or not shown else 100 * matrix.precision],
            "name": name,
            "cliponaxis": False,
            "marker": {"size": 12, "symbol": symbol, "color": colour, "line": {"width": 2}},
        }
        for name, symbol, colour, shown in (
            ("now", "circle-open", neutral(), True),
            # Only for the legend: the browser draws this dot, and moves it.
            ("proposed", "circle", ink(), False),
        )
    ]
    layout = {
        "height": 500,
        "legend": LEGEND,
        "xaxis": {"range": [0, 100], "title": "Recall, %"},
        "yaxis": {"range": [100 * lowest_precision(of), 100], "title": "Precision, %"},
    }
    st.markdown("**Precision and recall of every threshold**")
    _draw("precision-recall", [line, *dots], layout, "Precision against recall")


def draw_cost(of: Picture, cost: Values, advice: CheapestThreshold, now: float) -> None:
    """Expected cost against the threshold, with the plateau of one standard error."""
    low, high = log_odds(np.array([advice.plateau_low, advice.plateau_high])).tolist()
    colour = colour_of(Verdict.OK)
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": log_odds(of.lines.thresholds),
        "y": cost,
        "line": {"shape": "vh", "width": 2, "color": colour},
    }
    layout = _now(now) | {
        "height": 250,
        "margin": {"b": 42},
        "showlegend": False,
        "xaxis": {
            "range": [float(of.edges[0]), float(of.edges[-1])],
            "title": "Threshold, log-odds",
        },
        "yaxis": {"rangemode": "tozero", "nticks": 5, "title": "Cost of 1,000 parts"},
    }
    layout["shapes"] = [
        *layout["shapes"],
        {
            "type": "rect",
            "yref": "paper",
            "x0": low,
            "x1": high,
            "y0": 0,
            "y1": 1,
            "line": {"width": 0},
            "fillcolor": faint(colour),
        },
    ]
    _draw("cost", [line], layout, "Expected cost of 1,000 parts by threshold")


def lowest_precision(of: Picture) -> float:
    """Where the axis of precision begins: in whole tenths."""
    return math.floor(10 * float(of.lines.precision.min())) / 10


def log_odds(shares: Values) -> Values:
    """The log-odds of probabilities, finite also for 0 and 1."""
    bounded = np.clip(shares, EDGE, 1 - EDGE)
    values: Values = np.log(bounded) - np.log1p(-bounded)
    return values


def _now(now: float) -> Figure:
    """An upright line at the threshold in force."""
    at = log_odds_of(now)
    line = {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper"}
    label = {"x": at, "y": 1, "yref": "paper", "yanchor": "bottom", "text": "now"}
    return {
        "shapes": [line | {"line": {"color": ink(), "width": 1.5, "dash": "dot"}}],
        "annotations": [label | {"showarrow": False, "font": {"color": ink()}}],
    }


def _draw(name: str, data: list[Figure], layout: Figure, alt: str) -> None:
    margin = MARGIN | layout.get("margin", {}) | {"autoexpand": False}
    figure = legible({"data": data, "layout": layout | {"margin": margin}})
    with st.container(key=name, gap=None):
        st.plotly_chart(figure, key=f"{name}-chart", config={"staticPlot": True}, alt=alt)
