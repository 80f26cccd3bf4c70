"""Pictures of every page in three sizes, light and dark: ``python -m tests.browser.shots``.

They go to ``tests/browser/pictures``, which is not kept; every part in them is rendered.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from core.samples import encode_jpeg, sample_parts
from tests.browser.app_server import launch, served
from tests.browser.test_threshold import decide_about_all

PICTURES = Path(__file__).parent / "pictures"
SIZES = ((1440, 900), (1024, 768), (390, 844))
THEMES = ("light", "dark")
WAIT_MS = 60_000


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


def empty(page: Page) -> None:
    """Nothing inspected yet."""
    expect(page.get_by_role("button", name="Try it with")).to_be_visible()


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
    expect(page.get_by_test_id("stEChartsChart").locator("svg").nth(2)).to_be_attached()


def named(page: Page) -> None:
    """Type the name that a page asks for."""
    page.get_by_role("textbox", name="Your name").fill("Ann Lee")
    page.keyboard.press("Enter")


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
    page.get_by_role("button", name="Choose this page").click()
    expect(page.get_by_text("24 chosen")).to_be_visible()


def review_figures(page: Page) -> None:
    """What people's decisions say of the model."""
    expect(page.get_by_text("Label suspects")).to_be_visible()


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


def shoot(page: Page, url: str, name: str, ready: Callable[[Page], None]) -> None:
    """One view in all sizes and themes."""
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.goto(url)
            ready(page)
            page.wait_for_timeout(700)
            page.screenshot(path=PICTURES / f"{name}-{width}-{theme}.png")


def decide_some(page: Page, url: str) -> None:
    """A few decisions, so that the figures have something to say."""
    page.goto(f"{url}/review")
    review(page)
    for key in "OO5DTO3ODO":
        shown = page.get_by_alt_text("Heatmap of").get_attribute("alt") or ""
        page.keyboard.press(key)
        expect(page.get_by_alt_text(shown, exact=True)).to_have_count(0)
        expect(page.get_by_alt_text("Heatmap of")).to_be_visible()


def main() -> None:
    """Make all pictures anew."""
    expect.set_options(timeout=WAIT_MS)
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir()
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder) / "app") as server,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        page = browser.new_page()
        page.set_default_timeout(WAIT_MS)
        shoot(page, server.url, "inspect-empty", empty)
        page.set_viewport_size({"width": 1440, "height": 900})
        page.emulate_media(color_scheme="light")
        page.goto(server.url)
        page.locator("input[type=file]").set_input_files(archive(Path(folder)))
        page.get_by_label("Batch label").fill("Night shift, pallet 7")
        expect(page.get_by_role("button", name="Remove").first).to_be_visible()
        page.screenshot(path=PICTURES / "inspect-chosen-1440.png")
        page.get_by_role("button", name="Inspect", exact=True).click()
        expect(page.get_by_alt_text("Heatmap of").first).to_be_visible()
        page.screenshot(path=PICTURES / "inspect-running-1440.png")
        gallery(page)
        batch = f"{server.url}/?batch=1"
        shoot(page, batch, "inspect-gallery", gallery)
        shoot(page, f"{server.url}/live", "live", live)
        shoot(page, f"{batch}&show=rejected", "inspect-rejected", rejected)
        shoot(page, batch, "inspect-part", details)
        decide_some(page, server.url)
        shoot(page, f"{server.url}/review", "review-one", review)
        shoot(page, f"{server.url}/review", "review-zoomed", review_zoomed)
        shoot(page, f"{server.url}/review?view=gallery", "review-gallery", review_gallery)
        shoot(page, f"{server.url}/review?view=figures", "review-figures", review_figures)
        shoot(page, f"{server.url}/who", "people", people)
        decide_about_all(server)
        shoot(page, f"{server.url}/threshold?evidence=reviewed&at=1.5", "threshold", threshold)
        shoot(page, f"{server.url}/trends?by=hour", "trends", trends)
        shoot(page, f"{server.url}/reports", "reports", report)
        shoot(page, f"{server.url}/model", "model", model)
        browser.close()


if __name__ == "__main__":
    main()
