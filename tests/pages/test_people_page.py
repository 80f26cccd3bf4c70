"""Who sits at the page, without a browser: typed names, and sign-in where it is configured."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import pages.shared.people as people
import pages.shared.services as services
from core.errors import NotAllowed
from core.inspection.spool import spool_name
from core.people import Person, Role
from db.inspections.batches import open_batch
from db.people import role_of
from db.session import connect, reading, writing
from services.inspection.uploads import discard
from tests.conftest import ROOT
from tests.opened_page import OpenApp, press

NAME = "Ann *Lee* <b>"


@pytest.fixture
def app(open_app: OpenApp) -> AppTest:
    """The app's People page on an empty database."""
    return open_app("people", FIRST_ENGINEER="first@plant.example")


class User(dict[str, object]):
    """What ``st.user`` holds; the real one asks the browser's cookie."""

    @property
    def is_logged_in(self) -> bool:
        return bool(self)


def signed_in(monkeypatch: pytest.MonkeyPatch, **claims: object) -> None:
    """As after a sign-in with these claims."""
    for module in (people, services):
        monkeypatch.setattr(module, "sign_in_configured", lambda: True)
    monkeypatch.setattr(st, "user", User(claims))


def test_a_name_is_typed_once_and_marked_as_not_verified(app: AppTest) -> None:
    app.run()
    press(app, "Continue")
    assert "Type your name" in app.warning[0].value
    app.text_input[0].set_value(f"  {NAME} ")
    press(app, "Continue")
    assert not app.exception
    assert "*Lee*" not in app.markdown[0].value.replace("\\*", "")
    assert app.markdown[0].value.replace("\\", "").endswith(f"**{NAME} (unverified)**")
    app.switch_page("inspection/page.py").run()
    app.switch_page("people/page.py").run()
    assert not app.text_input
    press(app, "Not you?")
    assert app.text_input[0].label == "Your name"


def test_where_sign_in_is_configured_nothing_is_shown_before_it(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(monkeypatch)
    app.switch_page("inspection/page.py").run()
    assert not app.exception
    assert [t.value for t in app.title] == []
    assert [button.label for button in app.button] == ["Sign in"]


@pytest.mark.parametrize(
    "claims",
    [{"name": "Ann"}, {"email": "first@plant.example", "email_verified": False}],
)
def test_a_sign_in_without_a_verified_address_opens_nothing(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, claims: dict[str, object]
) -> None:
    signed_in(monkeypatch, **claims)
    app.run()
    assert [t.value for t in app.title] == []
    assert "no verified e" in app.error[0].value
    assert [button.label for button in app.button] == ["Sign out"]


def test_an_engineer_gives_roles_and_nobody_else_can(
    app: AppTest, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(monkeypatch, name="First", email="First@plant.example", email_verified=True)
    app.run()
    for typed, answer in (("ann", "not an e-mail"), ("first@plant.example", "own role")):
        app.text_input[0].set_value(typed)
        press(app, "Give")
        assert answer in [*app.warning, *app.error][0].value
    app.text_input[0].set_value("ann@plant.example")
    press(app, "Give")
    assert app.dataframe[0].value["E-mail"].tolist() == ["ann@plant.example"]
    engine = connect(sqlite_url)
    with reading(engine) as connection:
        assert role_of(connection, "ann@plant.example") is Role.REVIEWER
    engine.dispose()

    signed_in(monkeypatch, name="Ann", email="ann@plant.example")
    app.run()
    assert not app.exception
    assert "Give" not in [button.label for button in app.button]


@pytest.mark.parametrize("page", ["inspection", "people"])
def test_a_page_asks_for_the_sign_in_itself(monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    signed_in(monkeypatch)
    with pytest.raises(NotAllowed, match="signed in"):
        runpy.run_path(str(ROOT / "pages" / page / "page.py"))


def test_a_viewer_cannot_discard_what_waits_to_be_inspected(
    app: AppTest, sqlite_url: str, tmp_path: Path
) -> None:
    app.run()
    opened = services.open_services()
    assert opened.model is not None
    with writing(opened.database) as connection:
        batch = open_batch(connection, "upload", "", "station 1", opened.model.id, 1)
    folder = tmp_path / "spool" / spool_name(batch.id, batch.created_at)
    folder.mkdir(parents=True)
    viewer = Person("Eve", "eve@plant.example", True, Role.VIEWER)
    with pytest.raises(NotAllowed, match="takes a reviewer"):
        discard(opened.settings, batch, viewer)
    assert folder.is_dir()
    discard(opened.settings, batch, Person("Ann", "ann@plant.example", True, Role.REVIEWER))
    assert not folder.exists()
