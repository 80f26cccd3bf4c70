"""The Shift report page without a browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from db.session import connect
from tests.night_shift import NIGHT, fill
from tests.opened_page import OpenApp, metrics

BERLIN = {"PLANT_TIME_ZONE": "Europe/Berlin"}


@pytest.fixture
def app(open_app: OpenApp) -> AppTest:
    """The page on an empty database, in Berlin."""
    return open_app("report", **BERLIN)


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label.startswith(label)).click().run()


def fill_night(url: str) -> None:
    engine = connect(url)
    fill(engine, [NIGHT.begins + timedelta(minutes=minute) for minute in range(0, 540, 9)])
    fill(engine, [NIGHT.ends + timedelta(minutes=minute) for minute in range(5)], "line 2")
    engine.dispose()


def test_an_empty_database_says_what_to_do(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert "No part was inspected" in app.subheader[0].value
    assert "Inspect photographs first" in app.text[0].value


def test_the_newest_shift_first_and_from_there_to_others(app: AppTest, sqlite_url: str) -> None:
    fill_night(sqlite_url)
    app.run()
    assert not app.exception
    assert metrics(app)["Inspected"] == "5"
    assert "".join(app.query_params["shift"]) == "2026-10-25:early"
    press(app, "Previous shift")
    assert "".join(app.query_params["shift"]) == "2026-10-24:night"
    found = metrics(app)
    assert (found["Inspected"], found["Flagged"], found["To decide"]) == ("60", "15", "15")
    assert "9 hours" in app.caption[0].value
    press(app, "Previous shift")
    assert "No part was inspected" in app.subheader[0].value
    press(app, "Go to the last shift")
    assert metrics(app)["Inspected"] == "5"
    app.selectbox(key="report-station").set_value("line 1").run()
    assert "".join(app.query_params["station"]) == "line 1"
    assert "No part was inspected" in app.subheader[0].value


def test_an_address_shows_its_shift(app: AppTest, sqlite_url: str) -> None:
    fill_night(sqlite_url)
    app.query_params["shift"] = "2026-10-24:night"
    app.query_params["station"] = "line 1"
    app.run()
    assert metrics(app)["Inspected"] == "60"
    assert app.selectbox(key="report-station").value == "line 1"
    assert len(app.dataframe[1].value) == 60


@pytest.mark.parametrize("wrong", ["nonsense", "2026-10-24:noon", "9999-99-99:night", ""])
def test_an_address_that_names_no_shift_shows_the_newest(
    app: AppTest, sqlite_url: str, wrong: str
) -> None:
    fill_night(sqlite_url)
    app.query_params["shift"] = wrong
    app.run()
    assert not app.exception
    assert metrics(app)["Inspected"] == "5"
