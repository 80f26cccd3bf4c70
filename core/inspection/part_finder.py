"""Where the part lies on a photograph: the square that the model judges.

A part of the design has one round opening, darker than the face around it: an ellipse when the
camera looks a little from the side. Its outer edge lies a fixed number of opening radii from the
middle, so the opening alone says where the part lies and how large it is. Looked for on a
reduced picture, then measured where it was found. A picture that already frames its part as
training photographs do is judged as it is, pixel for pixel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy import ndimage

from core.inspection.frame import Frame, framed, whole_frame
from core.inspection.images import Picture, decode

OUTER_EDGE = 1.788
"""Outer edge of the part in opening radii: the same on every casting of the design."""

USUAL_RADIUS = 0.405
"""Outer edge of the part in sides of a training photograph: median of the public data set."""
RADII_AS_TRAINED = (0.355, 0.49)
"""... and the range over the data set: a square picture with such a part is judged as it is."""
MOST_ASIDE = 0.1
"""Most that the part's middle lies beside that of such a picture, in its sides."""

LEAST_PIXELS = 150
"""Pixels across that a part must have. Training photographs show it with 240; of 100 test
photographs reduced to 146 or 122 pixels none changed its verdict (see
``tools.benchmarks.frames``), but the smallest marks go."""

CUT_OFF = 0.06
"""Most of a part's outer radius that may lie beyond the edge of the picture."""

_LOOKS = (150, 320)
"""Pixels of the shorter side of the picture that is searched; the second where the first shows no
opening, which a small part needs."""
_MEASURE = 150
"""Pixels of the side of the picture on which a found opening is measured."""
_RADII = (0.04, 0.32)
"""Least and largest opening radius, in shorter sides."""
_LEVELS = (0.42, 0.3, 0.55, 0.2, 0.7, 0.12)
"""Gray levels that are tried as the opening's edge, from dark (0) to light (1)."""
_PLAIN = 0.015
"""A dark region whose area differs less from its ellipse's is the opening: no other level is
tried."""
_MISFIT = 0.035
"""... and the most it may differ; a square differs by 0.047."""
_CONTRAST = 0.25
"""Least step from the opening to the face, in the picture's range of gray levels."""
_AROUND = np.linspace(0, 2 * np.pi, 16, endpoint=False)


@dataclass(frozen=True, slots=True)
class _Opening:
    x: float
    y: float
    radius: float
    misfit: float


@dataclass(frozen=True, slots=True)
class PartFrame:
    """The square that is judged, and why it cannot be; ``reason`` is empty where it can."""

    frame: Frame
    reason: str = ""


def find_part_frame(picture: Picture) -> PartFrame:
    """The square around the part, as training photographs frame it.

    The whole photograph where no opening is found: the gate then says whether it shows a part.
    """
    width, height = picture.width, picture.height
    whole = whole_frame(width, height)
    found = _openings(picture.gray)
    if not found:
        return PartFrame(whole)
    if len(found) > 1:
        return PartFrame(
            whole,
            f"The photograph shows {len(found)} parts: place a single part before the camera and "
            "retake the photograph.",
        )
    scale = width / picture.gray.shape[1]
    x, y, outer = (scale * of for of in (found[0].x, found[0].y, OUTER_EDGE * found[0].radius))
    if max(outer - x, outer - y, x + outer - width, y + outer - height) > CUT_OFF * outer:
        return PartFrame(
            whole,
            "The part is cut off by the edge of the picture: move the part or the camera until all "
            "of it is seen, and retake the photograph.",
        )
    if _is_framed(x, y, outer, width, height):
        return PartFrame(whole)
    side = round(outer / USUAL_RADIUS)
    frame = Frame(round(x - side / 2), round(y - side / 2), side)
    if 2 * outer < LEAST_PIXELS:
        return PartFrame(
            frame,
            f"The part is {2 * outer:.0f} pixels wide; {LEAST_PIXELS} are needed: move the camera "
            "closer and retake the photograph.",
        )
    return PartFrame(frame)


def judged_pixels(data: bytes) -> NDArray[np.uint8]:
    """What the model judges of a photograph: (300, 300); raises ImageRejected."""
    picture = decode(data)
    return framed(picture.gray, find_part_frame(picture).frame, picture.width)


def _is_framed(x: float, y: float, outer: float, width: int, height: int) -> bool:
    """Whether the photograph is a square that shows its part as training photographs do."""
    smallest, largest = RADII_AS_TRAINED
    aside = max(abs(x - width / 2), abs(y - height / 2))
    framed_well = smallest * width <= outer <= largest * width and aside <= MOST_ASIDE * width
    return width == height and framed_well


