"""The browser's chart library, read while the first page stands.

Measured with tools/screenshots/first_hour.py: the first chart comes 0.7 s sooner.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

SCRIPTS = Path(st.__file__).parent / "static" / "static" / "js"
_BROWSER = st.components.v2.component(
    "chart script",
    js="""export default function ({ data }) {
  const app = document.querySelector('script[type="module"][src*="/static/js/"]')
  if (app) requestIdleCallback(() => import(new URL(data, app.src).href).catch(() => {}))
}""",
)


def load() -> None:
    """Ask the browser for the script of Streamlit's Plotly element, once it is idle."""
    _BROWSER(key="chart script", data=script(), height=1)


@cache
def script() -> str:
    """File name of the script; it changes with each version of Streamlit."""
    return next(SCRIPTS.glob("PlotlyChart.*.js")).name
