"""Pictures of every page in three sizes, light and dark: ``python -m tools.screenshots.shots``.

Each page is taken as a whole, on an empty database, on one with a reviewed batch of sixty
parts, and on one with a month of fifty thousand (:mod:`tools.screenshots.many`). The pictures go
to ``tools/screenshots/pictures``, which is not kept; every part in them is rendered.

    python -m tools.screenshots.shots --state month --only trends
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, expect, sync_playwright

from core.synthetic.samples import encode_jpeg, sample_parts
from tests.browser.actions import decide_about_all
from tests.browser.app_server import AppServer, launch, served
from tools.screenshots.many import fill

PICTURES = Path(__file__).parent / "pictures"
SIZES = ((1440, 900), (1024, 768), (390, 844))
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
EMPTY, SMALL, MONTH = "empty", "small", "month"
WAIT_MS = 60_000
LONGEST = 6_000
"""Pixels of the longest picture."""

Ready = Callable[[Page], None]
View = tuple[str, str, Ready]
"""Name of the pictures, address, and what to do until the page is as it should be."""


def archive(folder: Path) -> Path:
    """Sixty parts and three files that cannot be inspected."""
    path = folder / "night shift.zip"
    with zipfile.ZipFile(path, "w") as target:
        parts = [(part.name, encode_jpeg(part)) for part in sample_parts(60, seed=99)]
        for name, data in parts:
            target.writestr(name, data)
        target.writestr("broken.jpg", parts[0][1][:300])
        target.writestr("notes.txt", "pallet 7")
        target.writestr("a long folder name/with another inside/" + "0123456789" * 6 + ".png", b"")
    return path


def drawn(page: Page) -> None:
    """A page as it is, drawn to its end."""
    expect(page.get_by_role("heading").first).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def gallery(page: Page) -> None:
    """A finished batch."""
    expect(page.get_by_alt_text("Heatmap of").nth(23)).to_be_visible()


def details(page: Page) -> None:
    """One part in its dialog."""
    gallery(page)
    page.get_by_role("button", name="Details").first.click()
    expect(page.get_by_role("dialog").get_by_alt_text("Heatmap of")).to_be_visible()


def rejected(page: Page) -> None:
    """Files that could not be inspected."""
    expect(page.get_by_test_id("stDataFrame")).to_contain_text("broken.jpg")


def threshold(page: Page) -> None:
    """The Threshold page, drawn to its end."""
    expect(page.get_by_text("Log of thresholds")).to_be_visible()
    expect(page.get_by_role("slider")).to_be_visible()
    expect(page.get_by_test_id("stPlotlyChart").nth(2)).to_be_attached()


def named(page: Page) -> None:
    """Type the name that a page asks for."""
    drawn(page)
    page.get_by_role("textbox", name="Your name").fill("Ann Lee")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("textbox", name="Your name")).to_have_count(0)


def review(page: Page) -> None:
    """One part under review."""
    named(page)
    expect(page.get_by_alt_text("Heatmap of")).to_be_visible()


def review_zoomed(page: Page) -> None:
    """The same with its pictures over the whole width."""
    review(page)
    page.keyboard.press("F")
    expect(page.get_by_alt_text("Heatmap of")).to_be_visible()


def review_gallery(page: Page) -> None:
    """Many parts to decide at once, some chosen."""
    named(page)
    page.get_by_role("button", name="Select page").click()
    expect(page.get_by_text("24 selected")).to_be_visible()


def review_figures(page: Page) -> None:
    """What people's decisions say of the model."""
    expect(page.get_by_text("Possible labelling errors")).to_be_visible()


def people(page: Page) -> None:
    """Who is here."""
    named(page)
    expect(page.get_by_text("Not you?")).to_be_visible()


def trends(page: Page) -> None:
    """Rates of the hour in which the batch was inspected, and no baseline yet."""
    expect(page.get_by_text("No baseline is set")).to_be_visible()


def report(page: Page) -> None:
    """The shift in which the batch was inspected."""
    expect(page.get_by_role("button", name="Parts (CSV)")).to_be_visible()


def model(page: Page) -> None:
    """The model card, drawn to its end."""
    expect(page.get_by_text("Known limits")).to_be_visible()
    expect(page.get_by_test_id("stPlotlyChart").nth(3)).to_be_visible()


def live(page: Page) -> None:
    """The Live page with the parts of the batch, drawn to its end."""
    expect(page.get_by_alt_text("Heatmap of")).to_have_count(6)
    expect(page.get_by_test_id("stPlotlyChart").nth(2)).to_be_attached()


