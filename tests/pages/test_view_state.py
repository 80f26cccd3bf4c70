"""A view's page and choices: read from the address, then kept by the session."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def gallery() -> None:
    import streamlit as st

    from pages.shared.gallery import paged

    with paged(st.session_state.get("list", "first"), 60) as first:
        st.text(str(first))


def choices() -> None:
    import streamlit as st

    from pages.shared.url_state import choice

    chosen = choice(st.selectbox, "Point", [1, 2], None, name="point", key="point", index=None)
    st.text(str(chosen))


def test_the_address_opens_a_page_and_another_list_begins_at_its_first() -> None:
    app = AppTest.from_function(gallery)
    app.query_params["page"] = "2"
    app.run()
    assert app.text[0].value == "24"
    app.session_state["list"] = "second"
    app.run()
    assert app.text[0].value == "0"
    assert "page" not in app.query_params


def test_a_choice_from_the_address_can_be_cleared() -> None:
    app = AppTest.from_function(choices)
    app.query_params["point"] = "2"
    app.run()
    assert app.text[0].value == "2"
    app.selectbox[0].set_value(None).run()
    assert not app.exception
    assert app.text[0].value == "None"
    assert "point" not in app.query_params
