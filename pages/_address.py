"""A view's choices in the address bar, so that a reload or a shared link shows the same."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st


def number(name: str) -> int | None:
    """The whole positive number under this name, if there is one."""
    value = st.query_params.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 16 else None


def decimal(name: str, lowest: float, highest: float) -> float | None:
    """The number under this name, if it lies between these bounds."""
    try:
        value = float(st.query_params.get(name, ""))
    except ValueError:
        return None
    return value if lowest <= value <= highest else None


def word(name: str, allowed: Sequence[str]) -> str | None:
    """The word under this name, if it is one of those allowed."""
    value = st.query_params.get(name)
    return value if value in allowed else None


def keep(name: str, value: str | float | None) -> None:
    """Write a choice into the address; None removes it."""
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != str(value):
        st.query_params[name] = str(value)
