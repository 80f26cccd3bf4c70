"""The square of a photograph that the model judges, and the picture it makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 300
"""Rows and columns of the model's input, pixels."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A square in pixels of the upright photograph; it may reach beyond its edges."""

    left: int
    top: int
    side: int


def whole_frame(width: int, height: int) -> Frame:
    """The smallest centred square that holds the whole photograph."""
    side = max(width, height)
    return Frame(-((side - width) // 2), -((side - height) // 2), side)


def scaled_to(frame: Frame, scale: float) -> Frame:
    """The frame on the photograph shown at ``scale`` times its size."""
    side = max(1, round(frame.side * scale))
    return Frame(round(frame.left * scale), round(frame.top * scale), side)


def framed(
    gray: NDArray[np.uint8], frame: Frame, width: int, side: int = SIDE
) -> NDArray[np.uint8]:
    """The frame of a photograph as (side, side) gray levels.

    ``gray`` (rows, columns) may show the photograph, ``width`` pixels wide, at a fraction of its
    size. Beyond its edges lies its border's median gray.
    """
    rows, columns = gray.shape
    scale = columns / width
    left, top = frame.left * scale, frame.top * scale
    right, bottom = left + frame.side * scale, top + frame.side * scale
    inside = (max(left, 0.0), max(top, 0.0), min(right, columns), min(bottom, rows))
    step = side / (frame.side * scale)
    at = (round((inside[0] - left) * step), round((inside[1] - top) * step))
    size = (
        max(1, round((inside[2] - left) * step) - at[0]),
        max(1, round((inside[3] - top) * step) - at[1]),
    )
    picture = Image.fromarray(gray)
    if size == picture.size and inside == (0.0, 0.0, columns, rows):
        shown = picture
    else:
        shown = picture.resize(size, Image.Resampling.BICUBIC, box=inside, reducing_gap=3.0)
    if size == (side, side):
        return np.asarray(shown, dtype=np.uint8)
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    canvas = Image.new("L", (side, side), int(np.median(border)))
    canvas.paste(shown, at)
    return np.asarray(canvas, dtype=np.uint8)
