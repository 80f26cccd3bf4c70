"""What a file's container may demand of a decoder, looked at before any decoder is asked.

A small file can keep a decoder busy for minutes: a JPEG may hold thousands of scans that are
each as large as the picture, or millions of empty comments; a PNG a million empty chunks; a
TIFF millions of strips. Decoders go through all of them. Here they are only counted, without
following what they say ("Two issues with the JPEG standard", libjpeg-turbo, on scans).
"""

from __future__ import annotations

from core.errors import ImageRejected
from core.inspection.formats.jpeg import MAX_SCANS, MAX_SEGMENTS, START, JpegLayout, jpeg_layout
from core.inspection.formats.tiff_tags import value_counts

MAX_CHUNKS = 100_000
"""Of a PNG: 40 MB in pieces of 512 bytes are 80,000."""
MAX_STRIPS = 20_000
"""Strips or tiles of a TIFF."""
MAX_SCANNED_PIXELS = 500_000_000
"""Pixels of a JPEG, counted once for each of its scans; a progressive one has about ten."""

DAMAGED = "The file is damaged or incomplete. Copy it again from the camera."
PNG_START = b"\x89PNG\r\n\x1a\n"
_STRIP_OFFSETS, _TILE_OFFSETS = 273, 324


def check_container(data: bytes) -> JpegLayout | None:
    """Raise ImageRejected where the file has more parts than any photograph has.

    What is merely wrong is left to the decoder to find. Returns a JPEG's layout, else None.
    """
    if data.startswith(START):
        return _checked_jpeg(data)
    if data.startswith(PNG_START):
        _check_png(data)
    counts = value_counts(data)
    if max(counts.get(_STRIP_OFFSETS, 0), counts.get(_TILE_OFFSETS, 0)) > MAX_STRIPS:
        raise ImageRejected(DAMAGED)
    return None


def check_scans(layout: JpegLayout, pixels: int) -> None:
    """Raise ImageRejected for a JPEG whose scans together are too many pixels to decode."""
    if layout.scans > MAX_SCANS or layout.scans * pixels > MAX_SCANNED_PIXELS:
        raise ImageRejected(
            "The picture is saved in too many passes. Save it as an ordinary JPEG, not a "
            "progressive one."
        )


def _checked_jpeg(data: bytes) -> JpegLayout:
    layout = jpeg_layout(data)
    if not layout.scans or layout.segments > MAX_SEGMENTS:
        raise ImageRejected(DAMAGED)
    if not layout.usual or layout.bits != 8:
        raise ImageRejected(
            "This kind of JPEG is not read: it is lossless, arithmetically coded or has more than "
            "8 bits. Save it as an ordinary JPEG."
        )
    return layout


def _check_png(data: bytes) -> None:
    place = len(PNG_START)
    for _ in range(MAX_CHUNKS):
        if place >= len(data):
            return
        place += 12 + int.from_bytes(data[place : place + 4])
    raise ImageRejected(DAMAGED)
