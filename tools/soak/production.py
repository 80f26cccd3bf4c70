"""Twelve hours of production in compressed time, and how long pages' queries take meanwhile.

    python -m tools.soak.production --hours 12 --json tools/soak/results/production.json

Parts come at ten a second by a clock that runs faster, each through the store as an inspection
stores it: batches of five minutes, 4 in 100 parts defective, a file in 500 rejected. A reviewer
decides about two parts a minute. After every hour each page's queries run as the page runs
them. Limits, by median: 150 ms a page, and 1 s for trends of a day and the report of a shift,
which read every part of it. ``--database-url`` names another database than an SQLite
file in a scratch folder.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from sqlalchemy import Engine, func, select

from core.clock import as_of
from core.inspection.pipeline import verdict_of
from core.inspection.records import Inspection, Outcome, Photograph, Rejection, StageTimes, Verdict
from core.people import Person, Role
from core.process.shifts import DEFAULT_SHIFTS, Calendar, read_calendar
from core.process.trends import Grain, buckets_of
from core.review.decisions import Decision
from db import schema
from db.inspections.batches import (
    batch_summary,
    finish_batch,
    open_batch,
    recent_batches,
    rejections,
)
from db.inspections.models import known_models, model_by_sha256, register_model
from db.inspections.parts import Sort, data_version, gallery, gallery_size, part_by_id
from db.inspections.store import BatchStore
from db.process.control_chart import shift_signals
from db.process.shift_report import latest_inspection, shift_report
from db.process.trends import cells, defect_types, latest_scores
from db.review import queue
from db.review.decisions import decide, dispositions_of
from db.review.queue import decided, open_count, stations
from db.review.scores import reviewed_scores
from db.schema import disposition
from db.selection import Selection
from db.session import connect, reading, writing
from db.thresholds import threshold_changes
from tools.soak.machine import resident_megabytes, write_result

BEGIN = datetime(2026, 11, 23, 6, tzinfo=UTC)
PER_SECOND = 10
STATIONS = ("line 1", "line 2")
MODEL = "d" * 64
BATCH_SECONDS = 300
STEP_SECONDS = 5
LIMITS_MS = {
    "inspect": 150.0,
    "review": 150.0,
    "threshold": 150.0,
    "trends by hour": 1_000.0,
    "trends by shift": 1_000.0,
    "shift report": 1_000.0,
}
CALENDAR = read_calendar("UTC", DEFAULT_SHIFTS)
ANN = Person("Ann", None, False, Role.REVIEWER)
_CHANCE = random.Random(12)
_MAP = np.random.default_rng(1).normal(size=(10, 10)).astype(np.float16)


def produce(engine: Engine, begins: datetime, seconds: int) -> int:
    """Parts of this time, stored; returns how many there were, files that were rejected too."""
    made = 0
    for start in range(0, seconds, BATCH_SECONDS):
        for station in STATIONS:
            moment = begins + timedelta(seconds=start)
            length = min(BATCH_SECONDS, seconds - start)
            made += _batch(engine, station, moment, length)
    return made


def _batch(engine: Engine, station: str, begins: datetime, seconds: int) -> int:
    rate = PER_SECOND // len(STATIONS)
    total = seconds * rate
    with as_of(begins), writing(engine) as connection:
        card = {"evidence_scale": 1.0}
        model = register_model(connection, MODEL, "made up", card, 0.5, "soak")
        batch = open_batch(connection, "soak", "", station, model.id, total)
    store = BatchStore(engine, batch)
    for second in range(0, seconds, STEP_SECONDS):
        moment = begins + timedelta(seconds=second)
        step = min(STEP_SECONDS, seconds - second) * rate
        store.record([_part(f"{batch.id}-{second}-{number}", moment) for number in range(step)])
    ends = begins + timedelta(seconds=seconds)
    with as_of(ends):
        _review(engine, seconds // 60)
        with writing(engine) as connection:
            finish_batch(connection, batch.id)
    return total


def _part(name: str, moment: datetime) -> Outcome:
    data = name.encode()
    sha256 = hashlib.sha256(data).hexdigest()
    photograph = Photograph(f"part {name}.jpg", data)
    if _CHANCE.random() < 0.002:
        reason = "The file is damaged. Copy it again."
        return Outcome(photograph, Rejection(photograph.name, sha256, len(data), reason, moment))
    log_odds = _CHANCE.gauss(5, 2.5) if _CHANCE.random() < 0.04 else _CHANCE.gauss(-6, 2)
    probability = 1 / (1 + math.exp(-log_odds))
    item = Inspection(
        file=photograph.name,
        sha256=sha256,
        verdict=verdict_of(probability, 0.5),
        probability=probability,
        log_odds=log_odds,
        threshold=0.5,
        model=MODEL,
        evidence=_MAP,
        reason="",
        width=300,
        height=300,
        format="JPEG",
        times=StageTimes(1.5, 0.5, 9.0),
        inspected_at=moment,
    )
    return Outcome(photograph, item)


def _review(engine: Engine, parts: int) -> None:
    with reading(engine) as connection:
        waiting = queue.waiting(connection, ANN, Selection(), limit=parts)
    for number in waiting:
        flagged = _CHANCE.random() < 0.8
        decision = Decision.DEFECTIVE if flagged else Decision.OK
        with writing(engine) as connection:
            decide(connection, ANN, number, decision, "crack" if flagged else "")


def pages(engine: Engine, now: datetime) -> dict[str, Callable[[], object]]:
    """What each page asks the database, as it asks it."""
    day = CALENDAR.day(now.date())
    shift = CALENDAR.shift_of(now - timedelta(seconds=1))
    return {
        "inspect": partial(_inspect, engine),
        "review": partial(_review_page, engine),
        "threshold": partial(_threshold, engine, now),
        "trends by hour": partial(_trends, engine, CALENDAR, Grain.HOUR, *day),
        "trends by shift": partial(_trends, engine, CALENDAR, Grain.SHIFT, *day),
        "shift report": lambda: _report(engine, shift),
    }


def _inspect(engine: Engine) -> None:
    with reading(engine) as connection:
        batch = recent_batches(connection, 30)[0]
        batch_summary(connection, batch.id)
        rejections(connection, batch.id)
        model_by_sha256(connection, batch.model_sha256)
        gallery_size(connection, batch.id)
        gallery(connection, batch.id, Verdict.DEFECTIVE, Sort.PROBABILITY)
        gallery(connection, batch.id, None, Sort.FILE)
        data_version(connection)


def _review_page(engine: Engine) -> None:
    with reading(engine) as connection:
        part = queue.waiting(connection, ANN, Selection(), limit=4)[0]
        open_count(connection, ANN, Selection())
        part_by_id(connection, part)
        dispositions_of(connection, part)
        decided(connection, Selection())


def _threshold(engine: Engine, now: datetime) -> None:
    with reading(engine) as connection:
        model = model_by_sha256(connection, MODEL)
        if model is None:
            raise LookupError(MODEL)
        reviewed_scores(connection, model.id)
        threshold_changes(connection, model.id)


def _trends(
    engine: Engine, calendar: Calendar, grain: Grain, begins: datetime, ends: datetime
) -> None:
    with reading(engine) as connection:
        latest_inspection(connection)
        stations(connection)
        known_models(connection)
        data_version(connection)
        cells(connection, buckets_of(calendar, grain, begins, ends), Selection())
        defect_types(connection, begins, ends, Selection())
        latest_scores(connection, begins, ends, Selection())


def _report(engine: Engine, shift: Any) -> None:
    with reading(engine) as connection:
        shift_report(connection, shift)
        shift_signals(connection, CALENDAR, shift, None)


def time_pages(engine: Engine, now: datetime, rounds: int = 5) -> dict[str, dict[str, float]]:
    """Milliseconds of each page's queries, by the clock and by the processor.

    Each the median of some rounds after a first. They differ where others use the machine.
    """
    found = {}
    for name, ask in pages(engine, now).items():
        ask()
        walls, processors = [], []
        for _ in range(rounds):
            wall, processor = time.perf_counter(), time.process_time()
            ask()
            walls.append((time.perf_counter() - wall) * 1e3)
            processors.append((time.process_time() - processor) * 1e3)
        found[name] = {
            "clock": round(median(walls), 1),
            "processor": round(median(processors), 1),
        }
    return found


def _over(pages_ms: dict[str, dict[str, float]], by: str) -> list[str]:
    return [name for name, ms in pages_ms.items() if ms[by] > LIMITS_MS[name]]


def counts(engine: Engine) -> dict[str, int]:
    """Rows of what was produced."""
    with reading(engine) as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (schema.inspection, schema.photograph, schema.rejection, disposition)
        }


def main() -> None:
    """Produce hour by hour, measure, and write what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=12)
    parser.add_argument("--database-url")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        url = chosen.database_url or f"sqlite:///{scratch}/qc.db"
        engine = connect(url)
        began, made = time.perf_counter(), 0
        hourly: dict[str, Any] = {}
        for hour in range(chosen.hours):
            started = time.perf_counter()
            made += produce(engine, BEGIN + timedelta(hours=hour), 3600)
            seconds = time.perf_counter() - started
            asked = time_pages(engine, BEGIN + timedelta(hours=hour + 1))
            hourly[str(hour + 1)] = {
                "stored_per_second": round(3600 * PER_SECOND / seconds),
                "resident_megabytes": round(resident_megabytes(), 1),
                "page_ms": asked,
            }
            # After each hour, so that a run that is ended early has told what it saw.
            write_result(
                {
                    "database": engine.dialect.name,
                    "hours": hour + 1,
                    "parts_per_second": PER_SECOND,
                    "files": made,
                    "rows": counts(engine),
                    "minutes": round((time.perf_counter() - began) / 60, 1),
                    "limits_ms": LIMITS_MS,
                    "pages_over_the_limit_by_the_clock": _over(asked, "clock"),
                    "pages_over_the_limit_by_the_processor": _over(asked, "processor"),
                    "hours_measured": hourly,
                },
                chosen.json,
            )
        engine.dispose()


if __name__ == "__main__":
    main()
