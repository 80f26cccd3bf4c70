"""The reviewed parts as a ZIP to train on."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st
from sqlalchemy import Engine as Database

import db
from pages._services import Services
from pages._words import count

MOST = 2_000
"""Photographs in one download: it is packed in memory."""


def export_view(services: Services, filters: db.Filters) -> None:
    """A button that packs what these filters let through, when it is pressed."""
    with db.reading(services.database) as connection:
        version = db.data_version(connection)
    address = services.settings.database_url
    defective, ok = _counted(services.database, address, version, filters)
    st.subheader("Train on what people decided", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.download_button(
            "Download the data set",
            data=lambda: _packed(services, filters),
            file_name="reviewed-parts.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
            disabled=not defective or not ok or defective + ok > MOST,
        )
        st.caption(
            f"{count(defective)} photographs found defective and {count(ok)} "
            "found OK, with the castings they show and who decided. A data set needs both. "
            f"More than {count(MOST)} are exported with the command `python -m core export`.",
            width="stretch",
        )


@st.cache_data(max_entries=32, show_spinner=False)
def _counted(
    _database: Database, address: str, version: str, filters: db.Filters
) -> tuple[int, int]:
    """Photographs found defective, and found OK; as in the figures above, counted once."""
    with db.reading(_database) as connection:
        parts = db.reviewed_parts(connection, filters)
    defective = sum(part.is_defective for part in parts)
    return defective, len(parts) - defective


def _packed(services: Services, filters: db.Filters) -> bytes:
    # Imported here: training's rooms are no part of serving, and few ever press the button.
    from core.training.reviewed import write_data_set

    packed = io.BytesIO()
    with (
        TemporaryDirectory() as folder,
        db.reading(services.database) as connection,
        zipfile.ZipFile(packed, "w") as archive,
    ):
        root = Path(folder) / "reviewed parts"
        parts = db.reviewed_parts(connection, filters)
        write_data_set(root, parts, lambda sha256: db.photograph_bytes(connection, sha256))
        for path in sorted(root.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(root).as_posix())
    return packed.getvalue()
