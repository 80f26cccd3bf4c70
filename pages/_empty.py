"""A page before the first part: what it will show, and where to begin."""

from __future__ import annotations

import streamlit as st


def inspect_first(title: str, text: str) -> None:
    """``title`` says what is missing, ``text`` what comes here; below is the way to Inspect."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader(title, anchor=False, width="content")
        st.text(text, width="content")
        st.page_link("pages/inspect.py", label="Inspect", icon=":material/center_focus_strong:")
        st.space("small")
