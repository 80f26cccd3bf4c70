"""The first directory of a TIFF, read without a decoder."""

from __future__ import annotations

import struct

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_SHORT = 3
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 16: 8}
"""Type of a tag -> bytes of one value."""
_WIDE_IN_PLACE = (4, 8)
"""Bytes of values that stand in the directory itself, in a TIFF and in a BigTIFF."""
_MOST_ENTRIES = 65_535


def first_directory(data: bytes) -> dict[int, int]:
    """Tag -> its value where that is one number in place, else where its values lie.

    Empty for what is no TIFF or has no directory.
    """
    return {tag: value for tag, (_, _, value) in _entries(data)[0].items()}


def value_counts(data: bytes) -> dict[int, int]:
    """Tag -> how many values the file says that it has."""
    return {tag: count for tag, (_, count, _) in _entries(data)[0].items()}


def tags_are_whole(data: bytes) -> bool:
    """True when the file holds its first directory, and the values of all its tags."""
    entries, whole = _entries(data)
    wide = _WIDE_IN_PLACE[b"+" in data[2:4]]
    return whole and all(
        count * _SIZES.get(kind, 1) <= wide or value + count * _SIZES.get(kind, 1) <= len(data)
        for kind, count, value in entries.values()
    )


def _entries(data: bytes) -> tuple[dict[int, tuple[int, int, int]], bool]:
    """Tag -> its type, count and value, as far as the file goes; and whether that is all."""
    if not data.startswith(TIFF_STARTS):
        return {}, False
    order = "<" if data.startswith(b"II") else ">"
    # A BigTIFF has wider numbers, and its directory's place further on.
    big = b"+" in data[2:4]
    place_of, count_of, entry = ("8xQ", "Q", "HHQQ") if big else ("4xL", "H", "HHLL")
    found: dict[int, tuple[int, int, int]] = {}
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
            found.setdefault(tag, (kind, count, value))
    except (struct.error, OverflowError):
        return found, False
    return found, True
