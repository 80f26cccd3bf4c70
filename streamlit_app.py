"""The frame of the app: page settings, start-up, navigation. Run it with ``streamlit run``."""

import streamlit as st

from pages._services import shown_errors, start

st.set_page_config(
    page_title="Casting quality control",
    page_icon=":material/precision_manufacturing:",
    layout="wide",
)

page = st.navigation(
    [
        st.Page(
            "pages/inspect.py",
            title="Inspect",
            icon=":material/center_focus_strong:",
            url_path="inspect",
            default=True,
        ),
    ],
    position="top",
)

with shown_errors():
    start()
    page.run()
