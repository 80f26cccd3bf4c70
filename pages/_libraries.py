"""Libraries that other pages need, loaded while the first page is read."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from threading import Lock

_loading = Lock()


def loaded() -> None:
    """Wait while another session loads them: Plotly fails on a pandas that is half there."""
    with _loading:
        pass


@cache
def load() -> None:
    """Load them, once; takes about a third of a second."""
    with _loading:
        import_module("pandas")
