"""Photographs and heatmaps as JPEG bytes, made once and kept for the next rerun."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from sqlalchemy import Engine as Database

import db
from core.errors import ImageRejected
from core.evidence import legend, overlay, picture_bytes
from core.images import SIDE, decode

LARGE = 2 * SIDE
ZOOMED = 3 * SIDE
BETWEEN, GRAY = 6, 235
"""Columns between photograph and heatmap in one picture, and their gray level."""


@st.cache_data(max_entries=120, show_spinner=False)
def pictures(
    _database: Database,
    address: str,
    sha256: str,
    model: str,
    _evidence: NDArray[np.float16],
    scale: float,
    side: int = SIDE,
) -> tuple[bytes, bytes] | None:
    """Photograph and heatmap, ``side`` pixels wide; None where the photograph is not kept.

    ``address`` and ``model`` only tell pictures of different databases and models apart.
    """
    made = _made(_database, sha256, _evidence, scale, side)
    return None if made is None else (picture_bytes(made[0]), picture_bytes(made[1]))


@st.cache_data(max_entries=120, show_spinner=False)
def pair(
    _database: Database,
    address: str,
    sha256: str,
    model: str,
    _evidence: NDArray[np.float16],
    scale: float,
) -> bytes | None:
    """Photograph and heatmap side by side; None where the photograph is not kept."""
    made = _made(_database, sha256, _evidence, scale, SIDE)
    if made is None:
        return None
    gray, heatmap = made
    between = np.full((SIDE, BETWEEN, 3), GRAY, dtype=np.uint8)
    return picture_bytes(np.hstack([np.repeat(gray[:, :, None], 3, axis=2), between, heatmap]))


def _made(
    database: Database, sha256: str, evidence: NDArray[np.float16], scale: float, side: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    with db.reading(database) as connection:
        data = db.photograph_bytes(connection, sha256)
    if data is None:
        return None
    try:
        pixels = decode(data, side).pixels
    except ImageRejected:
        return None
    return pixels, overlay(pixels, evidence, scale)


@st.cache_data(max_entries=4, show_spinner=False)
def legend_picture(scale: float) -> bytes:
    """The heatmap's colours from full "OK" to full "defective"."""
    return picture_bytes(legend(scale, height=10), quality=95)


@st.cache_data(max_entries=64, show_spinner=False)
def evidence_scale(_database: Database, address: str, model: str) -> float:
    """Log-odds per cell at which a heatmap's colour is full: from the card of its model."""
    with db.reading(_database) as connection:
        found = db.model_by_sha256(connection, model)
    if found is None:
        raise LookupError(f"the model {model} is not registered")
    return float(found.card["evidence_scale"])
