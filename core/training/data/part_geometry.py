"""Where the round part lies on a photograph, and its polar picture.

The opening is the one dark, filled ellipse near the middle; the linear map that makes it a
unit circle undoes shear and zoom. The outer edge lies at 1.788 opening radii on every
photograph of these castings, but stands lower than the opening, so parallax moves it aside:
``rim`` holds its radius as a mean and the first two harmonics of the angle. Between the
opening and the edge the polar radius is stretched so that both are straight lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.inspection.frame import SIDE
from core.inspection.part_finder import OUTER_EDGE

Gray = NDArray[np.uint8]
Floats = NDArray[np.float32]

ANGLES = 720
RADII = np.linspace(0.93, 2.2, 120)
"""Polar rows, in opening radii: from inside the opening's edge to well outside the part."""
_DARK = (95.0, 75.0, 60.0, 110.0, 45.0)
"""Gray levels below which the opening may lie, tried in this order."""
_SMALLEST_OPENING = 2500
_LARGEST_MISFIT = 0.002
"""Five times the largest on the public photographs; a square has 0.04."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The ellipse of the impeller opening in a photograph; pixels, integers at pixel centres."""

    centre: NDArray[np.float64]
    """(2,): x, y."""
    transform: NDArray[np.float64]
    """(2, 2), symmetric: unit circle to picture (x, y), so it turns nothing by itself."""


@dataclass(frozen=True, slots=True)
class Part(Opening):
    """Opening and rim of one part; ``rim`` in opening radii."""

    rim: NDArray[np.float64]
    """(5,): mean, cos, sin, cos 2, sin 2."""


def find_opening(gray: Gray) -> Opening | None:
    """The ellipse of the dark opening on a (height, width) photograph, or None without a clear one.

    Of the dark regions the most elliptic: an ellipse has the area that its second moments say.
    """
    blurred = ndimage.gaussian_filter(gray.astype(np.float32), 1.0)
    for threshold in _DARK:
        found = [_ellipse(region) for region in _dark_regions(blurred < threshold)]
        misfit, opening = min(found, key=lambda each: each[0], default=(1.0, None))
        if misfit < _LARGEST_MISFIT:
            return opening
    return None


def find_part(gray: Gray) -> Part | None:
    """The part on a (300, 300) photograph, or None when no opening is found."""
    opening = find_opening(gray)
    if opening is None:
        return None
    return Part(opening.centre, opening.transform, _rim(gray, opening))


def sample_circles(gray: NDArray[np.generic], opening: Opening, radius: NDArray[Any]) -> Floats:
    """Levels at ``radius`` (rows, angles), in opening radii, at equal steps of the angle.

    Bilinear; outside the picture the nearest edge level.
    """
    angle = np.arange(radius.shape[1]) * 2 * np.pi / radius.shape[1]
    x, y = opening.transform @ np.stack([np.cos(angle), np.sin(angle)])
    where = np.stack([opening.centre[1] + radius * y, opening.centre[0] + radius * x])
    levels = ndimage.map_coordinates(gray.astype(np.float32), where, order=1, mode="nearest")
    return np.asarray(levels, np.float32)


def unstretched(part: Part, radius: NDArray[Any], angle: NDArray[Any]) -> NDArray[np.float64]:
    """Opening radii as photographed of stretched ones at ``angle`` (radians)."""
    stretch = (_harmonics(angle) @ part.rim - 1) / (OUTER_EDGE - 1)
    return np.where(radius > 1, 1 + (radius - 1) * stretch, radius)


def to_polar(gray: Gray, part: Part) -> Floats:
    """(300, 300) -> (120, 720): rows are stretched radii, columns angles."""
    angle = np.arange(ANGLES) * 2 * np.pi / ANGLES
    return sample_circles(gray, part, unstretched(part, RADII[:, None], angle))


