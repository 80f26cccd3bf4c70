"""The figure of the costs on the Threshold page, as an option of ECharts."""

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
Values = NDArray[np.float64]

EDGE = 1e-12
HEIGHT = 230


def draw_cost(of: Picture, cost: Values, advice: CheapestThreshold, now: float) -> None:
    """Expected cost against the threshold, with the plateau of one standard error."""
    st.echarts_chart(
        _cost_option(of, cost, advice, now),
        key="cost",
        height=HEIGHT,
        alt="Expected cost of 1,000 parts by threshold",
        renderer="svg",
    )


def log_odds(probabilities: Values) -> Values:
    """The log-odds of probabilities, finite also for 0 and 1."""
    bounded = np.clip(probabilities, EDGE, 1 - EDGE)
    values: Values = np.log(bounded) - np.log1p(-bounded)
    return values


def _cost_option(of: Picture, cost: Values, advice: CheapestThreshold, now: float) -> Option:
    low, high = log_odds(np.array([advice.plateau_low, advice.plateau_high])).tolist()
    colour = colour_of(Verdict.OK)
    line = {
        "type": "line",
        "name": "Cost of 1,000 parts",
        "step": "start",
        # Rounded to what a screen shows: a quarter of the bytes to send.
        "data": np.column_stack([log_odds(of.lines.thresholds), cost]).round(4).tolist(),
        "showSymbol": False,
        "itemStyle": {"color": colour},
        "lineStyle": {"width": 2},
        "markLine": _mark(now),
        "markArea": {
            "silent": True,
            "itemStyle": {"color": colour, "opacity": 0.2},
            "data": [[{"xAxis": low}, {"xAxis": high}]],
        },
    }
    return {
        "animation": False,
        "tooltip": {"trigger": "axis"},
        "series": [line],
        "legend": {"show": False},
        "grid": {"top": 14, "bottom": 28, "left": 30, "right": 14},
        "xAxis": {
            "type": "value",
            "min": float(of.edges[0]),
            "max": float(of.edges[-1]),
            "axisLabel": {"showMinLabel": False, "showMaxLabel": False, "color": neutral()},
        }
        | _title("Threshold, log-odds", 28),
        "yAxis": {"type": "value", "splitNumber": 3, "axisLabel": {"color": neutral()}}
        | _title("Cost of 1,000 parts", 50),
    }


def _mark(now: float) -> Option:
    """An upright line at the threshold in force."""
    return {
        "silent": True,
        "symbol": "none",
        "data": [
            {
                "xAxis": log_odds_of(now),
                "lineStyle": {"type": "solid", "width": 2.5, "color": ink()},
                "label": {"formatter": "now", "position": "end", "align": "left", "color": ink()},
            }
        ],
    }


def _title(name: str, gap: int) -> Option:
    style = {"color": neutral()}
    return {"name": name, "nameLocation": "middle", "nameGap": gap, "nameTextStyle": style}
