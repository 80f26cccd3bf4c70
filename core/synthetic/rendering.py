"""A sound casting as it is seen from above, drawn at random from one distribution of styles.

Table and shadow, a turned metal face, the groove, the bright rim, the dark opening with its
vanes, the hub and its bore. All shapes are signed distances in the circle's frame, so edges
are smooth without drawing at a larger size. Harmless variation belongs to a sound part: brush
marks, faint stains, specks at the very edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import atan2, cos, pi, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.synthetic.geometry import Floats, PartGeometry, Pixels

SIZE = 300
TURN = 1024
"""Steps of a full turn in the tables that are looked up by angle; a power of two."""
THETA = (np.arange(TURN) * (2 * pi / TURN) - pi).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _View:
    """The pixels that a layer is drawn on (flat), seen from the face's centre."""

    where: NDArray[np.intp]
    x: Floats
    y: Floats
    radius: Floats
    turn: NDArray[np.intp]
    """Index of each pixel's angle in a table of :data:`TURN` steps."""

    def only(self, chosen: NDArray[np.bool_]) -> _View:
        """The chosen pixels of this view."""
        at = np.flatnonzero(chosen)
        where, x, y = self.where.take(at), self.x.take(at), self.y.take(at)
        return _View(where, x, y, self.radius.take(at), self.turn.take(at))


def render_sound(rng: np.random.Generator) -> tuple[Pixels, PartGeometry]:
    """A part without defects, (300, 300) grayscale, and where it lies on the picture."""
    ring, rim_radius = _place(rng)
    x, y = _grid()
    radius, angle = ring.polar(x, y)
    turn = ((angle + np.float32(pi)) * np.float32(TURN / (2 * pi))).astype(np.intp) & (TURN - 1)
    view = _View(np.arange(SIZE * SIZE), x, y, radius, turn)
    outer, inner = ring.outer_radius, ring.inner_radius
    canvas = np.zeros(SIZE * SIZE, dtype=np.float32)
    _table(canvas, rng, ring, view.only(radius > outer - 4))
    _face(canvas, rng, ring, view.only((radius < outer + 4) & (radius > inner - 2)))
    _eye(canvas, rng, ring, rim_radius, view.only(radius < inner + 2))
    return _camera(canvas.reshape(SIZE, SIZE), rng), ring


@cache
def _grid() -> tuple[Floats, Floats]:
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    return x.ravel(), y.ravel()


def _place(rng: np.random.Generator) -> tuple[PartGeometry, float]:
    """Where the part lies and its proportions, and the radius at which its rim ends."""
    outer = rng.uniform(106, 136)
    opening = outer * rng.uniform(0.52, 0.585)
    rim = opening + outer * rng.uniform(0.045, 0.08)
    stretch, axis = rng.uniform(0.0, 0.06), rng.uniform(0, pi)
    a, d = 1 + stretch * cos(2 * axis), 1 - stretch * cos(2 * axis)
    b = stretch * sin(2 * axis)
    room = min(max(148 - outer * (1 + stretch), 0.0), 14.0)
    x, y = (float(shift) for shift in 150 + room * rng.uniform(-1, 1, 2))
    tilt, way = rng.uniform(0.3, 3.2), rng.uniform(0, 2 * pi)
    inner = rim + tilt + rng.uniform(0.3, 3.4)
    shift = (tilt * cos(way), tilt * sin(way))
    return PartGeometry(x, y, opening, inner, outer, (a, b, b, d), *shift), rim


def _lay(tones: Floats, outside: Floats, tone: Floats | float) -> None:
    """Paint ``tone`` where ``outside`` (signed pixels beyond the edge) is negative."""
    tones += np.clip(np.float32(0.5) - outside, 0, 1) * (tone - tones)


def _cosine(angle: float, size: float) -> Floats:
    """``size * cos(theta - angle)`` over a full turn."""
    wave: Floats = (size * np.cos(THETA - np.float32(angle))).astype(np.float32)
    return wave


