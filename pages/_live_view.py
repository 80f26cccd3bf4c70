"""The part of the Live page that draws itself again: figures, charts, latest parts, processes."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

import db
from core.inspection import Verdict
from core.live import standing
from pages._live_charts import CONFIG, latency_figure, stage_figure
from pages._live_data import Live, Running, read_live
from pages._part import NO_PHOTOGRAPH, verdict_badge
from pages._pictures import evidence_scale, pictures
from pages._services import Services, shown_errors
from pages._words import LOOKS, count, percent, plain, short

THUMBNAIL = 180
"""Pixels of a picture's side here; each is made when its part is new."""


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
    found = standing(live.latency, services.settings.takt_seconds)
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
    last_minute = "Of the parts of the last minute; worked on, without the time they waited."
    shown = [
        ("FPS", f"{live.parts_per_second:.1f}", "Parts inspected a second, over the last five."),
        ("Latency p50", _milliseconds(latency.p50 if latency else None), last_minute),
        ("Latency p95", _milliseconds(latency.p95 if latency else None), last_minute),
        ("Latency p99", _milliseconds(latency.p99 if latency else None), last_minute),
        ("Waiting", count(live.waiting), "Photographs that are known and have no verdict yet."),
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
    # Steps that are over: for ten seconds the browser has nothing to draw anew.
    steps = live.buckets[:-1]
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Latency and parts a second**, last 15 minutes")
        figure = latency_figure(steps, takt, calendar)
        st.plotly_chart(figure, config=CONFIG, key="live-latency")
    with right:
        st.markdown("**Where the time goes**, mean of each stage")
        figure = stage_figure(steps, calendar)
        st.plotly_chart(figure, config=CONFIG, key="live-stages")


def _latest(services: Services, parts: Sequence[db.Part]) -> None:
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
    st.markdown("**What inspects**")
    st.dataframe(
        {
            "Process": [" ".join(process.name.split()) for process in running],
            "State": ["running" if process.alive else "not running" for process in running],
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
