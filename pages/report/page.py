"""Shift report: what a shift inspected, found and passed on, to see and to download."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial

import streamlit as st

from core.process.shift_report import Report, file_stem, part_cells
from core.process.shifts import Calendar, Shift, read_shift
from db.inspections.parts import data_version
from db.process.shift_report import latest_inspection, shift_parts
from db.review import queue
from db.session import reading
from pages.shared import url_state
from pages.shared.cached_read import cached_read
from pages.shared.layout import head, inspect_first
from pages.shared.services import Services, shown_errors, start
from pages.shared.text import LOOKS, count, percent, plain
from services.reports import bundle, parts_csv, shift_report, summary_csv

ALL = "All stations"
# Parts shown on the page; the CSV has all.
LISTED = 100
CSV = "text/csv"


def page() -> None:
    services = start()
    calendar = services.settings.calendar
    head("Shift report")
    with shown_errors():
        with reading(services.database) as connection:
            stations = queue.stations(connection)
            newest = latest_inspection(connection)
            version = data_version(connection)
        shift, station = _choose(calendar, stations, newest or datetime.now(UTC))
        report = cached_read(services, version, shift_report, calendar, shift, station)
        st.caption(_when(calendar, shift))
        if not report.figures.inspected and not report.figures.rejected:
            _nothing(calendar, newest, shift)
            return
        _figures(report)
        _downloads(services, calendar, report)
        _in_force(report)
        _parts(services, calendar, report)


def _choose(calendar: Calendar, stations: list[str], usual: datetime) -> tuple[Shift, str | None]:
    state = st.session_state
    if "report-day" not in state:
        shift = _addressed(calendar) or calendar.shift_of(usual)
        state["report-day"], state["report-shift"] = shift.day, shift.name
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Previous shift",
            icon=":material/chevron_left:",
            on_click=_move,
            args=(calendar, -1),
        )
        day: date = st.date_input("Day the shift starts", key="report-day", width=170)
        st.segmented_control(
            "Shift", calendar.names, key="report-shift", required=True, width="content"
        )
        st.button(
            "Next shift",
            icon=":material/chevron_right:",
            icon_position="right",
            on_click=_move,
            args=(calendar, 1),
        )
        station = url_state.choice(
            st.selectbox,
            "Station",
            [ALL, *stations],
            ALL,
            name="station",
            key="report-station",
            width=220,
        )
    shift = calendar.shift(day, state["report-shift"])
    url_state.keep("shift", shift.key)
    return shift, None if station == ALL else station


def _addressed(calendar: Calendar) -> Shift | None:
    try:
        return read_shift(calendar, st.query_params.get("shift", ""))
    except LookupError:
        return None


def _move(calendar: Calendar, step: int) -> None:
    state = st.session_state
    shift = calendar.shift(state["report-day"], state["report-shift"])
    moment = shift.ends if step > 0 else shift.begins - timedelta(microseconds=1)
    _go(calendar.shift_of(moment))


def _go(shift: Shift) -> None:
    st.session_state["report-day"], st.session_state["report-shift"] = shift.day, shift.name


def _when(calendar: Calendar, shift: Shift) -> str:
    begins, ends = calendar.local(shift.begins), calendar.local(shift.ends)
    hours = (shift.ends - shift.begins).total_seconds() / 3600
    running = " · still running" if shift.begins <= datetime.now(UTC) < shift.ends else ""
    return (
        f"{begins:%a %Y-%m-%d %H:%M} to {ends:%a %Y-%m-%d %H:%M}, plant time "
        f"({plain(calendar.zone.key)}) · {hours:g} hours{running}"
    )


def _nothing(calendar: Calendar, newest: datetime | None, shift: Shift) -> None:
    title = "No part was inspected in this shift"
    if newest is None:
        inspect_first(title, "Inspect photographs first; their shift is then reported here.")
        return
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.subheader(title, anchor=False, width="content")
        last = calendar.shift_of(newest)
        if last != shift:
            st.button(
                f"Go to the last shift with parts: {last.day:%Y-%m-%d} {plain(last.name)}",
                type="primary",
                on_click=_go,
                args=(last,),
            )


def _figures(report: Report) -> None:
    figures = report.figures
    bound = figures.escape_bound
    p50, p95 = figures.latency_p50_ms, figures.latency_p95_ms
    latency = "-" if p50 is None or p95 is None else f"{p50:.0f} / {p95:.0f} ms"
    signals = "no baseline" if report.signals is None else count(len(report.signals))
    shown = [
        ("Inspected", count(figures.inspected), "Parts with a verdict."),
        ("Flagged", count(figures.flagged), "Called defective by the model."),
        ("Confirmed", count(figures.confirmed), "Flagged, and decided to be defective."),
        ("False alarms", count(figures.false_alarms), "Flagged, and decided to be OK."),
        ("To decide", count(figures.awaiting), "Flagged, not decided yet."),
        ("Not inspectable", count(figures.not_inspectable), "The model could not judge these."),
        ("Rejected files", count(figures.rejected), "Files that could not be read."),
        ("Escapes found", count(figures.escapes), "Passed, and decided to be defective."),
        (
            "Escape rate (upper bound)",
            "-" if bound is None else percent(bound),
            f"With 95 % confidence, no larger share of passed parts is defective; from "
            f"{count(figures.audited)} decided parts of the audit sample.",
        ),
        ("Signals", signals, "Signals of the control chart in this shift."),
        ("Threshold changes", count(figures.threshold_changes), "During this shift."),
        ("Latency p50 / p95", latency, "From a photograph's bytes to its stored verdict."),
    ]
    with st.grid(columns=6, min_column_width=170, gap="xsmall"):
        for name, value, meaning in shown:
            st.metric(name, value, border=True, help=meaning)
    for signal in report.signals or ():
        st.text(signal)


def _downloads(services: Services, calendar: Calendar, report: Report) -> None:
    stem = file_stem(report.shift)
    zipped = "application/zip"
    files = [
        ("Parts (CSV)", f"{stem}.csv", CSV, parts_csv, ":material/table_rows:"),
        ("Summary (CSV)", f"{stem}.summary.csv", CSV, summary_csv, ":material/functions:"),
        ("All with manifest (ZIP)", f"{stem}.zip", zipped, bundle, ":material/folder_zip:"),
    ]
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, name, mime, make, icon in files:
            st.download_button(
                label,
                partial(make, services.database, calendar, report.shift, report.station),
                name,
                mime,
                icon=icon,
                on_click="ignore",
                type="primary" if make is parts_csv else "secondary",
            )
        st.caption("One row per part, in plant time and UTC; opens in Excel.", width="content")


def _in_force(report: Report) -> None:
    if not report.in_force:
        return
    st.subheader("Models and thresholds", anchor=False)
    st.dataframe(
        {
            "Model": [f"{used.name} · {used.model[:8]}" for used in report.in_force],
            "Threshold": [percent(used.threshold) for used in report.in_force],
            "Parts": [used.parts for used in report.in_force],
        },
        hide_index=True,
    )


def _parts(services: Services, calendar: Calendar, report: Report) -> None:
    st.subheader("Parts", anchor=False)
    with reading(services.database) as connection:
        parts = list(shift_parts(connection, report.shift, report.station, LISTED))
    rows = list(zip(parts, part_cells(parts, calendar), strict=True))
    if report.figures.inspected > LISTED:
        st.caption(f"The first {LISTED} of {count(report.figures.inspected)}; the CSV has all.")
    words = {verdict.value: look.word for verdict, look in LOOKS.items()}
    st.dataframe(
        {
            "Plant time": [str(cells[0])[:19] for _, cells in rows],
            "File": [" ".join(part.file.split()) for part, _ in rows],
            "Station": [part.station for part, _ in rows],
            "Verdict": [words[part.verdict] for part, _ in rows],
            "Probability": [
                "" if part.probability is None else percent(part.probability) for part, _ in rows
            ],
            "Decision": [part.disposition or "" for part, _ in rows],
            "Defect": [part.defect_type or "" for part, _ in rows],
            "By": [part.reviewer or "" for part, _ in rows],
            "Note": [part.note or "" for part, _ in rows],
        },
        hide_index=True,
    )


page()
