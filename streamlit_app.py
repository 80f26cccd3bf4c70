"""What ``streamlit run streamlit_app.py`` serves: the frame of all pages, and their addresses."""

import streamlit as st
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route


async def first_page(request: Request) -> RedirectResponse:
    """Streamlit serves the default page, Inspect, at the root only."""
    query = request.url.query
    return RedirectResponse(f"./?{query}" if query else "./")


# The frame lies in pages/, so Streamlit never takes the folder for pages of its own: every
# address runs the frame.
app = st.App("pages/frame.py", routes=[Route("/inspect", first_page)])
