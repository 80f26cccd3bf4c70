"""What every chart shares. A figure is a plain dictionary in Plotly's terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from numpy.typing import NDArray

from pages.shared.theme import legible

Figure = dict[str, Any]
Trace = dict[str, Any]
Values = Sequence[Any] | NDArray[Any]

CONFIG = {"displayModeBar": False}
MARGIN = {"l": 56, "r": 12, "t": 8, "b": 40}


def figure(data: Iterable[Trace], height: int, **layout: Any) -> Figure:
    """A figure of these traces; ``layout`` is added to, or replaces, what all charts share."""
    shared = {
        "height": height,
        "margin": MARGIN,
        "showlegend": False,
        "hovermode": "closest",
        "clickmode": "event+select",
    }
    return legible({"data": list(data), "layout": shared | layout})


def line(across: Values, up: Values, colour: str, hover: str, **more: Any) -> Trace:
    """A line with a marker at each point; ``hover`` is the text at a point."""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": across,
        "y": up,
        "line": {"width": 1.5, "color": colour},
        "hovertemplate": f"{hover}<extra></extra>",
    } | more


def bars(across: Values, up: Values, colour: str, hover: str, **more: Any) -> Trace:
    """A bar at each place; ``hover`` is the text at a bar."""
    return {
        "type": "bar",
        "x": across,
        "y": up,
        "marker": {"color": colour, "line": {"width": 0}},
        "hovertemplate": f"{hover}<extra></extra>",
    } | more
