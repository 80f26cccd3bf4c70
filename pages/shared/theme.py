"""The colours of every chart: those of the theme in force, from one place.

A colour is never the only sign: lines also differ by dash, points by symbol, verdicts by word
and icon.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.inspection.records import Verdict
from pages.shared.text import LOOKS


def colour_of(verdict: Verdict) -> str:
    """The verdict's colour in the theme in force."""
    return _theme_colour(f"{LOOKS[verdict].colour}Color")


def neutral() -> str:
    """The theme's grey: for what is neither defective nor OK."""
    return _theme_colour("grayTextColor")


def ink() -> str:
    """The theme's colour of text: for what is in hand."""
    return _theme_colour("textColor")


def legible(figure: dict[str, Any]) -> dict[str, Any]:
    """A Plotly figure with its axes and legend written in the theme's grey, which is dark enough.

    Streamlit's own template writes them at 3.7:1.
    """
    layout = dict(figure["layout"])
    font = {"color": neutral()}
    for name in ("xaxis", "yaxis", "yaxis2"):
        axis = dict(layout.get(name, {}))
        title = axis.get("title", {})
        title = {"text": title} if isinstance(title, str) else dict(title)
        layout[name] = axis | {"tickfont": font, "title": title | {"font": font}}
    legend = layout.get("legend", {}) | {"font": font}
    return figure | {"layout": layout | {"font": font, "legend": legend}}


def faint(colour: str) -> str:
    """The colour ``#rrggbb``, nearly transparent."""
    red, green, blue = (int(colour[index : index + 2], 16) for index in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"


def _theme_colour(name: str) -> str:
    return str(st.get_option(f"theme.{st.context.theme.type or 'light'}.{name}"))
