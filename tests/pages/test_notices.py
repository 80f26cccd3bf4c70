"""The notice that a database on a disk that is not kept shows on every page."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

import pages.shared.notices as page_notices
from tests.opened_page import OpenApp


@pytest.fixture
def app(open_app: OpenApp) -> AppTest:
    return open_app()


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
