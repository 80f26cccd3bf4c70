"""What is particular to one casting: its ring unrolled, its marks as harmonics of the angle.

The dark impeller opening is a circle on every casting, so the ellipse it makes in a photograph
tells how the photograph was sheared, squeezed and zoomed. Unrolling the ring in units of that
ellipse undoes all three; what is left of a rotation is a shift along the angle, of a mirror image
a reversal. Levels are divided out by normalising each place by its neighbourhood.

    opening = find_opening(pixels)
    signature = ring_signature(pixels, opening)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.training.data.part_geometry import Floats, Gray, Opening, sample_circles

RING = (1.05, 1.9)
"""Inner and outer radius of the part that is compared, in opening radii."""
RADII, ANGLES, HARMONICS = 32, 256, (6, 69)
"""Samples along the radius and round the ring; first and last harmonic kept. Below the 6th lies
lighting, above the 69th noise and resampling."""


def ring_signature(gray: Gray, opening: Opening) -> NDArray[np.complex64]:
    """(harmonics, radii), the ring's marks; the squares of its magnitudes add up to 1.

    Turning the part multiplies harmonic k by exp(-ik*angle); a mirror image is the conjugate.
    """
    radii = np.repeat(np.linspace(*RING, RADII)[:, None], ANGLES, axis=1)
    ring = sample_circles(gray, opening, radii)
    marks = ring - _neighbourhood_mean(ring)
    spread = np.sqrt(np.maximum(_neighbourhood_mean(marks * marks), 0) + 4.0)
    marks = np.clip(marks / spread, -3, 3)
    marks = marks.reshape(RADII // 2, 2, ANGLES).mean(axis=1)
    first, last = HARMONICS
    harmonics = np.fft.rfft(marks, axis=1)[:, first : last + 1]
    harmonics /= np.linalg.norm(harmonics) + 1e-9
    return np.ascontiguousarray(harmonics.T.astype(np.complex64))


def _neighbourhood_mean(ring: Floats) -> Floats:
    """Mean over 5 radii (edge repeated) by 17 angles (round the ring) about each place."""
    return np.asarray(ndimage.uniform_filter(ring, (5, 17), mode=("nearest", "wrap")), np.float32)
