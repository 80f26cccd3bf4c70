"""A batch: its progress, its figures, its gallery and its rejected files."""

from __future__ import annotations

import streamlit as st

from core.inspection.records import Rejection, Verdict
from db.inspections import batches
from db.inspections.batches import Batch, BatchSummary, batch_by_id, batch_summary
from db.inspections.models import model_by_sha256
from db.inspections.parts import Sort, gallery, gallery_size
from db.session import reading
from pages.shared.gallery import PAGE, paged
from pages.shared.part_card import card
from pages.shared.people import current_person
from pages.shared.pictures import legend_picture
from pages.shared.services import Services, shown_errors
from pages.shared.text import LOOKS, count, lasting, plain, short
from pages.shared.url_state import choice
from services.inspection.batch_worker import Progress, State
from services.inspection.uploads import discard, resume, waiting_photographs

REFRESH_SECONDS = 1.5
FAILURES_SHOWN = 5
# Batches of these sources have no known end.
GROWING = ("watch folder", "camera")
REJECTED = "rejected"
ALL = "all"
SORTS = {
    Sort.PROBABILITY: "Most probably defective first",
    Sort.LEAST_PROBABLE: "Least probably defective first",
    Sort.ORDER: "As uploaded",
    Sort.FILE: "By file name",
}


def batch_view(services: Services, batch: Batch) -> None:
    """All of a batch, redrawn while the batch is running."""
    progress = services.worker.progress(batch.id)
    active = progress is not None and progress.is_active
    st.fragment(_view, run_every=REFRESH_SECONDS if active else None)(services, batch, active)


def _view(services: Services, batch: Batch, active: bool) -> None:
    with shown_errors():
        progress = services.worker.progress(batch.id)
        if active and (progress is None or not progress.is_active):
            st.rerun()
        with reading(services.database) as connection:
            batch = batch_by_id(connection, batch.id) or batch
            summary = batch_summary(connection, batch.id)
            rejections = batches.rejections(connection, batch.id)
            model = model_by_sha256(connection, batch.model_sha256)
        if summary is None or model is None:
            return
        # Always three containers, so that changes in one do not move the others.
        with st.container():
            _state(services, batch, summary, progress)
        with st.container():
            _figures(batch, summary, progress)
        with st.container():
            if active and rejections:
                _failures(rejections)
        shown, sort = _choose(active)
        if shown == REJECTED:
            _rejected(rejections)
            return
        verdict = None if shown == ALL else Verdict(shown)
        _gallery(services, batch, verdict, sort, float(model.card["evidence_scale"]))


def _state(
    services: Services, batch: Batch, summary: BatchSummary, progress: Progress | None
) -> None:
    if progress is not None and progress.is_active:
        _running(services, progress, summary.inspected + summary.rejected)
    elif batch.finished_at is None:
        _broken_off(services, batch, summary, progress)


def _running(services: Services, progress: Progress, stored: int) -> None:
    left, right = st.columns([6, 1], vertical_alignment="bottom")
    if progress.state is State.WAITING:
        left.progress(0.0, text="Waiting for the previous batch")
    else:
        # Parts are stored before the worker counts them; copies are counted, never stored.
        done = max(progress.done, stored)
        text = f"{count(done)} of {count(progress.total)}"
        if progress.parts_per_second:
            text += f" · {progress.parts_per_second:.0f} parts per second"
        if progress.seconds_left is not None:
            text += f" · {lasting(progress.seconds_left)} left"
        if progress.message:
            text += f" · {progress.message}"
        left.progress(min(1.0, done / max(1, progress.total)), text=text)
    if right.button("Stop", icon=":material/stop_circle:", width="stretch", key="stop"):
        services.worker.stop(progress.batch_id)


def _broken_off(
    services: Services, batch: Batch, summary: BatchSummary, progress: Progress | None
) -> None:
    done = summary.inspected + summary.rejected
    if batch.source in GROWING:
        st.info(
            f"{count(done)} files so far. This batch grows with its shift.",
            icon=":material/hourglass_top:",
        )
        return
    said = f"Not finished: {count(done)} of {count(batch.total)} files processed."
    if progress is not None and progress.message:
        said += f" {progress.message}"
    if waiting_photographs(services.settings, batch) is None:
        st.warning(
            plain(
                f"{said} Another program may still be inspecting it. If not, upload its "
                "photographs again: those already inspected are not repeated."
            ),
            icon=":material/pause_circle:",
        )
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/pause_circle: {plain(said)} Nothing is lost; resume at any time.",
            width="stretch",
        )
        if st.button("Resume", type="primary", icon=":material/play_arrow:", key="resume"):
            resume(services, services.worker, batch)
            st.rerun()
        if st.button(
            "Discard the rest",
            key="discard",
            help="Removes the photographs still waiting. Existing verdicts are kept.",
        ):
            discard(services.settings, batch, current_person(services))
            st.rerun()


