"""The figures of the Trends page. A figure is a plain dictionary in Plotly's terms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from core.drift import Drift
from core.inspection import Verdict
from core.shifts import Calendar
from core.trends import Bucket, Point
from pages._colours import colour_of, faint, legible, neutral

Figure = dict[str, Any]

CONFIG = {"displayModeBar": False}
FEWEST_BUCKETS = 8
FEWEST_BARS = 4
BAR = 0.8
"""Of a bucket's time, what its bar takes."""
MARGIN = 0.03
"""Of the axis, beside the first and the last point."""
_MARGIN = {"l": 56, "r": 12, "t": 8, "b": 40}
_OPEN, _FILLED = "circle-open", "circle"


def rate_figure(points: Sequence[Point], calendar: Calendar) -> Figure:
    """Defect rate above, number of parts below; an open circle is provisional."""
    at = places(points, calendar)
    names = [point.bucket.label for point in points]
    rate = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": at,
        "y": [point.rate for point in points],
        "name": "Defect rate",
        "line": {"width": 1.5, "color": colour_of(Verdict.DEFECTIVE)},
        "marker": {
            "size": 8,
            "symbol": [_OPEN if point.provisional else _FILLED for point in points],
            "color": colour_of(Verdict.DEFECTIVE),
        },
        "customdata": [
            [name, point.defective, point.judged, _standing(point), point.bucket.key]
            for name, point in zip(names, points, strict=True)
        ],
        "hovertemplate": "%{customdata[0]}<br>%{y:.2%}: %{customdata[1]} of %{customdata[2]} "
        "parts<br>%{customdata[3]}<extra></extra>",
    }
    volume = {
        "type": "bar",
        "x": at,
        "y": [point.inspected for point in points],
        "name": "Parts",
        "marker": {"color": neutral(), "line": {"width": 0}},
        "opacity": 0.6,
        "yaxis": "y2",
        "width": _widths(points),
        "customdata": [[name, point.bucket.key] for name, point in zip(names, points, strict=True)],
        "hovertemplate": "%{customdata[0]}<br>%{y} parts<extra></extra>",
    }
    layout = _layout(330) | {
        "yaxis": {"domain": [0.36, 1], "tickformat": ".1%", "rangemode": "tozero", "title": "Rate"},
        "yaxis2": {"domain": [0, 0.26], "rangemode": "tozero", "title": "Parts"},
        "xaxis": {"anchor": "y2"} | span([point.bucket for point in points], calendar),
    }
    return legible({"data": [rate, volume], "layout": layout})


def blind_figure(points: Sequence[Point], calendar: Calendar) -> Figure:
    """Share of parts that could not be judged."""
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": places(points, calendar),
        "y": [point.not_inspectable_rate for point in points],
        "line": {"width": 1.5, "color": neutral()},
        "marker": {"size": 5},
        "customdata": [
            [point.bucket.label, point.not_inspectable, point.bucket.key] for point in points
        ],
        "hovertemplate": "%{customdata[0]}<br>%{y:.2%}: %{customdata[1]} parts<extra></extra>",
    }
    # Where nothing was turned away the axis would reach to 100 %.
    highest = max([0.01, *(1.15 * point.not_inspectable_rate for point in points)])
    axis = {"tickformat": ".1%", "range": [0, highest]}
    axes = {"yaxis": axis, "xaxis": span([point.bucket for point in points], calendar)}
    return legible({"data": [line], "layout": _layout(220) | axes})


def score_figure(points: Sequence[Point], calendar: Calendar) -> Figure:
    """Mean probability of a defect, and one standard deviation to either side."""
    scored = [point for point in points if point.mean is not None and point.spread is not None]
    at = places(scored, calendar)
    means = [point.mean or 0.0 for point in scored]
    spreads = [point.spread or 0.0 for point in scored]
    upper = [min(1.0, mean + spread) for mean, spread in zip(means, spreads, strict=True)]
    lower = [max(0.0, mean - spread) for mean, spread in zip(means, spreads, strict=True)]
    edge = {"type": "scatter", "mode": "lines", "x": at, "line": {"width": 0}, "hoverinfo": "skip"}
    band = [
        edge | {"y": upper},
        edge | {"y": lower, "fill": "tonexty", "fillcolor": faint(colour_of(Verdict.OK))},
    ]
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": at,
        "y": means,
        "line": {"width": 1.5, "color": colour_of(Verdict.OK)},
        "marker": {"size": 5},
        "customdata": [
            [point.bucket.label, spread, point.bucket.key]
            for point, spread in zip(scored, spreads, strict=True)
        ],
        "hovertemplate": "%{customdata[0]}<br>mean %{y:.1%}, spread %{customdata[1]:.1%}"
        "<extra></extra>",
    }
    axis = {"tickformat": ".0%", "rangemode": "tozero"}
    axes = {"yaxis": axis, "xaxis": span([point.bucket for point in points], calendar)}
    return legible({"data": [*band, line], "layout": _layout(220) | axes})


