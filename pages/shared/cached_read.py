"""Reads of the database that are kept for the next rerun, for all sessions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st
from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from db.session import reading
from pages.shared.services import Services

Asked = ParamSpec("Asked")
Result = TypeVar("Result")


def cached_read(
    services: Services,
    version: str,
    query: Callable[Concatenate[Connection, Asked], Result],
    *asked: Asked.args,
    **named: Asked.kwargs,
) -> Result:
    """What ``query`` returns, asked once for each state of the data.

    ``version`` is :func:`db.inspections.parts.data_version`, or empty for what never
    changes. Everything that ``query`` is asked must be hashable for Streamlit; large results
    keep a cache of their own, since this one holds many.
    """
    name = f"{query.__module__}.{query.__qualname__}"
    address = services.settings.database_url
    result: Result = _read(services.database, address, version, name, query, asked, named)
    return result


@st.cache_data(max_entries=200, show_spinner="Counting ...")
def _read(
    _database: Database,
    address: str,
    version: str,
    name: str,
    _query: Callable[..., Any],
    asked: tuple[Any, ...],
    named: dict[str, Any],
) -> Any:
    """``address``, ``version`` and ``name`` tell databases, their states and queries apart."""
    with reading(_database) as connection:
        return _query(connection, *asked, **named)
