"""The Settings page without a browser."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.settings import CHANGEABLE, read_settings
from db.session import connect, reading
from db.settings import setting_changes, settings_in_force
from tests.opened_page import OpenApp


@pytest.fixture
def app(open_app: OpenApp) -> AppTest:
    """The page on an empty database, with a name typed."""
    return open_app("settings", name="Eva")


def keep(app: AppTest, reason: str) -> AppTest:
    next(field for field in app.text_input if field.label == "Reason").set_value(reason)
    return next(b for b in app.button if b.label == "Save settings").click().run()


def test_an_engineer_changes_stations_and_takt(app: AppTest, sqlite_url: str) -> None:
    app.run()
    assert not app.exception
    next(field for field in app.text_input if field.label == "Stations").set_value("A, B")
    next(f for f in app.number_input if f.label.startswith("Takt")).set_value(20.0)
    keep(app, "line B is new")
    assert not app.exception
    assert not app.error
    assert list(app.dataframe[0].value["Setting"]) == ["Takt time", "Stations"]
    assert list(app.dataframe[0].value["To"]) == ["20.0 s", "A, B"]
    engine = connect(sqlite_url)
    with reading(engine) as connection:
        found = settings_in_force(connection, read_settings())
        changes = setting_changes(connection)
        assert {change.name for change in changes} == {"stations", "takt_seconds"}
    engine.dispose()
    assert found.station_names == ("station 1", "A", "B")
    app.switch_page("inspection/page.py").run()
    (box,) = [box for box in app.selectbox if box.label == "Station"]
    assert box.options == ["station 1", "A", "B"]


def test_without_a_reason_nothing_is_kept(app: AppTest) -> None:
    app.run()
    next(field for field in app.text_input if field.label == "Stations").set_value("A, B")
    keep(app, "")
    assert "why" in app.error[0].value
    assert not app.dataframe


def test_a_gap_between_shifts_is_explained(app: AppTest) -> None:
    app.run()
    next(f for f in app.text_input if f.label == "Shifts").set_value("early 06:00-14:00")
    keep(app, "only one shift")
    assert "whole day" in app.error[0].value


def test_a_reviewer_sees_them_and_changes_nothing(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNVERIFIED_ROLE", "reviewer")
    st.cache_resource.clear()
    app.run()
    assert len(app.table[0].value) == len(CHANGEABLE)
    assert not [button for button in app.button if button.label == "Save settings"]