def _around(rng: np.random.Generator, low: int, high: int) -> Floats:
    """Noise of spread 1 over a full turn, of the frequencies from ``low`` to ``high``."""
    count = high + 1 - low
    spectrum = np.zeros(TURN // 2 + 1, dtype=np.complex64)
    spectrum[low : high + 1] = rng.standard_normal((count, 2)).view(np.complex128)[:, 0]
    noise: Floats = (np.fft.irfft(spectrum, TURN) * (TURN / 2 / count**0.5)).astype(np.float32)
    return noise


def _clouds(rng: np.random.Generator, cells: int) -> Floats:
    """Smooth noise of spread near 1 over the picture (flat), ``cells`` patches across."""
    coarse = Image.fromarray(rng.standard_normal((cells, cells), dtype=np.float32))
    fine = coarse.resize((SIZE, SIZE), Image.Resampling.BILINEAR)
    noise: Floats = np.asarray(fine, dtype=np.float32).ravel() * np.float32(1.5)
    return noise


def _uneven(rng: np.random.Generator, high: int) -> Floats:
    """How far an edge strays from its circle, pixels."""
    return (rng.uniform(0.04, 0.2) * _around(rng, 3, high)).astype(np.float32)


def _table(canvas: Floats, rng: np.random.Generator, ring: PartGeometry, view: _View) -> None:
    """The table: slow gradient, smears beyond a tilted square, the part's soft shadow."""
    x, y = view.x - 150, view.y - 150
    slope, way = rng.uniform(0, 22), rng.uniform(0, 2 * pi)
    tones = np.float32(slope * cos(way) / 150) * x + np.float32(slope * sin(way) / 150) * y
    tones += np.float32(rng.uniform(140, 190))
    tones += np.float32(rng.uniform(0.5, 3)) * _clouds(rng, 4).take(view.where)
    tilt = rng.uniform(0, pi / 2)
    p = x * np.float32(cos(tilt)) + y * np.float32(sin(tilt))
    q = y * np.float32(cos(tilt)) - x * np.float32(sin(tilt))
    flat = np.abs(p) > np.abs(q)
    ahead = np.maximum(np.abs(p), np.abs(q))
    along = np.where(flat, q * np.sign(p) + 600, p * np.sign(q) + 1200)
    along += np.float32(2.5) * np.sin(ahead / np.float32(rng.uniform(6, 16)))
    streaks = np.convolve(rng.standard_normal(1600), [0.3, 0.5, 0.3], "same").astype(np.float32)
    fade = np.clip((ahead - np.float32(rng.uniform(100, 135))) / 25, 0, 1)
    tones += np.float32(rng.uniform(0.6, 3.0)) * fade * streaks[along.astype(np.intp)]
    far = np.maximum(view.radius - np.float32(ring.outer_radius), 0)
    shadow = rng.uniform(0, 2 * pi)
    side = np.clip(0.3 + _cosine(shadow, 0.85), 0, 1.15)[view.turn]
    deep, wide = rng.uniform(50, 135), rng.uniform(6, 13)
    tones -= np.float32(deep) * side * np.exp(far / np.float32(-wide))
    tones -= np.float32(rng.uniform(5, 25)) * np.exp(far / np.float32(-2.5))
    thick = np.maximum(_cosine(shadow, rng.uniform(0.5, 3.0)), rng.uniform(0, 0.8))
    wall = view.radius - np.float32(ring.outer_radius) - thick[view.turn]
    _lay(tones, wall, rng.uniform(25, 80))
    canvas[view.where] = tones


def _face(canvas: Floats, rng: np.random.Generator, ring: PartGeometry, view: _View) -> None:
    """The turned face: sectors of light, brush lines, blotches, and the outer edge."""
    turned, mottled = rng.random() < 0.65, rng.random() < 0.35
    width = ring.outer_radius - ring.inner_radius
    inward = (view.radius - np.float32(ring.inner_radius)) / np.float32(width)
    skew = (np.float32(rng.normal(0, 0.05) * TURN / (2 * pi)) * inward).astype(np.intp)
    face = _sectors(rng, turned=turned)[(view.turn + skew) & (TURN - 1)]
    face += np.float32(rng.uniform(182, 214))
    strength = rng.uniform(0.7, 2.0) if turned else rng.uniform(0.3, 1.0)
    lines = rng.standard_normal((5, 321), dtype=np.float32)
    lines = lines[:, 1:] + lines[:, :-1]
    at = np.minimum((view.radius * np.float32(1.8)).astype(np.intp), 319)
    face += np.float32(strength) * lines[0][at]
    for line in lines[1:]:
        face += (np.float32(strength) * _around(rng, 1, 12))[view.turn] * line[at]
    glow = rng.uniform(15, 45) if mottled else rng.uniform(0, 26)
    face += np.float32(glow) * np.exp(-np.abs(inward) / np.float32(rng.uniform(0.08, 0.2)))
    face += np.float32(rng.uniform(-16, 10)) * np.clip(inward, 0, 1)
    blotch = np.float32(rng.uniform(2, 5) if mottled else rng.uniform(0, 1.5))
    smudge, fine = _clouds(rng, 11).take(view.where), _clouds(rng, 64).take(view.where)
    face += blotch * (np.float32(0.7) * fine + smudge - np.maximum(smudge - np.float32(0.8), 0) * 2)
    bevel = rng.uniform(-25, 25)
    face += np.float32(bevel) * np.clip((inward - 0.97) * 30, 0, 1)
    outside = view.radius - np.float32(ring.outer_radius) - _uneven(rng, 80)[view.turn]
    tones = canvas[view.where]
    _lay(tones, outside, face)
    specks = np.clip(_around(rng, 3, 70) - np.float32(rng.uniform(1.2, 2.8)), 0, 0.8)[view.turn]
    bright = np.where(_around(rng, 2, 12) > 0.4, np.float32(235), np.float32(70))[view.turn]
    tones += specks * np.exp(-((outside + np.float32(0.8)) ** 2)) * (bright - tones)
    canvas[view.where] = tones


def _sectors(rng: np.random.Generator, *, turned: bool) -> Floats:
    """Light by angle: opposite bright and dark lobes of a turned face, hard-edged wedges."""
    light = np.float32(rng.uniform(3, 8)) * _around(rng, 1, 3)
    lobe, size = rng.uniform(0, 2 * pi), (1.0 if turned else 0.4)
    for number in range(4):
        way = lobe + number * pi / 2 + rng.normal(0, 0.2)
        height = size * rng.uniform(18, 66) * (0.7 if number % 2 else -1.0)
        light += np.float32(height) * np.exp(rng.uniform(2, 16) * (np.cos(THETA - way) - 1))
    for _ in range(int(rng.choice([0, 1, 2], p=[0.6, 0.3, 0.1]))):
        start, span = rng.uniform(0, 2 * pi), rng.uniform(0.4, 1.5)
        off = np.abs((THETA - start + pi) % (2 * pi) - pi) - span / 2
        light -= np.float32(rng.uniform(18, 58)) * np.clip(0.5 - off * rng.uniform(4, 30), 0, 1)
    return (light + np.float32(rng.uniform(0.2, 1.1)) * _around(rng, 15, 90)).astype(np.float32)


def _eye(
    canvas: Floats, rng: np.random.Generator, ring: PartGeometry, rim_radius: float, view: _View
) -> None:
    """Everything inside the face: groove, rim, opening with vanes, hub and bore."""
    tones = canvas[view.where]
    away = atan2(-ring.opening_dy, -ring.opening_dx)
    sides = _cosine(away, rng.uniform(0.2, 1.2)) + 0.25 * _around(rng, 3, 14)
    sides = np.clip(rng.uniform(0.5, 1.0) + sides, 0, 1)
    dark, light = rng.uniform(18, 45), rng.uniform(130, 215)
    groove = (light + sides * (dark - light)).astype(np.float32)
    edge = view.radius - np.float32(ring.inner_radius) - _uneven(rng, 50)[view.turn]
    _lay(tones, edge, groove[view.turn])
    near = ring.radius(view.x, view.y, opening=True)
    _lay(tones, near - np.float32(rim_radius + rng.uniform(0.2, 0.9)), rng.uniform(25, 110))
    metal = np.float32(rng.uniform(160, 215)) + np.float32(rng.uniform(3, 14)) * _around(rng, 1, 6)
    metal += np.float32(rng.uniform(0.5, 4)) * _around(rng, 6, 60)
    rounding = np.float32(rng.uniform(0, 30)) * np.abs(
        (near - np.float32(ring.opening_radius)) / np.float32(rim_radius - ring.opening_radius)
        - np.float32(rng.uniform(0.3, 0.7))
    )
    _lay(tones, near - np.float32(rim_radius), metal[view.turn] - rounding)
    opening = near - np.float32(ring.opening_radius) - _uneven(rng, 30)[view.turn]
    _lay(tones, opening, _vanes(rng, ring, near, view))
    inside = view.radius < 0.36 * ring.outer_radius
    hub = tones[inside]
    _hub(hub, rng, ring, view.only(inside))
    tones[inside] = hub
    canvas[view.where] = tones


def _vanes(rng: np.random.Generator, ring: PartGeometry, near: Floats, view: _View) -> Floats:
    """The dark opening with faint curved vanes, seen best near its edge."""
    count, hand = int(rng.integers(5, 8)), rng.choice([-1.0, 1.0])
    share = near / np.float32(ring.opening_radius)
    spiral = np.float32(hand * rng.uniform(1.8, 3.4)) * share + THETA[view.turn]
    wave = (spiral * np.float32(count / (2 * pi)) + np.float32(rng.uniform(0, 1))) % 1 - 0.5
    ridge = np.exp(-np.abs(wave) / np.float32(rng.uniform(0.04, 0.08)))
    ridge += np.where(wave > 0, np.float32(rng.uniform(0.2, 0.6)), 0) * np.exp(wave * -9)
    reach = np.exp(-(((share - np.float32(rng.uniform(0.76, 0.9))) / np.float32(0.13)) ** 2))
    patchy = np.clip(0.8 + 0.4 * _around(rng, 2, 24), 0.1, 1.7) * rng.uniform(14, 38)
    floor = np.float32(rng.uniform(11, 17))
    lit: Floats = floor + patchy.astype(np.float32).take(view.turn) * ridge * reach
    return lit


def _hub(tones: Floats, rng: np.random.Generator, ring: PartGeometry, view: _View) -> None:
    """The hub's bright ring and the table seen through its bore."""
    hub = ring.outer_radius * rng.uniform(0.255, 0.3)
    bore = hub * rng.uniform(0.66, 0.76)
    share = rng.uniform(0.2, 1.0)
    x, y = ring.centre_x + share * ring.opening_dx, ring.centre_y + share * ring.opening_dy
    place = PartGeometry(x, y, bore, hub, hub, ring.transform, *rng.normal(0, 0.7, 2))
    near = place.radius(view.x, view.y)
    metal = np.float32(rng.uniform(150, 215)) + np.float32(rng.uniform(3, 14)) * _around(rng, 1, 6)
    metal += np.float32(rng.uniform(0.5, 4)) * _around(rng, 6, 60)
    _lay(tones, near - np.float32(hub) - _uneven(rng, 16)[view.turn], metal[view.turn])
    hole = place.radius(view.x, view.y, opening=True) - np.float32(bore)
    _lay(tones, hole - np.float32(rng.uniform(0.2, 1.0)), rng.uniform(40, 110))
    way = rng.uniform(0, 2 * pi)
    dx, dy = view.x - np.float32(x), view.y - np.float32(y)
    dx, dy = dx / np.float32(bore), dy / np.float32(bore)
    across = dx * np.float32(cos(way)) + dy * np.float32(sin(way))
    floor = np.float32(rng.uniform(118, 165)) + np.float32(rng.uniform(8, 52)) * across
    floor -= np.float32(rng.uniform(0, 35)) * (dx * dx + dy * dy)
    if rng.random() < 0.5:
        depth = rng.uniform(0.1, 0.4)
        wall = np.hypot(dx - np.float32(depth * cos(way)), dy - np.float32(depth * sin(way)))
        _lay(floor, np.float32(bore) * (np.float32(1) - wall), rng.uniform(65, 105))
    if rng.random() < 0.25:
        spot = rng.uniform(-0.4, 0.4, 2)
        away = np.hypot(dx - np.float32(spot[0]), dy - np.float32(spot[1])) * np.float32(bore)
        _lay(floor, away - np.float32(rng.uniform(0.4, 1.1)), rng.uniform(60, 105))
    _lay(tones, hole, floor)


def _camera(canvas: Floats, rng: np.random.Generator) -> Pixels:
    """Contrast, exposure, softness and noise."""
    contrast, gain = rng.uniform(0.9, 1.08), rng.uniform(0.92, 1.06)
    side = np.float32(rng.uniform(0.08, 0.24))
    for axis in (0, 1):
        canvas = canvas + side * (np.roll(canvas, 1, axis) + np.roll(canvas, -1, axis) - 2 * canvas)
    canvas = canvas * np.float32(contrast * gain) + np.float32(128 * (1 - contrast) * gain)
    grain = rng.standard_normal(canvas.shape, dtype=np.float32)
    canvas += np.float32(rng.uniform(0.2, 0.8)) * grain
    return np.clip(np.rint(canvas), 4, 255).astype(np.uint8)
