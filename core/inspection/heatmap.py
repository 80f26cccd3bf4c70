"""Evidence map -> a picture a person can read, on one fixed scale for all parts.

The map is signed log-odds per cell. Positive cells (for "defective") are coloured from
dark red to pale yellow and grow opaque with their size; negative cells (for "OK") get a
faint blue. The scale is the model card's, never the picture's own: an OK part must not
glow. Overlays are made when shown; only the small map is stored.
"""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.inspection.frame import SIDE

STRIDE = 32
"""Pixels between the centres of neighbouring cells; cell (0, 0) is centred on pixel (0, 0)."""

MAX_OPACITY = 0.75
"""The photograph stays visible under the strongest evidence: it may hide a pinhole."""

LEVELS = 1024
"""Steps of strength on either side of none; far more than a picture has gray levels."""

GRAYS = 256

NEGATIVE_OPACITY = 0.18
NEGATIVE_COLOUR = (64.0, 120.0, 190.0)

# Lightness rises evenly from first to last, so the order survives in gray and for
# colour-blind eyes.
_RAMP = np.array(
    [
        (87, 16, 50),
        (136, 23, 54),
        (185, 41, 48),
        (222, 79, 34),
        (244, 128, 24),
        (251, 180, 48),
        (253, 231, 130),
    ],
    dtype=np.float64,
)


def stored_map(evidence: NDArray[np.floating]) -> NDArray[np.float16]:
    """The map in half precision, its sum kept.

    Rounding cell by cell would move the sum by some 1e-4 log-odds. Each cell's rounding error
    is handed on to the next smaller one instead, so what is left is the smallest cell's; no
    cell moves by more than one rounding step of the largest.
    """
    flat = np.asarray(evidence, dtype=np.float64).ravel()
    kept = np.empty(flat.shape, dtype=np.float16)
    carry = 0.0
    for index in np.argsort(-np.abs(flat)):
        kept[index] = flat[index] + carry
        carry += flat[index] - float(kept[index])
    return kept.reshape(evidence.shape)


def at_pixels(evidence: NDArray[np.floating], side: int) -> NDArray[np.float32]:
    """(rows, columns) -> (side, side): the map where it belongs on a ``side`` x ``side`` picture.

    Each stride-2 convolution of the network is centred on its even inputs, so cell i looks at
    pixel 32 i of the model's input, not at the middle of the i-th tenth.
    """
    rows, columns = evidence.shape
    across = np.asarray(evidence, dtype=np.float32) @ _between_cells(columns, side).T
    return np.asarray(_between_cells(rows, side) @ across, np.float32)


@lru_cache(maxsize=16)
def _between_cells(cells: int, side: int) -> NDArray[np.float32]:
    """(side, cells): each pixel's share of the cells before and after it, along one axis.

    Linear: smoother kernels overshoot, which is false evidence beside true.
    """
    pixels = (np.arange(side) + 0.5) * SIDE / side - 0.5
    shares = [np.interp(pixels / STRIDE, np.arange(cells), one) for one in np.eye(cells)]
    return np.stack(shares, axis=1).astype(np.float32)


def overlay(
    pixels: NDArray[np.uint8], evidence: NDArray[np.floating], scale: float
) -> NDArray[np.uint8]:
    """(S, S) gray and its map -> (S, S, 3) picture.

    ``scale`` is the evidence, in log-odds per cell, at which the colour is full.
    """
    return _coloured(pixels, at_pixels(evidence, pixels.shape[0]) / scale)


def picture_bytes(picture: NDArray[np.uint8], quality: int = 85) -> bytes:
    """A gray or RGB array as JPEG bytes."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def legend(scale: float, width: int = 240, height: int = 14) -> NDArray[np.uint8]:
    """The colours of :func:`overlay` on mid-gray, from full "OK" to full "defective"."""
    strength = np.linspace(-scale, scale, width)
    gray = np.full((height, width), 150, dtype=np.uint8)
    return _coloured(gray, np.broadcast_to(strength / scale, (height, width)))


def _coloured(pixels: NDArray[np.uint8], strength: NDArray[np.floating]) -> NDArray[np.uint8]:
    level = np.rint((np.clip(strength, -1.0, 1.0) + 1.0) * LEVELS).astype(np.intp)
    return np.asarray(np.take(_COLOURS, level * GRAYS + pixels, axis=0), np.uint8)


def _colours() -> NDArray[np.uint8]:
    """(levels x grays, 3): every level of strength, from full "OK" to full "defective", on every
    gray of a photograph."""
    strength = np.linspace(-1.0, 1.0, 2 * LEVELS + 1)
    positive = np.clip(strength, 0.0, 1.0)
    position = positive * (len(_RAMP) - 1)
    colour = np.stack(
        [np.interp(position, np.arange(len(_RAMP)), _RAMP[:, channel]) for channel in range(3)],
        axis=-1,
    )
    opacity = np.sqrt(positive) * MAX_OPACITY
    faint = np.clip(-strength, 0.0, 1.0) * NEGATIVE_OPACITY
    added = opacity[:, None] * colour + faint[:, None] * np.array(NEGATIVE_COLOUR)
    kept = ((1 - opacity) * (1 - faint))[:, None, None]
    on_gray: NDArray[np.float64] = np.arange(GRAYS)[:, None] * kept + added[:, None]
    return on_gray.reshape(-1, 3).astype(np.uint8)


_COLOURS = _colours()
"""A table: looked up, a heatmap is coloured in 0.5 ms instead of 2.1 ms."""
