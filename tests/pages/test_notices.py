"""The notice that a database on a disk that is not kept shows on every page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import pages.shared.notices as page_notices
import pages.shared.services as page_services
from tests.conftest import ROOT
from tests.fakes import BrightnessEngine


@pytest.fixture
def app(tmp_path, sqlite_url, monkeypatch) -> Iterator[AppTest]:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SPOOL_FOLDER", str(tmp_path / "spool"))
    monkeypatch.setattr(page_services, "load_engine", lambda **_: BrightnessEngine())
    st.cache_resource.clear()
    yield AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=30)
    st.cache_resource.clear()


@pytest.mark.parametrize("ephemeral", [True, False])
def test_it_says_what_to_do_where_the_disk_is_not_kept(app, monkeypatch, ephemeral):
    monkeypatch.setattr(page_notices, "is_ephemeral", lambda _file: ephemeral)
    app.run()
    said = [warning.value for warning in app.warning]
    assert bool(said) is ephemeral
    assert all("not kept" in text and "PostgreSQL" in text for text in said)


def test_a_server_is_never_warned_of(app, monkeypatch):
    monkeypatch.setattr(page_notices, "is_ephemeral", lambda _file: True)
    monkeypatch.setattr(page_notices, "file_of", lambda _database: None)
    app.run()
    assert not app.warning
