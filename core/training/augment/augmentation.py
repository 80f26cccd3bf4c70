"""Random photographs of one part: position, background, light, camera; and single changes."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy import ndimage

from core.inspection.frame import SIDE
from core.inspection.heatmap import STRIDE
from core.training.data.part_geometry import Floats, Gray

CELLS = 10
"""Rows and columns of the evidence map."""

RIM = 1.83
"""Outer edge of the part in opening radii; beyond it lies background."""

_ROWS, _COLUMNS = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / (SIDE / 2) - 1


def random_placement(centre: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """(2, 3) map from new (row, column) to old: any rotation, mirror, zoom, shear, small shift."""
    angle, zoom = rng.uniform(0, 2 * np.pi), rng.uniform(0.88, 1.08)
    stretch = rng.uniform(0.94, 1.06)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shear = np.array([[1, rng.uniform(-0.08, 0.08)], [0, 1]]) @ np.diag([stretch, 1 / stretch])
    if rng.random() < 0.5:
        shear = shear @ np.diag([-1, 1])
    back = np.linalg.inv(zoom * shear @ rotation)
    target = SIDE / 2 + rng.uniform(-9, 9, 2)
    return np.hstack([back, (centre[::-1] - back @ target)[:, None]])


def placed(picture: Floats, placement: NDArray[np.float64], outside: float) -> Floats:
    """``picture`` (300, 300) moved by ``placement``; ``outside`` from beyond its edge."""
    moved = ndimage.affine_transform(
        picture, placement[:, :2], placement[:, 2], order=1, mode="constant", cval=outside
    )
    return np.asarray(moved, np.float32)


def moved(picture: Floats, radius: Floats, placement: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """A photograph and its radii moved by ``placement``; outside is background."""
    background = picture[radius > RIM + 0.12]
    outside = float(np.median(background)) if background.size else 160.0
    return placed(picture, placement, outside), placed(radius, placement, 2.5)


def cells_of(mask: Floats) -> NDArray[np.bool_]:
    """(300, 300) -> (10, 10): the cells whose centres are nearest to any pixel of the mask."""
    return _seen_by_cells(np.asarray(ndimage.binary_dilation(mask > 0.35)))


def part_cells(radius: Floats) -> NDArray[np.bool_]:
    """(300, 300) opening radii -> (10, 10): the cells that see the part within half a stride."""
    return _seen_by_cells(radius <= RIM)


def _seen_by_cells(pixels: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(300, 300) -> (10, 10): the cells with any of the pixels within half a stride."""
    half = STRIDE // 2
    wide = np.pad(pixels, (half, CELLS * STRIDE - SIDE - half))
    return np.asarray(wide.reshape(CELLS, STRIDE, CELLS, STRIDE).any(axis=(1, 3)))


def background_of(gray: Gray, radius: Floats) -> Floats:
    """A photograph's background, continued under its part by its median."""
    outside = radius > RIM + 0.05
    under = np.median(gray[outside]) if outside.any() else 128.0
    return np.where(outside, gray, under).astype(np.float32)


def on_background(picture: NDArray[np.generic], radius: Floats, ground: Floats) -> Floats:
    """The part of one picture on the background of another."""
    outside = np.clip((radius - RIM) / 0.05, 0, 1)
    return np.asarray(picture * (1 - outside) + ground * outside, np.float32)


def augmented(
    picture: Floats, radius: Floats, keep_background: bool, rng: np.random.Generator
) -> Gray:
    """Another background, light and camera; ``radius`` is in opening radii.

    ``keep_background`` for parts whose metal sticks out: replacing it would remove that defect.
    """
    outside = np.clip((radius - RIM) / 0.05, 0, 1)
    if not keep_background and rng.random() < 0.35:
        picture = on_background(picture, radius, _background(radius, rng))
    elif rng.random() < 0.3:
        picture = picture + outside * rng.uniform(-45, 45)
    return through_camera(_relit(picture, rng), rng)


def _background(radius: Floats, rng: np.random.Generator) -> Floats:
    angle = rng.uniform(0, 2 * np.pi)
    slope = rng.uniform(0, 35) * (_COLUMNS * np.cos(angle) + _ROWS * np.sin(angle))
    ground = rng.uniform(70, 210) + slope + rng.uniform(0, 5) * rng.standard_normal((SIDE, SIDE))
    if rng.random() < 0.4:
        cloth = ndimage.gaussian_filter(rng.standard_normal((SIDE, SIDE)), rng.uniform(2, 12))
        ground = ground + rng.uniform(12, 84) * cloth
    if rng.random() < 0.5:  # the part's own shadow
        depth, width = rng.uniform(0.2, 0.7), rng.uniform(0.06, 0.25)
        ground = ground * (1 - depth * np.exp(-np.clip(radius - 1.8, 0, None) / width))
    return np.asarray(ground, np.float32)


def _relit(picture: Floats, rng: np.random.Generator) -> Floats:
    if rng.random() < 0.5:
        angle = rng.uniform(0, 2 * np.pi)
        slope = _COLUMNS * np.cos(angle) + _ROWS * np.sin(angle)
        picture = picture * np.exp(rng.uniform(0, 0.3) * slope)
    picture = 255 * np.clip(picture / 255, 0, 1) ** np.exp(rng.uniform(-0.4, 0.4))
    mean = picture.mean()
    contrast, brightness = np.exp(rng.uniform(-0.4, 0.25)), np.exp(rng.uniform(-0.3, 0.25))
    return np.asarray((picture - mean) * contrast + mean * brightness, np.float32)


def through_camera(picture: Floats, rng: np.random.Generator) -> Gray:
    """Gray levels as another camera would give them: focus, sharpening, noise, JPEG."""
    focus = rng.random()
    if focus < 0.25:
        picture = np.asarray(ndimage.gaussian_filter(picture, rng.uniform(0.3, 0.9)), np.float32)
    elif focus < 0.45:
        detail = picture - ndimage.gaussian_filter(picture, 1.5)
        picture = picture + rng.uniform(0.15, 0.8) * detail
    if rng.random() < 0.4:
        noise = rng.standard_normal((SIDE, SIDE), dtype=np.float32)
        picture = picture + np.float32(rng.uniform(1, 7)) * noise
    gray = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        gray = recompressed(gray, int(rng.integers(20, 70)))
    return gray


def brightened(gray: Gray, times: float) -> Gray:
    """The exposure times ``times``; what exceeds white is overexposed."""
    return np.asarray(np.clip(gray.astype(np.float32) * times, 0, 255), dtype=np.uint8)


def with_gamma(gray: Gray, gamma: float) -> Gray:
    """Another tone curve; below 1 the shadows are lifted."""
    return np.asarray(255 * (gray / 255.0) ** gamma, dtype=np.uint8)


def blurred(gray: Gray, radius: float) -> Gray:
    """Out of focus by a Gaussian of ``radius`` pixels."""
    return np.asarray(Image.fromarray(gray).filter(ImageFilter.GaussianBlur(radius)))


def noisy(gray: Gray, deviation: float, rng: np.random.Generator) -> Gray:
    """With normal noise of ``deviation`` gray levels."""
    return np.asarray(np.clip(gray + rng.normal(0, deviation, gray.shape), 0, 255), np.uint8)


def recompressed(gray: Gray, quality: int) -> Gray:
    """Saved once more as JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(gray).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer), dtype=np.uint8)
