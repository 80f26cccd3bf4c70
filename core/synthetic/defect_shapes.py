"""What each kind of defect looks like, drawn into the patch of the photograph around it.

Every function draws one defect at a random place where that kind occurs and returns the patch
and its new tones (not yet rounded or clipped). Lengths are pixels of a 300-pixel photograph.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import cos, hypot, pi, sin

import numpy as np
from PIL import Image

from core.synthetic.geometry import Floats, PartGeometry, Pixels


@dataclass(frozen=True, slots=True)
class Patch:
    """The rectangle of a picture that a defect is drawn in; x and y are picture coordinates."""

    rows: slice
    columns: slice
    x: Floats
    y: Floats
    tones: Floats


def _patch(pixels: Pixels, points: list[tuple[float, float]], margin: float) -> Patch:
    height, width = pixels.shape
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    left = min(max(int(min(xs) - margin), 0), width - 1)
    top = min(max(int(min(ys) - margin), 0), height - 1)
    right = max(min(int(max(xs) + margin) + 2, width), left + 1)
    bottom = max(min(int(max(ys) + margin) + 2, height), top + 1)
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    rows, columns = slice(top, bottom), slice(left, right)
    return Patch(rows, columns, x, y, pixels[rows, columns].astype(np.float32))


def _blob(
    patch: Patch, centre: tuple[float, float], radius: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Signed depth inside an irregular outline (pixels, positive inside), and its bearing."""
    dx, dy = patch.x - np.float32(centre[0]), patch.y - np.float32(centre[1])
    bearing = np.arctan2(dy, dx)
    outline = np.ones_like(dx)
    for harmonic in range(2, 7):
        size, phase = rng.normal(0.0, 0.34 / harmonic), rng.uniform(0, 2 * pi)
        outline += np.float32(size) * np.cos(harmonic * bearing + np.float32(phase))
    outline = np.float32(radius) * np.clip(outline, 0.35, 1.8)
    return outline - np.hypot(dx, dy), bearing


