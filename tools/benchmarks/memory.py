"""Memory of the serving process: ``python -m tools.benchmarks.memory --json memory.json``.

The app is started as the README says and opened in Chromium: idle is what it holds then. Then
photographs of rendered parts are uploaded as one batch, its gallery is looked at, and every
page is opened. The peak is the kernel's own (VmHWM), for the whole life of the process.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from core.synthetic.samples import write_samples
from tests.browser.app_server import AppServer, launch, served
from tools.soak.machine import write_result

PAGES = ("review", "threshold", "trends", "reports", "model", "who")
WAIT_MS = 120_000
SETTLED_MS = 3_000


def megabytes(server: AppServer, what: str) -> float:
    """A line of /proc/PID/status, in MB: VmRSS now, or VmHWM at its highest so far."""
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
    (line,) = [line for line in status.splitlines() if line.startswith(f"{what}:")]
    return int(line.split()[1]) * 1024 / 1e6


def measure(server: AppServer, page: Page, folder: Path, photographs: int) -> dict[str, float]:
    """Idle, after the batch, after every page, and the peak of all."""
    page.goto(server.url)
    expect(page.get_by_role("button", name="Try it with")).to_be_enabled()
    page.wait_for_timeout(SETTLED_MS)
    found = {"photographs": float(photographs), "idle_megabytes": megabytes(server, "VmRSS")}
    write_samples(folder, photographs, seed=99)
    page.locator("input[type=file]").set_input_files(sorted(folder.glob("*.jpg")))
    expect(page.get_by_role("button", name="Remove").first).to_be_visible()
    page.get_by_role("button", name="Inspect", exact=True).click()
    inspected = page.get_by_test_id("stMetric").filter(has_text="Inspected")
    expect(inspected.get_by_test_id("stMetricValue")).to_have_text(str(photographs))
    expect(page.get_by_alt_text("Heatmap of").nth(23)).to_be_visible()
    found["peak_of_the_batch_megabytes"] = megabytes(server, "VmHWM")
    page.wait_for_timeout(SETTLED_MS)
    found["after_the_batch_megabytes"] = megabytes(server, "VmRSS")
    for name in PAGES:
        page.goto(f"{server.url}/{name}")
        expect(page.get_by_role("heading").first).to_be_visible()
        page.wait_for_timeout(SETTLED_MS)
    found["after_every_page_megabytes"] = megabytes(server, "VmRSS")
    found["peak_megabytes"] = megabytes(server, "VmHWM")
    return found


def main() -> None:
    """Measure, say, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photographs", type=int, default=200)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    expect.set_options(timeout=WAIT_MS)
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder) / "app") as server,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        page = browser.new_page()
        page.set_default_timeout(WAIT_MS)
        found = measure(server, page, Path(folder) / "parts", chosen.photographs)
        browser.close()
    write_result({name: round(value, 1) for name, value in found.items()}, chosen.json)


if __name__ == "__main__":
    main()
