"""What is particular to one casting: its opening found, its ring unrolled, its marks as harmonics.

The dark impeller opening is a circle on every casting, so the ellipse it makes in a photograph
tells how the photograph was sheared, squeezed and zoomed. Unrolling the ring in units of that
ellipse undoes all three; what is left of a rotation is a shift along the angle, of a mirror image
a reversal. Levels are divided out by normalising each place by its neighbourhood.

    opening = find_opening(pixels)
    signature = ring_signature(pixels, opening)

Ellipse: least squares on the conic, with points that lie off it left out (Fitzgibbon, Pilu and
Fisher 1999 for the conic; the trimming is plain iterated least squares).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

RING = (1.05, 1.9)
"""Inner and outer radius of the part that is compared, in opening radii."""
RADII, ANGLES, HARMONICS = 32, 256, (6, 69)
"""Samples along the radius and round the ring; first and last harmonic kept. Below the 6th lies
lighting, above the 69th noise and resampling."""

_COARSE = 64
"""Pixels along the longer side where the opening is first looked for."""
_RAYS = 144
_BANDS = ((0.35, 56), (0.25, 50), (0.15, 40), (0.10, 40))
"""Half-width of the search band in opening radii, and samples across it, pass by pass."""
_LEAST_STEP = 12.0
_LEAST_SHARE = 0.8
_LARGEST_SPREAD = 0.015
_LEAST_AXES = 0.5


@dataclass(frozen=True, slots=True)
class Opening:
    """The ellipse of the impeller opening in a photograph; pixels, integers at pixel centres."""

    centre_x: float
    centre_y: float
    semi_major: float
    semi_minor: float
    angle: float
    """Radians from the x axis (right) towards the y axis (down) to the major axis."""

    def matrix(self) -> NDArray[np.float64]:
        """(2, 2), takes the unit circle to the ellipse about its centre; symmetric, so it turns
        nothing by itself."""
        c, s = math.cos(self.angle), math.sin(self.angle)
        turn = np.array([[c, -s], [s, c]])
        return np.asarray(turn @ np.diag([self.semi_major, self.semi_minor]) @ turn.T)

    def radii(self, height: int, width: int) -> Floats:
        """(height, width), each pixel's distance from the centre in opening radii: below 1 the
        opening, from there to about 1.75 the ring of the public castings, beyond it background."""
        y, x = np.mgrid[:height, :width]
        offsets = np.stack([x.ravel() - self.centre_x, y.ravel() - self.centre_y])
        u, v = np.linalg.solve(self.matrix(), offsets)
        return np.asarray(np.hypot(u, v).reshape(height, width), np.float32)


def find_opening(pixels: NDArray[np.uint8]) -> Opening | None:
    """The ellipse of the dark impeller opening, or None where no clear one is found.

    ``pixels`` is (height, width) grayscale. None means: no dark disc with a bright lip, edge
    points that do not lie on one ellipse, or an ellipse flatter than 1 to 2.
    """
    picture = np.asarray(pixels, np.float32)
    centre, radius = _coarse_disc(picture)
    shape = np.eye(2) * radius
    for half_width, samples in _BANDS:
        points, steps = _edge_points(picture, centre, shape, half_width, samples)
        fitted = _fit_ellipse(points, steps)
        if fitted is None:
            return None
        offset, stretch, distance = fitted
        centre = centre + shape @ offset
        axes, lengths, _ = np.linalg.svd(shape @ stretch)
        shape = axes @ np.diag(lengths) @ axes.T
    height, width = picture.shape
    clear = (
        float(np.median(steps)) >= _LEAST_STEP
        and float(np.mean(distance < 0.03)) >= _LEAST_SHARE
        and float(np.median(distance)) <= _LARGEST_SPREAD
        and lengths[1] >= _LEAST_AXES * lengths[0]
        and 0 <= centre[0] < width
        and 0 <= centre[1] < height
    )
    if not clear:
        return None
    angle = math.atan2(axes[1, 0], axes[0, 0]) % math.pi
    return Opening(float(centre[0]), float(centre[1]), float(lengths[0]), float(lengths[1]), angle)


def ring_signature(pixels: NDArray[np.uint8], opening: Opening) -> NDArray[np.complex64]:
    """(harmonics, radii), the ring's marks; the squares of its magnitudes add up to 1.

    Turning the part multiplies harmonic k by exp(-ik*angle); a mirror image is the conjugate.
    """
    angles = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    radii = np.linspace(*RING, RADII)[:, None]
    matrix = opening.matrix()
    u, v = radii * np.cos(angles), radii * np.sin(angles)
    ring = _sample(
        np.asarray(pixels, np.float32),
        opening.centre_x + matrix[0, 0] * u + matrix[0, 1] * v,
        opening.centre_y + matrix[1, 0] * u + matrix[1, 1] * v,
    )
    marks = ring - _neighbourhood_mean(ring)
    spread = np.sqrt(np.maximum(_neighbourhood_mean(marks * marks), 0) + 4.0)
    marks = np.clip(marks / spread, -3, 3)
    marks = marks.reshape(RADII // 2, 2, ANGLES).mean(axis=1)
    first, last = HARMONICS
    harmonics = np.fft.rfft(marks, axis=1)[:, first : last + 1]
    harmonics /= math.sqrt(float(np.sum(np.abs(harmonics) ** 2))) + 1e-9
    return np.ascontiguousarray(harmonics.T.astype(np.complex64))


@cache
def _disc_templates() -> tuple[NDArray[np.float64], NDArray[np.complex128]]:
    """Radii to try as a share of the longer side, and the spectrum of lip minus disc for each."""
    radii = np.geomspace(0.07, 0.30, 10)
    size = 2 * _COARSE
    steps = np.minimum(np.arange(size), size - np.arange(size)) / _COARSE
    distance = np.hypot(steps[:, None], steps[None, :])
    templates = []
    for radius in radii:
        inside = (distance > 0.55 * radius) & (distance < 0.92 * radius)
        lip = (distance > 1.15 * radius) & (distance < 1.6 * radius)
        templates.append(np.conj(np.fft.rfft2(lip / lip.sum() - inside / inside.sum())))
    return radii, np.array(templates)


def _coarse_disc(picture: Floats) -> tuple[NDArray[np.float64], float]:
    """Centre (x, y) and radius of the darkest disc in a bright surround, in pixels, roughly."""
    height, width = picture.shape
    scale = max(height, width) / _COARSE
    rows, columns = max(1, round(height / scale)), max(1, round(width / scale))
    small = _block_means(_block_means(picture, rows).T, columns).T
    field = np.full((2 * _COARSE, 2 * _COARSE), small.mean())
    field[:rows, :columns] = small
    radii, templates = _disc_templates()
    answer = np.fft.irfft2(np.fft.rfft2(field) * templates, s=field.shape)[:, :rows, :columns]
    which, row, column = np.unravel_index(int(answer.argmax()), answer.shape)
    centre = np.array([(column + 0.5) * scale - 0.5, (row + 0.5) * scale - 0.5])
    return centre, float(radii[which] * max(height, width))


def _block_means(values: NDArray[np.floating], blocks: int) -> NDArray[np.float64]:
    """Means of ``blocks`` runs of rows of nearly equal length."""
    bounds = np.linspace(0, len(values), blocks + 1).round().astype(np.intp)
    sums = np.add.reduceat(values, bounds[:-1], axis=0, dtype=np.float64)
    return np.asarray(sums / np.diff(bounds)[:, None])


def _edge_points(
    picture: Floats,
    centre: NDArray[np.float64],
    shape: NDArray[np.float64],
    half_width: float,
    samples: int,
) -> tuple[NDArray[np.float64], Floats]:
    """(2, rays) edge of the opening in units of ``shape``, and the step in level at each point.

    On each ray the innermost step from dark to bright counts that is at least half the strongest
    one: behind the bright lip lies a dark groove whose outer edge is often the stronger.
    """
    angles = np.arange(_RAYS) * (2 * np.pi / _RAYS)
    circle = np.stack([np.cos(angles), np.sin(angles)])
    radii = np.linspace(1 - half_width, 1 + half_width, samples)
    spacing = radii[1] - radii[0]
    rays = shape @ circle
    levels = _sample(
        picture, centre[0] + rays[0][:, None] * radii, centre[1] + rays[1][:, None] * radii
    )
    reach = max(2, round(0.06 / spacing))
    sums = np.cumsum(np.pad(levels, ((0, 0), (1, 0))), axis=1)
    step = (sums[:, 2 * reach :] - 2 * sums[:, reach:-reach] + sums[:, : -2 * reach]) / reach
    middle = step[:, 1:-1]
    peak = (middle >= step[:, :-2]) & (middle >= step[:, 2:])
    peak &= middle >= 0.5 * step.max(axis=1, keepdims=True)
    place = np.where(peak.any(axis=1), peak.argmax(axis=1) + 1, step.argmax(axis=1))
    edge = radii[reach : samples - reach + 1] - spacing / 2
    return circle * edge[place], step[np.arange(_RAYS), place]


def _fit_ellipse(
    points: NDArray[np.float64], steps: Floats
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None:
    """Centre, stretch (2, 2) of the unit circle, and each point's distance from the ellipse.

    None when the points make no ellipse. Steps weigh the points, none more than the median one.
    """
    u, v = points
    design = np.stack([u * u, u * v, v * v, u, v], axis=1)
    weights = np.minimum(np.clip(steps, 0, None), np.median(steps) + 1e-6).astype(np.float64)
    inliers = np.ones(len(u), dtype=bool)
    for _ in range(6):
        weighted = design * (weights * inliers)[:, None]
        normal = weighted.T @ design
        if np.linalg.matrix_rank(normal) < 5:
            return None
        a, b, c, d, e = np.linalg.solve(normal, weighted.sum(axis=0))
        quadratic = np.array([[a, b / 2], [b / 2, c]])
        if np.linalg.eigvalsh(quadratic)[0] <= 0:
            return None
        centre = -np.linalg.solve(2 * quadratic, np.array([d, e]))
        values, axes = np.linalg.eigh(quadratic / (1 + centre @ quadratic @ centre))
        stretch = axes @ np.diag(values**-0.5) @ axes.T
        from_centre = np.linalg.solve(stretch, points - centre[:, None])
        distance = np.abs(np.hypot(*from_centre) - 1)
        inliers = distance < 2.5 * max(1.48 * float(np.median(distance)), 0.008)
    return centre, stretch, distance


def _neighbourhood_mean(ring: Floats) -> Floats:
    """Mean over 5 radii (edge repeated) by 17 angles (round the ring) about each place."""
    wrapped = np.pad(ring, ((0, 0), (9, 8)), mode="wrap").cumsum(axis=1, dtype=np.float64)
    along = (wrapped[:, 17:] - wrapped[:, :-17]) / 17
    padded = np.pad(np.pad(along, ((2, 2), (0, 0)), mode="edge"), ((1, 0), (0, 0))).cumsum(axis=0)
    return np.asarray((padded[5:] - padded[:-5]) / 5, np.float32)


def _sample(picture: Floats, x: NDArray[np.float64], y: NDArray[np.float64]) -> Floats:
    """Bilinear levels at (x, y); outside the picture the nearest edge level."""
    height, width = picture.shape
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    left = np.minimum(x.astype(np.intp), width - 2)
    top = np.minimum(y.astype(np.intp), height - 2)
    right_share, lower_share = (x - left).astype(np.float32), (y - top).astype(np.float32)
    flat, corner = picture.ravel(), top * width + left
    upper = flat[corner] * (1 - right_share) + flat[corner + 1] * right_share
    lower = flat[corner + width] * (1 - right_share) + flat[corner + width + 1] * right_share
    return np.asarray(upper * (1 - lower_share) + lower * lower_share, np.float32)
