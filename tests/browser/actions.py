"""What people do in the browser, for tests and commands."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from core.people import Person, Role
from core.review.decisions import Decision
from db.inspections.parts import gallery
from db.review.decisions import decide
from db.session import connect, reading, writing
from tests.browser.app_server import AppServer

REVIEWER = Person("Ann", None, False, Role.REVIEWER)


def upload(page: Page, files: list[Path], label: str = "") -> None:
    """Choose files, name the batch, press the button."""
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_role("button", name="Remove").first).to_be_visible()
    if label:
        page.get_by_label("Batch label").fill(label)
    page.get_by_role("button", name="Inspect", exact=True).click()


def figure(page: Page, name: str, value: int | str) -> None:
    """Wait until the batch's figure of that name has the value."""
    metric = page.get_by_test_id("stMetric").filter(has_text=name)
    expect(metric.get_by_test_id("stMetricValue")).to_have_text(str(value))


def decide_about_all(app: AppServer) -> None:
    """The more probable half is found defective, the other OK."""
    engine = connect(app.database_url)
    with reading(engine) as connection:
        parts = gallery(connection, limit=24)
    with writing(engine) as connection:
        for place, part in enumerate(parts):
            decision, kind = (
                (Decision.DEFECTIVE, "crack") if place < len(parts) // 2 else (Decision.OK, "")
            )
            decide(connection, REVIEWER, part.id, decision, kind, review_rate=0)
    engine.dispose()
