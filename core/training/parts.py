"""Where the round part lies on a photograph, and its polar picture.

The opening is the one dark, filled ellipse near the middle; the linear map that makes it a
unit circle undoes shear and zoom. The outer edge lies at 1.788 opening radii on every
photograph of these castings, but stands lower than the opening, so parallax moves it aside:
``rim`` holds its radius as a mean and the first two harmonics of the angle. Between the
opening and the edge the polar radius is stretched so that both are straight lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.images import SIDE

Gray = NDArray[np.uint8]
Floats = NDArray[np.float32]


ANGLES = 720
RADII = np.linspace(0.93, 2.2, 120)
"""Polar rows, in opening radii: from inside the opening's edge to well outside the part."""
EDGE = 1.788
"""Outer edge of the part, in opening radii, after stretching."""
_SMALLEST_OPENING = 2500
_THRESHOLDS = (95.0, 75.0, 60.0, 110.0, 45.0)


@dataclass(frozen=True, slots=True)
class Part:
    """Opening and rim of one part; lengths in pixels, ``rim`` in opening radii."""

    transform: NDArray[np.float64]
    """(2, 2), symmetric: unit circle to picture (x, y)."""
    centre: NDArray[np.float64]
    rim: NDArray[np.float64]
    """(5,): mean, cos, sin, cos 2, sin 2."""


def rim_radius(part: Part, angle: NDArray[np.floating]) -> NDArray[np.floating]:
    """Unstretched radius of the outer edge at ``angle`` (radians)."""
    return _harmonics(angle) @ part.rim


def find_part(gray: Gray) -> Part | None:
    """The part on a (300, 300) photograph, or None when no opening is found."""
    blurred = ndimage.gaussian_filter(gray.astype(np.float32), 1.0)
    best: tuple[float, NDArray[np.float64], NDArray[np.float64]] | None = None
    for threshold in _THRESHOLDS:
        for mask in _dark_regions(blurred < threshold):
            candidate = _ellipse(mask)
            if best is None or candidate[0] < best[0]:
                best = candidate
        if best is not None and best[0] < 0.02:
            break
    if best is None:
        return None
    _, transform, centre = best
    return Part(transform, centre, _rim(gray, transform, centre))


def to_polar(gray: Gray, part: Part) -> Floats:
    """(300, 300) -> (120, 720): rows are stretched radii, columns angles."""
    angle = np.arange(ANGLES) * 2 * np.pi / ANGLES
    stretch = (rim_radius(part, angle) - 1) / (EDGE - 1)
    radius = np.where(RADII[:, None] > 1, 1 + (RADII[:, None] - 1) * stretch, RADII[:, None])
    return _sample_circles(gray.astype(np.float32), part.transform, part.centre, radius)


def polar_coordinates(part: Part) -> tuple[Floats, Floats]:
    """Stretched radius (opening radii) and angle (0..2 pi) of every pixel, (300, 300) each."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    inverse = np.linalg.inv(part.transform)
    x, y = np.tensordot(
        inverse, np.stack([columns - part.centre[0], rows - part.centre[1]]), axes=1
    )
    angle, radius = np.arctan2(y, x), np.hypot(x, y)
    edge = np.interp(
        angle % (2 * np.pi),
        np.linspace(0, 2 * np.pi, ANGLES + 1),
        rim_radius(part, np.linspace(0, 2 * np.pi, ANGLES + 1)),
    )
    radius = np.where(radius > 1, 1 + (radius - 1) * (EDGE - 1) / (edge - 1), radius)
    return radius.astype(np.float32), (angle % (2 * np.pi)).astype(np.float32)


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


def _dark_regions(dark: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    opened = ndimage.binary_opening(dark, np.ones((5, 5)))
    labels, _ = ndimage.label(opened, np.ones((3, 3)))
    regions = []
    for index, window in enumerate(ndimage.find_objects(labels), start=1):
        rows, columns = window
        height, width = rows.stop - rows.start, columns.stop - columns.start
        inside = rows.start > 25 and columns.start > 25 and rows.stop < 275 and columns.stop < 275
        if not (inside and 60 < height < 190 and 60 < width < 190):
            continue
        mask = ndimage.binary_fill_holes(labels == index)
        if mask.sum() >= _SMALLEST_OPENING:
            regions.append(mask)
    return regions


def _ellipse(
    mask: NDArray[np.bool_],
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """How far the region is from an ellipse (0 is perfect), its half-axes map, its centre."""
    rows, columns = np.nonzero(mask)
    points = np.stack([columns, rows]).astype(np.float64)
    centre = points.mean(axis=1)
    values, vectors = np.linalg.eigh(np.cov(points))
    axes = 2 * np.sqrt(values)
    misfit = abs(1 - points.shape[1] / (np.pi * axes.prod()))
    # Half a pixel in: the outermost dark pixels' centres, where the edge was calibrated.
    transform = vectors @ np.diag(axes - 0.5) @ vectors.T
    misfit += 5 * max(0.0, 0.7 - float(np.sqrt(values[0] / values[1])))
    return float(misfit), transform, centre


def _rim(
    gray: Gray, transform: NDArray[np.float64], centre: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Robust fit of the strongest edge near the radius that most angles agree on."""
    radii = np.linspace(1.35, 2.45, 111)
    circles = np.repeat(radii[:, None], 180, axis=1)
    smooth = ndimage.gaussian_filter(gray.astype(np.float32), 0.8)
    polar = ndimage.gaussian_filter1d(
        _sample_circles(smooth, transform, centre, circles), 1.7, axis=1, mode="wrap"
    )
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


def _harmonics(angle: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.stack(
        [np.ones_like(angle), np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)],
        axis=-1,
    )


def _sample_circles(
    gray: Floats,
    transform: NDArray[np.float64],
    centre: NDArray[np.float64],
    radius: NDArray[np.float64],
) -> Floats:
    count = radius.shape[1]
    angle = np.arange(count) * 2 * np.pi / count
    x, y = transform @ np.stack([np.cos(angle), np.sin(angle)])
    where = np.stack([centre[1] + radius * y, centre[0] + radius * x])
    return np.asarray(ndimage.map_coordinates(gray, where, order=1, mode="nearest"), np.float32)
