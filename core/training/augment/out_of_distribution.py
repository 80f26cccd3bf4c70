"""Pictures that show no casting: photographs that libraries ship, noise, text, round things."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from core.inspection.frame import SIDE, framed, whole_frame
from core.training.data.part_geometry import Gray

CROPS = 4
"""Crops of each shipped photograph, beside the whole."""

DRAWN = 30
"""Pictures of each drawn kind."""


def out_of_distribution_pictures() -> Iterator[tuple[str, Gray]]:
    """(kind, (300, 300) picture); needs scikit-image's and scikit-learn's pictures."""
    rng = np.random.default_rng(7)
    for photograph in _shipped():
        whole = photograph.convert("L")
        yield "photograph or texture", _square(whole)
        for _ in range(CROPS):
            side = int(min(whole.size) * rng.uniform(0.4, 1))
            left = int(rng.integers(0, whole.width - side + 1))
            top = int(rng.integers(0, whole.height - side + 1))
            yield "photograph or texture", _square(whole.crop((left, top, left + side, top + side)))
    for n in range(DRAWN):
        noise = rng.normal(rng.uniform(60, 200), rng.uniform(5, 60), (SIDE, SIDE))
        yield "noise", np.clip(noise, 0, 255).astype(np.uint8)
        yield "flat colour", np.full((SIDE, SIDE), n * 8 + 4, dtype=np.uint8)
        yield "text", _text(rng, n % 2 == 0)
        yield "screenshot", _screenshot(rng)
        yield "round thing", _round(rng, n % 4)


def _shipped() -> Iterator[Image.Image]:
    import skimage.data
    import sklearn.datasets

    for picture in sorted(Path(skimage.data.__file__).parent.glob("*.[pj][np]g")):
        with Image.open(picture) as image:
            if min(image.size) >= 64:
                yield image.convert("RGB")
    for pixels in sklearn.datasets.load_sample_images().images:
        yield Image.fromarray(pixels)


def _square(picture: Image.Image) -> Gray:
    return framed(np.asarray(picture), whole_frame(*picture.size), picture.width)


def _text(rng: np.random.Generator, dark: bool) -> Gray:
    image = Image.new("L", (SIDE, SIDE), 20 if dark else 255)
    draw = ImageDraw.Draw(image)
    letters = list("abcdefgh ijklmnop qrst uvwxyz 0123456789")
    for top in range(0, SIDE, 14):
        draw.text((5, top), "".join(rng.choice(letters, 45)), fill=230 if dark else 0)
    return np.asarray(image)


def _screenshot(rng: np.random.Generator) -> Gray:
    image = Image.new("RGB", (1200, 800), _colour(rng, 200))
    draw = ImageDraw.Draw(image)
    for _ in range(30):
        left, top = int(rng.integers(0, 1100)), int(rng.integers(0, 750))
        right, bottom = left + int(rng.integers(20, 400)), top + int(rng.integers(10, 120))
        draw.rectangle((left, top, right, bottom), fill=_colour(rng, 0), outline=(80, 80, 80))
        draw.text((left + 4, top + 4), "Settings  File  Edit", fill=(0, 0, 0))
    return _square(image.convert("L"))


def _round(rng: np.random.Generator, kind: int) -> Gray:
    """A plate, a wheel with spokes, a coin with letters, or a target."""
    image = Image.new("L", (SIDE, SIDE), int(rng.integers(60, 220)))
    draw = ImageDraw.Draw(image)
    middle = 150 + rng.integers(-10, 11, 2)
    radius = float(rng.integers(90, 140))
    first, second, third = (int(gray) for gray in rng.integers(20, 250, 3))

    def disc(share: float, fill: int | None, outline: int | None = None) -> None:
        corners = (*(middle - radius * share), *(middle + radius * share))
        draw.ellipse(tuple(float(at) for at in corners), fill=fill, outline=outline, width=4)

    disc(1.0, first, second)
    if kind == 0:
        disc(0.65, second, third)
    elif kind == 1:
        disc(0.8, third)
        for angle in np.linspace(0, 2 * np.pi, int(rng.integers(5, 12)), endpoint=False):
            end = middle + 0.8 * radius * np.array([np.cos(angle), np.sin(angle)])
            draw.line((*map(float, middle), *map(float, end)), fill=first, width=8)
        disc(0.2, second)
    elif kind == 2:
        disc(0.9, None, second)
        draw.text((float(middle[0] - 30), float(middle[1] - 10)), "ONE 1998", fill=third)
    else:
        for share in (0.8, 0.6, 0.4, 0.2):
            disc(share, int(rng.integers(20, 250)))
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(0.8)), dtype=np.float64)
    noisy: NDArray[np.float64] = soft + rng.normal(0, 3, soft.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _colour(rng: np.random.Generator, least: int) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in rng.integers(least, 256, 3))
    return red, green, blue
