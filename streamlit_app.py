"""The frame of the app: page settings, start-up, sign-in, navigation. Run by ``streamlit run``."""

import streamlit as st

from pages import _libraries
from pages._notices import notices
from pages._people import current_person, navigation_title, person_or_question
from pages._services import framed, open_services, shown_errors, sign_in_configured

st.set_page_config(
    page_title="Casting quality control",
    page_icon=":material/precision_manufacturing:",
    layout="wide",
)

with shown_errors():
    services = open_services()
    person = current_person(services)
    page = st.navigation(
        [
            st.Page(
                "pages/inspect.py",
                title="Inspect",
                icon=":material/center_focus_strong:",
                url_path="inspect",
                default=True,
            ),
            st.Page(
                "pages/live.py",
                title="Live",
                icon=":material/speed:",
                url_path="live",
            ),
            st.Page(
                "pages/review.py",
                title="Review",
                icon=":material/rate_review:",
                url_path="review",
            ),
            st.Page(
                "pages/threshold.py",
                title="Threshold",
                icon=":material/tune:",
                url_path="threshold",
            ),
            st.Page(
                "pages/trends.py",
                title="Trends",
                icon=":material/monitoring:",
                url_path="trends",
            ),
            st.Page(
                "pages/reports.py",
                title="Shift report",
                icon=":material/summarize:",
                url_path="reports",
            ),
            st.Page(
                "pages/model.py",
                title="Model",
                icon=":material/neurology:",
                url_path="model",
            ),
            st.Page(
                "pages/settings.py",
                title="Settings",
                icon=":material/settings:",
                url_path="settings",
            ),
            st.Page(
                "pages/who.py",
                title=navigation_title(person),
                icon=":material/person:",
                url_path="who",
            ),
        ],
        position="top",
    )
    if person is None and sign_in_configured():
        person_or_question(services, "Sign in to see parts and verdicts.")
    else:
        notices(services)
        framed()
        page.run()
        _libraries.load()
