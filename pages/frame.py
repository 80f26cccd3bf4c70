"""The frame of every page: page settings, sign-in, notices, navigation."""

import streamlit as st

from pages.shared import chart_script
from pages.shared.notices import notices
from pages.shared.people import current_person, navigation_title, person_or_question
from pages.shared.services import open_services, shown_errors, sign_in_configured

# Each page's folder, its title (empty: the person's name), its icon and its address.
PAGES = (
    ("inspection", "Inspect", "center_focus_strong", "inspect"),
    ("live", "Live", "speed", "live"),
    ("review", "Review", "rate_review", "review"),
    ("threshold", "Threshold", "tune", "threshold"),
    ("trends", "Trends", "monitoring", "trends"),
    ("report", "Shift report", "summarize", "reports"),
    ("model", "Model", "neurology", "model"),
    ("settings", "Settings", "settings", "settings"),
    ("people", "", "person", "who"),
)
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
                f"{folder}/page.py",
                title=title or navigation_title(person),
                icon=f":material/{icon}:",
                url_path=address,
                default=folder == "inspection",
            )
            for folder, title, icon, address in PAGES
        ],
        position="top",
    )
    if person is None and sign_in_configured():
        person_or_question(services, "Sign in to see parts and verdicts.")
    else:
        notices(services)
        page.run()
        chart_script.load()
