"""Names of the files in a ZIP archive, whichever program made it.

APPNOTE.TXT 4.4.4 and appendix D know two: UTF-8 where bit 11 is set, and IBM code page 437.
Programs write others: Info-ZIP adds the name in UTF-8 as extra field 0x7075 (appendix D.4),
Chinese Windows writes GBK, many systems UTF-8 without the bit, and some ``\\`` between folders.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator

_UTF_8 = 0x800
_UNICODE_PATH = 0x7075
_CP437_LETTERS = frozenset([*range(0x80), *range(0x80, 0xA8), 0xE1])
"""Bytes that are letters in code page 437; the others draw boxes and write formulas."""


def member_name(member: zipfile.ZipInfo) -> str:
    """The member's name with ``/`` between folders, and at its end for a folder."""
    return _decoded(member).partition("\0")[0].replace("\\", "/")


def _decoded(member: zipfile.ZipInfo) -> str:
    if member.flag_bits & _UTF_8:
        return member.orig_filename
    # zipfile decodes as code page 437, in which every byte is a character.
    raw = member.orig_filename.encode("cp437")
    for kind, data in _extra_fields(member.extra):
        if kind == _UNICODE_PATH and data[:5] == b"\x01" + struct.pack("<L", zlib.crc32(raw)):
            return data[5:].decode("utf-8", "replace")
    found = _in(raw, "utf-8")
    if not found and not _CP437_LETTERS.issuperset(raw):
        found = _in(raw, "gbk")
    return found or member.orig_filename


def _in(raw: bytes, encoding: str) -> str:
    """The name in an encoding; empty where it is none in it."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return ""


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        yield kind, extra[4 : 4 + size]
        extra = extra[4 + size :]
