"""The Inspect page as a person uses it, in Chromium."""

from __future__ import annotations

import re
import signal
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from core.inspection.frame import SIDE
from db.schema import batch_part, inspection
from db.session import connect, reading
from pages.shared.pictures import BETWEEN
from services.inspection.uploads import SAMPLES
from tests.browser.actions import figure, upload
from tests.browser.app_server import AppServer

pytestmark = pytest.mark.browser


def count_rows(app: AppServer, table: str) -> int:
    """Rows in the database, counted past the app."""
    engine = connect(app.database_url)
    listed = {"inspection": inspection, "batch_part": batch_part}[table]
    try:
        with reading(engine) as connection:
            return connection.scalar(select(func.count()).select_from(listed)) or 0
    finally:
        engine.dispose()


def until(condition: Callable[[], bool]) -> None:
    """Wait for something outside the browser."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def test_uploaded_photographs_get_verdicts_and_keep_them(
    app: AppServer, page: Page, to_upload: list[Path]
) -> None:
    upload(page, to_upload, "Monday")
    figure(page, "Inspected", 6)
    heatmaps = page.get_by_alt_text("Heatmap of")
    expect(heatmaps).to_have_count(6)
    for path in to_upload:
        expect(page.get_by_text(path.name, exact=True).first).to_be_visible()
    shown = heatmaps.evaluate_all(
        "pictures => Promise.all(pictures.map(async picture => "
        "(await picture.decode(), picture.naturalWidth)))"
    )
    assert shown == [2 * SIDE + BETWEEN] * 6
    descriptions = heatmaps.evaluate_all("pictures => pictures.map(picture => picture.alt)")
    assert all("Defective, " in text or "OK, " in text for text in descriptions)

    page.reload()
    figure(page, "Inspected", 6)
    expect(heatmaps).to_have_count(6)
    again = heatmaps.evaluate_all("pictures => pictures.map(picture => picture.alt)")
    assert sorted(again) == sorted(descriptions)

    upload(page, to_upload, "Monday once more")
    expect(page.get_by_text("6 of 6 parts were already inspected")).to_be_visible()
    figure(page, "Inspected", 6)
    assert count_rows(app, "inspection") == 6
    assert not list(app.spool.iterdir())


def test_a_broken_file_in_an_archive_is_rejected_alone(
    app: AppServer, page: Page, to_upload: list[Path], tmp_path: Path
) -> None:
    archive = tmp_path / "shift.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for path in to_upload:
            target.write(path, f"../night/{path.name}")
        target.writestr("broken.jpg", to_upload[0].read_bytes()[:200])
    upload(page, [archive])
    figure(page, "Inspected", 6)
    figure(page, "Rejected files", 1)
    expect(page.get_by_alt_text("Heatmap of")).to_have_count(6)
    page.get_by_role("radio", name="Rejected files").click()
    expect(page.get_by_test_id("stDataFrame")).to_contain_text("shift.zip/broken.jpg")
    expect(page.get_by_test_id("stDataFrame")).to_contain_text("damaged or incomplete")


def test_the_empty_page_offers_sample_parts(app: AppServer, page: Page) -> None:
    page.get_by_role("button", name=f"Try it with {SAMPLES} sample parts").click()
    figure(page, "Inspected", SAMPLES)
    expect(page.get_by_alt_text("Heatmap of")).to_have_count(SAMPLES)

    page.get_by_role("radio", name="Defective").click()
    sound = page.get_by_alt_text(": OK, ")
    expect(sound).to_have_count(0)
    page.get_by_role("button", name="Details").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_alt_text("Heatmap of")).to_be_visible()
    expect(dialog).to_contain_text("SHA-256")
    assert "part=" in page.url
    page.reload()
    expect(dialog).to_contain_text("SHA-256")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_alt_text(": Defective, ").first).to_be_visible()
    expect(sound).to_have_count(0)


def test_clicks_do_not_interrupt_a_batch(app: AppServer, page: Page, rendered: list[Path]) -> None:
    upload(page, rendered)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    for name in ("OK", "Defective", "All", "Rejected files", "All"):
        page.get_by_role("radio", name=name, exact=True).click()
    expect(page).not_to_have_url(re.compile("show="))  # the last click has arrived
    expect(page.get_by_alt_text("Heatmap of").first).to_be_visible()
    page.reload()
    figure(page, "Inspected", 200)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    assert count_rows(app, "inspection") == 200
    assert count_rows(app, "batch_part") == 200
    page.get_by_role("button", name="Page 9").click()
    expect(page.get_by_alt_text("Heatmap of")).to_have_count(8)
    assert "page=9" in page.url


def test_a_killed_server_goes_on_where_it_was(
    app: AppServer, page: Page, rendered: list[Path]
) -> None:
    upload(page, rendered)
    until(lambda: count_rows(app, "batch_part") > 0)
    app.end(signal.SIGKILL)
    kept = count_rows(app, "batch_part")
    assert 0 < kept < 200

    app.start()
    page.goto(app.url)
    expect(page.get_by_text("Not finished:")).to_be_visible()
    assert count_rows(app, "batch_part") == kept
    page.get_by_role("button", name="Resume").click()
    figure(page, "Inspected", 200)
    expect(page.get_by_text("Not finished:")).to_have_count(0)
    expect(page.get_by_text("already inspected")).to_have_count(0)
    assert count_rows(app, "inspection") == 200
    assert count_rows(app, "batch_part") == 200
    until(lambda: not list(app.spool.iterdir()))
