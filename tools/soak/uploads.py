"""Many uploads in one browser session, and the memory of the server meanwhile.

    python -m tools.soak.uploads --uploads 2000 --json tools/soak/results/uploads.json

Chromium opens the app once and hands in one photograph after the other, each new to the app;
the server's memory is read after every upload. Limit: less than 60 MB more than after the
first hundred.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import FilePayload, Page, TimeoutError, sync_playwright
from sqlalchemy import func, select

from core.synthetic.samples import encode_jpeg, sample_parts
from db import schema
from db.session import connect, reading
from tests.browser.app_server import AppServer, launch, served
from tools.soak.machine import write_result

WAIT_MS = 120_000
SEEN_EVERY = 100


def upload_all(
    server: AppServer,
    page: Page,
    uploads: int,
    settled: int,
    padding: int = 0,
    minutes: float = 600,
) -> dict[str, Any]:
    """Hand in so many photographs; memory is compared with that after ``settled`` of them.

    ``padding`` makes each photograph larger by so many bytes. After ``minutes`` it ends with
    those that were handed in by then.
    """
    photograph = encode_jpeg(next(iter(sample_parts(1, 9))))
    page.set_default_timeout(WAIT_MS)
    page.goto(server.url)
    memory, chosen_again = [], 0
    began = time.perf_counter()
    for number in range(1, uploads + 1):
        # What stands behind a picture's end is not looked at, and makes it a new photograph.
        data = photograph + f" upload {number}".encode() + bytes(padding)
        file = FilePayload(name=f"part {number}.jpg", mimeType="image/jpeg", buffer=data)
        chosen_again += _choose(page, file)
        page.get_by_role("button", name="Inspect", exact=True).last.click()
        page.wait_for_url(f"**batch={number}*")
        _see_it_emptied(page)
        memory.append(resident(server))
        if time.perf_counter() - began > 60 * minutes:
            uploads = number
            break
    page.get_by_text(f"part {uploads}.jpg").first.wait_for()
    seconds = time.perf_counter() - began
    stored = _stored(server.database_url, uploads)
    after = np.array(memory[settled:])
    return {
        "uploads": uploads,
        "stored": stored,
        "chosen_again": chosen_again,
        "seconds": round(seconds, 1),
        "megabytes_after_first": {"uploads": settled, "megabytes": round(memory[settled - 1], 1)},
        "megabytes_at_the_end": round(float(np.median(memory[-20:])), 1),
        "most_growth_megabytes": round(float(after.max() - memory[settled - 1]), 1),
        "megabytes_every": {
            str(number): round(memory[number - 1], 1)
            for number in range(SEEN_EVERY, uploads + 1, SEEN_EVERY)
        },
        "tracebacks_in_the_log": server.log().count("Traceback"),
        "errors_in_the_log": _errors(server.log()),
    }


def _see_it_emptied(page: Page) -> None:
    """Wait until the form is empty for the next one, as a person sees before they go on."""
    remove = page.get_by_role("button", name="Remove")
    try:
        remove.first.wait_for(state="hidden", timeout=5_000)
    except TimeoutError:
        remove.first.click()
        remove.first.wait_for(state="hidden")


def _choose(page: Page, file: FilePayload) -> int:
    """Choose the file; returns how often that took a second time.

    The form empties itself some milliseconds after it says so, and drops what a program chose
    meanwhile; no person is as fast.
    """
    for again in range(10):
        page.locator("input[type=file]").set_input_files(file)
        try:
            page.get_by_role("button", name="Remove").first.wait_for(timeout=5_000)
        except TimeoutError:
            continue
        return again
    raise RuntimeError("the form takes no file")


def resident(server: AppServer) -> float:
    """Megabytes that the server holds; Linux only."""
    if server.process is None:
        raise RuntimeError("the app is not running")
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def _errors(log: str) -> list[str]:
    """The last line of each traceback, once each."""
    found, inside = [], False
    for line in log.splitlines():
        inside = inside or line.lstrip().startswith("Traceback")
        if inside and line and not line[0].isspace() and not line.startswith("Traceback"):
            found.append(line)
            inside = False
    return sorted(set(found))


def _stored(url: str, wanted: int) -> int:
    """Parts that are stored once the last batch has ended, or after a minute."""
    engine = connect(url)
    deadline = time.monotonic() + 60
    found = 0
    while found < wanted and time.monotonic() < deadline:
        with reading(engine) as connection:
            found = connection.scalar(select(func.count()).select_from(schema.inspection)) or 0
        time.sleep(0.2)
    engine.dispose()
    return found


def main() -> None:
    """Run the session and write what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uploads", type=int, default=2_000)
    parser.add_argument("--settled", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        served(Path(scratch)) as server,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        page = browser.new_page()
        found = upload_all(server, page, chosen.uploads, chosen.settled, minutes=chosen.minutes)
        browser.close()
    write_result(found, chosen.json)


if __name__ == "__main__":
    main()
