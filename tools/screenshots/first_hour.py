"""A new user's first hour in Chromium, and how long each click waits for its answer.

    python -m tools.screenshots.first_hour

Run, inspect the sample parts, review five, change the threshold, see the trend, download the
shift's CSV. A click is answered when all that it asked for is on the page, pictures decoded, seen
by the page itself at every frame: Playwright's own waiting looks again after 0.27, 0.77 and 1.27
seconds. Two seconds pass before the first click, in which a person reads and the page gets ready.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from services.inspection.uploads import SAMPLES
from tests.browser.app_server import visited

LOOKED_AT_MS = 2_000
KEYS = "OODO2"
REASON = "first try of the slider"
HEATMAP = 'img[alt*="heatmap of" i]'
METRIC = '[data-testid="stMetric"]'
SEEN = """([selector, text, count]) => {
    const inside = root => [...root.querySelectorAll(selector), ...[...root.querySelectorAll("*")]
        .flatMap(found => found.shadowRoot ? inside(found.shadowRoot) : [])]
    return inside(document).filter(
        found => found.checkVisibility() && found.textContent.includes(text)
            && (found.tagName !== "IMG" || (found.complete && found.naturalWidth > 0))
    ).length >= count
}"""
DECIDED = """([heatmap, before]) => {
    const shown = [...document.querySelectorAll(heatmap)].map(picture => picture.alt)
    return shown.length > 0 && !shown.includes(before)
}"""


class Stopwatch:
    """Seconds of each step, by name, in their order."""

    def __init__(self) -> None:
        self.seconds: list[tuple[str, float]] = []

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds.append((name, time.perf_counter() - began))


def seen(page: Page, selector: str, text: str = "", count: int = 1) -> None:
    """Wait until so many of these elements with this text can be seen."""
    page.wait_for_function(SEEN, arg=[selector, text, count])


def walk(page: Page, url: str, step: Stopwatch, folder: Path) -> Path:
    """The whole walk; returns the CSV that was downloaded."""
    with step("open the app"):
        page.goto(url)
        expect(page.get_by_role("button", name="Try it with")).to_be_enabled()
    page.wait_for_timeout(LOOKED_AT_MS)
    inspect_samples(page, step)
    review_five(page, step)
    change_threshold(page, step)
    see_trend(page, step)
    return download_shift(page, step, folder)


def inspect_samples(page: Page, step: Stopwatch) -> None:
    """The first click: verdicts with their heatmaps."""
    with step("try it with sample parts: all heatmaps"):
        page.get_by_role("button", name="Try it with").click()
        seen(page, HEATMAP, count=SAMPLES)
        seen(page, METRIC, f"Inspected{SAMPLES}")


def review_five(page: Page, step: Stopwatch) -> None:
    """Five decisions by keyboard."""
    with step("open Review"):
        page.get_by_role("link", name="Review").click()
        seen(page, 'input[aria-label="Your name"]')
    answered(page)
    page.get_by_role("textbox", name="Your name").fill("Eva Engineer")
    with step("say who one is"):
        page.keyboard.press("Enter")
        seen(page, HEATMAP)
    for key in KEYS:
        expect(page.get_by_role("button", name="Zoom")).to_be_enabled()
        answered(page)
        shown = page.get_by_alt_text("Heatmap of").get_attribute("alt") or ""
        with step(f"decide with the key {key}"):
            page.keyboard.press(key)
            page.wait_for_function(DECIDED, arg=[HEATMAP, shown])
            seen(page, HEATMAP)


def answered(page: Page) -> None:
    """Nothing is drawn any more: as people wait until a page stands still."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def change_threshold(page: Page, step: Stopwatch) -> None:
    """The slider, its consequences, and the log."""
    with step("open Threshold"):
        page.get_by_role("link", name="Threshold").click()
        seen(page, 'input[type="range"]')
        seen(page, "h3", "Log of thresholds")
    answered(page)
    with step("move the slider"):
        page.get_by_role("slider").press("ArrowRight")
        seen(page, "button:enabled", "Apply ...")
    with step("apply: say why"):
        page.get_by_role("button", name="Apply ...").click()
        seen(page, '[role="dialog"] [aria-label^="Reason"]')
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Reason").fill(REASON)
    with step("apply the threshold"):
        dialog.get_by_role("button", name="Apply for new inspections").click()
        seen(page, '[data-testid="stMain"]', REASON)


def see_trend(page: Page, step: Stopwatch) -> None:
    """The figures, and the first chart, which takes the chart library."""
    with step("open Trends: figures"):
        page.get_by_role("link", name="Trends").click()
        seen(page, "h1", "Trends")
        seen(page, METRIC, "Defect rate")
    with step("Trends: its first chart, after them"):
        seen(page, '[data-testid="stPlotlyChart"] .main-svg')


def download_shift(page: Page, step: Stopwatch, folder: Path) -> Path:
    """The parts of the shift that is running, as CSV."""
    with step("open Shift report"):
        page.get_by_role("link", name="Shift report").click()
        seen(page, "button", "Parts (CSV)")
    path = folder / "shift.csv"
    with step("download the CSV"), page.expect_download() as download:
        page.get_by_role("button", name="Parts (CSV)").click()
    download.value.save_as(path)
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a downloaded CSV."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def main() -> None:
    """Walk once, on a server that has just started, and say what each click took."""
    step = Stopwatch()
    with visited() as (server, page):
        rows = rows_of(walk(page, server.url, step, server.folder))
        log = server.log()
    for name, seconds in step.seconds:
        sys.stdout.write(f"{seconds * 1e3:6.0f} ms  {name}\n")
    sys.stdout.write(f"{len(rows)} rows in the CSV; traceback in the log: {'Traceback' in log}\n")


if __name__ == "__main__":
    main()
