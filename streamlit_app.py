"""What ``streamlit run streamlit_app.py`` serves: the frame of all pages."""

import streamlit as st

# The frame lies in pages/, so Streamlit never takes the folder for pages of its own: every
# address runs the frame.
app = st.App("pages/frame.py")
