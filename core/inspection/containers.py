"""What a file's container may demand of a decoder, looked at before any decoder is asked.

A small file can keep a decoder busy for minutes: a JPEG may hold thousands of scans that are
each as large as the picture, or millions of empty comments; a PNG a million empty chunks; a
TIFF millions of strips. Decoders go through all of them. Here they are only counted, without
following what they say ("Two issues with the JPEG standard", libjpeg-turbo, on scans).
"""

from __future__ import annotations

import struct

from core.errors import ImageRejected

MAX_SEGMENTS = 1_000
"""Of a JPEG before its first scan; 255 parts of a colour profile are the most that are usual."""
MAX_CHUNKS = 20_000
"""Of a PNG: 10 MB in pieces of 512 bytes."""
MAX_STRIPS = 20_000
"""Strips or tiles of a TIFF."""
MAX_SCANNED_PIXELS = 500_000_000
"""Pixels of a JPEG, counted once for each of its scans; a progressive one has about ten."""

_DAMAGED = "The file is damaged or incomplete. Copy it again from the camera."
_START_OF_SCAN = b"\xff\xda"
_WITHOUT_LENGTH = {0x00, 0x01, *range(0xD0, 0xDA), 0xFF}
_PNG = b"\x89PNG\r\n\x1a\n"
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_STRIP_OFFSETS, _TILE_OFFSETS = 273, 324


def check_container(data: bytes) -> None:
    """Raise ImageRejected where the file has more parts than any photograph has.

    What is merely wrong is left to the decoder to find.
    """
    if data.startswith(b"\xff\xd8"):
        _check_jpeg(data)
    elif data.startswith(_PNG):
        _check_png(data)
    elif data.startswith(_TIFF):
        _check_tiff(data)


def scans(data: bytes) -> int:
    """How many scans a JPEG has at most, those of its previews included."""
    return data.count(_START_OF_SCAN)


def check_scans(data: bytes, pixels: int) -> None:
    """Raise ImageRejected for a JPEG whose scans together are too many pixels to decode."""
    if scans(data) * pixels > MAX_SCANNED_PIXELS:
        raise ImageRejected(
            "The picture is saved in too many passes. Save it as an ordinary JPEG, not a "
            "progressive one."
        )


def _check_jpeg(data: bytes) -> None:
    place = 2
    for _ in range(MAX_SEGMENTS):
        if data[place : place + 1] != b"\xff":
            # Pillow looks for the next marker byte by byte.
            place = data.find(b"\xff", place, place + MAX_SEGMENTS)
            if place < 0:
                raise ImageRejected(_DAMAGED)
        if data[place : place + 2] in (_START_OF_SCAN, b"\xff", b""):
            return
        if data[place + 1] in _WITHOUT_LENGTH:
            place += 1
            continue
        place += 2 + int.from_bytes(data[place + 2 : place + 4])
    raise ImageRejected(_DAMAGED)


def _check_png(data: bytes) -> None:
    place = len(_PNG)
    for _ in range(MAX_CHUNKS):
        if place >= len(data):
            return
        place += 12 + int.from_bytes(data[place : place + 4])
    raise ImageRejected(_DAMAGED)


def _check_tiff(data: bytes) -> None:
    order = "<" if data.startswith(b"II") else ">"
    # A BigTIFF has wider numbers, and its directory's place further on.
    big = b"+" in data[2:4]
    place_of, count_of, entry = ("8xQ", "Q", "HHQ8x") if big else ("4xL", "H", "HHL4x")
    try:
        (place,) = struct.unpack_from(order + place_of, data)
        (count,) = struct.unpack_from(order + count_of, data, place)
        start = place + struct.calcsize(order + count_of)
        for number in range(min(count, 65_535)):
            at = start + number * struct.calcsize(order + entry)
            tag, _, values = struct.unpack_from(order + entry, data, at)
            if tag in (_STRIP_OFFSETS, _TILE_OFFSETS) and values > MAX_STRIPS:
                raise ImageRejected(_DAMAGED)
    except (struct.error, OverflowError):
        return
