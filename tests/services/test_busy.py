"""A database that another program holds: people see it, and their work is still done."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

import pages.shared.services as services
from core.errors import StoreBusy
from core.inspection import retry
from core.review.decisions import Decision
from core.synthetic.samples import encode_jpeg, sample_parts
from db import session
from db.inspections.batches import finish_batch, unfinished_batches
from db.inspections.models import register_model
from db.review.decisions import dispositions_of
from db.session import connect, reading, write, writing
from services.inspection.batch_worker import State
from services.inspection.uploads import SAMPLES
from tests.opened_page import ENGINE, OpenApp
from tests.stored_parts import open_store, outcome, outcome_of

WAIT = 0.2
BUSY = retry.BUSY


@pytest.fixture(autouse=True)
def _short_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "WAIT_SECONDS", WAIT)


@contextmanager
def held(url: str, until: threading.Event) -> Iterator[None]:
    """Another program's lock on everything, for the time of the block or until the event."""
    engine = connect(url)
    taken = threading.Event()

    def hold() -> None:
        with writing(engine) as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("LOCK TABLE batch, disposition IN ACCESS EXCLUSIVE MODE"))
            taken.set()
            until.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert taken.wait(60)
    try:
        yield
    finally:
        until.set()
        holder.join()
        engine.dispose()


def test_a_write_is_done_again_until_the_database_is_free(
    database: Engine, database_url: str
) -> None:
    open_store(database).record([outcome(1)])
    free = threading.Event()
    asked = []

    def busy() -> None:
        asked.append(1)
        if len(asked) == 2:
            free.set()
            time.sleep(0.1)

    with reading(database) as connection:
        (batch,) = unfinished_batches(connection)
    with held(database_url, free):
        write(database, partial(finish_batch, batch_id=batch.id), busy)
    assert len(asked) >= 2
    with reading(database) as connection:
        assert unfinished_batches(connection) == []


def test_a_database_that_is_never_free_is_an_error_in_the_end(
    database: Engine, database_url: str
) -> None:
    asked: list[int] = []
    with (
        held(database_url, threading.Event()),
        pytest.raises(StoreBusy, match="Try again"),
    ):
        write(database, partial(finish_batch, batch_id=1), lambda: asked.append(1))
    assert len(asked) == session.ATTEMPTS - 1


@pytest.fixture
def stored(sqlite_url: str) -> Iterator[Engine]:
    """Four flagged parts."""
    engine = connect(sqlite_url)
    store = open_store(engine)
    for place, part in enumerate(sample_parts(4, seed=6)):
        store.record([outcome_of(f"part {place}.jpg", encode_jpeg(part), log_odds=1.0 + place)])
    with writing(engine) as connection:
        # So that the page has nothing to write before anything is pressed.
        register_model(
            connection,
            ENGINE.card.identity,
            "test",
            ENGINE.card.model_dump(mode="json"),
            0.5,
            "tests",
        )
    yield engine
    engine.dispose()


@pytest.fixture
def app(open_app: OpenApp) -> AppTest:
    return open_app(name="Ann", REVIEW_RATE="0")


def press_while_held(app: AppTest, label: str, url: str, *with_it: str) -> list[str]:
    """Press a button while another program holds the database until busy is said; what was said.

    A dialog's button comes ``with_it``, the one that opens it: the test knows no fragments.
    """
    free = threading.Event()
    toast = st.toast

    def heard(text: str, **how: Any) -> object:
        if text == BUSY:
            free.set()
        return toast(text, **how)

    with held(url, free), pytest.MonkeyPatch.context() as patch:
        patch.setattr(st, "toast", heard)
        for pressed in (*with_it, label):
            next(button for button in app.button if button.label == pressed).click()
        app.run()
    assert not app.exception
    assert not app.error
    return [toast.value for toast in app.toast]


def decisions(engine: Engine, part: int) -> list[Decision]:
    with reading(engine) as connection:
        return [item.decision for item in dispositions_of(connection, part)]


def test_decisions_and_undo_wait_and_say_so(app: AppTest, stored: Engine, sqlite_url: str) -> None:
    app.run()
    app.switch_page("review/page.py").run()
    assert BUSY in press_while_held(app, "OK", sqlite_url)
    assert decisions(stored, 1) == [Decision.OK]
    assert BUSY in press_while_held(app, "Undo", sqlite_url)
    assert decisions(stored, 1) == []


def test_many_decisions_wait_and_say_so(
    app: AppTest, stored: Engine, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(st, "toast", lambda text, **_: said.append(text))
    app.query_params["view"] = "gallery"
    app.run()
    app.switch_page("review/page.py").run()
    next(button for button in app.button if button.label == "Select page").click().run()
    next(button for button in app.button if button.label == "Retake ...").click().run()
    # The page restarts once they are decided; the test sees only what is drawn then.
    press_while_held(app, "Decide", sqlite_url, "Retake ...")
    assert (said[0], said[-1]) == (BUSY, "4 parts decided: Retake.")
    assert [decisions(stored, part) for part in range(1, 5)] == [[Decision.RETAKE]] * 4


def test_an_upload_waits_and_says_so(app: AppTest, sqlite_url: str) -> None:
    app.run()
    assert BUSY in press_while_held(app, f"Try it with {SAMPLES} sample parts", sqlite_url)
    progress = services.start().worker.wait(1, 60)
    assert progress is not None
    assert (progress.state, progress.done) == (State.FINISHED, SAMPLES)


def test_what_cannot_be_done_is_an_error_that_says_what_to_do(
    app: AppTest, stored: Engine, sqlite_url: str
) -> None:
    app.run()
    app.switch_page("review/page.py").run()
    with held(sqlite_url, threading.Event()):
        next(button for button in app.button if button.label == "OK").click().run()
    assert not app.exception
    assert "Try again" in app.error[0].value
    assert decisions(stored, 1) == []
