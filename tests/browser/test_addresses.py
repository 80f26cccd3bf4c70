"""Every page opens at its own address, also as the first request to a server."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.app_server import served
from tests.browser.conftest import WAIT_MS

pytestmark = pytest.mark.browser

HEADINGS = {
    "": "Inspect",
    "inspect": "Inspect",
    "live": "Live",
    "review": "Review",
    "threshold": "Threshold",
    "trends": "Trends",
    "reports": "Shift report",
    "model": "Model",
    "settings": "Settings",
    "who": "People",
}


@pytest.mark.parametrize(("address", "heading"), HEADINGS.items())
def test_the_first_visit_to_a_server_shows_the_page_asked_for(
    browser: Browser, tmp_path: Path, address: str, heading: str
) -> None:
    with served(tmp_path / "app") as server:
        page = browser.new_page()
        page.goto(f"{server.url}/{address}")
        title = page.get_by_role("heading", level=1)
        expect(title).to_have_text(heading, timeout=WAIT_MS)
        expect(page.get_by_text("Page not found")).to_have_count(0)
        page.close()
        assert "Traceback" not in server.log()
