"""The Threshold page as an engineer uses it, in Chromium."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from core.model.card import read_card
from core.model.metrics import log_odds_of
from db.schema import inspection
from db.session import connect, reading
from services.inspection.uploads import SAMPLES
from tests.browser.actions import decide_about_all, figure, upload
from tests.browser.app_server import AppServer

pytestmark = pytest.mark.browser


def thresholds_of_verdicts(app: AppServer) -> list[float]:
    engine = connect(app.database_url)
    with reading(engine) as connection:
        found = list(connection.scalars(select(inspection.c.threshold).order_by(inspection.c.id)))
    engine.dispose()
    return found


def value_of(page: Page, name: str) -> Locator:
    return page.locator(f"[data-figure^='{name}'] .value")


def middle_of(mark: Locator) -> tuple[float, float]:
    box = mark.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_threshold_is_moved_applied_and_given_to_new_verdicts_only(
    app: AppServer, page: Page, rendered: list[Path]
) -> None:
    page.get_by_role("button", name=f"Try it with {SAMPLES} sample parts").click()
    figure(page, "Inspected", SAMPLES)
    decide_about_all(app)

    page.goto(f"{app.url}/threshold?evidence=reviewed")
    expect(page.get_by_text(f"{SAMPLES} sample parts")).to_have_count(0)
    expect(value_of(page, "Caught")).to_have_text(re.compile(r"\d"))
    before = {name: value_of(page, name).inner_text() for name in ("Caught", "Missed")}
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    for name, old in before.items():
        expect(value_of(page, name)).not_to_have_text(old)
    shipped = read_card().threshold.probability
    score = f"{log_odds_of(shipped):+.2f} ({100 * shipped:.1f} %)"
    expect(page.get_by_text(f"instead of {score}")).to_be_visible()
    expect(page.get_by_text("of them reviewed:")).to_be_visible()
    assert "at=" in page.url
    page.locator(".st-key-scores").scroll_into_view_if_needed()
    page.mouse.move(*middle_of(page.locator(".st-key-scores")))
    page.mouse.down()
    page.mouse.move(*middle_of(page.locator(".st-key-scores .shapelayer path")))
    for name, old in before.items():
        # Everything follows the mark while it is still being dragged.
        expect(value_of(page, name)).to_have_text(old)
    page.mouse.up()
    page.get_by_role("slider").focus()
    page.keyboard.press("End")

    page.get_by_role("button", name="Apply ...").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Your name").fill("Eva Engineer")
    dialog.get_by_role("button", name="Continue").click()
    dialog.get_by_role("textbox", name="Reason").fill("trial run of pallet 7")
    dialog.get_by_role("button", name="Apply for new inspections").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("trial run of pallet 7")).to_be_visible()
    expect(page.get_by_text("Eva Engineer (unverified)").last).to_be_visible()
    expect(page.get_by_role("button", name="Restore ...")).to_have_count(1)

    page.get_by_role("link", name="Inspect").click()
    upload(page, rendered[:1], "after the change")
    figure(page, "Inspected", 1)
    *former, current = thresholds_of_verdicts(app)
    assert set(former) == {shipped}
    assert current > shipped
    shown = f"Threshold {100 * current:.1f} %" if current < 0.9995 else "Threshold > 99.9 %"
    expect(page.get_by_text(shown)).to_have_count(1)
    page.goto(f"{app.url}/?batch=1")
    expect(page.get_by_text(f"Threshold {100 * shipped:.1f} %")).to_have_count(SAMPLES)
