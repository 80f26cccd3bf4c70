"""Rendered castings with known defects: for the demonstration, for tests and for training.

Sound and defective parts come from one distribution of styles (:mod:`core.synthetic.rendering`);
only the defects (:mod:`core.synthetic.defects`) tell them apart.

    >>> part = next(sample_parts(1, seed=7))
    >>> part.pixels.shape
    (300, 300)

Rendering takes the part's look from one random stream and its defects from another, so
``render_part(rng(seed), None)`` is the same part without them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from core.synthetic.defects import Defect, DefectBox, plant_defect
from core.synthetic.geometry import Pixels
from core.synthetic.rendering import render_sound

JPEG_QUALITY = 75
COLUMNS = ("file", "label", "defect", "left", "top", "right", "bottom")
MIXED = 0.1
"""Share of the defective parts that carry a second kind of defect."""


@dataclass(frozen=True, slots=True)
class SamplePart:
    """One rendered photograph, (300, 300) grayscale, and what is wrong with the part."""

    name: str
    pixels: Pixels
    boxes: tuple[DefectBox, ...]

    @property
    def is_defective(self) -> bool:
        """True when at least one defect was planted."""
        return bool(self.boxes)


def sample_parts(count: int, seed: int) -> Iterator[SamplePart]:
    """``count`` parts, every second one sound, the others through all kinds of defect in turn.

    Part ``i`` depends on ``seed`` and ``i`` alone, so a longer run begins like a shorter one.
    """
    kinds = tuple(Defect)
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        defect = kinds[(index // 2) % len(kinds)] if index % 2 else None
        yield render_part(rng, defect, name=f"part-{seed}-{index:05d}.jpg")


def render_part(
    rng: np.random.Generator, defect: Defect | None, *, name: str = "part.jpg"
) -> SamplePart:
    """A part with one to three defects of that kind, or a sound one for None."""
    look, flaws = rng.spawn(2)
    pixels, ring = render_sound(look)
    if defect is None:
        return SamplePart(name, pixels, ())
    pixels, boxes = plant_defect(pixels, flaws, defect, ring)
    if flaws.random() < MIXED:
        others = [kind for kind in Defect if kind is not defect]
        pixels, more = plant_defect(pixels, flaws, others[flaws.integers(len(others))], ring)
        boxes += more
    return SamplePart(name, pixels, boxes)


def encode_jpeg(part: SamplePart) -> bytes:
    """The part as a JPEG file; the same part gives the same bytes."""
    return jpeg_bytes(Image.fromarray(part.pixels))


def jpeg_bytes(picture: Image.Image) -> bytes:
    """A picture as the camera's JPEG file."""
    buffer = BytesIO()
    picture.save(buffer, format="JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def write_samples(folder: Path, count: int, seed: int) -> Path:
    """Write ``count`` JPEG files and ``labels.csv`` into ``folder``; returns the table's path.

    One row a defect box, half-open pixels; a sound part has one row with an empty box.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "labels.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for part in sample_parts(count, seed):
            (folder / part.name).write_bytes(encode_jpeg(part))
            for box in part.boxes:
                edges = (box.left, box.top, box.right, box.bottom)
                writer.writerow((part.name, "defective", box.defect.value, *edges))
            if not part.is_defective:
                writer.writerow((part.name, "ok", "", "", "", "", ""))
    return table