def drift_figure(drift: Drift, edges: Sequence[float]) -> Figure:
    """Shares of parts in each bin of scores: today's beside the reference's."""
    ends = [f"{edge:.1f}" for edge in edges]
    names = [f"< {ends[0]}", *(f"{a} to {b}" for a, b in pairwise(ends))]
    names.append(f"≥ {ends[-1]}")
    bars = [
        {
            "type": "bar",
            "x": names,
            "y": shares,
            "name": name,
            "marker": {"color": colour},
            "hovertemplate": "%{x}<br>%{y:.1%} of " + name.lower() + "<extra></extra>",
        }
        for name, shares, colour in (
            ("Reference", drift.reference, neutral()),
            ("These parts", drift.today, colour_of(Verdict.OK)),
        )
    ]
    layout = _layout(240) | {
        "yaxis": {"tickformat": ".0%"},
        "xaxis": {"title": "Log-odds of a defect", "type": "category"},
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.15},
    }
    return legible({"data": bars, "layout": layout})


def pareto_figure(types: Sequence[tuple[str, int]]) -> Figure:
    """Defect types by frequency, and the share of all defects up to each."""
    total = sum(number for _, number in types)
    sums = [sum(number for _, number in types[: index + 1]) for index in range(len(types))]
    names = [" ".join(name.split()) for name, _ in types]
    bars = {
        "type": "bar",
        "x": names,
        "y": [number for _, number in types],
        "marker": {"color": colour_of(Verdict.DEFECTIVE)},
        "hovertemplate": "%{x}<br>%{y} parts<extra></extra>",
    }
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": names,
        "y": [so_far / total for so_far in sums],
        "yaxis": "y2",
        "line": {"color": neutral(), "width": 1.5},
        "hovertemplate": "%{y:.0%} of all defects up to %{x}<extra></extra>",
    }
    layout = _layout(240) | {
        "margin": _MARGIN | {"r": 48},
        # As if there were more of them: one bar alone would fill the plot.
        "xaxis": {"type": "category", "range": [-0.5, max(len(types), FEWEST_BARS) - 0.5]},
        "yaxis": {"rangemode": "tozero"},
        "yaxis2": {
            "overlaying": "y",
            "side": "right",
            "range": [0, 1.05],
            "tickmode": "array",
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "tickformat": ".0%",
            "showgrid": False,
        },
    }
    return legible({"data": [bars, line], "layout": layout})


def span(buckets: Sequence[Bucket], calendar: Calendar) -> Figure:
    """The axis of time from the first bucket to the last, never narrower than a few of them."""
    first, last = buckets[0], buckets[-1]
    if first.batch is not None:
        return {"type": "category"}
    least = FEWEST_BUCKETS * (first.ends - first.begins)
    room = max(last.begins - first.begins, least) * MARGIN
    middle = (last.begins - first.begins) / 2
    reach = max(middle, least / 2) + room
    ends = (first.begins + middle - reach, first.begins + middle + reach)
    return {"type": "date", "range": [on_axis(end, calendar) for end in ends]}


def _bar_width(points: Sequence[Point]) -> Figure:
    """Bars as wide as the shortest bucket, nearly: a lone one would fill the plot."""
    if points[0].bucket.batch is not None:
        return {}
    shortest = min(point.bucket.ends - point.bucket.begins for point in points)
    return {"width": 800 * shortest.total_seconds()}


def on_axis(moment: datetime, calendar: Calendar) -> str:
    """The instant by the plant's clock, as Plotly reads it."""
    return f"{calendar.local(moment):%Y-%m-%d %H:%M:%S}"


def places(points: Sequence[Point], calendar: Calendar) -> list[str]:
    """Where points stand on the axis: their begin by the plant's clock, or the batch's name."""
    return [
        point.bucket.label
        if point.bucket.batch is not None
        else on_axis(point.bucket.begins, calendar)
        for point in points
    ]


def _widths(points: Sequence[Point]) -> list[float] | None:
    """Widths of the bars in milliseconds: a single bar has none of its own. Batches have names."""
    if any(point.bucket.batch is not None for point in points):
        return None
    return [
        BAR * (point.bucket.ends - point.bucket.begins).total_seconds() * 1e3 for point in points
    ]


def _standing(point: Point) -> str:
    if point.provisional:
        return f"provisional: {point.undecided} flagged parts are not decided"
    return "every flagged part is decided"


def _layout(height: int) -> Figure:
    return {
        "height": height,
        "margin": _MARGIN,
        "showlegend": False,
        "hovermode": "closest",
        "clickmode": "event+select",
    }
