"""Inspect: photographs in, verdicts with their evidence out."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.inspection.images import EXTENSIONS, MAX_BYTES
from db.inspections.batches import Batch, batch_by_id, recent_batches
from db.session import reading
from pages.inspection.batch_view import ALL, batch_view
from pages.shared import url_state
from pages.shared.layout import head, nothing_here
from pages.shared.part_card import open_part
from pages.shared.services import Services, say_busy, shown_errors, start
from pages.shared.text import ago, batch_name, plain
from services.inspection.uploads import SAMPLES, inspect_samples, inspect_uploads, warm_up

RECENT = 30
AT_ONCE_SECONDS = 0.5
FILES = "Files or ZIP"
FOLDER = "Folder"
TYPES = [*EXTENSIONS, "zip"]


def _new_batch(services: Services) -> None:
    with st.container(border=True):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.subheader("New batch", anchor=False, width="content")
            folder = (
                st.segmented_control(
                    "Upload",
                    [FILES, FOLDER],
                    default=FILES,
                    required=True,
                    label_visibility="collapsed",
                )
                == FOLDER
            )
        uploads, label, station, submitted = _upload_form(folder, services.settings.station_names)
    if not submitted:
        return
    if not uploads:
        st.warning("Choose photographs or a ZIP first.", icon=":material/upload_file:")
        return
    with st.spinner("Receiving the photographs ..."):
        try:
            number = inspect_uploads(
                services, services.worker, uploads, label, station, busy=say_busy
            )
        finally:
            _release(uploads)
    _show(services, number)


def _upload_form(
    folder: bool, stations: tuple[str, ...]
) -> tuple[list[UploadedFile], str, str, bool]:
    with st.form("new batch", clear_on_submit=True, border=False):
        uploads = st.file_uploader(
            "Photographs of parts (JPEG, PNG, TIFF, HEIC, WebP, JPEG 2000, BMP, PGM), up to "
            f"{MAX_BYTES / 1e6:.0f} MB each, or ZIP archives of them",
            # A folder's other files would be left out without a word: each gets its reason.
            type=None if folder else TYPES,
            accept_multiple_files="directory" if folder else True,
            key=f"uploads-{folder}",
        )
        several = len(stations) > 1
        left, *middle, right = st.columns(
            [3, 1, 1] if several else [4, 1], vertical_alignment="bottom"
        )
        label = left.text_input(
            "Batch label",
            max_chars=80,
            placeholder="Batch label (optional): order, pallet, shift ...",
            label_visibility="collapsed",
        )
        submitted = right.form_submit_button(
            "Inspect", type="primary", icon=":material/play_arrow:", width="stretch"
        )
        station = stations[0]
        for column in middle:
            station = column.selectbox("Station", stations, label_visibility="collapsed")
    return uploads, label, station, submitted


def _release(uploads: Iterable[UploadedFile]) -> None:
    """Free the uploads' memory, which Streamlit holds until the browser is closed."""
    context = get_script_run_ctx()
    if context is None or not isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        return
    for upload in uploads:
        context.uploaded_file_mgr.remove_file(context.session_id, upload.file_id)


def _show(services: Services, batch_id: int) -> None:
    # A few photographs are inspected by then, so the page is drawn once, with their verdicts.
    services.worker.wait(batch_id, AT_ONCE_SECONDS)
    st.query_params.clear()
    url_state.keep("batch", batch_id)
    st.session_state["batch"] = batch_id
    st.session_state["show"] = ALL
    st.rerun()


def _nothing_yet(services: Services) -> None:
    with nothing_here(
        "No part has been inspected yet",
        "Drop photographs above, or see how it works with rendered castings.",
    ):
        if st.button(
            f"Try it with {SAMPLES} sample parts",
            type="primary",
            icon=":material/science:",
            disabled=services.engine is None,
        ):
            with st.spinner("Rendering the parts ..."):
                number = inspect_samples(services, services.worker, busy=say_busy)
            _show(services, number)
    if services.engine is not None:
        # The page stands; the first click finds everything ready.
        warm_up(services.engine)


def _choose_batch(services: Services) -> Batch | None:
    wanted = url_state.number("batch")
    with reading(services.database) as connection:
        batches = recent_batches(connection, RECENT)
        if wanted is not None and wanted not in (batch.id for batch in batches):
            asked = batch_by_id(connection, wanted)
            batches += [asked] if asked else []
    if not batches:
        return None
    by_id = {batch.id: batch for batch in batches}
    if st.session_state.get("batch") not in by_id:
        st.session_state["batch"] = wanted if wanted in by_id else batches[0].id
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = st.selectbox(
            "Batch",
            list(by_id),
            format_func=lambda number: batch_name(by_id[number], services.settings.calendar),
            key="batch",
            label_visibility="collapsed",
            width=460,
        )
        st.caption(_when(by_id[chosen]), width="content")
    if chosen != wanted:
        url_state.keep("batch", chosen)
    return by_id[chosen]


def _when(batch: Batch) -> str:
    done = f"finished {ago(batch.finished_at)}" if batch.finished_at else "not finished"
    return f"{plain(batch.station)} · {plain(batch.source)} · {done}"


def page() -> None:
    services = start()
    model = f" · model {services.model.sha256[:8]}" if services.model else ""
    head("Inspect", model and plain(services.settings.station) + model)
    if services.fault:
        st.error(
            f"**Nothing can be inspected.** {plain(services.fault)} "
            "Existing verdicts can still be viewed.",
            icon=":material/error:",
        )
    else:
        with shown_errors(retry=False):
            _new_batch(services)
    # A slot, so that its content disappears as soon as there is a batch.
    slot = st.empty()
    batch = _choose_batch(services)
    if batch is None:
        with slot.container():
            _nothing_yet(services)
        return
    batch_view(services, batch)
    open_part(services)


page()
