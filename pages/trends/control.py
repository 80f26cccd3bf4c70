"""Process control: the chart, its baselines, and the causes of its signals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from core.people import Person, Role
from core.process.control_chart import (
    ENOUGH,
    GRAINS,
    Chart,
    ChartSegment,
    Note,
    segments,
    signal_words,
)
from core.process.shifts import Calendar
from core.process.spc import Baseline, Signal, baseline_of
from core.process.trends import Bucket, runs_of
from db.inspections.models import known_models
from db.process.control_chart import frozen_baselines, signal_notes
from db.session import reading
from pages.shared.people import current_person
from pages.shared.services import Services, say_busy, shown_errors
from pages.shared.text import count, moment_text, percent, plain
from pages.trends.control_chart import control_figure
from pages.trends.parts import clickable
from pages.trends.period import Counted, View
from services.process import freeze_baseline, note_signal

SHOWN, LISTED = 4, 24
LONGEST = 300


@dataclass(frozen=True, slots=True)
class _Context:
    """What the parts of the section have in common."""

    services: Services
    person: Person | None
    buckets: Sequence[Bucket]
    notes: Sequence[Note]


def control(services: Services, view: View, found: Counted) -> None:
    """The section of the Trends page."""
    st.subheader("Control chart", anchor=False)
    if view.grain not in GRAINS:
        st.info("Choose hour, shift or day: a control chart needs subgroups in time.")
        return
    station = view.scope.station
    with reading(services.database) as connection:
        frozen = frozen_baselines(connection, station, view.grain)
        notes = signal_notes(connection, station, view.grain, view.begins, view.ends)
        models = {
            model.id: f"{model.name} {model.sha256[:6]}" for model in known_models(connection)
        }
    charted = segments(runs_of(found.cells), station, view.grain, frozen)
    if not charted:
        st.info("No part of this view was judged, so there is no rate to chart.")
        return
    clickable(control_figure(charted, found.buckets, view.calendar, models), "control")
    context = _Context(services, current_person(services), found.buckets, notes)
    _state(charted[-1], view.calendar)
    _signals(context, charted)
    _freeze(context, charted[-1])


def _state(segment: ChartSegment, calendar: Calendar) -> None:
    frozen = segment.frozen
    if frozen is None:
        st.caption(
            "No baseline is set for the model and threshold at the end of this view, so it has no "
            "limits. An engineer sets one from a period in which the process was good."
        )
        return
    number = count(frozen.baseline.subgroups)
    # Without the address: Streamlit would make a link of it.
    name = frozen.set_by.partition(" <")[0]
    st.caption(
        f"{_test(frozen.baseline)} Baseline of {number} subgroups, set by "
        f"{plain(name)} on {moment_text(frozen.set_at, calendar)}: {plain(frozen.reason)}"
    )


def _test(found: Baseline) -> str:
    """The baseline's centre, and what the test for over-dispersion says."""
    differ, limits = (
        ("more than chance explains", "Laney's p', widened by sigma-Z")
        if found.laney
        else ("no more than by chance", "those of a p-chart")
    )
    return (
        f"Centre line {percent(found.centre)}, sigma-Z {found.sigma_z:.2f}. The subgroups differ "
        f"{differ} (chi-square test, p = {found.p_value:.2g}), so the limits are {limits}."
    )


def _signals(context: _Context, charted: Sequence[ChartSegment]) -> None:
    fired = [(segment, signal) for segment in charted for signal in segment.signals]
    if not fired:
        if any(segment.frozen for segment in charted):
            st.success("No signal: the process is in control.", icon=":material/check:")
        return
    fired.sort(key=lambda pair: pair[0].run.cells[pair[1].at].bucket, reverse=True)
    st.markdown(f"**{count(len(fired))} signals**, the newest first")
    for segment, signal in fired[:SHOWN]:
        _signal(context, segment, signal)
    older = fired[SHOWN:LISTED]
    if older:
        with st.expander(f"Older signals: {count(len(older))}"):
            for segment, signal in older:
                _signal(context, segment, signal)
    if len(fired) > LISTED:
        st.caption(f"{count(len(fired) - LISTED)} older signals are in the chart above.")


def _signal(context: _Context, segment: ChartSegment, signal: Signal) -> None:
    bucket = context.buckets[segment.run.cells[signal.at].bucket]
    points = len(signal.points)
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(plain(bucket.label), color="orange", icon=":material/warning:")
            st.markdown(
                f"{signal_words(signal).capitalize()} · {points} point{'s' if points > 1 else ''}",
                width="stretch",
            )
            person = context.person
            if person is not None and person.role.includes(Role.REVIEWER):
                with st.popover("Note the cause", icon=":material/edit_note:"):
                    _note(context, person, segment.chart, signal, bucket)
        for note in context.notes:
            if (note.chart, note.rule, note.at) == (segment.chart, signal.rule, bucket.begins):
                noted = moment_text(note.noted_at, context.services.settings.calendar)
                st.text(f"{note.cause} ({note.noted_by}, {noted})")


def _note(context: _Context, person: Person, chart: Chart, signal: Signal, bucket: Bucket) -> None:
    database, at = context.services.database, bucket.begins
    key = f"{chart.model}-{chart.threshold}-{signal.rule}-{at.timestamp():.0f}"
    with st.form(f"cause-{key}", border=False, clear_on_submit=True):
        cause = st.text_input("Assignable cause", max_chars=LONGEST, key=f"text-{key}")
        if st.form_submit_button("Save note", type="primary"):
            with _stored("Write what caused the signal."):
                note_signal(database, person, chart, signal.rule, at, cause, busy=say_busy)


@contextmanager
def _stored(missing: str) -> Iterator[None]:
    """Store what is inside and draw the page again; ``missing`` says which text is empty."""
    with shown_errors(retry=False):
        try:
            yield
        except ValueError:
            st.warning(missing)
        else:
            st.rerun()


def _freeze(context: _Context, segment: ChartSegment) -> None:
    person, database = context.person, context.services.database
    with st.expander("Set the baseline", icon=":material/lock:"):
        if person is None or not person.role.includes(Role.ENGINEER):
            st.caption("An engineer sets it. Enter your name on the account page at the top.")
            return
        buckets = [context.buckets[cell.bucket] for cell in segment.run.cells]
        last = len(buckets) - 1
        first, last = (
            column.selectbox(
                label,
                range(len(buckets)),
                index=place,
                format_func=lambda at: buckets[at].label,
                key=f"{label}-{segment.chart}",
            )
            for column, label, place in zip(st.columns(2), ("From", "To"), (0, last), strict=True)
        )
        chosen = segment.run.subgroups[first : last + 1]
        if not chosen:
            st.warning("The period ends before it begins.")
            return
        found = baseline_of(chosen)
        st.caption(_test(found))
        if len(chosen) < ENOUGH:
            st.caption(f"{len(chosen)} subgroups are few: limits settle from {ENOUGH} on.")
        begins, ends = buckets[first].begins, buckets[last].ends
        with st.form(f"freeze-{segment.chart}", border=False):
            hint = "Why this period was good"
            reason = st.text_input("Reason", max_chars=LONGEST, placeholder=hint)
            if st.form_submit_button("Freeze these limits", type="primary"):
                with _stored("Write why this period was good."):
                    freeze_baseline(
                        database, person, segment.chart, begins, ends, found, reason, busy=say_busy
                    )
