"""The Trends page in Chromium: a click on a point opens the parts behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from core.inspection.records import Verdict
from db.session import connect
from tests.browser.app_server import AppServer
from tests.stored_parts import open_store, outcome

pytestmark = pytest.mark.browser

BEGIN = datetime(2026, 11, 20, 6, tzinfo=UTC)
SIZES = (9, 4, 7)
"""Parts of three shifts in a row."""


def fill(app: AppServer) -> None:
    engine = connect(app.database_url)
    store = open_store(engine, "line 1")
    for shift, size in enumerate(SIZES):
        begins = BEGIN + timedelta(hours=8 * shift)
        store.record(
            [
                outcome(
                    100 * shift + number,
                    verdict=Verdict.OK if number else Verdict.DEFECTIVE,
                    inspected_at=begins + timedelta(minutes=number),
                )
                for number in range(size)
            ]
        )
    engine.dispose()


def test_a_click_on_a_point_opens_its_parts(app: AppServer, page: Page) -> None:
    fill(app)
    page.goto(f"{app.url}/trends?from=2026-11-20&to=2026-11-20")
    charts = page.get_by_test_id("stPlotlyChart")
    for chart, shift in ((0, 1), (1, 2), (2, 0)):
        points = charts.nth(chart).locator(".scatterlayer .trace").last.locator(".points path")
        points.nth(shift).click(force=True)
        expect(page.get_by_text(f"{SIZES[shift]} parts, oldest first")).to_be_visible()
        expect(page.get_by_role("button", name="Details")).to_have_count(SIZES[shift])
        begins = BEGIN + timedelta(hours=8 * shift)
        assert f"point={int(begins.timestamp())}" in page.url
    charts.nth(0).locator(".barlayer .point path").nth(1).click(force=True)
    expect(page.get_by_text(f"{SIZES[1]} parts, oldest first")).to_be_visible()
