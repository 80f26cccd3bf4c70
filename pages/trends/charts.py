"""The figures of the Trends page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any

from core.inspection.records import Verdict
from core.process.drift import Drift
from core.process.shifts import Calendar
from core.process.trends import Bucket, Point
from pages.shared.charts import MARGIN, Figure, bars, figure, line
from pages.shared.theme import colour_of, faint, neutral

FEWEST_BUCKETS = 8
FEWEST_BARS = 4
BAR = 0.8
"""Share of a bucket's time that its bar takes."""
ROOM = 0.03
"""Share of the axis left free beside the first and the last point."""


def rate_figure(points: Sequence[Point], calendar: Calendar) -> Figure:
    """Defect rate above, number of parts below; an open circle is provisional."""
    colour, at = colour_of(Verdict.DEFECTIVE), _places(points, calendar)
    rate = line(
        at,
        [point.rate for point in points],
        colour,
        "%{customdata[0]}<br>%{y:.2%}: %{customdata[1]} of %{customdata[2]} parts"
        "<br>%{customdata[3]}",
        marker={
            "size": 8,
            "symbol": ["circle-open" if point.provisional else "circle" for point in points],
            "color": colour,
        },
        customdata=[
            [point.bucket.label, point.defective, point.judged, _decided(point), point.bucket.key]
            for point in points
        ],
    )
    volume = bars(
        at,
        [point.inspected for point in points],
        neutral(),
        "%{customdata[0]}<br>%{y} parts",
        opacity=0.6,
        yaxis="y2",
        width=_widths(points),
        customdata=[[point.bucket.label, point.bucket.key] for point in points],
    )
    return figure(
        [rate, volume],
        330,
        yaxis={"domain": [0.36, 1], "tickformat": ".1%", "rangemode": "tozero", "title": "Rate"},
        yaxis2={"domain": [0, 0.26], "rangemode": "tozero", "title": "Parts"},
        xaxis={"anchor": "y2"} | _span_of(points, calendar),
    )


def not_inspectable_figure(points: Sequence[Point], calendar: Calendar) -> Figure:
    """Share of parts that could not be judged."""
    shares = [point.not_inspectable_rate for point in points]
    drawn = line(
        _places(points, calendar),
        shares,
        neutral(),
        "%{customdata[0]}<br>%{y:.2%}: %{customdata[1]} parts",
        marker={"size": 5},
        customdata=[
            [point.bucket.label, point.not_inspectable, point.bucket.key] for point in points
        ],
    )
    # With no rejected part at all the axis would otherwise reach to 100 %.
    axis = {"tickformat": ".1%", "range": [0, max(0.01, 1.15 * max(shares))]}
    return figure([drawn], 220, yaxis=axis, xaxis=_span_of(points, calendar))


def score_figure(points: Sequence[Point], calendar: Calendar) -> Figure:
    """Mean probability of a defect, and one standard deviation to either side."""
    colour = colour_of(Verdict.OK)
    scored = [
        (point, point.mean, point.spread)
        for point in points
        if point.mean is not None and point.spread is not None
    ]
    at = _places([point for point, _, _ in scored], calendar)
    edge = {"type": "scatter", "mode": "lines", "x": at, "line": {"width": 0}, "hoverinfo": "skip"}
    upper = edge | {"y": [min(1.0, mean + spread) for _, mean, spread in scored]}
    lower = edge | {
        "y": [max(0.0, mean - spread) for _, mean, spread in scored],
        "fill": "tonexty",
        "fillcolor": faint(colour),
    }
    means = line(
        at,
        [mean for _, mean, _ in scored],
        colour,
        "%{customdata[0]}<br>mean %{y:.1%}, spread %{customdata[1]:.1%}",
        marker={"size": 5},
        customdata=[[point.bucket.label, spread, point.bucket.key] for point, _, spread in scored],
    )
    axis = {"tickformat": ".0%", "rangemode": "tozero"}
    return figure([upper, lower, means], 220, yaxis=axis, xaxis=_span_of(points, calendar))


def drift_figure(drift: Drift, edges: Sequence[float]) -> Figure:
    """Shares of parts in each bin of scores: the view's beside the reference's."""
    ends = [f"{edge:.1f}" for edge in edges]
    bins = [f"< {ends[0]}", *(f"{a} to {b}" for a, b in pairwise(ends)), f"≥ {ends[-1]}"]
    return figure(
        [
            bars(bins, shares, colour, "%{x}<br>%{y:.1%} of " + name.lower(), name=name)
            for name, shares, colour in (
                ("Reference", drift.reference, neutral()),
                ("These parts", drift.today, colour_of(Verdict.OK)),
            )
        ],
        240,
        yaxis={"tickformat": ".0%"},
        xaxis={"title": "Log-odds of a defect", "type": "category"},
        showlegend=True,
        legend={"orientation": "h", "y": 1.15},
    )


def pareto_figure(types: Sequence[tuple[str, int]]) -> Figure:
    """Defect types by frequency, and the share of all defects up to each."""
    names = [" ".join(name.split()) for name, _ in types]
    numbers = [number for _, number in types]
    shares = [so_far / sum(numbers) for so_far in accumulate(numbers)]
    return figure(
        [
            bars(names, numbers, colour_of(Verdict.DEFECTIVE), "%{x}<br>%{y} parts"),
            line(names, shares, neutral(), "%{y:.0%} of all defects up to %{x}", yaxis="y2"),
        ],
        240,
        margin=MARGIN | {"r": 48},
        # Room for a few bars: a single one would fill the plot.
        xaxis={"type": "category", "range": [-0.5, max(len(types), FEWEST_BARS) - 0.5]},
        yaxis={"rangemode": "tozero"},
        yaxis2={
            "overlaying": "y",
            "side": "right",
            "range": [0, 1.05],
            "tickmode": "array",
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "tickformat": ".0%",
            "showgrid": False,
        },
    )


def span(first: Bucket, last: Bucket, calendar: Calendar) -> dict[str, Any]:
    """The time axis from the first bucket to the last, never narrower than a few buckets."""
    if first.batch is not None:
        return {"type": "category"}
    least = FEWEST_BUCKETS * (first.ends - first.begins)
    length = last.begins - first.begins
    reach = max(length, least) * (0.5 + ROOM)
    middle = first.begins + length / 2
    return {"type": "date", "range": [on_axis(middle + side * reach, calendar) for side in (-1, 1)]}


def on_axis(moment: datetime, calendar: Calendar) -> str:
    """The instant in the plant's time zone, as Plotly reads it."""
    return f"{calendar.local(moment):%Y-%m-%d %H:%M:%S}"


def _span_of(points: Sequence[Point], calendar: Calendar) -> dict[str, Any]:
    return span(points[0].bucket, points[-1].bucket, calendar)


def _places(points: Sequence[Point], calendar: Calendar) -> list[str]:
    """Where points stand on the axis: their begin in the plant's time, or the batch's name."""
    return [
        point.bucket.label
        if point.bucket.batch is not None
        else on_axis(point.bucket.begins, calendar)
        for point in points
    ]


def _widths(points: Sequence[Point]) -> list[float] | None:
    """Milliseconds of each bar, because Plotly gives a single bar no width; None for batches."""
    if any(point.bucket.batch is not None for point in points):
        return None
    return [
        BAR * (point.bucket.ends - point.bucket.begins).total_seconds() * 1e3 for point in points
    ]


def _decided(point: Point) -> str:
    if point.provisional:
        return f"provisional: {point.undecided} flagged parts are not decided"
    return "every flagged part is decided"
