"""One tone for all: a part's gray levels, mapped to the mean curve of the training photographs.

Light and camera change gray levels by some rising curve: exposure, gain, gamma. What such a
curve leaves is the order of the levels, so each level is replaced by the one that holds the same
rank among training photographs (histogram specification: Gonzalez and Woods, Digital Image
Processing, chapter 3). Every change of light short of clipping disappears. The curve is part of
the model's input: it lies beside the weights, and the model card names it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.inspection.frame import SIDE

DISC = 105.0
"""Pixels from the middle within which gray levels are measured: on every part, off any ground."""

QUANTILES = 65
"""Gray levels of a curve: those below which 0, 1/64 ... 64/64 of the disc's pixels lie."""

LEVELS = 256


def _disc() -> NDArray[np.bool_]:
    at = np.arange(SIDE) - (SIDE - 1) / 2
    return np.asarray(at[:, None] ** 2 + at[None, :] ** 2 < DISC**2)


INSIDE = _disc()
"""(300, 300): the pixels of the disc."""
_RANKS = np.linspace(0.0, 1.0, QUANTILES)


def tone_curve(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The (65,) quantiles of the gray levels inside the disc of a photograph (300, 300)."""
    return np.asarray(np.quantile(pixels[INSIDE], _RANKS))


def with_tone(pixels: NDArray[np.uint8], curve: Sequence[float]) -> NDArray[np.uint8]:
    """A photograph (300, 300) with the gray levels that ``curve`` (65,) has at the same ranks.

    A level's rank is the middle of its own pixels, so a level that many share (an overexposed
    face) becomes their mean rank's.
    """
    counts = np.bincount(pixels[INSIDE], minlength=LEVELS)
    ranks = (np.cumsum(counts) - counts / 2) / counts.sum()
    levels = np.rint(np.interp(ranks, _RANKS, curve)).clip(0, LEVELS - 1).astype(np.uint8)
    return np.asarray(levels[pixels], np.uint8)
