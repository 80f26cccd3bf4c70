"""The Trends page without a browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core.people import Person, Role
from core.review.decisions import Decision
from db.inspections.parts import Sort, gallery
from db.review.decisions import decide
from db.session import connect, writing
from tests.night_shift import NIGHT, fill
from tests.opened_page import OpenApp, metrics, press

BERLIN = {"PLANT_TIME_ZONE": "Europe/Berlin"}


@pytest.fixture
def app(open_app: OpenApp) -> AppTest:
    """The page on an empty database, in Berlin."""
    return open_app("trends", **BERLIN)


def fill_days(url: str) -> None:
    """Two nights of parts with 40 and 20, one of them decided."""
    engine = connect(url)
    fill(engine, [NIGHT.begins + timedelta(minutes=minute) for minute in range(0, 480, 12)])
    later = NIGHT.begins + timedelta(hours=25)
    fill(engine, [later + timedelta(minutes=minute) for minute in range(20)], "line 2")
    with writing(engine) as connection:
        first = gallery(connection, None, None, Sort.ORDER, 0, 1)[0]
        person = Person("Ann", None, False, Role.REVIEWER)
        decide(connection, person, first.id, Decision.DEFECTIVE, "blowhole")
    engine.dispose()


def test_an_empty_database_says_what_to_do(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert app.subheader[0].value == "No part has been inspected yet"


def test_figures_and_filters(app: AppTest, sqlite_url: str) -> None:
    fill_days(sqlite_url)
    app.run()
    assert not app.exception
    found = metrics(app)
    assert (found["Inspected"], found["Defective"], found["To decide"]) == ("60", "15", "14")
    assert any("nothing to compare scores with" in info.value for info in app.info)
    app.selectbox(key="station").set_value("line 2").run()
    assert metrics(app)["Inspected"] == "20"
    assert any("No part of these days has a defect type" in info.value for info in app.info)


@pytest.mark.parametrize("by", ["hour", "shift", "day"])
def test_an_address_shows_its_view_and_the_parts_behind_its_point(
    app: AppTest, sqlite_url: str, by: str
) -> None:
    fill_days(sqlite_url)
    app.query_params["by"] = by
    app.query_params["from"] = "2026-10-24"
    app.query_params["to"] = "2026-10-24"
    app.run()
    assert not app.exception
    assert metrics(app)["Inspected"] == "40"
    points = app.selectbox(key="trend-point")
    assert len(points.options) == {"hour": 8, "shift": 1, "day": 1}[by]
    points.select_index(0).run()
    assert not app.exception
    size = {"hour": 5, "shift": 40, "day": 40}[by]
    assert any(caption.value.startswith(f"{size} parts") for caption in app.caption)
    assert "point" in app.query_params


def test_an_address_with_a_station_shows_that_station(app: AppTest, sqlite_url: str) -> None:
    fill_days(sqlite_url)
    app.query_params["station"] = "line 2"
    app.run()
    assert app.selectbox(key="station").value == "line 2"
    assert metrics(app)["Inspected"] == "20"


def test_a_view_without_a_part_says_so(app: AppTest, sqlite_url: str) -> None:
    fill_days(sqlite_url)
    app.query_params["from"] = app.query_params["to"] = "2026-10-01"
    app.run()
    assert not app.exception
    assert app.subheader[0].value == "No part in this view"


@pytest.mark.parametrize("wrong", ["yesterday", "0001-01-01", "9999-12-31", "2026-02-30"])
def test_an_address_with_a_day_that_cannot_be_shows_the_newest(
    app: AppTest, sqlite_url: str, wrong: str
) -> None:
    fill_days(sqlite_url)
    app.query_params["from"] = app.query_params["to"] = wrong
    app.query_params["by"] = app.query_params["model"] = wrong
    app.run()
    assert not app.exception
    assert metrics(app)["Inspected"] == "60"


def test_an_engineer_freezes_limits_and_the_chart_shows_its_signal(
    app: AppTest, sqlite_url: str
) -> None:
    fill_days(sqlite_url)
    app.query_params["by"] = "hour"
    app.run()
    assert any("No baseline is set" in caption.value for caption in app.caption)
    assert any("An engineer sets it" in caption.value for caption in app.caption)
    app.session_state["typed name"] = "Eva"
    app.run()
    press(app, "Freeze these limits")
    assert any("Write why" in warning.value for warning in app.warning)
    next(field for field in app.text_input if field.label == "Reason").set_value("a good night")
    press(app, "Freeze these limits")
    assert not app.exception
    assert any("set by Eva" in caption.value.replace("\\", "") for caption in app.caption)
    assert [item.value for item in app.success] == ["No signal: the process is in control."]
