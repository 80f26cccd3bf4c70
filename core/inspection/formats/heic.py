"""Whether the slices of a HEIC's picture are there.

HEVC never has two zeros before a byte below 3 within a slice, so that three zeros in a row, as a
half-copied file has them, are no picture; its decoder would go on with what it had.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_WHOLE_FILE = 0
_CODED = b"hvc1"
_NO_SLICE = b"\0\0\0"
_LENGTH = 4
"""Bytes of the number before each slice; no camera writes fewer."""


def heic_is_whole(data: bytes) -> bool:
    """True when each coded item's places in the file are filled with slices."""
    meta = next((body for kind, body in _boxes(data) if kind == b"meta"), b"")
    inner = dict(_boxes(meta[4:]))
    try:
        kinds = _item_kinds(inner.get(b"iinf", b""))
        return all(
            _is_slices(data[start : start + size])
            for item, start, size in _places(inner.get(b"iloc", b""))
            if kinds.get(item) == _CODED
        )
    except (struct.error, IndexError):
        return False


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    while place + 8 <= len(data):
        size, kind = struct.unpack_from(">L4s", data, place)
        head = 8
        if size == 1 and place + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, place + 8)
            head = 16
        end = len(data) if size == 0 else place + size
        if end < place + head:
            return
        yield kind, data[place + head : end]
        place = end


def _item_kinds(table: bytes) -> dict[int, bytes]:
    """Item -> its kind, of an item information box."""
    if not table:
        return {}
    kinds = {}
    for kind, entry in _boxes(table[6 if table[0] == 0 else 8 :]):
        if kind == b"infe" and entry[0] in (2, 3):
            number = "H" if entry[0] == 2 else "L"
            item, _, what = struct.unpack_from(f">{number}H4s", entry, 4)
            kinds[item] = what
    return kinds


def _places(table: bytes) -> Iterator[tuple[int, int, int]]:
    """Item, place and size of each piece that an item location box puts in the file itself."""
    if not table:
        return
    version = table[0]
    wide = [table[4] >> 4, table[4] & 15, table[5] >> 4, table[5] & 15 if version else 0]
    offset_size, length_size, base_size, index_size = wide
    place = 6

    def number(size: int) -> int:
        nonlocal place
        if place + size > len(table):
            raise IndexError
        place += size
        return int.from_bytes(table[place - size : place])

    for _ in range(number(2 if version < 2 else 4)):
        item = number(2 if version < 2 else 4)
        where = number(2) & 15 if version else _WHOLE_FILE
        number(2)
        base = number(base_size)
        for _ in range(number(2)):
            number(index_size)
            start = base + number(offset_size)
            size = number(length_size)
            if where == _WHOLE_FILE:
                yield item, start, size


def _is_slices(piece: bytes) -> bool:
    place = 0
    while place + _LENGTH <= len(piece):
        size = int.from_bytes(piece[place : place + _LENGTH])
        place += _LENGTH
        if size == 0 or place + size > len(piece):
            return False
        if piece.find(_NO_SLICE, place, place + size) >= 0:
            return False
        place += size
    return place == len(piece) and place > 0
