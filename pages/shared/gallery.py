"""A gallery of many parts, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.shared import url_state

PAGE = 24
"""Parts on one page."""


@contextmanager
def paged(key: str, size: int) -> Iterator[int]:
    """Give the number of parts before the page that is open, and draw the pager below it.

    The page is kept in the address. Each list has its ``key``, so that another list starts on
    its first page.
    """
    pages = max(1, -(-size // PAGE))
    page = st.session_state.get(key, url_state.number("page") or 1)
    page = max(1, min(pages, page))
    yield (page - 1) * PAGE
    if pages > 1:
        with st.container(horizontal=True, horizontal_alignment="center"):
            st.pagination(pages, default=page, key=key)
    url_state.keep("page", None if page == 1 else page)
