"""What pages have in common: their head, and what they show before the first part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st


def head(title: str, facts: str = "") -> None:
    """A page's title, beside it ``facts``: one line of Markdown; escape what people wrote."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"
    ):
        st.title(title, anchor=False, width="content")
        if facts:
            st.caption(facts, width="content")


@contextmanager
def nothing_here(title: str, text: str) -> Iterator[None]:
    """A box in the place of data that are missing; below its text, what is drawn inside."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader(title, anchor=False, width="content")
        st.text(text, width="content")
        yield
        st.space("small")


def inspect_first(title: str, text: str) -> None:
    """A page without data: ``title`` says what is missing, ``text`` what comes here."""
    with nothing_here(title, text):
        st.page_link("inspection/page.py", label="Inspect", icon=":material/center_focus_strong:")
