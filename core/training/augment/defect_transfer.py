"""Defect transfer: defects moved between photographs, styles left where they are.

In polar coordinates and logarithms a photograph splits into *base* (at each radius, the median
over 30 degrees of angle: lighting, exposure, shadow, the groove) and *residual* (whatever is
local: defects, ragged edges, texture). A residual on another photograph's base is a part in
that photograph's style with this part's condition. So an OK residual heals a defective
photograph, a defective one plants defects on an OK photograph, and label and style part ways.
Both labels undergo the same operation, so its own traces say nothing about the label.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.inspection.frame import SIDE
from core.training.data.part_geometry import (
    ANGLES,
    RADII,
    Floats,
    Gray,
    Part,
    from_polar,
    to_polar,
    unstretched,
)

OFFSET = 16.0
"""Gray levels added before the logarithm, so that noise in black is not blown up."""

_FADE = np.interp(RADII, [0.93, 1.005, 1.04, 2.08, 2.18], [0, 0, 1, 1, 0]).astype(np.float32)
"""Share of a residual that is exchanged: the ring and the rim, not the opening."""

_SOUND = np.interp(
    RADII,
    [1.03, 1.09, 1.11, 1.14, 1.175, 1.21, 1.24, 1.35, 1.6, 1.75, 1.77, 1.8, 1.83, 1.85, 1.95, 2.2],
    [0.12, 0.12, 0.3, 0.65, 0.7, 0.25, 0.15, 0.17, 0.14, 0.15, 0.2, 0.38, 0.28, 0.14, 0.09, 0.08],
).astype(np.float32)
"""Blurred residual that sound castings reach at each radius (their 95th percentile, rounded).
Only a measure for where a defect ends and which castings give clear ones."""

_JUDGED = (RADII > 1.03) & (RADII < 2.02)
_RIM = (RADII > 1.81) & (RADII < 2.1)
_FACE = (1.3, 1.7)


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A photograph, its part, and its residual; strengths are in sound residuals."""

    gray: Gray
    part: Part
    residual: NDArray[np.float16]
    strength: NDArray[np.float16]
    """(120, 720): blurred residual over what sound castings reach."""
    strongest: float
    """Largest strength between opening and rim: above 1.8 a defect is plain to see."""
    flash: float
    """Largest strength outside the rim: above 2.5 metal sticks out."""


def decompose(gray: Gray, part: Part) -> Decomposition:
    """Split one photograph."""
    residual = _residual(to_polar(gray, part))
    blurred = ndimage.gaussian_filter(residual, 2.0, mode=("nearest", "wrap"))
    strength = np.abs(blurred) / _SOUND[:, None]
    return Decomposition(
        gray,
        part,
        residual.astype(np.float16),
        strength.astype(np.float16),
        float(strength[_JUDGED].max()),
        float(strength[_RIM].max()),
    )


def turned(polar: Floats, mirror: bool, shift: int) -> Floats:
    """The ring turned by ``shift`` columns, mirrored first if asked."""
    return np.asarray(np.roll(polar[:, ::-1] if mirror else polar, shift, axis=1), np.float32)


def random_turn(polar: NDArray[np.floating], rng: np.random.Generator) -> Floats:
    """The ring at a random angle, mirrored in half of the cases."""
    return turned(polar.astype(np.float32), bool(rng.random() < 0.5), int(rng.integers(ANGLES)))


def exchanged(residual: Floats, donor: Floats, gain: float) -> Floats:
    """The donor's residual, ``gain`` times as strong, on ring and rim."""
    return np.asarray(_FADE[:, None] * donor * gain + (1 - _FADE[:, None]) * residual, np.float32)


