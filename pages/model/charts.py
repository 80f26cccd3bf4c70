"""The figures of the Model page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.inspection.records import Verdict
from core.model.card import Calibration, Epoch
from core.thresholds.recall_floor import Curves, Rates
from pages.shared.charts import MARGIN, Figure, Trace, figure, line
from pages.shared.theme import colour_of, neutral

POINTS = 400
"""Points drawn of a curve; more cannot be seen."""
HELD_OUT = "Held-out castings"


def learning_figure(curves: Sequence[Epoch]) -> Figure:
    """Loss on training pictures and on castings held out, by epoch; each stage a line."""
    lines = []
    for number, stage in enumerate(dict.fromkeys(epoch.stage for epoch in curves), start=1):
        epochs = [epoch for epoch in curves if epoch.stage == stage]
        at = [f"Stage {number}, epoch {epoch.epoch}" for epoch in epochs]
        held_out = [epoch.validation_loss for epoch in epochs]
        for name, losses, colour in (
            ("Training", [epoch.training_loss for epoch in epochs], neutral()),
            ("Castings held out", held_out, colour_of(Verdict.OK)),
        ):
            hover = f"%{{x}}<br>{name}: %{{y:.3f}}"
            lines.append(line(at, losses, colour, hover, name=name, showlegend=number == 1))
    return _figure(lines, {"title": "Epoch"}, {"title": "Loss", "rangemode": "tozero"})


def roc_figure(curves: Curves, threshold: float) -> Figure:
    """Recall against false alarms over every threshold, the shipped one marked."""
    drawn, shipped = curves.thinned(POINTS), curves.matrix(threshold)
    return _figure(
        [
            _curve(1 - drawn.specificity, drawn.recall),
            _shipped(1 - (shipped.specificity or 0.0), shipped.recall or 0.0),
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
            _shipped(shipped.recall or 0.0, shipped.precision or 0.0),
        ],
        _share("Recall"),
        _share("Precision"),
    )


def reliability_figure(calibration: Calibration) -> Figure:
    """Predicted probability against the observed share; on the dotted line they agree."""
    bins = calibration.reliability
    agreement = line([0, 1], [0, 1], neutral(), "", mode="lines", name="Perfect", hoverinfo="skip")
    agreement["line"] |= {"dash": "dot", "width": 1}
    found = line(
        [of.mean_probability for of in bins],
        [of.share_defective for of in bins],
        colour_of(Verdict.OK),
        "predicted %{x:.0%}, observed %{y:.0%}<br>%{customdata} photographs",
        customdata=[of.photographs for of in bins],
        name=HELD_OUT,
        marker={"size": 8},
    )
    return _figure([agreement, found], _share("Probability"), _share("Share defective"))


def _figure(data: list[Trace], across: dict[str, Any], up: dict[str, Any]) -> Figure:
    return figure(
        data,
        260,
        margin=MARGIN | {"b": 44},
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis=across,
        yaxis=up,
    )


def _curve(across: Rates, up: Rates) -> Trace:
    hover = "%{x:.2%}, %{y:.2%}"
    return line(across, up, colour_of(Verdict.OK), hover, mode="lines", name=HELD_OUT)


def _shipped(across: float, up: float) -> Trace:
    colour, name = colour_of(Verdict.DEFECTIVE), "Shipped threshold"
    marker = {"size": 11, "symbol": "diamond", "color": colour}
    hover = f"{name}<br>%{{x:.2%}}, %{{y:.2%}}"
    return line([across], [up], colour, hover, mode="markers", name=name, marker=marker)


def _share(title: str) -> dict[str, Any]:
    return {"title": title, "tickformat": ".0%", "range": [-0.02, 1.02]}
