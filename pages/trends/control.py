"""Process control: the chart, its baselines, and the causes of its signals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.errors import QualityControlError
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
from pages.shared.services import Services, say_busy
from pages.shared.text import count, moment_text, percent, plain
from pages.trends.control_chart import control_figure
from pages.trends.parts import clickable
from pages.trends.period import Counted, View
from services.process import freeze_baseline, note_signal

SHOWN, LISTED = 4, 24
LONGEST = 300


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
    person = current_person(services)
    _state(charted[-1], view.calendar)
    _signals(services, person, charted, found.buckets, notes)
    _freeze(services, person, charted[-1], found.buckets)


def _state(segment: ChartSegment, calendar: Calendar) -> None:
    if segment.frozen is None:
        st.caption(
            "No baseline is set for the model and threshold at the end of this view, so it has no "
            "limits. An engineer sets one from a period in which the process was good."
        )
        return
    frozen = segment.frozen
    number = count(frozen.baseline.subgroups)
    # Without the address: Streamlit would make a link of it.
    name = frozen.set_by.partition(" <")[0]
    st.caption(
        f"{_test(frozen.baseline)} Baseline of {number} subgroups, set by "
        f"{plain(name)} on {moment_text(frozen.set_at, calendar)}: {plain(frozen.reason)}"
    )


def _test(found: Baseline) -> str:
    """The baseline's centre, and what the test for over-dispersion says."""
    said = f"Centre line {percent(found.centre)}, sigma-Z {found.sigma_z:.2f}. "
    if found.laney:
        return said + (
            f"The subgroups differ more than chance explains (chi-square test, p = "
            f"{found.chance:.2g}), so the limits are Laney's p', widened by sigma-Z."
        )
    return said + (
        f"The subgroups differ no more than by chance (chi-square test, p = {found.chance:.2g}), "
        "so the limits are those of a p-chart."
    )


def _signals(
    services: Services,
    person: Person | None,
    charted: Sequence[ChartSegment],
    buckets: Sequence[Bucket],
    notes: Sequence[Note],
) -> None:
    fired = [(segment, signal) for segment in charted for signal in segment.signals]
    if not fired:
        if any(segment.frozen for segment in charted):
            st.success("No signal: the process is in control.", icon=":material/check:")
        return
    fired.sort(key=lambda pair: pair[0].run.cells[pair[1].at].bucket, reverse=True)
    st.markdown(f"**{count(len(fired))} signals**, the newest first")
    for segment, signal in fired[:SHOWN]:
        _signal(services, person, segment, signal, buckets, notes)
    older = fired[SHOWN:LISTED]
    if older:
        with st.expander(f"Older signals: {count(len(older))}"):
            for segment, signal in older:
                _signal(services, person, segment, signal, buckets, notes)
    if len(fired) > LISTED:
        st.caption(f"{count(len(fired) - LISTED)} older signals are in the chart above.")


def _signal(
    services: Services,
    person: Person | None,
    segment: ChartSegment,
    signal: Signal,
    buckets: Sequence[Bucket],
    notes: Sequence[Note],
) -> None:
    bucket = buckets[segment.run.cells[signal.at].bucket]
    known = [
        note
        for note in notes
        if (note.chart, note.rule, note.at) == (segment.chart, signal.rule, bucket.begins)
    ]
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(plain(bucket.label), color="orange", icon=":material/warning:")
            st.markdown(
                f"{signal_words(signal).capitalize()} · {_points(len(signal.points))}",
                width="stretch",
            )
            if person is not None and person.role.includes(Role.REVIEWER):
                with st.popover("Note the cause", icon=":material/edit_note:"):
                    _note(services, person, segment.chart, signal, bucket)
        for note in known:
            noted = moment_text(note.noted_at, services.settings.calendar)
            st.text(f"{note.cause} ({note.noted_by}, {noted})")


def _points(number: int) -> str:
    return "1 point" if number == 1 else f"{number} points"


def _note(services: Services, person: Person, chart: Chart, signal: Signal, bucket: Bucket) -> None:
    key = f"{chart.model}-{chart.threshold}-{signal.rule}-{bucket.begins.timestamp():.0f}"
    with st.form(f"cause-{key}", border=False, clear_on_submit=True):
        cause = st.text_input("Assignable cause", max_chars=LONGEST, key=f"text-{key}")
        if st.form_submit_button("Save note", type="primary"):
            _store(
                lambda: note_signal(
                    services.database,
                    person,
                    chart,
                    signal.rule,
                    bucket.begins,
                    cause,
                    busy=say_busy,
                ),
                "Write what caused the signal.",
            )


def _store(work: Callable[[], None], missing: str) -> None:
    """Do ``work`` and draw the page again; ``missing`` is shown where a text is empty."""
    try:
        work()
    except ValueError:
        st.warning(missing)
    except QualityControlError as error:
        st.error(plain(str(error)))
    else:
        st.rerun()


def _freeze(
    services: Services, person: Person | None, segment: ChartSegment, buckets: Sequence[Bucket]
) -> None:
    with st.expander("Set the baseline", icon=":material/lock:"):
        if person is None or not person.role.includes(Role.ENGINEER):
            st.caption("An engineer sets it. Enter your name on the account page at the top.")
            return
        cells = segment.run.cells
        places = list(range(len(cells)))
        left, right = st.columns(2)
        name = f"{segment.chart}"
        first: int = left.selectbox(
            "From",
            places,
            format_func=lambda place: buckets[cells[place].bucket].label,
            key=f"first-{name}",
        )
        last: int = right.selectbox(
            "To",
            places,
            index=len(places) - 1,
            format_func=lambda place: buckets[cells[place].bucket].label,
            key=f"last-{name}",
        )
        chosen = segment.run.subgroups[first : last + 1]
        if not chosen:
            st.warning("The period ends before it begins.")
            return
        found = baseline_of(chosen)
        st.caption(_test(found))
        if len(chosen) < ENOUGH:
            st.caption(f"{len(chosen)} subgroups are few: limits settle from {ENOUGH} on.")
        begins, ends = buckets[cells[first].bucket].begins, buckets[cells[last].bucket].ends
        with st.form(f"freeze-{name}", border=False):
            reason = st.text_input(
                "Reason", max_chars=LONGEST, placeholder="Why this period was good"
            )
            if st.form_submit_button("Freeze these limits", type="primary"):
                _store(
                    lambda: freeze_baseline(
                        services.database,
                        person,
                        segment.chart,
                        begins,
                        ends,
                        found,
                        reason,
                        busy=say_busy,
                    ),
                    "Write why this period was good.",
                )
