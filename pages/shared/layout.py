"""What pages have in common: their head, and what they show before the first part."""

from __future__ import annotations

import streamlit as st


def head(title: str, facts: str = "") -> None:
    """A page's title, beside it ``facts``: one line of Markdown; escape what people wrote."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"
    ):
        st.title(title, anchor=False, width="content")
        if facts:
            st.caption(facts, width="content")


def inspect_first(title: str, text: str) -> None:
    """A page without data: ``title`` says what is missing, ``text`` what comes here."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader(title, anchor=False, width="content")
        st.text(text, width="content")
        st.page_link("inspection/page.py", label="Inspect", icon=":material/center_focus_strong:")
        st.space("small")
