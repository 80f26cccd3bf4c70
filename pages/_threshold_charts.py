"""The figures of the Threshold page, as options of ECharts: it keeps a chart and renews its lines
within a few milliseconds while the slider moves, where Plotly builds it anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.costs import CheapestThreshold
from core.inspection import Verdict
from core.metrics import log_odds_of
from pages._colours import colour_of, ink, neutral
from pages._threshold_data import Picture

Option = dict[str, Any]

EDGE = 1e-12
PERCENT = "%.1f %%"


def draw(option: Option, key: str, height: int, alt: str) -> None:
    """Show a figure under its key; the chart stays and its content is renewed."""
    st.echarts_chart(option, key=key, height=height, alt=alt, renderer="svg")


def scores_option(of: Picture, now: float, proposed: float) -> Option:
    """Histogram of scores above, and what each threshold does below, on one axis."""
    at = _log_odds(of.lines.thresholds)
    bars = [
        _line(name, of.edges, np.append(counts, counts[-1]), colour_of(verdict))
        | {"step": "end", "areaStyle": {"opacity": 0.35}, "lineStyle": {"width": 1}}
        for name, verdict, counts in (
            ("OK parts", Verdict.OK, of.ok_bars),
            ("Defective parts", Verdict.DEFECTIVE, of.defective_bars),
        )
    ]
    lines = [
        _line(name, at, 100 * values, colour, dash)
        | {"step": "start", "xAxisIndex": 1, "yAxisIndex": 1}
        | {"tooltip": {"valueFormatter": PERCENT}}
        for name, values, dash, colour in (
            ("Recall", of.lines.recall, "solid", colour_of(Verdict.DEFECTIVE)),
            ("Precision", of.lines.precision, "dotted", neutral()),
            ("Specificity", of.lines.specificity, "dashed", colour_of(Verdict.OK)),
        )
    ]
    bars[0]["markLine"] = _marks(now, proposed, named=True)
    lines[0]["markLine"] = _marks(now, proposed, named=False)
    bounds = {"type": "value", "min": float(of.edges[0]), "max": float(of.edges[-1])}
    across = bounds | {"axisLabel": {"showMinLabel": False, "showMaxLabel": False}}
    # Not moved aside by their labels, so that both plots share one axis.
    sides = {"left": 62, "right": 14, "containLabel": False, "outerBoundsMode": "none"}
    return _option([*bars, *lines]) | {
        "grid": [
            {"top": 70, "height": 110} | sides,
            {"top": 215, "bottom": 46} | sides,
        ],
        "xAxis": [
            across | {"gridIndex": 0, "axisLabel": {"show": False}},
            across | {"gridIndex": 1} | _title("Score, log-odds of a defect", 28),
        ],
        "yAxis": [
            {"gridIndex": 0, "splitNumber": 2} | _title("Parts", 46),
            {"gridIndex": 1, "min": 0, "max": 100} | _title("Rate, %", 46),
        ],
    }


def precision_recall_option(of: Picture, now: float, proposed: float) -> Option:
    """Precision against recall, with the current and the proposed threshold."""
    points = []
    for name, threshold, inside, colour in (
        ("Now", now, "transparent", neutral()),
        ("Proposed", proposed, ink(), ink()),
    ):
        matrix = of.counts.matrix(threshold)
        points.append(
            {
                "type": "scatter",
                "name": name,
                "data": [[_percent(matrix.recall), _percent(matrix.precision)]],
                "symbolSize": 12,
                "itemStyle": {"color": inside, "borderColor": colour, "borderWidth": 2},
                "z": 5,
            }
        )
    curve = _line(
        "Every threshold", 100 * of.lines.recall, 100 * of.lines.precision, colour_of(Verdict.OK)
    )
    lowest = 10 * np.floor(10 * float(of.lines.precision.min()))
    return _option([curve, *points]) | {
        "tooltip": {"trigger": "item", "valueFormatter": PERCENT},
        "grid": {"top": 44, "bottom": 28, "left": 30, "right": 20},
        "xAxis": {"type": "value", "min": 0, "max": 100} | _title("Recall, %", 28),
        "yAxis": {"type": "value", "min": float(lowest), "max": 100} | _title("Precision, %", 34),
    }


def cost_option(
    of: Picture,
    cost: NDArray[np.float64],
    advice: CheapestThreshold,
    now: float,
) -> Option:
    """Expected cost against the threshold, with the plateau of one standard error."""
    at = _log_odds(of.lines.thresholds)
    low, high = _log_odds(np.array([advice.plateau_low, advice.plateau_high])).tolist()
    line = _line("Cost of 1,000 parts", at, cost, colour_of(Verdict.OK)) | {"step": "start"}
    line["markLine"] = _marks(now, now, named=True)
    line["markArea"] = {
        "silent": True,
        "itemStyle": {"color": colour_of(Verdict.OK), "opacity": 0.2},
        "data": [[{"xAxis": low}, {"xAxis": high}]],
    }
    return _option([line]) | {
        "legend": {"show": False},
        "grid": {"top": 14, "bottom": 28, "left": 30, "right": 14},
        "xAxis": {
            "type": "value",
            "min": float(of.edges[0]),
            "max": float(of.edges[-1]),
            "axisLabel": {"showMinLabel": False, "showMaxLabel": False},
        }
        | _title("Threshold, log-odds", 28),
        "yAxis": {"type": "value", "splitNumber": 3} | _title("Cost of 1,000 parts", 50),
    }


def _option(series: list[Option]) -> Option:
    return {
        "animation": False,
        "legend": {"top": 0, "left": 0},
        "tooltip": {"trigger": "axis"},
        "series": series,
    }


def _line(
    name: str,
    x: NDArray[np.float64],
    y: NDArray[np.float64] | NDArray[np.int64],
    colour: str,
    dash: str = "solid",
) -> Option:
    return {
        "type": "line",
        "name": name,
        # Rounded to what a screen shows: a quarter of the bytes to send.
        "data": np.column_stack([x, y]).round(4).tolist(),
        "showSymbol": False,
        "itemStyle": {"color": colour},
        "lineStyle": {"width": 2, "type": dash},
    }


def _marks(now: float, proposed: float, named: bool) -> Option:
    """Upright lines at both thresholds, each named on its outer side."""
    marks = [("proposed", proposed, "solid", 2.5, ink())]
    if now != proposed:
        marks.append(("now", now, "dotted", 1.5, neutral()))
    leftmost = min(now, proposed)
    return {
        "silent": True,
        "symbol": "none",
        "data": [
            {
                "xAxis": log_odds_of(threshold),
                "lineStyle": {"type": dash, "width": width, "color": colour},
                "label": {
                    "show": named,
                    "formatter": name if now != proposed else "now",
                    "position": "end",
                    "align": "right" if threshold == leftmost and now != proposed else "left",
                    "color": colour,
                },
            }
            for name, threshold, dash, width, colour in marks
        ],
    }


def _percent(rate: float | None) -> float | None:
    return None if rate is None else 100 * rate


def _title(name: str, gap: int) -> Option:
    return {"name": name, "nameLocation": "middle", "nameGap": gap}


def _log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    bounded = np.clip(probabilities, EDGE, 1 - EDGE)
    values: NDArray[np.float64] = np.log(bounded) - np.log1p(-bounded)
    return values
