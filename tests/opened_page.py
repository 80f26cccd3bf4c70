"""The app's pages without a browser, and what their tests press and read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import pages.shared.services as services
from core.inspection.pipeline import inspect_photographs
from core.inspection.records import Photograph
from core.model.engine import Engine
from core.synthetic.samples import encode_jpeg, sample_parts
from db.inspections.batches import Batch, finish_batch, open_batch
from db.inspections.models import register_model
from db.inspections.store import BatchStore
from db.session import connect, writing
from pages.shared import people
from tests.conftest import ROOT
from tests.fakes import BrightnessEngine, card

ENGINE = BrightnessEngine(card(evidence_scale=0.1))


class OpenApp(Protocol):
    """The fixture ``open_app``."""

    def __call__(
        self,
        page: str = "",
        *,
        name: str = "",
        engine: Engine | None = ENGINE,
        **settings: str,
    ) -> AppTest:
        """The app, switched to ``page`` but not yet run there; without one it has not run at all.

        ``name`` is the name typed by the user. ``engine`` None leaves the app's own engine.
        """


@contextmanager
def opener(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenApp]:
    """Opens the app on the database ``url``, with its spool in ``folder``."""

    def open_app(
        page: str = "",
        *,
        name: str = "",
        engine: Engine | None = ENGINE,
        **settings: str,
    ) -> AppTest:
        for variable, value in settings.items():
            monkeypatch.setenv(variable, value)
        if engine is not None:
            monkeypatch.setattr(services, "load_engine", lambda **_: engine)
        app = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=60)
        if name:
            app.session_state[people.NAME] = name
        return app.run().switch_page(f"{page}/page.py") if page else app

    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("SPOOL_FOLDER", str(folder / "spool"))
    st.cache_resource.clear()
    st.cache_data.clear()
    yield open_app
    st.cache_resource.clear()
    st.cache_data.clear()


def metrics(app: AppTest) -> dict[str, str]:
    """The page's figures by their names."""
    return {metric.label: metric.value for metric in app.metric}


def press(app: AppTest, label: str) -> AppTest:
    """Press the first button with this label."""
    return next(button for button in app.button if button.label == label).click().run()


def photographs(count: int, seed: int = 3) -> list[Photograph]:
    """Rendered parts."""
    return [Photograph(part.name, encode_jpeg(part)) for part in sample_parts(count, seed)]


def batch_of(url: str, files: list[Photograph], total: int | None = None) -> Batch:
    """A batch that the page did not make; finished where ``total`` is not given."""
    engine = connect(url)
    with writing(engine) as connection:
        model = register_model(
            connection,
            ENGINE.card.identity,
            "test",
            ENGINE.card.model_dump(mode="json"),
            0.5,
            "tests",
        )
        batch = open_batch(
            connection, "upload", "Monday", "station 1", model.id, total or len(files)
        )
    list(inspect_photographs(files, ENGINE, 0.5, BatchStore(engine, batch)))
    if total is None:
        with writing(engine) as connection:
            finish_batch(connection, batch.id)
    engine.dispose()
    return batch
