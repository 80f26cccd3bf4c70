"""What the Live page shows: read anew each time, except what cannot change any more."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
import streamlit as st

import db
from core.clock import now
from core.inspection import Verdict
from core.live import Bucket, History, Latency, latency_of
from pages._services import Services

RATE_OF = 100
"""The defect rate is that of these latest parts."""
SHOWN = 6
"""Latest parts that are shown with their heatmap."""
ALIVE = timedelta(seconds=5)
"""A watcher that told nothing for so long is not running."""
FPS_OVER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Running:
    """A process that inspects."""

    name: str
    alive: bool
    waiting: int
    memory_megabytes: float
    processors: float
    threads: int
    engine: str
    model: str


@dataclass(frozen=True, slots=True)
class Live:
    """The line at one moment."""

    buckets: Sequence[Bucket]
    latency: Latency | None
    """Of the last minute."""
    parts_per_second: float
    """Over the last seconds."""
    verdicts: Sequence[Verdict]
    """Of the latest parts."""
    latest: Sequence[db.Part]
    running: Sequence[Running]

    @property
    def waiting(self) -> int:
        """Photographs that are known and have no verdict yet."""
        return sum(process.waiting for process in self.running if process.alive)


def read_live(services: Services, station: str | None) -> Live:
    """The line now; of one station, or of all where it is None."""
    moment = now()
    with db.reading(services.database) as connection:
        buckets, recent = _history(services.settings.database_url, station).until(
            moment, lambda begins, ends: db.timed_parts(connection, begins, ends, station)
        )
        verdicts = db.latest_verdicts(connection, RATE_OF, station)
        latest = db.latest_parts(connection, SHOWN, station)
        watchers = db.watchers(connection)
    running = [
        Running(
            f"watch {Path(watcher.folder).name}, {watcher.station}",
            moment - watcher.seen_at < ALIVE,
            watcher.waiting,
            watcher.memory_megabytes,
            watcher.processors,
            watcher.threads,
            watcher.engine,
            watcher.model_sha256,
        )
        for watcher in watchers
        if station in (None, watcher.station)
    ]
    fresh = [part for part in recent if part.inspected_at > moment - FPS_OVER]
    return Live(
        buckets,
        latency_of(recent),
        len(fresh) / FPS_OVER.total_seconds(),
        verdicts,
        latest,
        [_this_app(services), *running],
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _history(address: str, station: str | None) -> History:
    return History()


@st.cache_resource(show_spinner=False)
def _process() -> psutil.Process:
    process = psutil.Process(os.getpid())
    process.cpu_percent()
    return process


def _this_app(services: Services) -> Running:
    process, engine = _process(), services.engine
    return Running(
        "this app",
        True,
        sum(progress.total - progress.done for progress in services.worker.active()),
        process.memory_info().rss / 1e6,
        process.cpu_percent() / 100,
        engine.threads if engine else 0,
        engine.kind.value if engine else "none",
        engine.card.identity if engine else "",
    )
