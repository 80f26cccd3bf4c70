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
from PIL import Image, ImageDraw

from core.inspection.frame import SIDE, Frame

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


def at_pixels(evidence: NDArray[np.floating], side: int, views: int = 1) -> NDArray[np.float32]:
    """(rows, columns) -> (side, side): the map where it belongs on a ``side`` x ``side`` picture.

    Each stride-2 convolution of the network is centred on its even inputs, so cell i looks at
    pixel 32 i of the model's input, not at the middle of the i-th tenth. The mean of the quarter
    turns' maps lies in the middle of what they look at.
    """
    rows, columns = evidence.shape
    across = np.asarray(evidence, dtype=np.float32) @ _between_cells(columns, side, views > 1).T
    return np.asarray(_between_cells(rows, side, views > 1) @ across, np.float32)


@lru_cache(maxsize=16)
def _between_cells(cells: int, side: int, turned: bool) -> NDArray[np.float32]:
    """(side, cells): each pixel's share of the cells before and after it, along one axis.

    Linear: smoother kernels overshoot, which is false evidence beside true. A map that is the
    mean of its turns is the same from both ends of the picture.
    """
    first = (SIDE - 1 - STRIDE * (cells - 1)) / 2 if turned else 0.0
    pixels = (np.arange(side) + 0.5) * SIDE / side - 0.5 - first
    shares = [np.interp(pixels / STRIDE, np.arange(cells), one) for one in np.eye(cells)]
    return np.stack(shares, axis=1).astype(np.float32)


def overlay(
    gray: NDArray[np.uint8],
    evidence: NDArray[np.floating],
    scale: float,
    frame: Frame,
    views: int = 1,
) -> NDArray[np.uint8]:
    """(rows, columns) gray and the map of its square ``frame`` -> (rows, columns, 3) picture.

    ``scale`` is the evidence, in log-odds per cell, at which the colour is full.
    """
    rows, columns = gray.shape
    strength = np.zeros(gray.shape, dtype=np.float32)
    top, left = max(frame.top, 0), max(frame.left, 0)
    inside = np.s_[top : frame.top + frame.side, left : frame.left + frame.side]
    mapped = at_pixels(evidence, frame.side, views)[top - frame.top :, left - frame.left :]
    strength[inside] = mapped[: max(rows - top, 0), : max(columns - left, 0)] / scale
    return _coloured(gray, strength)


def outlined(picture: NDArray[np.uint8], frame: Frame) -> NDArray[np.uint8]:
    """A gray or RGB picture with the square that was judged drawn on it: light on dark."""
    image = Image.fromarray(picture).convert("RGB")
    draw = ImageDraw.Draw(image)
    right, bottom = frame.left + frame.side - 1, frame.top + frame.side - 1
    width = max(1, max(image.size) // 300)
    box = [frame.left, frame.top, right, bottom]
    draw.rectangle(box, outline=(30, 30, 30), width=2 * width)
    draw.rectangle(box, outline=(255, 255, 255), width=width)
    return np.asarray(image, dtype=np.uint8)


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
