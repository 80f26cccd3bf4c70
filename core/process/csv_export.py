"""Rows for people and spreadsheets: CSV that no spreadsheet runs.

A cell of text that begins with ``= + - @``, also in the full width that Japanese spreadsheets take
for the same, with a tab or a line break would be taken for a formula; it gets a leading
apostrophe (OWASP ASVS 5.0, 1.2.10). Numbers stay numbers. Quoting is RFC 4180's.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, TextIO

from core.inspection.records import Inspection, Outcome

INSPECTION_COLUMNS = (
    "file",
    "sha256",
    "verdict",
    "probability",
    "log_odds",
    "threshold",
    "model",
    "reason",
)
REJECTED = "rejected"

_FORMULA_STARTS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a manifest says of a file."""

    name: str
    rows: int
    byte_count: int
    sha256: str


def safe_text(text: str) -> str:
    """``text`` as a spreadsheet will show it and not run it."""
    if "\0" in text:
        text = text.replace("\0", "")
    return "'" + text if text[:1] in _FORMULA_STARTS else text


def write_rows(file: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """Write a header and rows as CSV and return the number of rows.

    Open ``file`` with ``newline=""``. Text is neutralised, None is an empty cell.
    """
    count = 0

    def safe_rows() -> Iterator[list[Cell]]:
        nonlocal count
        for row in rows:
            count += 1
            yield [safe_text(cell) if isinstance(cell, str) else cell for cell in row]

    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(safe_rows())
    return count


def inspection_row(outcome: Outcome) -> tuple[Cell, ...]:
    """One outcome in the order of INSPECTION_COLUMNS."""
    result = outcome.result
    if isinstance(result, Inspection):
        return (
            result.file,
            result.sha256,
            result.verdict.value,
            result.probability,
            result.log_odds,
            result.threshold,
            result.model,
            result.reason,
        )
    return (result.file, result.sha256, REJECTED, None, None, None, None, result.reason)


def write_file(
    target: IO[bytes], name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> FileFacts:
    """Write a header and rows as CSV, and say what was written; ``target`` stays open."""
    hashed = _Hashed(target)
    with _as_text(hashed) as file:
        count = write_rows(file, columns, rows)
    return FileFacts(name, count, hashed.byte_count, hashed.digest.hexdigest())


@contextmanager
def _as_text(target: io.RawIOBase) -> Iterator[TextIO]:
    buffer = io.BufferedWriter(target)
    file = io.TextIOWrapper(buffer, encoding="utf-8-sig", newline="")
    try:
        yield file
        file.flush()
    finally:
        # The caller's file stays open: when it ends is the caller's matter.
        file.detach()
        buffer.detach()


class _Hashed(io.RawIOBase):
    """Passes bytes on and knows their sha256."""

    def __init__(self, target: IO[bytes]) -> None:
        self.target = target
        self.digest = hashlib.sha256()
        self.byte_count = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.digest.update(data)
        self.byte_count += len(data)
        return self.target.write(data)