def _ragged(rng: np.random.Generator, length: int, step: int) -> Floats:
    """Noise of mean 0 and spread 1 that changes every ``step`` samples, with sharp corners."""
    knots = rng.standard_normal(length // step + 2)
    return np.interp(np.arange(length) / step, np.arange(knots.size), knots).astype(np.float32)


def _mottle(rng: np.random.Generator, shape: tuple[int, ...], cell: float) -> Floats:
    """Smooth noise of spread near 1 that changes about every ``cell`` pixels."""
    rows, columns = shape
    coarse = (int(rows / cell) + 2, int(columns / cell) + 2)
    noise = Image.fromarray(rng.standard_normal(coarse, dtype=np.float32))
    fine = noise.resize((columns, rows), Image.Resampling.BICUBIC)
    return np.asarray(fine, dtype=np.float32)


def blowhole(pixels: Pixels, rng: np.random.Generator, ring: PartGeometry) -> tuple[Patch, Floats]:
    width = ring.outer_radius - ring.inner_radius
    at_lip = rng.random() < 0.6
    share = rng.uniform(-0.02, 0.2) if at_lip else rng.uniform(0.15, 0.9)
    centre = ring.point(ring.inner_radius + share * width, rng.uniform(0, 2 * pi))
    radius = rng.uniform(2.2, 4.5) if rng.random() < 0.75 else rng.uniform(4.5, 8.5)
    patch = _patch(pixels, [centre], 3.2 * radius + 4)
    depth, bearing = _blob(patch, centre, radius, rng)
    light = np.cos(bearing - np.float32(rng.uniform(0, 2 * pi)))
    stain = np.exp(np.minimum(depth, 0) / np.float32(rng.uniform(0.4, 0.9) * radius))
    patchy = np.clip(0.7 + 0.6 * _mottle(rng, depth.shape, 3.0), 0, 1.6)
    drawn = patch.tones - np.float32(rng.uniform(0, 34)) * stain * patchy
    lip = np.exp(-(((depth + 1.0) / 0.9) ** 2)) * np.clip(light, 0, 1)
    drawn += np.float32(rng.uniform(0, 38)) * lip
    wall = np.clip(-light, 0, 1) * np.clip(1.3 - 2 * depth / np.float32(radius), 0, 1)
    floor = rng.uniform(20, 65) + rng.uniform(0, 70) * wall
    floor = floor + rng.uniform(5, 22) * _mottle(rng, depth.shape, 1.7)
    cover = np.clip(depth / 2.0 + 0.5, 0, 1) * np.float32(rng.uniform(0.8, 1.0))
    return patch, (drawn + cover * (floor - drawn)).astype(np.float32)


def pinhole(pixels: Pixels, rng: np.random.Generator, ring: PartGeometry) -> tuple[Patch, Floats]:
    width = ring.outer_radius - ring.inner_radius
    radius = ring.inner_radius + rng.uniform(0.12, 0.88) * width
    angle = rng.uniform(0, 2 * pi)
    spread = rng.uniform(4.0, 11.0)
    dots = []
    for _ in range(int(rng.integers(4, 12))):
        along, across = rng.normal(0, spread), rng.normal(0, 0.6 * spread)
        at = float(np.clip(radius + across, ring.inner_radius + 2, ring.outer_radius - 3))
        dots.append(ring.point(at, angle + along / radius))
    patch = _patch(pixels, dots, 5)
    drawn = patch.tones.copy()
    for x, y in dots:
        size, deep = rng.uniform(0.4, 1.5), rng.uniform(0.4, 0.9)
        distance = np.hypot(patch.x - np.float32(x), patch.y - np.float32(y))
        cover = np.float32(deep) * np.clip((size - distance) / 1.4 + 0.5, 0, 1)
        rim = np.exp(-((distance - size - 1.0) ** 2)) * np.float32(rng.uniform(0, 14))
        drawn = drawn + rim + cover * (np.float32(32) - drawn)
    return patch, drawn


def crack(pixels: Pixels, rng: np.random.Generator, ring: PartGeometry) -> tuple[Patch, Floats]:
    outward = rng.random() < 0.6
    width = ring.outer_radius - ring.inner_radius
    radius = ring.inner_radius + 0.5 if outward else ring.outer_radius - 0.5
    angle = rng.uniform(0, 2 * pi)
    lean = rng.normal(0.0, 0.5)
    length = rng.uniform(0.35, 1.0) * width
    points = [ring.point(radius, angle)]
    for _ in range(max(4, int(length / 3.0))):
        lean += rng.normal(0.0, 0.3) - 0.2 * lean
        radius += 3.0 * cos(lean) * (1 if outward else -1)
        angle += 3.0 * sin(lean) / radius
        if not ring.inner_radius <= radius <= ring.outer_radius:
            break
        points.append(ring.point(radius, angle))
    patch = _patch(pixels, points, 5)
    wide, deep = rng.uniform(0.35, 1.0), rng.uniform(0.5, 0.9)
    cover = np.zeros_like(patch.tones)
    for index, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        dx, dy = x1 - x0, y1 - y0
        span = max(hypot(dx, dy), 1e-6)
        along = ((patch.x - x0) * dx + (patch.y - y0) * dy) / span**2
        along = np.clip(along, 0, 1).astype(np.float32)
        distance = np.hypot(patch.x - x0 - along * dx, patch.y - y0 - along * dy)
        taper = wide * (1.0 - 0.6 * index / len(points)) * rng.uniform(0.7, 1.3)
        cover = np.maximum(cover, np.clip((taper - distance) / 1.2 + 0.5, 0, 1))
    drawn = patch.tones + np.float32(deep) * cover * (np.float32(28) - patch.tones)
    return patch, drawn


def chip(pixels: Pixels, rng: np.random.Generator, ring: PartGeometry) -> tuple[Patch, Floats]:
    at_rim = rng.random() < 0.45
    edge = ring.opening_radius if at_rim else ring.outer_radius
    size = rng.uniform(3.5, 6.5) if at_rim else rng.uniform(5.0, 12.0)
    angle = rng.uniform(0, 2 * pi)
    centre = ring.point(edge, angle, opening=at_rim)
    patch = _patch(pixels, [centre], 1.9 * size + 4)
    depth, bearing = _blob(patch, centre, size, rng)
    radius, theta = ring.polar(patch.x, patch.y, opening=at_rim)
    inside = (radius - edge) if at_rim else (edge - radius)
    mirrored = edge - inside - 2.5 if at_rim else edge + inside + 2.5
    beyond = _sample(pixels, ring, mirrored, theta, opening=at_rim) * rng.uniform(0.4, 0.8)
    wall = rng.uniform(35, 90) + rng.uniform(8, 25) * _mottle(rng, depth.shape, 2.2)
    share = np.clip((depth - rng.uniform(0.5, 0.6 * size)) / rng.uniform(1.5, 4) + 0.5, 0, 1)
    notch = wall + share * (beyond - wall)
    cover = np.clip(depth / 1.6 + 0.5, 0, 1) * np.clip(inside / 1.2 + 0.9, 0, 1)
    light = np.clip(np.cos(bearing - np.float32(rng.uniform(0, 2 * pi))), 0, 1)
    lip = np.exp(-(((depth + 1.0) / 0.9) ** 2)) * light * (inside > 0.5) * rng.uniform(0, 25)
    drawn = patch.tones + lip
    return patch, drawn + cover * (notch - drawn)


def _sample(
    pixels: Pixels, ring: PartGeometry, radius: Floats, angle: Floats, *, opening: bool
) -> Floats:
    """The picture's tones at polar places, nearest pixel, held at the picture's border."""
    a, b, c, d = ring.transform
    u, v = radius * np.cos(angle), radius * np.sin(angle)
    x = ring.centre_x + a * u + b * v + (ring.opening_dx if opening else 0.0)
    y = ring.centre_y + c * u + d * v + (ring.opening_dy if opening else 0.0)
    rows = np.clip(np.rint(y), 0, pixels.shape[0] - 1).astype(np.intp)
    columns = np.clip(np.rint(x), 0, pixels.shape[1] - 1).astype(np.intp)
    return pixels[rows, columns].astype(np.float32)


def burr(pixels: Pixels, rng: np.random.Generator, ring: PartGeometry) -> tuple[Patch, Floats]:
    """Flash: a ragged strip beyond the outer edge, or bits inside the rim or in the groove."""
    site = rng.choice(["outer", "rim", "groove"], p=[0.6, 0.2, 0.2])
    at_rim, outward = bool(site == "rim"), 1.0 if site == "outer" else -1.0
    edge = {"outer": ring.outer_radius, "rim": ring.opening_radius, "groove": ring.inner_radius}[
        str(site)
    ]
    height = rng.uniform(2.5, 7.0) if site == "outer" else rng.uniform(2.5, 4.5)
    half = (9.0 * 16.0 ** rng.random() if site == "outer" else rng.uniform(3.5, 12.0)) / edge
    middle = rng.uniform(0, 2 * pi)
    arc = [
        ring.point(edge + outward * height, middle + turn, opening=at_rim)
        for turn in np.linspace(-half, half, 9)
    ]
    patch = _patch(pixels, arc, height + 4)
    radius, theta = ring.polar(patch.x, patch.y, opening=at_rim)
    turn = (theta - np.float32(middle) + pi) % (2 * pi) - pi
    count = max(int(2 * half * edge), 8)
    at = np.clip(((turn + half) / (2 * half) * count).astype(np.intp), 0, count - 1)
    ends = np.clip(4 * (1 - np.abs(np.linspace(-1, 1, count))), 0, 1)
    profile = 0.55 + 0.3 * _ragged(rng, count, 11) + 0.25 * _ragged(rng, count, 4)
    reach = (height * np.clip(profile, 0.2, 1.4) * ends).astype(np.float32)[at]
    past = np.float32(outward) * (radius - np.float32(edge))
    crest = np.clip(0.45 + 0.9 * _ragged(rng, count, 9), 0, 1)[at]
    if site != "outer":
        crest = np.clip(crest + 0.5, 0, 1)
    below = rng.uniform(0.0, 1.8) + np.float32(rng.uniform(0, 1.2)) * _ragged(rng, count, 8)[at]
    bright = np.exp(-(((past - reach + below) / 1.1) ** 2)) * crest
    dark = rng.uniform(22, 60) + 9 * _mottle(rng, past.shape, 1.6)
    shine = rng.uniform(170, 248) + 14 * _mottle(rng, past.shape, 1.6)
    metal = dark + bright * (shine - dark)
    cover = np.clip((reach - past) / 1.3 + 0.5, 0, 1) * np.clip(past + 1.0, 0, 1)
    cover = cover * ((np.abs(turn) < half) & (reach > 0.6))
    return patch, (patch.tones + cover * (metal - patch.tones)).astype(np.float32)
