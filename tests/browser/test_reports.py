"""The Shift report in Chromium: what is downloaded is what the page says."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from playwright.sync_api import Page

from core.inspection.records import Verdict
from db.session import connect
from tests.browser.actions import figure
from tests.browser.app_server import AppServer
from tests.stored_parts import open_store, outcome

pytestmark = pytest.mark.browser
SHIFT = "2026-11-20:late"
FORMULA = '=HYPERLINK("http://plant.example","open")'


def fill(app: AppServer) -> None:
    engine = connect(app.database_url)
    begins = datetime(2026, 11, 20, 14, tzinfo=UTC)
    open_store(engine, "line 1").record(
        [
            outcome(
                number,
                file=FORMULA if number == 0 else None,
                verdict=Verdict.DEFECTIVE if number % 5 == 0 else Verdict.OK,
                inspected_at=begins + timedelta(minutes=number),
            )
            for number in range(170)
        ]
    )
    engine.dispose()


def download(page: Page, label: str) -> Path:
    with page.expect_download() as found:
        page.get_by_role("button", name=label).click()
    return Path(found.value.path())


def test_a_downloaded_shift_adds_up_to_the_page(app: AppServer, page: Page) -> None:
    fill(app)
    page.goto(f"{app.url}/reports?shift={SHIFT}")
    figure(page, "Inspected", 170)
    figure(page, "Flagged", 34)

    data = download(page, "Parts (CSV)").read_bytes()
    rows = list(csv.DictReader(StringIO(data.decode("utf-8-sig"), newline="")))
    assert data.startswith(b"\xef\xbb\xbf")
    assert Counter(row["verdict"] for row in rows) == {"defective": 34, "ok": 136}
    assert rows[0]["file"] == "'" + FORMULA

    archive = zipfile.ZipFile(download(page, "All with manifest (ZIP)"))
    manifest = json.loads(archive.read("shift-2026-11-20-late.manifest.json"))
    assert archive.read("shift-2026-11-20-late.csv") == data
    assert manifest["files"][0]["sha256"] == hashlib.sha256(data).hexdigest()
    summary = archive.read("shift-2026-11-20-late.summary.csv").decode("utf-8-sig")
    assert "inspected,170," in summary
    assert "flagged,34," in summary
    assert summary == download(page, "Summary (CSV)").read_bytes().decode("utf-8-sig")