PAGES: tuple[View, ...] = (
    ("inspect", "", drawn),
    ("live", "live", drawn),
    ("review", "review", named),
    ("review-figures", "review?view=figures", drawn),
    ("threshold", "threshold", drawn),
    ("trends", "trends", drawn),
    ("reports", "reports", drawn),
    ("model", "model", model),
    ("settings", "settings", named),
    ("people", "who", named),
)
"""Every page as its address opens it."""

SMALL_VIEWS: tuple[View, ...] = (
    ("inspect", "?batch=1", gallery),
    ("live", "live", live),
    ("inspect-rejected", "?batch=1&show=rejected", rejected),
    ("inspect-part", "?batch=1", details),
    ("review", "review", review),
    ("review-zoomed", "review", review_zoomed),
    ("review-gallery", "review?view=gallery", review_gallery),
    ("review-figures", "review?view=figures", review_figures),
)
REVIEWED_VIEWS: tuple[View, ...] = (
    ("threshold", "threshold?evidence=reviewed&at=1.5", threshold),
    ("trends", "trends?by=hour", trends),
    ("reports", "reports", report),
)


def shoot(page: Page, server: AppServer, state: str, views: Iterable[View], only: str) -> None:
    """Whole pages in all sizes and themes."""
    for name, address, ready in views:
        if not name.startswith(only):
            continue
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                page.goto(f"{server.url}/{address}")
                ready(page)
                drawn(page)
                page.wait_for_timeout(900)
                whole = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
                if whole > height:
                    page.set_viewport_size({"width": width, "height": min(whole + 60, LONGEST)})
                    page.wait_for_timeout(700)
                page.screenshot(path=PICTURES / f"{state}-{name}-{width}-{theme}.png")
                sys.stdout.write(f"{state}-{name}-{width}-{theme}\n")


def decide_some(page: Page, url: str) -> None:
    """A few decisions, so that the figures have something to say."""
    page.goto(f"{url}/review")
    review(page)
    for key in "OO5DTO3ODO":
        shown = page.get_by_alt_text("Heatmap of").get_attribute("alt") or ""
        page.keyboard.press(key)
        expect(page.get_by_alt_text(shown, exact=True)).to_have_count(0)
        expect(page.get_by_alt_text("Heatmap of")).to_be_visible()


def shoot_empty(page: Page, folder: Path, only: str) -> None:
    """Nothing inspected yet."""
    with served(folder / EMPTY) as server:
        shoot(page, server, EMPTY, PAGES, only)


def shoot_small(page: Page, folder: Path, only: str) -> None:
    """One batch, a batch on its way, decisions of a few people."""
    with served(folder / SMALL) as server:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.emulate_media(color_scheme="light")
        page.goto(server.url)
        page.locator("input[type=file]").set_input_files(archive(folder))
        page.get_by_label("Batch label").fill("Night shift, pallet 7")
        expect(page.get_by_role("button", name="Remove").first).to_be_visible()
        page.screenshot(path=PICTURES / "small-inspect-chosen-1440.png")
        page.get_by_role("button", name="Inspect", exact=True).click()
        expect(page.get_by_alt_text("Heatmap of").first).to_be_visible()
        page.screenshot(path=PICTURES / "small-inspect-running-1440.png")
        gallery(page)
        decide_some(page, server.url)
        shoot(page, server, SMALL, SMALL_VIEWS, only)
        decide_about_all(server)
        shoot(page, server, SMALL, REVIEWED_VIEWS, only)


def shoot_month(page: Page, folder: Path, only: str) -> None:
    """Thirty days of fifty thousand parts, with the banner of a demonstration."""
    (folder / MONTH).mkdir()
    fill(AppServer(folder / MONTH).database_url)
    with served(folder / MONTH) as server:
        shoot(page, server, MONTH, PAGES, only)


STATES = {EMPTY: shoot_empty, SMALL: shoot_small, MONTH: shoot_month}


def main() -> None:
    """Make the pictures that were asked for, by default all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", choices=[*STATES], help="only on this database")
    parser.add_argument("--only", default="", help="only views whose name begins so")
    chosen = parser.parse_args()
    expect.set_options(timeout=WAIT_MS)
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        page.set_default_timeout(WAIT_MS)
        for state in [chosen.state] if chosen.state else STATES:
            STATES[state](page, Path(folder), chosen.only)
        browser.close()


if __name__ == "__main__":
    main()
