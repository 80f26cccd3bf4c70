"""The figure of a control chart: one piece for each model and threshold, never joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.control import Piece, signal_words
from core.inspection import Verdict
from core.shifts import Calendar
from core.trends import Bucket
from pages._colours import colour_of, legible, neutral
from pages._trend_charts import on_axis, span
from pages._words import percent

Figure = dict[str, Any]


def control_figure(
    found: Sequence[Piece], buckets: Sequence[Bucket], calendar: Calendar, models: Mapping[int, str]
) -> Figure:
    """Rates, limits and signals; a dashed line where the model or the threshold changed."""
    data: list[Figure] = []
    shapes, notes = [], []
    for number, piece in enumerate(found):
        at = [on_axis(buckets[cell.bucket].begins, calendar) for cell in piece.run.cells]
        data += _limits(piece, at)
        data.append(_rates(piece, at, buckets))
        if len(found) > 1:
            shapes.append(_break(at[0]))
            notes.append(_caption(at[0], _name(piece, models), number))
    shown = sorted(cell.bucket for piece in found for cell in piece.run.cells)
    layout = {
        "height": 340,
        "margin": {"l": 56, "r": 12, "t": 34, "b": 40},
        "showlegend": False,
        "hovermode": "closest",
        "clickmode": "event+select",
        "yaxis": {"tickformat": ".1%", "rangemode": "tozero", "title": "Defect rate"},
        "xaxis": span([buckets[shown[0]], buckets[shown[-1]]], calendar),
        "shapes": shapes,
        "annotations": notes,
    }
    return legible({"data": data, "layout": layout})


def _name(piece: Piece, models: Mapping[int, str]) -> str:
    return f"{models.get(piece.run.model, '?')} at {percent(piece.run.threshold)}"


def _rates(piece: Piece, at: Sequence[str], buckets: Sequence[Bucket]) -> Figure:
    marked: dict[int, list[str]] = {}
    for signal in piece.signals:
        for point in signal.points:
            marked.setdefault(point, []).append(signal_words(signal))
    cells = piece.run.cells
    quiet = "in control" if piece.frozen else "no baseline"
    colour, grey = colour_of(Verdict.DEFECTIVE), neutral()
    symbols = []
    for index, cell in enumerate(cells):
        shape = "diamond" if index in marked else "circle"
        symbols.append(f"{shape}-open" if cell.undecided else shape)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": at,
        "y": [cell.defective / cell.judged for cell in cells],
        "line": {"width": 1, "color": grey},
        "marker": {
            "symbol": symbols,
            "size": [12 if index in marked else 7 for index in range(len(cells))],
            "color": [colour if index in marked else grey for index in range(len(cells))],
            "line": {"width": 2},
        },
        "customdata": [
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
        "hovertemplate": "%{customdata[0]}<br>%{y:.2%}: %{customdata[1]} of %{customdata[2]}"
        "<br>%{customdata[4]}<br>%{customdata[3]}<extra></extra>",
    }


def _limits(piece: Piece, at: Sequence[str]) -> list[Figure]:
    if not piece.limits:
        return []
    edge = colour_of(Verdict.DEFECTIVE)
    lines = (
        ([limit.upper for limit in piece.limits], "Upper limit", "solid", edge),
        ([limit.centre for limit in piece.limits], "Centre line", "dot", neutral()),
        ([limit.lower for limit in piece.limits], "Lower limit", "solid", edge),
    )
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": at,
            "y": values,
            "name": name,
            "line": {"width": 1, "dash": dash, "color": colour, "shape": "hvh"},
            "hovertemplate": f"{name} %{{y:.2%}}<extra></extra>",
        }
        for values, name, dash, colour in lines
    ]


def _break(at: str) -> Figure:
    line = {"width": 1, "dash": "dash", "color": neutral()}
    return {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _caption(at: str, text: str, number: int) -> Figure:
    # Two rows in turn, so that changes soon after each other can both be read.
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
