"""The Live page without a browser, and its queries."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
import streamlit as st
from sqlalchemy import Engine, event, text
from streamlit.testing.v1 import AppTest

from core.inspection.records import Verdict
from core.synthetic.samples import encode_jpeg, sample_parts
from db.inspections.batches import recent_batches
from db.inspections.live import latest_parts, latest_verdicts, timed_parts
from db.inspections.parts import gallery
from db.session import connect, reading, writing
from db.watch_folder import Watcher, record_heartbeat
from pages.live import camera
from tests.opened_page import OpenApp, metrics
from tests.stored_parts import MODEL, open_store, outcome, outcome_of


@pytest.fixture
def app(open_app: OpenApp) -> AppTest:
    """The page on an empty database, with a takt time of 20 ms."""
    return open_app("live", TAKT_SECONDS="0.02")


def fill(url: str, station: str = "line 1", count: int = 12) -> None:
    """Parts of the last seconds, with real pictures; every second one is defective."""
    engine = connect(url)
    outcomes = [
        outcome_of(part.name, encode_jpeg(part), log_odds=4.0 if number % 2 else -4.0)
        for number, part in enumerate(sample_parts(count, seed=len(station)))
    ]
    open_store(engine, station).record(outcomes)
    engine.dispose()


def test_a_line_that_stands_still_says_so(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert any("No parts in the last minute" in info.value for info in app.info)
    assert metrics(app)["FPS"] == "0.0"
    assert metrics(app)["Latency p95"] == "-"


def test_figures_pictures_and_standing(app: AppTest, sqlite_url: str) -> None:
    fill(sqlite_url)
    app.run()
    assert not app.exception
    found = metrics(app)
    assert found["FPS"] == "2.4"
    assert found["Defect rate"] == "50.0 %"
    assert found["Waiting"] == "0"
    assert any("Within the takt time" in success.value for success in app.success)
    assert len(app.get("image")) == 6


def test_a_line_that_is_too_slow_says_where_the_time_goes(
    app: AppTest, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sqlite_url)
    monkeypatch.setenv("TAKT_SECONDS", "0.005")
    st.cache_resource.clear()
    app.run()
    (error,) = [error.value for error in app.error]
    assert "Too slow for the takt time" in error
    assert "the stage inference" in error


def test_a_station_has_its_own_figures(app: AppTest, sqlite_url: str) -> None:
    fill(sqlite_url, "line 1", 12)
    fill(sqlite_url, "line 22", 4)
    app.run()
    app.selectbox(key="live-station").set_value("line 22").run()
    assert not app.exception
    assert metrics(app)["FPS"] == "0.8"
    assert "".join(app.query_params["station"]) == "line 22"


def test_a_watcher_is_shown_while_it_tells_something(app: AppTest, sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    at = datetime.now(UTC)
    for station, seen in (("here", at), ("gone", at - timedelta(minutes=1))):
        state = Watcher(station, "/in", seen, 17, 250.0, 1.5, 2, "onnx", MODEL)
        with writing(engine) as connection:
            record_heartbeat(connection, state)
            record_heartbeat(connection, state)
    engine.dispose()
    app.run()
    assert metrics(app)["Waiting"] == "17"
    (table,) = app.dataframe
    assert table.value["State"].tolist() == ["running", "running", "not running"]


def test_what_keeps_a_watcher_from_its_work_is_said(app: AppTest, sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    at = datetime.now(UTC)
    for station, seen in (("here", at), ("gone", at - timedelta(minutes=1))):
        trouble = f"The folder /in of {station} is *gone*."
        state = Watcher(station, "/in", seen, 17, 250.0, 1.5, 2, "onnx", MODEL, trouble)
        with writing(engine) as connection:
            record_heartbeat(connection, state)
    engine.dispose()
    app.run()
    (error,) = [error.value for error in app.error]
    assert "watch in, here" in error
    assert r"is \*gone\*" in error
    (table,) = app.dataframe
    assert table.value["State"].tolist() == ["running", "in trouble", "not running"]


class Shot(io.BytesIO):
    """A photograph as the browser hands it in."""

    file_id = "the first"


def test_a_photograph_of_the_camera_is_inspected_once(
    app: AppTest, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (part,) = sample_parts(1, seed=8)
    shot = Shot(encode_jpeg(part))
    monkeypatch.setattr(camera.st, "camera_input", lambda *_, **__: shot)
    app.run()
    app.toggle(key="live-camera").set_value(True).run()
    app.run()
    assert not app.exception
    engine = connect(sqlite_url)
    with reading(engine) as connection:
        (stored,) = gallery(connection)
        (batch,) = recent_batches(connection)
    engine.dispose()
    assert stored.inspection.verdict in Verdict
    assert (batch.source, batch.total) == ("camera", 1)


def test_every_query_is_answered_from_an_index(database: Engine) -> None:
    store = open_store(database)
    store.record([outcome(number) for number in range(200)])
    asked: list[tuple[str, object]] = []

    def note(_c: object, _k: object, statement: str, given: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, given))

    now = datetime.now(UTC)
    with reading(database) as connection:
        if database.dialect.name == "postgresql":
            connection.execute(text("ANALYZE"))
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        event.listen(database, "before_cursor_execute", note)
        for station in (None, "line 1"):
            timed_parts(connection, now - timedelta(seconds=20), now, station)
            assert len(latest_verdicts(connection, 100, station)) == 100
            assert len(latest_parts(connection, 6, station)) == 6
        event.remove(database, "before_cursor_execute", note)
        assert len(asked) == 6
        for statement, given in asked:
            explain = "EXPLAIN QUERY PLAN " if database.dialect.name == "sqlite" else "EXPLAIN "
            plan = connection.exec_driver_sql(explain + statement, given).all()
            lines = " ".join(str(row[-1]) for row in plan)
            assert "Seq Scan on inspection" not in lines, lines
            if database.dialect.name == "sqlite":
                assert "trend" in lines, lines
                assert "SCAN inspection" not in lines.replace("SCAN inspection USING", ""), lines
