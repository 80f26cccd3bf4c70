"""The figures of the Threshold page. A figure is a plain dictionary in Plotly's terms."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.costs import CheapestThreshold
from core.inspection import Verdict
from core.metrics import log_odds_of
from pages._threshold_data import Picture
from pages._words import LOOKS

Figure = dict[str, Any]

CONFIG = {"displayModeBar": False}
EDGE = 1e-12


def colour_of(verdict: Verdict) -> str:
    """The verdict's colour in the theme in force."""
    return _theme_colour(f"{LOOKS[verdict].colour}Color")


def neutral() -> str:
    """The theme's grey: for what is neither defective nor OK."""
    return _theme_colour("grayTextColor")


def scores_figure(of: Picture, now: float, proposed: float) -> Figure:
    """Histogram of scores above, and what each threshold does below, on one axis."""
    middles = (of.edges[:-1] + of.edges[1:]) / 2
    width = float(of.edges[1] - of.edges[0])
    bars = [
        {
            "type": "bar",
            "x": middles,
            "y": counts,
            "width": width,
            "name": f"{name} parts",
            "marker": {"color": colour_of(verdict), "line": {"width": 0}},
            "opacity": 0.75,
            "yaxis": "y2",
            "hovertemplate": "%{y} parts at %{x:.1f}",
        }
        for name, verdict, counts in (
            ("OK", Verdict.OK, of.ok_bars),
            ("Defective", Verdict.DEFECTIVE, of.defective_bars),
        )
    ]
    at = _log_odds(of.lines.thresholds)
    lines = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": at,
            "y": values,
            "name": name,
            "line": {"width": 2, "dash": dash, "shape": "vh", "color": colour},
            "hovertemplate": "%{y:.2%}",
        }
        for name, values, dash, colour in (
            ("Recall", of.lines.recall, "solid", colour_of(Verdict.DEFECTIVE)),
            ("Precision", of.lines.precision, "dot", neutral()),
            ("Specificity", of.lines.specificity, "dash", colour_of(Verdict.OK)),
        )
    ]
    figure = _figure([*bars, *lines], height=430)
    figure["layout"] |= {
        "barmode": "overlay",
        "bargap": 0,
        "xaxis": {"title": {"text": "Score, log-odds of a defect"}, "anchor": "y"},
        "yaxis": {"domain": [0, 0.56], "title": {"text": "Rate"}, "tickformat": ".0%"}
        | {"range": [0, 1.03]},
        "yaxis2": {"domain": [0.64, 1], "title": {"text": "Parts"}},
        "hovermode": "x unified",
        "shapes": [
            _line(now, "dot", 1.5, neutral()),
            _line(proposed, "solid", 2.5, _text_colour()),
        ],
        "annotations": _marks(now, proposed),
    }
    return figure


def precision_recall_figure(of: Picture, now: float, proposed: float) -> Figure:
    """Precision against recall, with the current and the proposed threshold."""
    points = []
    for name, threshold, symbol, colour in (
        ("Now", now, "circle-open", neutral()),
        ("Proposed", proposed, "circle", _text_colour()),
    ):
        matrix = of.counts.matrix(threshold)
        points.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [matrix.recall],
                "y": [matrix.precision],
                "name": name,
                "marker": {"symbol": symbol, "size": 11, "color": colour, "line": {"width": 2}},
                "hovertemplate": "recall %{x:.2%}, precision %{y:.2%}",
            }
        )
    curve = {
        "type": "scatter",
        "mode": "lines",
        "x": of.lines.recall,
        "y": of.lines.precision,
        "name": "Every threshold",
        "line": {"width": 2, "color": colour_of(Verdict.OK)},
        "hovertemplate": "recall %{x:.2%}, precision %{y:.2%}",
    }
    figure = _figure([curve, *points], height=300)
    figure["layout"] |= {
        "xaxis": {"title": {"text": "Recall"}, "tickformat": ".0%", "range": [-0.02, 1.03]},
        "yaxis": {"title": {"text": "Precision"}, "tickformat": ".0%"}
        | {"range": [max(0.0, float(of.lines.precision.min()) - 0.05), 1.01]},
    }
    return figure


def cost_figure(
    of: Picture,
    cost: NDArray[np.float64],
    advice: CheapestThreshold,
    now: float,
    proposed: float,
) -> Figure:
    """Expected cost against the threshold, with the plateau of one standard error."""
    figure = _figure(
        [
            {
                "type": "scatter",
                "mode": "lines",
                "x": _log_odds(of.lines.thresholds),
                "y": cost,
                "name": "Cost",
                "line": {"width": 2, "shape": "vh", "color": colour_of(Verdict.OK)},
                "hovertemplate": "%{y:.1f} at %{x:.2f}",
            }
        ],
        height=230,
    )
    low, high = _log_odds(np.array([advice.plateau_low, advice.plateau_high]))
    plateau = {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": low,
        "x1": high,
        "y0": 0,
        "y1": 1,
        "fillcolor": colour_of(Verdict.OK),
        "opacity": 0.18,
        "line": {"width": 0},
    }
    figure["layout"] |= {
        "showlegend": False,
        "xaxis": {"title": {"text": "Threshold, log-odds"}},
        "yaxis": {"title": {"text": "Cost of 1,000 parts"}, "rangemode": "tozero"},
        "shapes": [
            plateau,
            _line(now, "dot", 1.5, neutral()),
            _line(proposed, "solid", 2.5, _text_colour()),
        ],
    }
    return figure


def _figure(traces: list[Figure], height: int) -> Figure:
    return {
        "data": traces,
        "layout": {
            "height": height,
            "margin": {"l": 8, "r": 8, "t": 34, "b": 8},
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            # Zooms by accident help nobody, least of all on a phone.
            "dragmode": False,
        },
    }


def _marks(now: float, proposed: float) -> list[Figure]:
    """The names of the two lines, between the plots and on the lines' outer sides."""
    named = [("now", now, now <= proposed), ("proposed", proposed, now > proposed)]
    if now == proposed:
        named = [("now", now, False)]
    return [
        {
            "x": log_odds_of(threshold),
            "y": 0.6,
            "xref": "x",
            "yref": "paper",
            "text": name,
            "showarrow": False,
            "yanchor": "middle",
            "xanchor": "right" if is_left else "left",
            "xshift": -5 if is_left else 5,
        }
        for name, threshold, is_left in named
    ]


def _line(threshold: float, dash: str, width: float, colour: str) -> Figure:
    x = log_odds_of(threshold)
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "line": {"dash": dash, "width": width, "color": colour},
    }


def _text_colour() -> str:
    return _theme_colour("textColor")


def _theme_colour(name: str) -> str:
    return str(st.get_option(f"theme.{st.context.theme.type or 'light'}.{name}"))


def _log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    bounded = np.clip(probabilities, EDGE, 1 - EDGE)
    values: NDArray[np.float64] = np.log(bounded) - np.log1p(-bounded)
    return values