def _openings(gray: NDArray[np.uint8]) -> list[_Opening]:
    """The openings on a picture (rows, columns), in its pixels; no two overlap."""
    for look in _LOOKS:
        step = max(1, round(min(gray.shape) / look))
        small = np.asarray(Image.fromarray(gray).reduce(step)) if step > 1 else gray
        found = [
            _Opening(step * of.x, step * of.y, step * of.radius, of.misfit)
            for of in _ellipses(small)
        ]
        if found:
            return [_measured(gray, of) for of in found]
    return []


def _measured(gray: NDArray[np.uint8], rough: _Opening) -> _Opening:
    """The opening measured on a picture in which it has its usual size."""
    rows, columns = gray.shape
    side = rough.radius * OUTER_EDGE / USUAL_RADIUS
    if abs(side / min(rows, columns) - 1) < 0.25 and min(rows, columns) < 2.5 * _MEASURE:
        return rough
    frame = Frame(round(rough.x - side / 2), round(rough.y - side / 2), round(side))
    near = framed(gray, frame, columns, _MEASURE)
    scale = frame.side / _MEASURE
    middle = _MEASURE / 2
    found = [
        of
        for of in _ellipses(near)
        if abs(of.x - middle) < middle / 4 and abs(of.y - middle) < middle / 4
    ]
    if not found:
        return rough
    best = min(found, key=lambda of: of.misfit)
    return _Opening(
        frame.left + scale * best.x, frame.top + scale * best.y, scale * best.radius, best.misfit
    )


def _ellipses(gray: NDArray[np.uint8]) -> list[_Opening]:
    """Dark ellipses with a lighter face around them, the best first of those that overlap."""
    blurred = np.asarray(Image.fromarray(gray).filter(ImageFilter.BoxBlur(1)))
    counts = np.cumsum(np.bincount(blurred.ravel(), minlength=256)) / blurred.size
    low, high = (int(level) for level in np.searchsorted(counts, (0.002, 0.97)))
    found: list[_Opening] = []
    for share in _LEVELS:
        found += [
            opening
            for opening in _dark_ellipses(blurred < low + share * (high - low))
            if _has_face(blurred, opening, _CONTRAST * (high - low))
        ]
        if any(opening.misfit < _PLAIN for opening in found):
            break
    found.sort(key=lambda of: of.misfit)
    best: list[_Opening] = []
    for opening in found:
        if all(_are_apart(opening, other) for other in best):
            best.append(opening)
    largest = max((of.radius for of in best), default=0.0)
    return [of for of in best if of.radius > largest / 2]


def _are_apart(one: _Opening, other: _Opening) -> bool:
    apart = math.hypot(one.x - other.x, one.y - other.y)
    return apart > OUTER_EDGE * max(one.radius, other.radius)


def _dark_ellipses(dark: NDArray[np.bool_]) -> Iterator[_Opening]:
    """Filled dark regions of an opening's size, inside the picture, that are ellipses."""
    labels, _ = ndimage.label(dark)
    least, most = (2 * radius * min(dark.shape) for radius in _RADII)
    for index, (down, across) in enumerate(ndimage.find_objects(labels), start=1):
        high, wide = down.stop - down.start, across.stop - across.start
        if not (least < high < most and least < wide < most and 0.6 < high / wide < 1.67):
            continue
        rows, columns = dark.shape
        if 0 in (down.start, across.start) or down.stop == rows or across.stop == columns:
            continue
        region = labels[down, across] == index
        if region.sum() < 0.5 * high * wide:
            continue
        y, x = np.nonzero(ndimage.binary_fill_holes(region))
        # A pixel is a square: its own second moment is a twelfth.
        values = np.linalg.eigvalsh(np.cov(np.stack([x, y])) + np.eye(2) / 12)
        axes = 2 * np.sqrt(values)
        misfit = abs(1 - len(x) / float(np.pi * axes.prod()))
        if misfit < _MISFIT and axes[0] / axes[1] > 0.65:
            middle = float(across.start + x.mean() + 0.5), float(down.start + y.mean() + 0.5)
            yield _Opening(*middle, float(np.sqrt(len(x) / np.pi)), float(misfit))


def _has_face(gray: NDArray[np.uint8], opening: _Opening, least: float) -> bool:
    """Whether what lies around the opening is lighter than the opening, on nearly every side."""

    def levels(radii: float) -> NDArray[np.uint8]:
        x = np.rint(opening.x - 0.5 + radii * opening.radius * np.cos(_AROUND)).astype(int)
        y = np.rint(opening.y - 0.5 + radii * opening.radius * np.sin(_AROUND)).astype(int)
        inside = (x >= 0) & (y >= 0) & (x < gray.shape[1]) & (y < gray.shape[0])
        return np.asarray(gray[y[inside], x[inside]])

    face = np.sort(levels(1.35))
    hole = np.median(levels(0.8))
    return len(face) >= 12 and face[len(face) // 2] - hole > least and face[len(face) // 6] > hole
