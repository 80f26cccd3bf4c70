"""Live: the line now against its takt time, a camera, and the engine's measured speed."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from core.model.card import MODELS
from db.review import queue
from db.session import reading
from pages.live.camera import camera
from pages.live.charts import benchmark_figure
from pages.live.line_view import live_view
from pages.shared import url_state
from pages.shared.charts import CONFIG
from pages.shared.layout import head
from pages.shared.services import Services, shown_errors, start
from pages.shared.text import count, percent, plain

REFRESH_SECONDS = 1.0
ALL_STATIONS = "All stations"
BENCHMARK = MODELS / "benchmark.json"


def page() -> None:
    services = start()
    engine = services.engine
    facts = f"{engine.kind} · {engine.threads} threads" if engine else ""
    head("Live", f"{facts} · model {engine.card.identity[:8]}" if engine else "")
    with shown_errors():
        station, refreshed = _choose(services)
        st.fragment(live_view, run_every=REFRESH_SECONDS if refreshed else None)(services, station)
        if st.toggle("Camera", key="live-camera", help="Photograph parts with this device."):
            camera(services, station or services.settings.station)
        _measured()


def _choose(services: Services) -> tuple[str | None, bool]:
    with reading(services.database) as connection:
        stations = queue.stations(connection)
    names = list(dict.fromkeys((*services.settings.station_names, *stations)))
    st.session_state.setdefault("live-on", st.query_params.get("refresh") == "on")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        station = url_state.choice(
            st.selectbox,
            "Station",
            [ALL_STATIONS, *names],
            ALL_STATIONS,
            name="station",
            key="live-station",
            width=220,
        )
        refreshed = st.toggle(
            "Refresh every second",
            key="live-on",
            help="When off, the page stays as it was opened. Each open page asks the server.",
        )
    url_state.keep("refresh", "on" if refreshed else None)
    return None if station == ALL_STATIONS else station, refreshed


def _measured() -> None:
    report = _benchmark()
    if report is None:
        return
    st.subheader("Measured speed", anchor=False)
    st.plotly_chart(benchmark_figure(report), config=CONFIG)
    ratio = "serving engine to eager torch + Grad-CAM, batch {}"
    latency, sums = report["latency"], report["arithmetic"]
    shares = sums["shares"].values()
    st.caption(
        plain(
            f"One run, the same rendered photographs, {report['threads']} threads. Verdict and map "
            f"come {report['ratios'][ratio.format(1)]:.1f} times as fast as by eager torch with "
            f"the grad-cam package one by one, {report['ratios'][ratio.format(32)]:.1f} times in "
            f"batches of 32. One part at a time, from bytes to committed row: p50 "
            f"{latency['p50']:.1f}, p95 {latency['p95']:.1f}, p99 {latency['p99']:.1f} ms over "
            f"{count(latency['photographs'])} photographs. The model's arithmetic, "
            f"{sums['gflop_per_photograph']:.2f} GFLOP a photograph, reaches "
            f"{percent(min(shares))} to {percent(max(shares))} of that machine's rate for products "
            f"of matrices, {sums['matrix_gflop_per_second']:.0f} GFLOP/s."
        )
    )


@st.cache_data(show_spinner=False)
def _benchmark() -> dict[str, Any] | None:
    try:
        report: dict[str, Any] = json.loads(BENCHMARK.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return report


page()