def polar_coordinates(part: Part) -> tuple[Floats, Floats]:
    """Stretched radius (opening radii) and angle (0..2 pi) of every pixel, (300, 300) each."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    inverse = np.linalg.inv(part.transform)
    x, y = np.tensordot(
        inverse, np.stack([columns - part.centre[0], rows - part.centre[1]]), axes=1
    )
    angle, radius = np.arctan2(y, x) % (2 * np.pi), np.hypot(x, y)
    around = np.linspace(0, 2 * np.pi, ANGLES + 1)
    edge = np.interp(angle, around, _harmonics(around) @ part.rim)
    radius = np.where(radius > 1, 1 + (radius - 1) * (OUTER_EDGE - 1) / (edge - 1), radius)
    return radius.astype(np.float32), angle.astype(np.float32)


def from_polar(polar: Floats, radius: Floats, angle: Floats) -> Floats:
    """A polar picture seen as pixels; 0 outside its radii."""
    row = (radius - RADII[0]) / (RADII[-1] - RADII[0]) * (len(RADII) - 1)
    column = angle / (2 * np.pi) * ANGLES
    closed = np.hstack([polar, polar[:, :2]])
    inside = (row >= 0) & (row <= len(RADII) - 1)
    result = np.zeros(radius.shape, dtype=np.float32)
    result[inside] = ndimage.map_coordinates(
        closed, np.stack([row[inside], column[inside]]), order=1, mode="nearest"
    )
    return result


def _dark_regions(dark: NDArray[np.bool_]) -> Iterator[NDArray[np.bool_]]:
    """Filled regions of the size of an opening that lie well inside the picture."""
    labels, _ = ndimage.label(ndimage.binary_opening(dark, np.ones((5, 5))), np.ones((3, 3)))
    for index, window in enumerate(ndimage.find_objects(labels), start=1):
        inside = all(
            at.start > 25 and at.stop < side - 25 and 60 < at.stop - at.start < 190
            for at, side in zip(window, dark.shape, strict=True)
        )
        mask = ndimage.binary_fill_holes(labels == index) if inside else np.zeros(1, np.bool_)
        if mask.sum() >= _SMALLEST_OPENING:
            yield mask


def _ellipse(mask: NDArray[np.bool_]) -> tuple[float, Opening]:
    """How far the region is from an ellipse (0 is perfect), and the ellipse of its moments."""
    points = np.stack(np.nonzero(mask)[::-1]).astype(np.float64)
    values, vectors = np.linalg.eigh(np.cov(points))
    axes = 2 * np.sqrt(values)
    misfit = abs(1 - points.shape[1] / (np.pi * axes.prod()))
    misfit += 5 * max(0.0, 0.7 - float(axes[0] / axes[1]))
    # Half a pixel in: the outermost dark pixels' centres, where the edge was calibrated.
    return misfit, Opening(points.mean(axis=1), vectors @ np.diag(axes - 0.5) @ vectors.T)


def _rim(gray: Gray, opening: Opening) -> NDArray[np.float64]:
    """Robust fit of the strongest edge near the radius that most angles agree on."""
    radii = np.linspace(1.35, 2.45, 111)
    smooth = ndimage.gaussian_filter(gray.astype(np.float32), 0.8)
    polar = sample_circles(smooth, opening, np.repeat(radii[:, None], 180, axis=1))
    polar = ndimage.gaussian_filter1d(polar, 1.7, axis=1, mode="wrap")
    edges = np.abs(np.gradient(polar, axis=0))
    edges[radii < 1.5] *= 0.2
    common = radii[np.argmax(ndimage.gaussian_filter1d(edges.mean(axis=1), 1.4))]
    found = radii[np.argmax(edges * (np.abs(radii - common) < 0.22)[:, None], axis=0)]
    design = _harmonics(np.arange(180) * 2 * np.pi / 180)
    weight = np.ones(180)
    for _ in range(12):
        rim = np.linalg.lstsq(design * weight[:, None], found * weight, rcond=None)[0]
        weight = np.sqrt(1 / (1 + ((found - design @ rim) / 0.02) ** 2))
    return np.asarray(rim)


def _harmonics(angle: NDArray[Any]) -> NDArray[np.float64]:
    return np.stack(
        [np.ones_like(angle), np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)],
        axis=-1,
    )
