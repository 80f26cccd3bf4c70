"""The head of every page: its title, and beside it what the page is about now."""

from __future__ import annotations

import streamlit as st


def head(title: str, facts: str = "") -> None:
    """``facts`` is one line of Markdown; escape what people wrote."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"
    ):
        st.title(title, anchor=False, width="content")
        if facts:
            st.caption(facts, width="content")
