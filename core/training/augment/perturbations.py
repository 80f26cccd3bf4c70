"""Changes of a photograph that a verdict should bear, and some that it need not."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter

from core.training.data.part_geometry import Gray


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