def defect_of(decomposition: Decomposition, rng: np.random.Generator) -> tuple[Floats, int] | None:
    """Soft mask (120, 720) of one of the plainest defects and its row; None without any."""
    strength = np.where(_JUDGED[:, None], decomposition.strength, 0).astype(np.float32)
    peaks = np.argwhere(strength > max(1.6, 0.75 * decomposition.strongest))
    if len(peaks) == 0:
        return None
    row, column = peaks[rng.integers(len(peaks))]
    centred = np.roll(strength, ANGLES // 2 - column, axis=1)
    spread = ndimage.binary_dilation(centred > 0.8, np.ones((5, 9)))
    labels, _ = ndimage.label(spread, np.ones((3, 3)))
    region = labels == labels[row, ANGLES // 2]
    half = int(rng.uniform(28, 60))  # 14 to 30 degrees: flash is cut into pieces
    region[:, : ANGLES // 2 - half] = False
    region[:, ANGLES // 2 + half :] = False
    region = ndimage.binary_dilation(region, np.ones((3, 5)))
    mask = ndimage.gaussian_filter(region.astype(np.float32), 1.5)
    return np.roll(mask, column - ANGLES // 2, axis=1), int(row)


def pasted(
    residual: Floats, donor: Decomposition, rng: np.random.Generator
) -> tuple[Floats, Floats] | None:
    """One defect of ``donor`` at a random angle on ``residual``, and its mask."""
    found = defect_of(donor, rng)
    if found is None:
        return None
    mask, row = found
    mirror, shift = bool(rng.random() < 0.5), int(rng.integers(ANGLES))
    # On the flat face a defect may lie at any radius; elsewhere it belongs to its edge.
    rows = int(rng.integers(-8, 9)) if _FACE[0] < RADII[row] < _FACE[1] else 0
    mask = np.roll(turned(mask, mirror, shift), rows, axis=0)
    source = np.roll(turned(donor.residual.astype(np.float32), mirror, shift), rows, axis=0)
    gain = rng.uniform(0.7, 1.25)
    return residual * (1 - mask) + source * mask * gain, mask


def composed(
    decomposition: Decomposition, residual: Floats, drawn: Floats, radius: Floats, angle: Floats
) -> Floats:
    """The photograph with a new residual and drawn log-reflectance (300, 300), gray levels.

    Only the difference is resampled: what is unchanged stays as sharp as it was.
    """
    change = from_polar(residual - decomposition.residual.astype(np.float32), radius, angle) + drawn
    result = (decomposition.gray.astype(np.float32) + OFFSET) * np.exp(change) - OFFSET
    return np.asarray(np.clip(result, 0, 255), np.float32)


def drawn_defect(
    part: Part, radius: Floats, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.bool_]]:
    """Log-reflectance (300, 300) of one invented hole, cluster or scratch, and its mask."""
    angle = rng.uniform(0, 2 * np.pi)
    low, high = ((1.19, 1.28), (1.08, 1.75), (1.28, 1.72), (1.7, 1.79))[
        rng.choice(4, p=(0.4, 0.2, 0.2, 0.2))
    ]
    column = int(angle / (2 * np.pi) * ANGLES)
    row = int(np.searchsorted(RADII, rng.uniform(low, high)))
    rows, columns = _pixel_of(part, row, column)
    tile = _scratch(rng) if rng.random() < 0.17 else _holes(rng)
    drawn = np.zeros((SIDE + 128, SIDE + 128), dtype=np.float32)
    drawn[rows + 32 : rows + 96, columns + 32 : columns + 96] = tile
    drawn = drawn[64:-64, 64:-64] * np.clip((1.83 - radius) / 0.03, 0, 1)
    return drawn, np.abs(drawn) > 0.12


def _residual(polar: Floats) -> Floats:
    log = np.log(polar + OFFSET)
    coarse = log.reshape(len(RADII), ANGLES // 4, 4).mean(axis=2)
    median = ndimage.median_filter(coarse, size=(1, 15), mode="wrap")
    median = ndimage.gaussian_filter1d(median, 2.0, axis=1, mode="wrap")
    centres = np.arange(-1, ANGLES // 4 + 1) * 4 + 1.5
    closed = np.concatenate([median[:, -1:], median, median[:, :1]], axis=1)
    at = (np.arange(ANGLES) - centres[0]) / 4
    left = at.astype(int)
    base = closed[:, left] * (left + 1 - at) + closed[:, left + 1] * (at - left)
    return np.asarray(log - base, np.float32)


def _pixel_of(part: Part, row: int, column: int) -> tuple[int, int]:
    angle = np.array(column * 2 * np.pi / ANGLES)
    radius = unstretched(part, RADII[row], angle)
    x, y = part.centre + part.transform @ np.array([np.cos(angle), np.sin(angle)]) * radius
    return int(np.clip(y, 0, SIDE - 1)), int(np.clip(x, 0, SIDE - 1))


def _grid(angle: float) -> tuple[Floats, Floats]:
    rows, columns = np.mgrid[-32:32, -32:32].astype(np.float32)
    along = columns * np.cos(angle) + rows * np.sin(angle)
    return along, -columns * np.sin(angle) + rows * np.cos(angle)


def _scratch(rng: np.random.Generator) -> Floats:
    along, across = _grid(rng.uniform(0, np.pi))
    across = across + rng.uniform(-0.02, 0.02) * along**2
    sign = rng.choice([-1, -1, 1]) * rng.uniform(0.3, 0.9)
    line = np.exp(-0.5 * (across / rng.uniform(0.5, 1.1)) ** 2)
    return np.asarray(sign * line * (np.abs(along) < rng.uniform(6, 22)), np.float32)


def _holes(rng: np.random.Generator) -> Floats:
    cluster = rng.random() < 0.2
    noise = ndimage.gaussian_filter(rng.standard_normal((64, 64)), rng.uniform(1.2, 3))
    noise /= noise.std()
    tile = np.zeros((64, 64), dtype=np.float32)
    for _ in range(int(rng.integers(2, 6)) if cluster else 1):
        size = rng.uniform(0.9, 2.5) if cluster else np.exp(rng.uniform(*np.log((1.4, 5.5))))
        along, across = _grid(rng.uniform(0, np.pi))
        if cluster:
            along, across = along - rng.uniform(-9, 9), across - rng.uniform(-9, 9)
        distance = np.hypot(along, across / rng.uniform(0.5, 1))
        depth = size - distance + 0.6 * noise * min(size / 3, 1)
        tile = np.minimum(tile, -rng.uniform(0.45, 1.6) / (1 + np.exp(-2.2 * depth)))
        if rng.random() < 0.35:  # a bright lip around the hole
            lip = np.exp(-0.5 * ((distance - size - 1) / 0.8) ** 2)
            tile = tile + rng.uniform(0.1, 0.4) * lip
    return np.asarray(tile, np.float32)