def _figures(batch: Batch, summary: BatchSummary, progress: Progress | None) -> None:
    figures = [
        ("Inspected", count(summary.inspected), None),
        ("Defective", count(summary.defective), LOOKS[Verdict.DEFECTIVE].icon),
        ("OK", count(summary.ok), LOOKS[Verdict.OK].icon),
        ("Not inspectable", count(summary.not_inspectable), LOOKS[Verdict.NOT_INSPECTABLE].icon),
        ("Rejected files", count(summary.rejected), None),
        ("Parts per second", _speed(batch, summary, progress), None),
    ]
    with st.grid(columns=6, min_column_width=120, gap="xsmall"):
        for name, value, icon in figures:
            st.metric(name, value, border=True, icon=icon)
    if summary.already_inspected:
        st.info(
            f"{count(summary.already_inspected)} of {count(summary.inspected)} parts were "
            "already inspected: they keep their verdict, and nothing was added.",
            icon=":material/history:",
        )


def _speed(batch: Batch, summary: BatchSummary, progress: Progress | None) -> str:
    if progress is not None and progress.parts_per_second:
        return f"{progress.parts_per_second:.0f}"
    if batch.finished_at is None:
        return "-"
    seconds = (batch.finished_at - batch.created_at).total_seconds()
    return f"{(summary.inspected + summary.rejected) / seconds:.0f}" if seconds > 0 else "-"


def _choose(active: bool) -> tuple[str, Sort]:
    names = {ALL: "All"} | {verdict.value: look.word for verdict, look in LOOKS.items()}
    names[REJECTED] = "Rejected files"
    # In upload order while the batch is running, so that nothing moves while one reads.
    usual = Sort.ORDER if active else Sort.PROBABILITY
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        shown = choice(
            st.segmented_control,
            "Show",
            list(names),
            ALL,
            name="show",
            key="show",
            format_func=names.__getitem__,
            required=True,
            label_visibility="collapsed",
            wrap=True,
        )
        sort = choice(
            st.selectbox,
            "Order",
            list(SORTS),
            usual,
            name="sort",
            key=f"sort-{active}",
            format_func=SORTS.__getitem__,
            label_visibility="collapsed",
            width=270,
        )
    return shown, sort


def _gallery(
    services: Services, batch: Batch, verdict: Verdict | None, sort: Sort, scale: float
) -> None:
    with reading(services.database) as connection:
        size = gallery_size(connection, batch.id, verdict)
    if not size:
        st.caption("No part here yet." if batch.finished_at is None else "No part here.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Heatmap: evidence for OK", width="content")
        st.image(legend_picture(scale), width=160, alt="Colours of the heatmap")
        st.caption("evidence for a defect. The scale is the same for every part.", width="content")
    with paged(f"page-{batch.id}-{verdict}-{sort}", size) as first:
        with reading(services.database) as connection:
            parts = gallery(connection, batch.id, verdict, sort, first, PAGE)
        with st.grid(min_column_width=310, gap="small"):
            for part in parts:
                card(services, part, scale)


def _rejected(rejections: list[Rejection]) -> None:
    if not rejections:
        st.caption("Every file could be read.")
        return
    st.dataframe(
        {
            "File": [" ".join(item.file.split()) for item in rejections],
            "Why it was not inspected, and what to do": [item.reason for item in rejections],
        },
        hide_index=True,
        column_config={"File": st.column_config.TextColumn(width="medium")},
    )


def _failures(rejections: list[Rejection]) -> None:
    with st.container(border=True, gap="xxsmall"):
        st.markdown(f":material/block: **{len(rejections)} files could not be inspected**")
        for item in rejections[-FAILURES_SHOWN:]:
            st.text(f"{short(item.file)}: {item.reason}")
