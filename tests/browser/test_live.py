"""The Live page while photographs drop into a watched folder, in Chromium."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from db.inspections.batches import unfinished_batches
from db.inspections.parts import gallery_size
from db.session import connect, reading
from tests.browser.app_server import AppServer
from tests.conftest import ROOT

pytestmark = pytest.mark.browser

MILLISECONDS = re.compile(r"^\d[\d,.]* ms$")


@contextmanager
def watching(app: AppServer, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The watch folder service on the app's database, ended as by Ctrl-C."""
    folder.mkdir()
    command = [sys.executable, "-m", "core", "watch", str(folder)]
    command += ["--station", "station 1", "--database-url", app.database_url]
    with (app.folder / "watch.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def value_of(page: Page, name: str) -> Locator:
    metric = page.get_by_test_id("stMetric").filter(has_text=name)
    return metric.get_by_test_id("stMetricValue")


def drop(folder: Path, files: list[Path]) -> None:
    for file in files:
        shutil.copy2(file, folder / file.name)


def test_fps_and_latency_move_while_files_drop_into_a_watched_folder(
    app: AppServer, page: Page, rendered: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    page.goto(f"{app.url}/live?refresh=on")
    expect(value_of(page, "FPS")).to_have_text("0.0")
    expect(value_of(page, "Latency p95")).to_have_text("-")
    with watching(app, folder) as process:
        drop(folder, rendered[:20])
        expect(value_of(page, "FPS")).not_to_have_text("0.0")
        expect(value_of(page, "Latency p95")).to_have_text(MILLISECONDS)
        expect(page.get_by_alt_text("Heatmap of")).to_have_count(6)
        expect(page.get_by_text("Within the takt time")).to_be_visible()
        before = value_of(page, "Latency p50").inner_text()
        rate = value_of(page, "FPS").inner_text()
        drop(folder, rendered[20:60])
        expect(value_of(page, "FPS")).not_to_have_text(rate)
        expect(value_of(page, "Latency p50")).not_to_have_text(before)
        expect(value_of(page, "FPS")).to_have_text("0.0")
    assert process.returncode == 0
    engine = connect(app.database_url)
    with reading(engine) as connection:
        assert gallery_size(connection) == 60
        assert unfinished_batches(connection) == []
    engine.dispose()
