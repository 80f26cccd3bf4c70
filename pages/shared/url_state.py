"""A view's choices in the address bar, so that a reload or a shared link shows the same.

Streamlit's ``bind="query-params"`` is used only for numbers, days, and choices whose label is
their value: a bound choice writes its label into the URL, and is carried over to every page
with a widget of the same key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

Option = TypeVar("Option")


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


def keep(name: str, value: str | float | None) -> None:
    """Write a choice into the address; None removes it."""
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != str(value):
        st.query_params[name] = str(value)


def choice(
    widget: Callable[..., Any],
    label: str,
    options: Sequence[Option],
    usual: Option,
    *,
    name: str,
    key: str,
    **look: Any,
) -> Option:
    """Draw a choice among ``options``, kept in the address unless it is the ``usual`` one.

    ``widget`` is ``st.selectbox`` or one like it, ``look`` what it is drawn with. ``usual`` is
    None where nothing need be chosen.
    """
    if key not in st.session_state or st.session_state[key] not in (*options, usual):
        given = st.query_params.get(name)
        found = (option for option in options if str(option) == given)
        st.session_state[key] = next(found, usual)
    chosen: Option = widget(label, options, key=key, **look)
    keep(name, None if chosen == usual else str(chosen))
    return chosen
