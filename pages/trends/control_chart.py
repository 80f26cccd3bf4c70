"""The figure of a control chart: one segment for each model and threshold, never joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.inspection.records import Verdict
from core.process.control_chart import ChartSegment, signal_words
from core.process.shifts import Calendar
from core.process.trends import Bucket
from pages.shared.charts import MARGIN, Figure, Trace, figure, line
from pages.shared.text import percent
from pages.shared.theme import colour_of, neutral
from pages.trends.charts import on_axis, span


def control_figure(
    found: Sequence[ChartSegment],
    buckets: Sequence[Bucket],
    calendar: Calendar,
    models: Mapping[int, str],
) -> Figure:
    """Rates, limits and signals; a dashed line where the model or the threshold changed."""
    data: list[Trace] = []
    shapes, notes = [], []
    for number, segment in enumerate(found):
        at = [on_axis(buckets[cell.bucket].begins, calendar) for cell in segment.run.cells]
        data += _limits(segment, at)
        data.append(_rates(segment, at, buckets))
        if len(found) > 1:
            shapes.append(_break(at[0]))
            notes.append(_caption(at[0], _name(segment, models), number))
    shown = sorted(cell.bucket for segment in found for cell in segment.run.cells)
    return figure(
        data,
        340,
        margin=MARGIN | {"t": 34},
        yaxis={"tickformat": ".1%", "rangemode": "tozero", "title": "Defect rate"},
        xaxis=span(buckets[shown[0]], buckets[shown[-1]], calendar),
        shapes=shapes,
        annotations=notes,
    )


def _name(segment: ChartSegment, models: Mapping[int, str]) -> str:
    return f"{models.get(segment.run.model, '?')} at {percent(segment.run.threshold)}"


def _rates(segment: ChartSegment, at: Sequence[str], buckets: Sequence[Bucket]) -> Trace:
    marked: dict[int, list[str]] = {}
    for signal in segment.signals:
        for point in signal.points:
            marked.setdefault(point, []).append(signal_words(signal))
    cells = segment.run.cells
    quiet = "in control" if segment.frozen else "no baseline"
    colour, grey = colour_of(Verdict.DEFECTIVE), neutral()
    symbols = []
    for index, cell in enumerate(cells):
        shape = "diamond" if index in marked else "circle"
        symbols.append(f"{shape}-open" if cell.undecided else shape)
    return line(
        at,
        [cell.defective / cell.judged for cell in cells],
        grey,
        "%{customdata[0]}<br>%{y:.2%}: %{customdata[1]} of %{customdata[2]}"
        "<br>%{customdata[4]}<br>%{customdata[3]}",
        line={"width": 1, "color": grey},
        marker={
            "symbol": symbols,
            "size": [12 if index in marked else 7 for index in range(len(cells))],
            "color": [colour if index in marked else grey for index in range(len(cells))],
            "line": {"width": 2},
        },
        customdata=[
            [
                buckets[cell.bucket].label,
                cell.defective,
                cell.judged,
                "<br>".join(dict.fromkeys(marked.get(index, [quiet]))),
                f"provisional: {cell.undecided} not decided" if cell.undecided else "decided",
                buckets[cell.bucket].key,
            ]
            for index, cell in enumerate(cells)
        ],
    )


def _limits(segment: ChartSegment, at: Sequence[str]) -> list[Trace]:
    if not segment.limits:
        return []
    edge = colour_of(Verdict.DEFECTIVE)
    lines = (
        ([limit.upper for limit in segment.limits], "Upper limit", "solid", edge),
        ([limit.centre for limit in segment.limits], "Centre line", "dot", neutral()),
        ([limit.lower for limit in segment.limits], "Lower limit", "solid", edge),
    )
    return [
        line(
            at,
            values,
            colour,
            f"{name} %{{y:.2%}}",
            mode="lines",
            name=name,
            line={"width": 1, "dash": dash, "color": colour, "shape": "hvh"},
        )
        for values, name, dash, colour in lines
    ]


def _break(at: str) -> dict[str, Any]:
    dashed = {"width": 1, "dash": "dash", "color": neutral()}
    return {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper", "line": dashed}


def _caption(at: str, text: str, number: int) -> dict[str, Any]:
    # Two rows in turn, so that two changes close together can both be read.
    return {
        "x": at,
        "y": 1.02 + 0.06 * (number % 2),
        "yref": "paper",
        "text": text,
        "showarrow": False,
        "xanchor": "left",
        "yanchor": "bottom",
        "font": {"size": 11},
    }
