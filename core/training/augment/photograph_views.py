"""Training pictures that are whole photographs, and so keep everything that a casting has.

photograph    as it is
turned        turned by quarters and mirrored: exact pixels
anew          turned, in other light, through another camera; often on another background
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.training.augment.augmentation import (
    CELLS,
    augmented,
    background_of,
    moved,
    on_background,
    part_cells,
    random_placement,
)
from core.training.augment.views import View
from core.training.data.part_geometry import Floats, Gray, find_part, polar_coordinates

WHOLE = ("photograph", "turned", "anew")
SWAPPED = 0.3
"""Share of the augmented pictures that lie on the background of a casting of the other label."""
FREELY = 0.5
"""... and that are turned by any angle, which costs sharpness; the others by quarters."""


@dataclass(frozen=True, slots=True)
class Photographs:
    """Labelled photographs, their castings, and which castings have metal beyond the rim."""

    pixels: NDArray[np.uint8]
    defective: NDArray[np.bool_]
    castings: Sequence[str]
    flash: frozenset[str]
    """Another background would remove their defect, or bring it along."""


def photograph_view(kind: str, of: Photographs, n: int, rng: np.random.Generator) -> View:
    """The ``n``-th photograph, as its kind says."""
    gray, castings = of.pixels[n], frozenset({of.castings[n]})
    if kind == "turned":
        gray = _turned(gray, rng)
    radius = _radius(gray)
    if kind == "anew" and radius is not None:
        gray, radius, more = _augmented(gray, radius, of, n, rng)
        castings |= more
    nowhere = np.zeros((CELLS, CELLS), dtype=np.bool_)
    return View(
        gray,
        defective=bool(of.defective[n]),
        castings=castings,
        cells=nowhere,
        local=False,
        background=nowhere if radius is None else ~part_cells(radius),
        kind=kind,
        group=of.castings[n],
    )


def _augmented(
    gray: Gray, radius: Floats, of: Photographs, n: int, rng: np.random.Generator
) -> tuple[Gray, Floats, frozenset[str]]:
    """The augmented photograph, its radii, and the casting whose background it lies on."""
    flash = of.castings[n] in of.flash
    picture, donor = gray.astype(np.float32), frozenset[str]()
    if not flash and rng.random() < SWAPPED:
        other = _other(of, n, rng)
        theirs = _radius(of.pixels[other])
        if theirs is not None:
            picture = on_background(picture, radius, background_of(of.pixels[other], theirs))
            donor = frozenset({of.castings[other]})
    if rng.random() < FREELY:
        middle = np.argwhere(radius < 1).mean(axis=0)
        placement = random_placement(middle[::-1], rng)
        picture, radius = moved(picture, radius, placement)
    else:
        both = _turned(np.stack([picture, radius], axis=-1), rng)
        picture, radius = both[..., 0], both[..., 1]
    return augmented(picture, radius, flash or bool(donor), rng), radius, donor


def _other(of: Photographs, n: int, rng: np.random.Generator) -> int:
    """A photograph of the other label without flash; any that there is, else the same one."""
    smooth = np.array([casting not in of.flash for casting in of.castings])
    among = np.flatnonzero(smooth & (of.defective != of.defective[n]))
    return int(rng.choice(among)) if len(among) else n


def _turned(picture: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    mirrored = picture[:, ::-1] if rng.random() < 0.5 else picture
    return np.rot90(mirrored, int(rng.integers(4)))


def _radius(gray: Gray) -> Floats | None:
    part = find_part(gray)
    return None if part is None else polar_coordinates(part)[0]
