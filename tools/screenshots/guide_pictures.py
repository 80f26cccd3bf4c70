"""The pictures of the documentation: ``python -m tools.screenshots.guide_pictures``.

They show the demonstration, with the model's own scores, and an empty app whose database lies in
memory. Every part in them is rendered.
"""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from cli.terminal import growing_bar
from services.application import opened
from services.demo import make_demonstration
from services.inspection.uploads import SAMPLES
from tests.browser.app_server import AppServer, launch, served
from tests.conftest import ROOT
from tools.screenshots.shots import WAIT_MS, drawn, named

FOLDER = ROOT / "docs" / "pictures"
MEMORY = Path("/dev/shm")  # noqa: S108 - a disk that is not kept is what is wanted
WIDTH = 1280


def keep(page: Page, name: str) -> None:
    """The page as it is on the screen, as a small file."""
    page.wait_for_timeout(1_500)
    picture = Image.open(BytesIO(page.screenshot()))
    height = round(picture.height * WIDTH / picture.width)
    picture.resize((WIDTH, height), Image.Resampling.LANCZOS).save(
        FOLDER / f"{name}.webp", quality=82, method=6
    )


def samples(page: Page, server: AppServer) -> None:
    """What the first click shows."""
    page.goto(server.url)
    page.get_by_role("button", name="Try it with").click()
    expect(page.get_by_alt_text("Heatmap of")).to_have_count(SAMPLES)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    drawn(page)
    keep(page, "inspect")


def month(page: Page, server: AppServer) -> None:
    """Pages of a plant at work."""
    page.goto(f"{server.url}/trends?station=line+2")
    drawn(page)
    expect(page.get_by_test_id("stPlotlyChart").nth(1).locator(".main-svg").first).to_be_visible()
    page.get_by_test_id("stPlotlyChart").nth(1).scroll_into_view_if_needed()
    keep(page, "trends")
    page.goto(f"{server.url}/review")
    named(page)
    expect(page.get_by_alt_text("Heatmap of")).to_be_visible()
    keep(page, "review")


def main() -> None:
    """Take all of them."""
    expect.set_options(timeout=WAIT_MS)
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory(dir=MEMORY) as memory,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.set_default_timeout(WAIT_MS)
        with served(Path(memory)) as server:
            page.goto(server.url)
            expect(page.get_by_text("is not kept")).to_be_visible()
            drawn(page)
            keep(page, "not-kept")
        with served(Path(folder) / "samples") as server:
            samples(page, server)
        (Path(folder) / "month").mkdir()
        url = AppServer(Path(folder) / "month").database_url
        with opened(None, url) as application, growing_bar("Inspecting") as progress:
            make_demonstration(application, progress=progress)
        with served(Path(folder) / "month") as server:
            month(page, server)
        browser.close()


if __name__ == "__main__":
    main()
