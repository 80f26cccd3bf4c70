"""Rows for people and spreadsheets: CSV that no spreadsheet runs.

A cell of text that begins with ``= + - @``, also in the full width that Japanese spreadsheets take
for the same, with a tab or a line break would be taken for a formula; it gets a leading
apostrophe (OWASP ASVS 5.0, 1.2.10). Numbers stay numbers. Quoting is RFC 4180's.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from core.inspection import Inspection, Outcome

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
