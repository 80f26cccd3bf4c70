"""A gallery of many parts, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.shared import url_state

PAGE = 24
"""Parts on one page."""
_LAST = "last gallery"


@contextmanager
def paged(key: str, size: int) -> Iterator[int]:
    """Give the number of parts before the page that is open, and draw the pager below it.

    The page is kept in the address. Each list has its ``key``: another list starts on its first
    page, and only the first list of a visit on the page in the address.
    """
    pages = max(1, -(-size // PAGE))
    given = url_state.number("page") if st.session_state.get(_LAST, key) == key else None
    st.session_state[_LAST] = key
    page = st.session_state.get(key, given or 1)
    page = max(1, min(pages, page))
    yield (page - 1) * PAGE
    if pages > 1:
        with st.container(horizontal=True, horizontal_alignment="center"):
            st.pagination(pages, default=page, key=key)
    url_state.keep("page", None if page == 1 else page)
