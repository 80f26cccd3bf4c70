"""From the slider to the picture on the Threshold page, in Chromium, with many reviewed parts.

    python -m tools.benchmarks.slider --parts 50000 --moves 30 --json slider.json

The time of a move runs from the key that moves the slider, as the browser stamps it, to the
frame after the last change of the figures, the matrix and the sentences; the marks on the curves
are set in the same call. The time of the whole page is measured as well: when the slider rests,
the server says what would have happened in the last days. The processor time of the browser's
main thread and of the server is reported too, because it is meaningful on a busy machine.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from playwright.sync_api import CDPSession, Page, expect, sync_playwright

from core.model.card import read_card
from core.model.metrics import probabilities
from core.review.decisions import Decision
from db.inspections.batches import finish_batch, open_batch
from db.inspections.models import register_model
from db.schema import disposition, inspection, photograph
from db.session import connect, writing
from tests.browser.app_server import AppServer, launch, served
from tools.soak.machine import write_result

KEYS = ("PageUp", "ArrowRight", "PageDown", "ArrowRight")
QUIET_MS = 500
"""Without a change for so long, the picture is complete."""

# Streamlit's own marks of elements that are being renewed come and go without changing anything
# visible: attributes count in the picture alone. Two frames on, what was changed is on the screen.
WATCH = """
() => {
  const main = document.querySelector('[data-testid=stMain]')
  const live = document.querySelector('.proposal')
  window.moved = window.changed = window.pictured = 0
  const seen = note => requestAnimationFrame(() => requestAnimationFrame(note))
  const all = {subtree: true, childList: true, characterData: true}
  new MutationObserver(() => seen(() => { window.pictured = performance.now() }))
    .observe(live, {...all, attributes: true})
  new MutationObserver(() => seen(() => { window.changed = performance.now() })).observe(main, all)
  addEventListener('keydown', event => { window.moved = event.timeStamp }, true)
}
"""


def fill(url: str, parts: int, seed: int = 1) -> None:
    """Inspected and decided parts of the shipped model over thirty days, rows only."""
    random = np.random.default_rng(seed)
    defective = random.random(parts) < 0.3
    log_odds = np.where(defective, random.normal(2.5, 2, parts), random.normal(-3, 2, parts))
    chances = probabilities(log_odds)
    engine = connect(url)
    card = read_card()
    with writing(engine) as connection:
        model = register_model(
            connection, card.identity, card.name, card.model_dump(mode="json"), 0.5, "fill"
        )
        batch = open_batch(connection, "made up", "", "line 1", model.id, parts)
        finish_batch(connection, batch.id)
        moments = [datetime.now(UTC) - timedelta(days=30 * n / parts) for n in range(parts)]
        connection.execute(
            photograph.insert(),
            [
                {
                    "sha256": f"{number:064x}",
                    "byte_count": 4,
                    "width": 300,
                    "height": 300,
                    "format": "JPEG",
                    "stored_at": moment,
                    "data": b"part",
                }
                for number, moment in enumerate(moments)
            ],
        )
        connection.execute(
            inspection.insert(),
            [
                {
                    "id": number + 1,
                    "photograph_sha256": f"{number:064x}",
                    "model_id": model.id,
                    "batch_id": batch.id,
                    "station": "line 1",
                    "file": f"part {number}.jpg",
                    "inspected_at": moment,
                    "verdict": "defective" if chances[number] >= 0.5 else "ok",
                    "reason": "",
                    "probability": float(chances[number]),
                    "log_odds": float(log_odds[number]),
                    "threshold": 0.5,
                    "evidence": bytes(200),
                    "evidence_rows": 10,
                    "evidence_columns": 10,
                    "decode_ms": 1.0,
                    "inference_ms": 10.0,
                    "store_ms": 1.0,
                }
                for number, moment in enumerate(moments)
            ],
        )
        connection.execute(
            disposition.insert(),
            [
                {
                    "inspection_id": number + 1,
                    "decision": (Decision.DEFECTIVE if defective[number] else Decision.OK).value,
                    "undoes": None,
                    "defect_type": "crack" if defective[number] else "",
                    "note": "",
                    "person_key": "typed fill",
                    "name": "fill",
                    "email": None,
                    "verified": False,
                    "decided_at": moment,
                }
                for number, moment in enumerate(moments)
            ],
        )
    engine.dispose()


def moves_of(page: Page, server: AppServer, number: int) -> Iterator[dict[str, float]]:
    """Milliseconds of each of so many moves of the slider: to the picture, and of processors."""
    page.goto(server.url)
    expect(page.get_by_text("New batch")).to_be_visible()
    page.goto(f"{server.url}/threshold?evidence=reviewed")
    slider = page.get_by_role("slider")
    caught = page.locator("[data-figure=Caught] .value")
    expect(page.get_by_text("Log of thresholds")).to_be_visible()
    expect(caught).to_have_text(re.compile(r"\d"))
    expect(page.get_by_test_id("stPlotlyChart").nth(2)).to_be_attached()
    page.wait_for_timeout(3000)
    page.evaluate(WATCH)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    slider.focus()
    for move in range(number):
        before = caught.inner_text()
        began = _processor_ms(session, server)
        page.keyboard.press(KEYS[move % len(KEYS)])
        expect(caught).not_to_have_text(before)
        # The server has been asked, has answered, and nothing has changed for a while.
        page.wait_for_function("window.changed > window.pictured")
        while not page.evaluate(f"performance.now() - window.changed > {QUIET_MS}"):
            page.wait_for_timeout(100)
        ended = _processor_ms(session, server)
        yield {
            "picture": float(page.evaluate("window.pictured - window.moved")),
            "page": float(page.evaluate("window.changed - window.moved")),
            "browser": ended[0] - began[0],
            "server": ended[1] - began[1],
        }


def _processor_ms(session: CDPSession, server: AppServer) -> tuple[float, float]:
    """Processor time so far of the browser's main thread and of the server."""
    told = session.send("Performance.getMetrics")["metrics"]
    browser = next(item["value"] for item in told if item["name"] == "TaskDuration")
    process = server.process
    fields = Path(f"/proc/{process.pid if process else 'self'}/stat").read_text().split()
    return 1000 * browser, 1000 * (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _quantile(moves: Sequence[dict[str, float]], name: str, share: float) -> float:
    return round(float(np.quantile([move[name] for move in moves], share)), 1)


def main(arguments: Sequence[str]) -> None:
    """Fill, measure, say."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--parts", type=int, default=50_000)
    options.add_argument("--moves", type=int, default=30)
    options.add_argument("--json", type=Path)
    chosen = options.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder) / "app") as server,
        sync_playwright() as playwright,
    ):
        fill(server.database_url, chosen.parts)
        expect.set_options(timeout=60_000)
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1440, "height": 2200})
        page.set_default_timeout(60_000)
        moves = list(moves_of(page, server, chosen.moves))
        browser.close()
    result = {
        "parts": chosen.parts,
        "moves": chosen.moves,
        "picture_median_ms": _quantile(moves, "picture", 0.5),
        "picture_p95_ms": _quantile(moves, "picture", 0.95),
        "page_median_ms": _quantile(moves, "page", 0.5),
        "page_p95_ms": _quantile(moves, "page", 0.95),
        "browser_processor_ms": round(float(np.median([move["browser"] for move in moves])), 1),
        "server_processor_ms": round(float(np.median([move["server"] for move in moves])), 1),
    }
    write_result(result, chosen.json)


if __name__ == "__main__":
    main(sys.argv[1:])
