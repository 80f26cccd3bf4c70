"""A new user's first hour without a dead end, and every page legible in both themes."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from services.inspection.uploads import SAMPLES
from tests.browser.app_server import AppServer
from tools.screenshots.contrast import PAGES, THEMES, settled, weak
from tools.screenshots.first_hour import Stopwatch, rows_of, walk

pytestmark = pytest.mark.browser


def test_from_the_first_click_to_the_shift_report(
    app: AppServer, page: Page, tmp_path: Path
) -> None:
    rows = rows_of(walk(page, app.url, Stopwatch(), tmp_path))
    assert len(rows) == SAMPLES
    assert sum(bool(row["reviewer"]) for row in rows) == 5

    found = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        for address in PAGES:
            page.goto(f"{app.url}/{address}")
            settled(page)
            found += [(theme, address, item.text, round(item.ratio, 2)) for item in weak(page)]
    assert not found
