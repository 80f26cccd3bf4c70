"""Photographs whose lower part was never written: a frozen or half-filled frame.

The file is whole, so only the picture tells. What was never written has the level that buffers
and decoders start from, or is a copy of the last row that was written.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST_SHARE = 0.1
"""Of the rows; a narrower band may be a border."""
CUT_COLUMNS = 0.5
"""Of the columns, where content ends at the band; a background that is a single level goes on
beside a part, above the band."""

_FILLERS = (0, 127, 128, 129)
_STEP = 8
"""Gray levels between content and filler; JPEG blurs an edge by fewer."""
_BLUR = 16
"""Rows that JPEG's and HEIC's blocks blur, at most."""
_TEXTURE = 1.0
"""Mean gray levels between neighbours that a row of a photograph has, and a drawn one has not."""


def filled_from_below(gray: NDArray[np.uint8]) -> float:
    """Share of the picture's rows, from the last one up, that were never written; 0 for none.

    Borders are none: white is not, nor is a level that the upper edge has as well, nor what the
    content does not run into over most of its width.
    """
    rows = len(gray)
    last = gray[-1]
    same = _rows_like_the_last(gray)
    if same < max(2, round(LEAST_SHARE * rows)) or same == rows:
        return 0.0
    flat = bool((last == last[0]).all())
    if not flat:
        texture = float(np.abs(np.diff(last.astype(np.int16))).mean())
        return same / rows if texture > _TEXTURE and not _stripes(gray, same) else 0.0
    if int(last[0]) not in _FILLERS or (gray[0] == last[0]).all():
        return 0.0
    above = gray[max(0, rows - same - _BLUR) : rows - same].astype(np.int16)
    cut = np.median(np.abs(above - int(last[0])), axis=0) >= _STEP
    return same / rows if cut.mean() >= CUT_COLUMNS else 0.0


def _rows_like_the_last(gray: NDArray[np.uint8]) -> int:
    last = gray[-1]
    number = 1
    while number < len(gray) and np.array_equal(gray[-1 - number], last):
        number += 1
    return number


def _stripes(gray: NDArray[np.uint8], same: int) -> bool:
    """True for a picture that is alike from top to bottom, such as a drawn pattern."""
    above = gray[: len(gray) - same].astype(np.int16)
    return float(np.abs(np.diff(above, axis=0)).mean()) < _TEXTURE / 2 if len(above) > 1 else True
