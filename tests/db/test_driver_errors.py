"""What fails around the app: it starts, says what to do, and neither loses nor invents anything."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import Engine, event, text
from streamlit.testing.v1 import AppTest

import pages.shared.services as services
from core.errors import StoreUnavailable
from core.model.card import CARD, GRAPH, MODELS
from core.model.engine import load_engine
from core.sign_in import NEEDED
from core.synthetic.samples import write_samples
from db.inspections.batches import finish_batch, recent_batches
from db.inspections.parts import gallery, gallery_size, photograph_bytes
from db.session import connect, reading, writing
from services.inspection.batch_worker import State
from services.inspection.uploads import SAMPLES, inspect_samples
from tests.conftest import ROOT
from tests.fakes import BrightnessEngine, card
from tests.opened_page import OpenApp, metrics, press
from tests.stored_parts import open_store, outcome

SECONDS = 60


@pytest.fixture
def app(open_app: OpenApp) -> AppTest:
    return open_app()


def said(app: AppTest) -> str:
    return " ".join(item.value for item in [*app.error, *app.warning, *app.info]).replace("\\", "")


def three_parts(url: str) -> Engine:
    """Three parts that were inspected before something failed."""
    engine = connect(url)
    store = open_store(engine)
    store.record([outcome(number) for number in range(3)])
    with writing(engine) as connection:
        finish_batch(connection, store.batch.id)
    return engine


def stored(engine: Engine) -> int:
    with reading(engine) as connection:
        return gallery_size(connection)


def test_a_full_disk_breaks_the_batch_off_and_it_is_resumed(
    app: AppTest, open_app: OpenApp, sqlite_url: str
) -> None:
    three_parts(sqlite_url).dispose()
    app.run()
    at_work = services.start()

    def fill(connection: Any, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 12}").close()

    event.listen(at_work.database, "connect", fill)
    at_work.database.dispose()
    inspect_samples(at_work, at_work.worker)
    progress = at_work.worker.wait(2, SECONDS)
    assert progress is not None
    assert progress.state is State.FAILED
    assert "disk of the database is full" in progress.message
    before = stored(at_work.database)
    assert 3 <= before < 3 + SAMPLES
    app = open_app().run()
    assert not app.exception
    assert "disk of the database is full" in " ".join(
        item.value.replace("\\", "") for item in app.markdown
    )

    event.remove(at_work.database, "connect", fill)
    at_work.database.dispose()
    press(app, "Resume")
    resumed = services.start().worker.wait(2, SECONDS)
    assert resumed is not None
    assert resumed.state is State.FINISHED
    assert stored(at_work.database) == 3 + SAMPLES


def test_a_disk_without_room_for_the_upload_keeps_nothing_of_it(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.run()
    # The place of the spool is a file: whatever is written there fails, as on a full disk.
    (tmp_path / "spool").write_bytes(b"")
    press(app, f"Try it with {SAMPLES} sample parts")
    assert not app.exception
    assert "SPOOL_FOLDER" in said(app)
    engine = services.start().database
    with reading(engine) as connection:
        assert recent_batches(connection) == []


def test_a_database_that_can_only_be_read_is_looked_at(
    app: AppTest, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = three_parts(sqlite_url)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///file:{tmp_path / 'qc.db'}?mode=ro&uri=true")
    app.run()
    assert not app.exception
    assert metrics(app)["Inspected"] == "3"
    with pytest.raises(StoreUnavailable, match="can be read but not written"):
        inspect_samples(services.open_services(), services.open_services().worker)
    assert list((tmp_path / "spool").iterdir()) == []
    assert stored(engine) == 3
    # A model that it does not know cannot be registered: then the page says so from the start.
    other = BrightnessEngine(card(evidence_scale=0.1, weights_sha256="e" * 64))
    monkeypatch.setattr(services, "load_engine", lambda **_: other)
    st.cache_resource.clear()
    app.run()
    assert not app.exception
    assert "can be read but not written" in said(app)
    assert metrics(app)["Inspected"] == "3"
    engine.dispose()


def test_a_database_of_a_newer_version_is_left_alone(
    app: AppTest, sqlite_url: str, tmp_path: Path
) -> None:
    engine = three_parts(sqlite_url)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = stored(engine)
    app.run()
    assert not app.exception
    assert "Start the newer program" in said(app)
    assert not app.get("file_uploader")
    assert stored(engine) == before
    engine.dispose()


def missing_graph(folder: Path) -> None:
    (folder / GRAPH).unlink()


def missing_card(folder: Path) -> None:
    (folder / CARD).unlink()


def altered_graph(folder: Path) -> None:
    data = bytearray((folder / GRAPH).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / GRAPH).write_bytes(data)


def altered_card(folder: Path) -> None:
    (folder / CARD).write_text("{}", encoding="utf-8")


@pytest.mark.parametrize("break_it", [missing_graph, missing_card, altered_graph, altered_card])
def test_without_the_model_on_the_card_nothing_is_inspected(
    app: AppTest,
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    break_it: Callable[[Path], None],
) -> None:
    engine = three_parts(sqlite_url)
    folder = tmp_path / "models"
    folder.mkdir()
    for name in (GRAPH, CARD):
        shutil.copy(MODELS / name, folder / name)
    break_it(folder)
    monkeypatch.setattr(services, "load_engine", partial(load_engine, folder=folder))
    app.run()
    assert not app.exception
    assert "Nothing can be inspected" in said(app)
    assert not app.get("file_uploader")
    assert metrics(app)["Inspected"] == "3"
    assert stored(engine) == 3
    engine.dispose()


@pytest.mark.parametrize("missing", NEEDED)
def test_an_incomplete_sign_in_lets_nobody_in(app: AppTest, sqlite_url: str, missing: str) -> None:
    three_parts(sqlite_url).dispose()
    auth = {
        "redirect_uri": "https://quality.plant.example/oauth2callback",
        "cookie_secret": "hunter2" * 6,
        "client_id": "quality",
        "client_secret": "hunter2 too",
        "server_metadata_url": "https://id.plant.example/.well-known/openid-configuration",
    }
    app.secrets["auth"] = {name: value for name, value in auth.items() if name != missing}
    app.run()
    assert not app.exception
    assert not app.metric
    assert not app.image
    assert f"lacks {missing}" in said(app)
    assert "hunter2" not in str([*app.error, *app.markdown, *app.caption])


@pytest.mark.slow
def test_a_command_whose_disk_is_full_stores_whole_parts_only(
    sqlite_url: str, tmp_path: Path
) -> None:
    """A real limit of the system on the size of files, as a quota sets it."""
    write_samples(tmp_path / "parts", 60, seed=4)
    engine = connect(sqlite_url)
    limit = (tmp_path / "qc.db").stat().st_size + 300_000
    command = [sys.executable, "-m", "core", "inspect", str(tmp_path / "parts")]
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": sqlite_url}

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    run = partial(
        subprocess.run, command, cwd=ROOT, capture_output=True, text=True, env=environment
    )
    full = run(preexec_fn=limited)
    assert full.returncode == 1, full.stderr
    assert "Traceback" not in full.stderr
    assert "disk" in full.stderr
    with reading(engine) as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        parts = gallery(connection, limit=100)
        assert len(parts) < 60
        assert all(photograph_bytes(connection, part.inspection.sha256) for part in parts)
    assert run().returncode == 0
    assert stored(engine) == 60
    engine.dispose()
