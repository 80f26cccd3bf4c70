"""Libraries that other pages need, loaded while the first page is read.

On the server pandas and SciPy's functions; in the browser the scripts of Streamlit's larger
elements, of which the one that draws charts takes a second to read.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock

import streamlit as st

ELEMENTS = ("Selectbox", "Metric", "ImageList", "PlotlyChart", "DataFrame")
"""In the order in which a shift meets them."""
SCRIPTS = Path(st.__file__).parent / "static" / "static" / "js"

_loading = Lock()
_BROWSER = st.components.v2.component(
    "libraries", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def loaded() -> None:
    """Wait while another session loads them: Plotly fails on a pandas that is half there."""
    with _loading:
        pass


def load() -> None:
    """Load what is not there yet; takes about a third of a second the first time."""
    _BROWSER(key="libraries", data=list(scripts()), height=1)
    _load_here()


@cache
def scripts() -> tuple[str, ...]:
    """File names of the elements' scripts: Streamlit names them anew with each version."""
    found = (sorted(SCRIPTS.glob(f"{element}.*.js")) for element in ELEMENTS)
    return tuple(files[0].name for files in found if files)


@cache
def _load_here() -> None:
    with _loading:
        for library in ("pandas", "scipy.special"):
            import_module(library)
