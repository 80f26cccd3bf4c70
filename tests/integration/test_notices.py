"""The notice that a database on a disk that is not kept shows on every page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import pages._notices as notices
import pages._services as services
from tests.conftest import ROOT
from tests.unit.fakes import BrightnessEngine


@pytest.fixture
def app(tmp_path, sqlite_url, monkeypatch) -> Iterator[AppTest]:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SPOOL_FOLDER", str(tmp_path / "spool"))
    monkeypatch.setattr(services, "load_engine", lambda **_: BrightnessEngine())
    st.cache_resource.clear()
    yield AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=30)
    st.cache_resource.clear()


@pytest.mark.parametrize("fleeting", [True, False])
def test_it_says_what_to_do_where_the_disk_is_not_kept(app, monkeypatch, fleeting):
    monkeypatch.setattr(notices, "is_fleeting", lambda _file: fleeting)
    app.run()
    said = [warning.value for warning in app.warning]
    assert bool(said) is fleeting
    assert all("not kept" in text and "PostgreSQL" in text for text in said)


def test_a_server_is_never_warned_of(app, monkeypatch):
    monkeypatch.setattr(notices, "is_fleeting", lambda _file: True)
    monkeypatch.setattr(notices.db, "file_of", lambda _database: None)
    app.run()
    assert not app.warning
