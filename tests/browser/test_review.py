"""Reviewing by keyboard alone, in Chromium."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from core.inspection.records import Verdict
from core.review.decisions import Decision
from core.synthetic.samples import encode_jpeg, sample_parts
from db.review import queue
from db.review.queue import decided_count
from db.schema import UNDO, disposition
from db.selection import Selection
from db.session import connect, reading
from tests.browser.app_server import WAIT_MS, AppServer
from tests.stored_parts import open_store, outcome_of

pytestmark = pytest.mark.browser

PARTS = 34
KEYS = "OD1O2T3O4U5O6D7OOO1DOTO2OOUO3O"
MEANS = {
    "O": (Decision.OK, ""),
    "D": (Decision.DEFECTIVE, "other"),
    "T": (Decision.RETAKE, ""),
    "U": (Decision.UNSURE, ""),
    "1": (Decision.DEFECTIVE, "blowhole"),
    "2": (Decision.DEFECTIVE, "pinhole"),
    "3": (Decision.DEFECTIVE, "burr / flash"),
    "4": (Decision.DEFECTIVE, "shrinkage"),
    "5": (Decision.DEFECTIVE, "crack"),
    "6": (Decision.DEFECTIVE, "mould defect"),
    "7": (Decision.DEFECTIVE, "other"),
}


def press(page: Page, key: str) -> None:
    """Press a key once the page is drawn, and wait for the part that comes next."""
    # A key that is pressed while Streamlit still draws the page is lost.
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    shown = page.get_by_alt_text("Heatmap of").get_attribute("alt")
    page.keyboard.press(key)
    expect(page.get_by_alt_text(shown or "", exact=True)).to_have_count(0)
    expect(page.get_by_alt_text("Heatmap of")).to_be_visible()


@pytest.fixture
def flagged(app: AppServer) -> None:
    """Parts in the queue, put there past the app."""
    engine = connect(app.database_url)
    store = open_store(engine)
    store.record(
        [
            outcome_of(part.name, encode_jpeg(part), log_odds=1.5 + place / 10)
            for place, part in enumerate(sample_parts(PARTS, seed=4))
        ]
    )
    engine.dispose()


def test_thirty_parts_are_decided_by_keyboard_alone_and_one_is_undone(
    app: AppServer, browser: Browser, flagged: None, tmp_path: Path
) -> None:
    expect.set_options(timeout=WAIT_MS)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    # A shared link, and the first session of this server.
    page.goto(f"{app.url}/review?verdict=defective")
    expect(page.get_by_role("textbox", name="Your name")).to_be_visible()
    page.keyboard.press("Tab")
    while not page.evaluate("document.activeElement.getAttribute('aria-label') === 'Your name'"):
        page.keyboard.press("Tab")
    page.keyboard.type("Ann Lee")
    page.keyboard.press("Enter")
    expect(page.get_by_alt_text("Heatmap of")).to_be_visible()
    assert "verdict=defective" in page.url
    assert len(KEYS) == 30
    for key in KEYS[:12]:
        press(page, key)
    press(page, "Z")
    press(page, KEYS[11])
    press(page, "N")
    press(page, "P")
    for key in KEYS[12:]:
        press(page, key)
    expect(page.get_by_text("Ann Lee (unverified)")).to_be_visible()
    context.close()

    engine = connect(app.database_url)
    with reading(engine) as connection:
        rows = connection.execute(select(disposition).order_by(disposition.c.id)).all()
        waiting = decided_count(connection, Selection())
    engine.dispose()
    assert {(row.name, row.email, row.verified) for row in rows} == {("Ann Lee", None, False)}
    undone = {row.undoes for row in rows if row.decision == UNDO}
    assert len(undone) == 1
    kept = [row for row in rows if row.decision != UNDO and row.id not in undone]
    assert len(rows) == 32
    assert [(Decision(row.decision), row.defect_type) for row in kept] == [
        MEANS[key] for key in KEYS
    ]
    assert max(Counter(row.inspection_id for row in kept).values()) == 1
    assert waiting == 30 - KEYS.count("U")


def test_many_parts_are_decided_at_once(app: AppServer, page: Page, flagged: None) -> None:
    page.goto(f"{app.url}/review?view=gallery")
    page.get_by_role("textbox", name="Your name").fill("Ben")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Select page").click()
    expect(page.get_by_text("24 selected")).to_be_visible()
    page.get_by_role("button", name="OK ...").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("24 parts will be recorded as OK, decided by Ben (unverified)")
    dialog.get_by_role("button", name="Decide").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_alt_text("Heatmap of")).to_have_count(PARTS - 24)
    engine = connect(app.database_url)
    with reading(engine) as connection:
        decided = queue.decided(connection, Selection(verdict=Verdict.DEFECTIVE), limit=99)
    engine.dispose()
    assert len(decided) == 24
