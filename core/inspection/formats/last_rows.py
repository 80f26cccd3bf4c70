"""Photographs whose lower part was never written: a frozen or half-filled frame.

The file is whole, so only the picture tells. What was never written has the level that buffers
and decoders start from, or is a copy of the last row that was written.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST_FILLED = 0.02
"""Of the rows, at the level that buffers start from; a narrower band may be a border."""
LEAST_COPIED = 0.1
"""Of the rows, copied from the last one that was written."""
CONTENT = 0.25
"""Least range of gray levels of a row that crosses the part, in the range of the picture; of 2,123
real photographs hardly a background row has more."""
CUT_COLUMNS = 0.5
"""Of the columns, in which content ends at the same height: a background of a single level goes
on beside a part, and the edge of a dark table is not parallel to the rows."""

_FILLERS = (0, 127, 128, 129)
_STEP = 8
"""Gray levels between content and filler; JPEG blurs an edge by fewer."""
_BLOCK = 16
"""Rows of a JPEG's blocks: the last ones may be written to their middle."""

_LEAST_WRITTEN = 4
"""Pixels at the left; fewer are a mark on a picture of a single level."""


def filled_from_below(gray: NDArray[np.uint8]) -> float:
    """Share of the picture's rows, from the last one up, that were never written; 0 for none.

    A border is none: white, a level that the upper edge has as well, or one that the content does
    not end at over most of the width; nor is a picture that is the same all over.
    """
    rows = len(gray)
    same = _rows_like_the_last(gray)
    if same == rows:
        return 0.0
    if (gray[-1] == gray[-1, 0]).all():
        filled = same >= max(2, LEAST_FILLED * rows) and _cuts_through(gray, same)
    else:
        filled = same >= LEAST_COPIED * rows and _copies_content(gray, same)
    return same / rows if filled else 0.0


def _rows_like_the_last(gray: NDArray[np.uint8]) -> int:
    last = gray[-1]
    number = 1
    while number < len(gray) and np.array_equal(gray[-1 - number], last):
        number += 1
    return number


def _cuts_through(gray: NDArray[np.uint8], same: int) -> bool:
    """True where content ends along a line, or along one of blocks, at a filler's level."""
    level = int(gray[-1, 0])
    if level not in _FILLERS or (gray[0] == level).all():
        return False
    above = gray[-same - _BLOCK : -same][::-1].astype(np.int16)
    written = np.abs(above - level) >= _STEP
    columns = gray.shape[1]
    if len(above) < _BLOCK:
        # What little was written begins at the left; it may not even fill one row.
        columns = int(np.argmin(np.append(written.any(axis=0), False)))
        if columns < _LEAST_WRITTEN:
            return False
    heights = np.argmax(written[:, :columns], axis=0)[written[:, :columns].any(axis=0)]
    usual = np.sort(np.bincount(heights, minlength=2))[-2:]
    return bool(usual.sum() >= CUT_COLUMNS * columns)


def _copies_content(gray: NDArray[np.uint8], same: int) -> bool:
    """True where the copied row crosses the part, and the rows above it are not alike.

    A background that goes on below the part in copies of its last row hides nothing of it.
    """
    above = gray[max(0, len(gray) - same - _BLOCK) : -same]
    drawn = (above != gray[-1]).any(axis=0).mean() >= CUT_COLUMNS
    return bool(drawn and _range(gray[-1], 0.02) >= CONTENT * _range(gray[:-same], 0.002))


def _range(gray: NDArray[np.uint8], beyond: float) -> float:
    """Between the levels that a share ``beyond`` of the pixels lies below, and above."""
    low, high = np.quantile(gray, (beyond, 1 - beyond))
    return float(high - low)
