"""Names of files: which are no photographs, and how one is shown that is not UTF-8.

A name on disk is any bytes but NUL and "/". Python gives those that are not UTF-8 as lone
surrogates (PEP 383), which no database, JSON reader or CSV file takes.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

UNFINISHED = (".lock", ".ok", ".tmp", ".temp", ".part", ".partial", ".crdownload", ".filepart")
"""How programs name a file that they are still writing, and the signs that they leave beside it."""
CLUTTER = (
    "@eadir",
    "#recycle",
    "$recycle.bin",
    "system volume information",
    "__macosx",
    "thumbs.db",
    "desktop.ini",
)
"""What servers, cameras and desktops leave in folders, in lower case."""
LONGEST_PART = 255
"""Bytes that file systems take for the name of one file."""

_ESCAPE_OR_SURROGATE = re.compile(r"\\(?=x[0-9a-f]{2}|u[0-9a-f]{4})|[\ud800-\udfff]")


def passed_over(name: str) -> bool:
    """Whether a file is no photograph by its name: a path with ``/`` inside what was given.

    A name that ends with ``/`` is a folder's; then nothing in it is one.
    """
    *folders, last = name.lower().split("/")
    if last.endswith(UNFINISHED):
        return True
    parts = (part for part in (*folders, last) if part not in ("", ".", ".."))
    return any(part.startswith(".") or part in CLUTTER for part in parts)


def printable(name: str) -> str:
    r"""``name`` as every reader takes it: bytes that are not UTF-8 are written ``\xff``.

    Two names never become one: where a name has such an escape in plain characters, its
    backslash is written ``\x5c``.
    """
    return _ESCAPE_OR_SURROGATE.sub(_escaped, name)


def with_addition(path: Path, addition: str) -> Path:
    """``path`` with ``addition`` before its extension, cut where it would be too long a name."""
    end = os.fsencode(addition + path.suffix)
    if len(end) > LONGEST_PART // 2:
        end = os.fsencode(addition)
    stem = os.fsencode(path.stem)[: LONGEST_PART - len(end)]
    return path.with_name(os.fsdecode(stem + end))


def _escaped(found: re.Match[str]) -> str:
    character = found.group()
    code = ord(character)
    if character == "\\":
        return r"\x5c"
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"
