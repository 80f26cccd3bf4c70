"""Where a round part lies on a photograph: circles in a plane, seen through one linear map."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, sin

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PartGeometry:
    """Where the part is on the photograph: circles seen through one linear map.

    Lengths are pixels. A point at ``radius`` and ``angle`` lies at
    ``centre + transform @ (radius * cos(angle), radius * sin(angle))``. On the photographs
    of pump impellers the face begins at about 1.2 and ends at about 1.8 opening radii.
    """

    centre_x: float
    centre_y: float
    opening_radius: float
    """Edge of the dark opening."""
    inner_radius: float
    """Where the flat face begins, outside the groove."""
    outer_radius: float
    """Outer edge of the part."""
    transform: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 1.0)
    """Row by row, from the circle to the picture; its determinant is near 1."""
    opening_dx: float = 0.0
    """The opening stands higher than the face, so its centre is seen a little aside."""
    opening_dy: float = 0.0

    def point(self, radius: float, angle: float, *, opening: bool = False) -> tuple[float, float]:
        """Column and row of a point on a circle around the face's, or the opening's, centre."""
        a, b, c, d = self.transform
        u, v = radius * cos(angle), radius * sin(angle)
        x = self.centre_x + a * u + b * v + (self.opening_dx if opening else 0.0)
        y = self.centre_y + c * u + d * v + (self.opening_dy if opening else 0.0)
        return x, y

    def polar(self, x: Floats, y: Floats, *, opening: bool = False) -> tuple[Floats, Floats]:
        """Radius and angle of picture points; the inverse of :meth:`point`."""
        u, v = self._flatten(x, y, opening=opening)
        return np.sqrt(u * u + v * v), np.arctan2(v, u)

    def radius(self, x: Floats, y: Floats, *, opening: bool = False) -> Floats:
        """Radius of picture points alone, at a fifth of the cost of :meth:`polar`."""
        u, v = self._flatten(x, y, opening=opening)
        return np.sqrt(u * u + v * v)

    def _flatten(self, x: Floats, y: Floats, *, opening: bool) -> tuple[Floats, Floats]:
        a, b, c, d = self.transform
        scale = 1.0 / (a * d - b * c)
        dx = x - np.float32(self.centre_x + (self.opening_dx if opening else 0.0))
        dy = y - np.float32(self.centre_y + (self.opening_dy if opening else 0.0))
        u = np.float32(d * scale) * dx - np.float32(b * scale) * dy
        v = np.float32(a * scale) * dy - np.float32(c * scale) * dx
        return u, v
