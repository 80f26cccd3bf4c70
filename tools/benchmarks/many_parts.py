"""A database of many parts, rows only, and how long reports and trends take on it.

    python -m tools.benchmarks.many_parts --parts 1000000 --json times.json
    python -m tools.benchmarks.many_parts --parts 100000 --database-url postgresql://...

Parts come evenly over ninety days from two stations, 4 in 100 defective, with scores as a good
model gives them; half of the flagged parts are decided. Photographs are a few bytes: nothing
here reads them. Without ``--database-url`` the database is an SQLite file that is removed
afterwards; one that is named must be empty, and keeps the parts.

Trends are timed twice: their queries alone, and the page as a person sees it in Chromium over
all ninety days, from the click on what the period is cut into to the frame after the page's last
change. The first click on each counts every part; a later one finds the counts still known.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright
from sqlalchemy import Engine, select, text

from core.model.metrics import probabilities
from core.process.shift_report import write_parts
from core.process.shifts import DEFAULT_SHIFTS, Shift, read_calendar
from core.process.trends import Bucket, Grain, buckets_of, period
from db.inspections.batches import open_batch
from db.inspections.models import register_model
from db.inspections.parts import data_version
from db.process.shift_report import latest_inspection, shift_parts, shift_report
from db.process.trends import cells, defect_types, latest_scores
from db.review.queue import stations
from db.schema import disposition, inspection, photograph
from db.selection import Selection
from db.session import connect, reading, writing
from tests.browser.app_server import launch, served
from tools.soak.machine import write_result

BEGIN = datetime(2026, 8, 24, tzinfo=UTC)
DAYS = 90
TYPES = ("blowhole", "pinhole", "shrinkage", "burr / flash")
STATIONS = ("line 1", "line 2")
MODEL = "f" * 64
CALENDAR = read_calendar("Europe/Berlin", DEFAULT_SHIFTS)
_CHUNK = 20_000
QUIET_MS = 1_500
"""Without a change for so long, the page is complete."""

# Two frames on, what was changed is on the screen.
WATCH = """
() => {
  const seen = note => requestAnimationFrame(() => requestAnimationFrame(note))
  addEventListener('click', event => { window.clicked = event.timeStamp }, true)
  new MutationObserver(() => seen(() => { window.changed = performance.now() })).observe(
    document.querySelector('[data-testid=stMain]'),
    {subtree: true, childList: true, characterData: true},
  )
}
"""


def fill(engine: Engine, parts: int, days: float = DAYS, seed: int = 1) -> None:
    """Add ``parts`` inspections over ``days`` from BEGIN on, by one model at one threshold."""
    random = np.random.default_rng(seed)
    defective = random.random(parts) < 0.04
    log_odds = np.where(defective, random.normal(5, 2.5, parts), random.normal(-6, 2, parts))
    chances = probabilities(log_odds)
    seconds = np.sort(random.random(parts)) * days * 86_400
    spent = random.gamma(4, 3, parts)
    evidence = random.normal(size=100).astype("<f2").tobytes()
    with writing(engine) as connection:
        model = register_model(connection, MODEL, "made up", {"evidence_scale": 1}, 0.5, "fill")
        batches = [
            open_batch(connection, "made up", "", station, model.id, parts) for station in STATIONS
        ]
    for start in range(0, parts, _CHUNK):
        chosen = range(start, min(parts, start + _CHUNK))
        moments = [BEGIN + timedelta(seconds=float(seconds[number])) for number in chosen]
        with writing(engine) as connection:
            connection.execute(
                photograph.insert(),
                [
                    {
                        "sha256": f"{seed:032x}{number:032x}",
                        "byte_count": 4,
                        "width": 300,
                        "height": 300,
                        "format": "JPEG",
                        "stored_at": moment,
                        "data": b"part",
                    }
                    for number, moment in zip(chosen, moments, strict=True)
                ],
            )
            connection.execute(
                inspection.insert(),
                [
                    {
                        "photograph_sha256": f"{seed:032x}{number:032x}",
                        "model_id": model.id,
                        "batch_id": batches[number % 2].id,
                        "station": STATIONS[number % 2],
                        "file": f"part {number:07}.jpg",
                        "inspected_at": moment,
                        "verdict": "defective" if chances[number] >= 0.5 else "ok",
                        "reason": "",
                        "probability": float(chances[number]),
                        "log_odds": float(log_odds[number]),
                        "threshold": 0.5,
                        "evidence": evidence,
                        "evidence_rows": 10,
                        "evidence_columns": 10,
                        "decode_ms": 2.0,
                        "inference_ms": float(spent[number]),
                        "store_ms": 1.0,
                    }
                    for number, moment in zip(chosen, moments, strict=True)
                ],
            )
    _decide(engine)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # What either database does by itself in the course of a day.
        connection.execute(text("ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE"))


def _decide(engine: Engine) -> None:
    """A decision for every second flagged part, as one reviewer would give them."""
    flagged = select(inspection.c.id, inspection.c.inspected_at).where(
        inspection.c.verdict == "defective"
    )
    with writing(engine) as connection:
        rows = [
            {
                "inspection_id": number,
                "decision": "defective" if place % 9 else "ok",
                "undoes": None,
                "defect_type": TYPES[place % len(TYPES)] if place % 9 else "",
                "note": "",
                "person_key": "typed ann",
                "name": "Ann",
                "email": None,
                "verified": False,
                "decided_at": moment,
            }
            for place, (number, moment) in enumerate(connection.execute(flagged).all())
            if place % 2 == 0
        ]
        if rows:
            connection.execute(disposition.insert(), rows)


def whole_period() -> Shift:
    """All the days as one shift: the longest report there can be."""
    return Shift(BEGIN.date(), "all", BEGIN, BEGIN + timedelta(days=DAYS))


def time_report(engine: Engine, folder: Path) -> dict[str, float]:
    """One CSV of everything: seconds, rows, megabytes, peak memory; and the figures."""
    before = _peak_megabytes()

    def write() -> int:
        with (folder / "parts.csv").open("wb") as file, reading(engine) as connection:
            parts = shift_parts(connection, whole_period())
            return write_parts(file, "parts.csv", parts, CALENDAR).rows

    def figures() -> None:
        with reading(engine) as connection:
            shift_report(connection, whole_period())

    return {
        "rows": write(),
        "megabytes": (folder / "parts.csv").stat().st_size / 1e6,
        "peak_megabytes_before": before,
        "peak_megabytes": _peak_megabytes(),
        **_timed("csv", write),
        **_timed("figures", figures),
    }


def time_trends(engine: Engine) -> dict[str, float]:
    """Every query of the Trends page over all the days, by each grain."""
    span = period(CALENDAR, BEGIN.date(), (BEGIN + timedelta(days=DAYS - 1)).date())
    found: dict[str, float] = {}
    for grain in (Grain.SHIFT, Grain.DAY):
        for name, scope in (("all stations", Selection()), ("one station", Selection("line 1"))):
            buckets = buckets_of(CALENDAR, grain, *span)

            def count(buckets: list[Bucket] = buckets, scope: Selection = scope) -> None:
                with reading(engine) as connection:
                    cells(connection, buckets, scope)
                    defect_types(connection, *span, scope)
                    latest_scores(connection, *span, scope)
                    stations(connection)
                    latest_inspection(connection)
                    data_version(connection)

            found |= _timed(f"by {grain}, {name}", count)
    return found


def time_page(url: str, folder: Path) -> dict[str, float]:
    """Milliseconds from a click on a grain to the last chart drawn."""
    last = BEGIN + timedelta(days=DAYS - 1)
    found = {}
    with served(folder / "app", DATABASE_URL=url) as server, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1440, "height": 2600})
        page.set_default_timeout(120_000)
        page.goto(f"{server.url}/trends?from={BEGIN:%Y-%m-%d}&to={last:%Y-%m-%d}&by=day")
        page.get_by_text("Score drift").wait_for()
        page.wait_for_timeout(4 * QUIET_MS)
        page.evaluate(WATCH)
        for name, label in (
            ("by shift", "Shift"),
            ("by day, counted before", "Day"),
            ("by shift, counted before", "Shift"),
        ):
            page.evaluate("window.changed = 0")
            page.get_by_test_id("stButtonGroup").get_by_text(label, exact=True).click()
            page.wait_for_function(
                f"window.changed && performance.now() - window.changed > {QUIET_MS}"
            )
            found[f"{name}: ms"] = round(page.evaluate("window.changed - window.clicked"), 1)
        browser.close()
    return found


def _timed(name: str, action: Callable[[], object], rounds: int = 3) -> dict[str, float]:
    """Best of some rounds, by the clock and by the processor: others may use this machine."""
    walls, processors = [], []
    for _ in range(rounds):
        wall, processor = time.perf_counter(), time.process_time()
        action()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return {f"{name}: seconds": min(walls), f"{name}: processor seconds": min(processors)}


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Fill, measure, say, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, default=100_000)
    parser.add_argument("--database-url")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = chosen.database_url or f"sqlite:///{folder}/parts.db"
        engine = connect(url)
        began = time.perf_counter()
        fill(engine, chosen.parts)
        found: dict[str, Any] = {
            "parts": chosen.parts,
            "database": engine.dialect.name,
            "fill_seconds": time.perf_counter() - began,
        }
        found["trends"] = time_trends(engine)
        found["report"] = time_report(engine, Path(folder))
        engine.dispose()
        found["page"] = time_page(url, Path(folder))
    write_result(found, chosen.json)


if __name__ == "__main__":
    main()
