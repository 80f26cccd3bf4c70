"""The figures of the Live page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.benchmark import Way
from core.inspection.records import Verdict
from core.process.shifts import Calendar
from core.process.throughput import STAGES, Bucket
from pages.shared.charts import Figure, bars, figure, line
from pages.shared.theme import colour_of, ink, neutral

_DASHES = {"p50": "solid", "p95": "dash", "p99": "dot"}
LAYOUT: Figure = {
    "margin": {"l": 52, "r": 12, "t": 8, "b": 28},
    "clickmode": "event",
    "showlegend": True,
    "legend": {"orientation": "h", "y": 1.12, "traceorder": "normal"},
    "uirevision": "live",
}
STAGE_COLOURS = ("#E69F00", "#56B4E9", "#0072B2", "#CC79A7")
"""Okabe and Ito's, told apart with every kind of colour blindness; each stage is named too."""


def latency_figure(buckets: Sequence[Bucket], takt_seconds: float, calendar: Calendar) -> Figure:
    """Percentiles above, parts a second below; the takt time where it is in reach."""
    at = _places(buckets, calendar)
    lines = [
        line(
            at,
            [getattr(bucket.latency, name) if bucket.latency else None for bucket in buckets],
            colour_of(Verdict.OK),
            f"%{{x}}<br>{name} %{{y:.1f}} ms",
            name=name,
            marker={"size": 4},
            line={"width": 2, "dash": dash, "color": colour_of(Verdict.OK)},
        )
        for name, dash in _DASHES.items()
    ]
    rate = bars(
        at,
        [bucket.parts_per_second for bucket in buckets],
        neutral(),
        "%{x}<br>%{y:.1f} parts a second",
        name="FPS",
        opacity=0.6,
        yaxis="y2",
    )
    highest = max((bucket.latency.p99 for bucket in buckets if bucket.latency), default=0.0)
    takt = takt_seconds * 1e3
    layout: Figure = {
        "yaxis": {"domain": [0.36, 1], "rangemode": "tozero", "title": "ms"},
        "yaxis2": {"domain": [0, 0.24], "rangemode": "tozero", "title": "FPS"},
        "xaxis": _axis(at) | {"anchor": "y2"},
    }
    if highest > takt / 3:
        look = {"color": colour_of(Verdict.DEFECTIVE), "width": 1.5, "dash": "dashdot"}
        layout["shapes"] = [
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": takt, "y1": takt}
            | {"line": look}
        ]
        layout["annotations"] = [
            {"xref": "paper", "x": 0, "y": takt, "text": "takt time", "showarrow": False}
            | {"xanchor": "left", "yanchor": "bottom", "font": {"color": ink()}}
        ]
    return figure([*lines, rate], 300, **(LAYOUT | layout))


def stage_figure(buckets: Sequence[Bucket], calendar: Calendar) -> Figure:
    """Mean milliseconds of each stage, stacked."""
    at = _places(buckets, calendar)
    stages = [
        bars(
            at,
            [bucket.latency.stages[number] if bucket.latency else None for bucket in buckets],
            colour,
            f"%{{x}}<br>{name} %{{y:.2f}} ms",
            name=name,
        )
        for number, (name, colour) in enumerate(zip(STAGES, STAGE_COLOURS, strict=True))
    ]
    layout = {
        "barmode": "stack",
        "bargap": 0.05,
        "yaxis": {"rangemode": "tozero", "title": "ms"},
        "xaxis": _axis(at),
    }
    return figure(stages, 300, **(LAYOUT | layout))


def benchmark_figure(report: Mapping[str, Any]) -> Figure:
    """Parts a second of every way, one by one and in batches of 32."""
    names = {
        Way.GRAD_CAM: "eager torch + grad-cam",
        Way.CLOSED_FORM: "eager torch, closed form",
        Way.GRAPH: "bare ONNX forward",
        Way.ENGINE: "this engine",
        Way.COMMITTED: "bytes to committed row",
    }
    rates = {
        (rate["way"], rate["batch"]): rate["photographs_per_second"] for rate in report["rates"]
    }
    ways = [
        bars(
            [rates.get((way, batch)) for way in reversed(names)],
            list(reversed(names.values())),
            colour,
            f"%{{y}}, {name}<br>%{{x:.1f}} photographs a second",
            orientation="h",
            text=[f"{rates.get((way, batch), 0):.0f}" for way in reversed(names)],
            textposition="outside",
            cliponaxis=False,
            name=name,
        )
        for batch, name, colour in (
            (32, "batches of 32", neutral()),
            (1, "one by one", colour_of(Verdict.OK)),
        )
    ]
    layout = {
        "margin": {"l": 168, "r": 36, "t": 8, "b": 40},
        "xaxis": {"title": "photographs a second"},
        "legend": {"orientation": "h", "y": 1.12, "traceorder": "reversed"},
    }
    return figure(ways, 300, **(LAYOUT | layout))


def _places(buckets: Sequence[Bucket], calendar: Calendar) -> list[str]:
    return [f"{calendar.local(bucket.begins):%Y-%m-%d %H:%M:%S}" for bucket in buckets]


def _axis(at: Sequence[str]) -> Figure:
    return {"type": "date", "range": [at[0], at[-1]], "tickformat": "%H:%M", "nticks": 6}
