"""The part of the Live page that refreshes: figures, charts, latest parts, processes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
import streamlit as st

from core.clock import now
from core.inspection.records import Verdict
from core.process.throughput import Bucket, History, Latency, latency_of, takt_status
from db import watch_folder
from db.inspections.live import latest_parts, latest_verdicts, timed_parts
from db.inspections.parts import Part
from db.session import reading
from pages.live.charts import latency_figure, stage_figure
from pages.shared.charts import CONFIG
from pages.shared.part_card import NO_PHOTOGRAPH, verdict_badge
from pages.shared.pictures import evidence_scale, pictures
from pages.shared.services import Services, shown_errors
from pages.shared.text import LOOKS, count, percent, plain, short

THUMBNAIL = 180
"""Pixels of a picture's side here; each is made when its part is new."""
RATE_OF = 100
"""The defect rate is that of these latest parts."""
SHOWN = 6
"""Latest parts that are shown with their heatmap."""
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
    trouble: str = ""
    """What keeps it from its work."""

    @property
    def state(self) -> str:
        """In a word or two."""
        if not self.alive:
            return "not running"
        return "in trouble" if self.trouble else "running"


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
    latest: Sequence[Part]
    running: Sequence[Running]

    @property
    def waiting(self) -> int:
        """Photographs waiting for inspection."""
        return sum(process.waiting for process in self.running if process.alive)


def read_live(services: Services, station: str | None) -> Live:
    """The line now; of all stations where ``station`` is None."""
    moment = now()
    with reading(services.database) as connection:
        buckets, recent = _history(services.settings.database_url, station).until(
            moment, lambda begins, ends: timed_parts(connection, begins, ends, station)
        )
        verdicts = latest_verdicts(connection, RATE_OF, station)
        latest = latest_parts(connection, SHOWN, station)
        watchers = watch_folder.watchers(connection)
    running = [
        Running(
            f"watch {Path(watcher.folder).name}, {watcher.station}",
            watcher.is_alive(moment),
            watcher.waiting,
            watcher.memory_megabytes,
            watcher.processors,
            watcher.threads,
            watcher.engine,
            watcher.model_sha256,
            watcher.trouble or "",
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


def live_view(services: Services, station: str | None) -> None:
    """The line now."""
    with shown_errors():
        live = read_live(services, station)
        _standing(services, live)
        _figures(live)
        _charts(services, live)
        _latest(services, live.latest)
        _processes(live.running)


def _standing(services: Services, live: Live) -> None:
    for process in live.running:
        if process.alive and process.trouble:
            name, trouble = plain(process.name), plain(process.trouble)
            st.error(f"**{name}:** {trouble}", icon=":material/error:")
    found = takt_status(live.latency, services.settings.takt_seconds)
    if found.good is None:
        st.info(found.reason, icon=":material/pause_circle:")
    elif found.good:
        st.success(f"**Within the takt time.** {found.reason}", icon=":material/check_circle:")
    else:
        st.error(f"**Too slow for the takt time.** {found.reason}", icon=":material/error:")


def _figures(live: Live) -> None:
    latency = live.latency
    judged = [verdict for verdict in live.verdicts if verdict is not Verdict.NOT_INSPECTABLE]
    defective = sum(verdict is Verdict.DEFECTIVE for verdict in judged)
    last_minute = "Of the parts of the last minute; processing time only, queueing excluded."
    shown = [
        (
            "FPS",
            f"{live.parts_per_second:.1f}",
            "Parts per second, over the last five seconds.",
        ),
        ("Latency p50", _milliseconds(latency.p50 if latency else None), last_minute),
        ("Latency p95", _milliseconds(latency.p95 if latency else None), last_minute),
        ("Latency p99", _milliseconds(latency.p99 if latency else None), last_minute),
        ("Waiting", count(live.waiting), "Photographs waiting for inspection."),
        (
            "Defect rate",
            percent(defective / len(judged)) if judged else "-",
            f"{defective} of the latest {len(judged)} parts judged.",
        ),
    ]
    with st.grid(columns=6, min_column_width=120, gap="xsmall"):
        for name, value, meaning in shown:
            st.metric(name, value, border=True, help=meaning)


def _charts(services: Services, live: Live) -> None:
    calendar, takt = services.settings.calendar, services.settings.takt_seconds
    # Completed steps only: they change every ten seconds, not with each refresh.
    steps = live.buckets[:-1]
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Latency and parts per second**, last 15 minutes")
        figure = latency_figure(steps, takt, calendar)
        st.plotly_chart(figure, config=CONFIG, key="live-latency")
    with right:
        st.markdown("**Where the time goes**, mean of each stage")
        figure = stage_figure(steps, calendar)
        st.plotly_chart(figure, config=CONFIG, key="live-stages")


def _latest(services: Services, parts: Sequence[Part]) -> None:
    st.markdown("**Latest parts**")
    if not parts:
        st.caption("No part has been inspected here yet.")
        return
    calendar, address = services.settings.calendar, services.settings.database_url
    with st.grid(columns=6, min_column_width=130, gap="xsmall"):
        for part in parts:
            item = part.inspection
            scale = evidence_scale(services.database, address, item.model)
            made = pictures(services, item, scale, THUMBNAIL)
            with st.container(border=True, gap="xxsmall"):
                if made is None:
                    st.caption(NO_PHOTOGRAPH)
                else:
                    heard = f"Heatmap of {part.file}: {LOOKS[item.verdict].word}"
                    st.image(made[1], width="stretch", alt=heard)
                verdict_badge(item.verdict)
                moment = calendar.local(item.inspected_at)
                st.caption(plain(f"{percent(item.probability)} · {moment:%H:%M:%S}"))
                st.text(short(part.file, 18))


def _processes(running: Sequence[Running]) -> None:
    st.markdown("**Inspection processes**")
    st.dataframe(
        {
            "Process": [" ".join(process.name.split()) for process in running],
            "State": [process.state for process in running],
            "Waiting": [process.waiting if process.alive else None for process in running],
            "Memory (MB)": [
                round(process.memory_megabytes) if process.alive else None for process in running
            ],
            "Processors busy": [
                round(process.processors, 2) if process.alive else None for process in running
            ],
            "Engine": [f"{process.engine}, {process.threads} threads" for process in running],
            "Model": [process.model[:8] for process in running],
        },
        hide_index=True,
        key="live-processes",
    )


def _milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} ms" if value < 100 else f"{value:,.0f} ms"
