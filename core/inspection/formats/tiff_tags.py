"""The first directory of a TIFF, read without a decoder."""

from __future__ import annotations

import struct
from dataclasses import dataclass

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
ORIENTATION, PHOTOMETRIC, WHITE_IS_ZERO = 274, 262, 0
BITS = 258
_SHORT = 3
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 16: 8}
"""Type of a tag -> bytes of one value."""
_WIDE_IN_PLACE = (4, 8)
"""Bytes of values that stand in the directory itself, in a TIFF and in a BigTIFF."""
_MOST_ENTRIES = 65_535


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: int
    count: int
    value: int
    place: int

    @property
    def size(self) -> int:
        """Bytes of its values."""
        return self.count * _SIZES.get(self.kind, 1)


def first_directory(data: bytes) -> dict[int, int]:
    """Tag -> its value where that is one number in place, else where its values lie.

    Empty for what is no TIFF or has no directory.
    """
    return {tag: entry.value for tag, entry in _entries(data)[0].items()}


def value_counts(data: bytes) -> dict[int, int]:
    """Tag -> how many values the file says that it has."""
    return {tag: entry.count for tag, entry in _entries(data)[0].items()}


def as_pillow_reads_it(data: bytes) -> bytes:
    """The file with what Pillow applies itself, or cannot read, set to what is usual.

    That is the orientation, and in 16 bits of the higher byte first that white is zero; both
    remain to be applied by what ``first_directory`` says of the original.
    """
    tags, _ = _entries(data)
    order = ">" if data.startswith(b"MM") else "<"
    wrong = []
    if ORIENTATION in tags and tags[ORIENTATION].value != 1:
        wrong.append(tags[ORIENTATION])
    if order == ">" and BITS in tags and PHOTOMETRIC in tags:
        sixteen = tags[BITS].count == 1 and tags[BITS].value == 16
        if sixteen and tags[PHOTOMETRIC].value == WHITE_IS_ZERO:
            wrong.append(tags[PHOTOMETRIC])
    if not wrong:
        return data
    changed = bytearray(data)
    for entry in wrong:
        struct.pack_into(order + ("H" if entry.kind == _SHORT else "L"), changed, entry.place, 1)
    return bytes(changed)


def tags_are_whole(data: bytes) -> bool:
    """True when the file holds its first directory, and the values of all its tags."""
    entries, whole = _entries(data)
    wide = _WIDE_IN_PLACE[b"+" in data[2:4]]
    return whole and all(
        entry.size <= wide or entry.value + entry.size <= len(data) for entry in entries.values()
    )


def _entries(data: bytes) -> tuple[dict[int, _Entry], bool]:
    """Tags of the first directory, as far as the file goes; and whether those are all."""
    if not data.startswith(TIFF_STARTS):
        return {}, False
    order = "<" if data.startswith(b"II") else ">"
    # A BigTIFF has wider numbers, and its directory's place further on.
    big = b"+" in data[2:4]
    place_of, count_of, entry = ("8xQ", "Q", "HHQQ") if big else ("4xL", "H", "HHLL")
    found: dict[int, _Entry] = {}
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
            found.setdefault(tag, _Entry(kind, count, value, at + (12 if big else 8)))
    except (struct.error, OverflowError):
        return found, False
    return found, True
