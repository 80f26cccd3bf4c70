"""A page of the app without a browser, on a database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import pages.shared.services as services
from tests.conftest import ROOT
from tests.fakes import BrightnessEngine


@contextmanager
def opened(
    page: str, folder: Path, url: str, monkeypatch: pytest.MonkeyPatch, **settings: str
) -> Iterator[AppTest]:
    """The app with an engine that goes by brightness, switched to ``page``; not yet run there."""
    monkeypatch.chdir(ROOT)
    given = {"DATABASE_URL": url, "SPOOL_FOLDER": str(folder / "spool")} | settings
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(services, "load_engine", lambda **_: BrightnessEngine())
    st.cache_resource.clear()
    st.cache_data.clear()
    app = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=30)
    app.run()
    yield app.switch_page(f"{page}/page.py")
    st.cache_resource.clear()
    st.cache_data.clear()


def metrics(app: AppTest) -> dict[str, str]:
    """The page's figures by their names."""
    return {metric.label: metric.value for metric in app.metric}
