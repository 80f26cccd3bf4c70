"""Chromium, the app, and photographs to upload."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from core.synthetic.samples import write_samples
from tests.browser.app_server import WAIT_MS, AppServer, chromium, launch, served
from tests.conftest import ROOT

CASTINGS = ROOT.parent / "shared" / "casting" / "test"


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """One for all tests of a process: a second one cannot run beside it."""
    if chromium() is None:
        pytest.skip("there is no Chromium: install Debian's package chromium")
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    opened = launch(playwright)
    yield opened
    opened.close()


@pytest.fixture
def app(tmp_path: Path, browser: Browser) -> Iterator[AppServer]:
    """The app on an empty database; a traceback in its log fails the test."""
    with served(tmp_path / "app") as server:
        yield server
        assert "Traceback" not in server.log()


@pytest.fixture
def page(browser: Browser, app: AppServer) -> Iterator[Page]:
    """The app's first page."""
    expect.set_options(timeout=WAIT_MS)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(WAIT_MS)
    opened = context.new_page()
    opened.goto(app.url)
    yield opened
    context.close()


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """200 photographs of rendered parts."""
    folder = tmp_path_factory.mktemp("rendered")
    write_samples(folder, 200, seed=99)
    return sorted(folder.glob("*.jpg"))


@pytest.fixture(scope="session")
def to_upload(rendered: list[Path]) -> list[Path]:
    """Six photographs: real castings where they are at hand, rendered ones otherwise."""
    real = [
        path
        for folder in sorted(CASTINGS.glob("*/"))
        for path in sorted(folder.iterdir())[:3]
        if path.suffix == ".jpeg"
    ]
    return real if len(real) == 6 else rendered[:6]
