"""The first directory of a TIFF, read without a decoder."""

from __future__ import annotations

import struct

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_SHORT = 3
_MOST_ENTRIES = 65_535


def first_directory(data: bytes) -> dict[int, int]:
    """Tag -> its value where that is one number in place, else where its values lie.

    Empty for what is no TIFF or has no directory.
    """
    return {tag: value for tag, (_, value) in _entries(data).items()}


def value_counts(data: bytes) -> dict[int, int]:
    """Tag -> how many values the file says that it has."""
    return {tag: count for tag, (count, _) in _entries(data).items()}


def _entries(data: bytes) -> dict[int, tuple[int, int]]:
    if not data.startswith(TIFF_STARTS):
        return {}
    order = "<" if data.startswith(b"II") else ">"
    # A BigTIFF has wider numbers, and its directory's place further on.
    big = b"+" in data[2:4]
    place_of, count_of, entry = ("8xQ", "Q", "HHQQ") if big else ("4xL", "H", "HHLL")
    found: dict[int, tuple[int, int]] = {}
    try:
        (place,) = struct.unpack_from(order + place_of, data)
        (entries,) = struct.unpack_from(order + count_of, data, place)
        start = place + struct.calcsize(order + count_of)
        size = struct.calcsize(order + entry)
        for number in range(min(entries, _MOST_ENTRIES)):
            at = start + number * size
            tag, kind, count, value = struct.unpack_from(order + entry, data, at)
            if kind == _SHORT and count == 1:
                (value,) = struct.unpack_from(order + "H", data, at + (12 if big else 8))
            found.setdefault(tag, (count, value))
    except (struct.error, OverflowError):
        pass
    return found
