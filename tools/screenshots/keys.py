"""How long it takes from a key to the next part: ``python -m tools.screenshots.keys``.

Rendered parts are reviewed by keyboard in Chromium on this machine, server and browser
together; a part counts as shown when both its pictures are drawn.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from core.synthetic.samples import encode_jpeg, sample_parts
from db.session import connect
from tests.browser.app_server import launch, served
from tests.stored_parts import open_store, outcome_of

PARTS = 70
KEYS = 60
WAIT_MS = 60_000

# Measured in the page itself: from the key's event to the frame in which the next part's
# pictures are complete.
_WATCH = """() => {
  window.took = [];
  let since = null, before = null;
  const large = () => [...document.querySelectorAll('img')].filter(picture =>
    picture.alt.startsWith('Heatmap of') || picture.alt.startsWith('Photograph of'));
  addEventListener('keydown', () => {
    since = performance.now(); before = large().map(picture => picture.alt).join();
  }, true);
  const look = () => {
    const shown = large();
    if (since !== null && shown.length === 2 && shown.map(p => p.alt).join() !== before
        && shown.every(p => p.complete && p.naturalWidth)) {
      window.took.push(performance.now() - since); since = null;
    }
    requestAnimationFrame(look);
  };
  look();
}"""


def measure(page: Page, url: str) -> list[float]:
    """Milliseconds from key to next part, one for each key."""
    page.goto(f"{url}/review")
    page.get_by_role("textbox", name="Your name").fill("Ann")
    page.keyboard.press("Enter")
    expect(page.get_by_alt_text("Heatmap of")).to_be_visible()
    page.evaluate(_WATCH)
    for number in range(KEYS):
        page.wait_for_timeout(400)
        page.keyboard.press("O" if number % 3 else "5")
        page.wait_for_function("count => window.took.length > count", arg=number)
    took: list[float] = page.evaluate("window.took")
    return took


def main() -> None:
    """Print the median, the 95th percentile and the longest."""
    expect.set_options(timeout=WAIT_MS)
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder) / "app") as server,
        sync_playwright() as playwright,
    ):
        engine = connect(server.database_url)
        open_store(engine).record(
            [
                outcome_of(part.name, encode_jpeg(part), log_odds=1.5 + place / 10)
                for place, part in enumerate(sample_parts(PARTS, seed=4))
            ]
        )
        engine.dispose()
        browser = launch(playwright)
        took = sorted(measure(browser.new_page(), server.url))
        browser.close()
    sys.stdout.write(
        f"{len(took)} keys: median {statistics.median(took):.0f} ms, 95 % within "
        f"{took[int(0.95 * len(took)) - 1]:.0f} ms, longest {took[-1]:.0f} ms\n"
    )


if __name__ == "__main__":
    main()
