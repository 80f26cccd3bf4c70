"""Photographs and heatmaps as JPEG bytes, made once and kept for the next rerun."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import Engine as Database

from core.errors import ImageRejected
from core.inspection.frame import SIDE, scaled_to, whole_frame
from core.inspection.heatmap import legend, outlined, overlay, picture_bytes
from core.inspection.images import decode
from core.inspection.records import Inspection
from db.inspections.models import model_by_sha256
from db.inspections.parts import photograph_bytes
from db.session import reading
from pages.shared.services import Services

LARGE = 2 * SIDE
ZOOMED = 3 * SIDE
BETWEEN, GRAY = 6, 235
"""Columns between photograph and heatmap in one picture, and their gray level."""


def pictures(
    services: Services, item: Inspection, scale: float, side: int = SIDE
) -> tuple[bytes, bytes] | None:
    """Photograph and heatmap, ``side`` pixels wide; None where the photograph is not kept."""
    address = services.settings.database_url
    return _pictures(services.database, item, address, item.sha256, item.model, scale, side)


def pair(services: Services, item: Inspection, scale: float) -> bytes | None:
    """Photograph and heatmap side by side; None where the photograph is not kept."""
    address = services.settings.database_url
    return _pair(services.database, item, address, item.sha256, item.model, scale)


# Address and model only tell pictures of different databases and models apart.
@st.cache_data(max_entries=120, show_spinner=False)
def _pictures(
    _database: Database,
    _item: Inspection,
    address: str,
    sha256: str,
    model: str,
    scale: float,
    side: int,
) -> tuple[bytes, bytes] | None:
    made = _made(_database, _item, scale, side)
    return None if made is None else (picture_bytes(made[0]), picture_bytes(made[1]))


@st.cache_data(max_entries=120, show_spinner=False)
def _pair(
    _database: Database, _item: Inspection, address: str, sha256: str, model: str, scale: float
) -> bytes | None:
    made = _made(_database, _item, scale, SIDE)
    if made is None:
        return None
    between = np.full((SIDE, BETWEEN, 3), GRAY, dtype=np.uint8)
    return picture_bytes(np.hstack([_squared(made[0]), between, _squared(made[1])]))


def _squared(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture in the middle of a square, so that the cards of a gallery are of one height."""
    image = Image.fromarray(picture).convert("RGB")
    square = Image.new("RGB", (SIDE, SIDE), (GRAY, GRAY, GRAY))
    square.paste(image, ((SIDE - image.width) // 2, (SIDE - image.height) // 2))
    return np.asarray(square, dtype=np.uint8)


def _made(
    database: Database, item: Inspection, scale: float, side: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    with reading(database) as connection:
        data = photograph_bytes(connection, item.sha256)
    if data is None:
        return None
    try:
        return shown(data, item, scale, side)
    except ImageRejected:
        return None


def shown(
    data: bytes, item: Inspection, scale: float, side: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Photograph and heatmap, their longer side ``side`` pixels; raises ImageRejected.

    Where a part of the photograph was judged, its square is drawn on both.
    """
    picture = decode(data, side)
    longer = max(picture.width, picture.height)
    size = (round(picture.width * side / longer), round(picture.height * side / longer))
    image = Image.fromarray(picture.gray)
    gray = np.asarray(image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0))
    frame = scaled_to(item.judged, side / longer)
    heatmap = overlay(gray, item.evidence, scale, frame, item.views)
    if item.judged == whole_frame(picture.width, picture.height):
        return gray, heatmap
    return outlined(gray, frame), outlined(heatmap, frame)


@st.cache_data(max_entries=4, show_spinner=False)
def legend_picture(scale: float) -> bytes:
    """The heatmap's colours from full "OK" to full "defective"."""
    return picture_bytes(legend(scale, height=10), quality=95)


@st.cache_data(max_entries=64, show_spinner=False)
def evidence_scale(_database: Database, address: str, model: str) -> float:
    """Log-odds per cell at which a heatmap's colour is full: from the card of its model."""
    with reading(_database) as connection:
        found = model_by_sha256(connection, model)
    if found is None:
        raise LookupError(f"the model {model} is not registered")
    return float(found.card["evidence_scale"])
