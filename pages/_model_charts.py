"""The figures of the Model page. A figure is a plain dictionary in Plotly's terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.inspection import Verdict
from core.model_card import Calibration, Epoch
from core.thresholds import Curves, Rates
from pages._colours import colour_of, legible, neutral

Figure = dict[str, Any]

POINTS = 400
"""Points drawn of a curve; more cannot be seen."""


def learning_figure(curves: Sequence[Epoch]) -> Figure:
    """Loss on training pictures and on castings held out, by epoch; each stage a line."""
    training, held_out = neutral(), colour_of(Verdict.OK)
    lines = []
    for stage in dict.fromkeys(epoch.stage for epoch in curves):
        of = [epoch for epoch in curves if epoch.stage == stage]
        at = [f"{stage} {epoch.epoch}" for epoch in of]
        lines += [
            _line(at, [epoch.training_loss for epoch in of], "Training", training),
            _line(at, [epoch.validation_loss for epoch in of], "Castings held out", held_out),
        ]
    for again in lines[2:]:
        again["showlegend"] = False
    return _figure(
        lines,
        {"title": "Epoch"},
        {"title": "Loss", "rangemode": "tozero"},
    )


def roc_figure(curves: Curves, threshold: float) -> Figure:
    """Recall against false alarms over every threshold, the shipped one marked."""
    drawn, shipped = curves.thinned(POINTS), curves.matrix(threshold)
    return _figure(
        [
            _curve(1 - drawn.specificity, drawn.recall),
            _mark(1 - (shipped.specificity or 0.0), shipped.recall or 0.0),
        ],
        _share("False alarms among OK parts"),
        _share("Recall"),
    )


def precision_figure(curves: Curves, threshold: float) -> Figure:
    """Precision against recall over every threshold, the shipped one marked."""
    drawn, shipped = curves.thinned(POINTS), curves.matrix(threshold)
    return _figure(
        [
            _curve(drawn.recall, drawn.precision),
            _mark(shipped.recall or 0.0, shipped.precision or 0.0),
        ],
        _share("Recall"),
        _share("Precision"),
    )


def reliability_figure(calibration: Calibration) -> Figure:
    """What was said against what was so; on the dotted line they agree."""
    bins = calibration.reliability
    agreed = {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 1],
        "y": [0, 1],
        "line": {"color": neutral(), "dash": "dot", "width": 1},
        "name": "As said",
        "hoverinfo": "skip",
    }
    found = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [of.mean_probability for of in bins],
        "y": [of.share_defective for of in bins],
        "customdata": [of.photographs for of in bins],
        "name": "Held-out castings",
        "line": {"color": colour_of(Verdict.OK), "width": 1.5},
        "marker": {"size": 8},
        "hovertemplate": "said %{x:.0%}, was %{y:.0%}<br>%{customdata} photographs<extra></extra>",
    }
    return _figure([agreed, found], _share("Probability"), _share("Share defective"))


def _figure(data: list[dict[str, Any]], across: dict[str, Any], up: dict[str, Any]) -> Figure:
    layout = {
        "height": 260,
        "margin": {"l": 56, "r": 12, "t": 8, "b": 44},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "xaxis": across,
        "yaxis": up,
    }
    return legible({"data": data, "layout": layout})


def _line(at: Sequence[str], values: Sequence[float], name: str, colour: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(at),
        "y": list(values),
        "name": name,
        "line": {"color": colour, "width": 1.5},
        "hovertemplate": "%{x}: %{y:.3f}<extra>" + name + "</extra>",
    }


def _curve(across: Rates, up: Rates) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": across.tolist(),
        "y": up.tolist(),
        "name": "Held-out castings",
        "line": {"color": colour_of(Verdict.OK), "width": 1.5},
        "hovertemplate": "%{x:.2%}, %{y:.2%}<extra></extra>",
    }


def _mark(across: float, up: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [across],
        "y": [up],
        "name": "Shipped threshold",
        "marker": {"size": 11, "symbol": "diamond", "color": colour_of(Verdict.DEFECTIVE)},
        "hovertemplate": "%{x:.2%}, %{y:.2%}<extra>Shipped threshold</extra>",
    }


def _share(title: str) -> dict[str, Any]:
    return {"title": title, "tickformat": ".0%", "range": [-0.02, 1.02]}
