"""Casting defects planted on a photograph of a part, each with the box that encloses it.

What a defect looks like follows what foundries call it (International Atlas of Casting
Defects, AFS): a blowhole is a cavity with a lip, a pinhole cluster a group of dots, a burr
the flash left at a parting line, a crack a thin dark line, a chip a piece broken off an edge.
:func:`plant_defect` needs nothing but the picture and its :class:`PartGeometry`, so rendered parts
and photographs of sound castings go through the same code.

    >>> ring = Ring(150, 150, opening_radius=72, inner_radius=86, outer_radius=130)
    >>> plain = np.full((300, 300), 190, dtype=np.uint8)
    >>> flawed, boxes = plant_defect(plain, np.random.default_rng(0), Defect.BLOWHOLE, ring)
    >>> boxes[0].defect
    <Defect.BLOWHOLE: 'blowhole'>
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.errors import ImageRejected
from core.synthetic import defect_shapes as shapes
from core.synthetic.geometry import Floats, PartGeometry, Pixels

CHANGED = 8
"""Grey levels from which a pixel counts as belonging to the defect."""
STRONG = 28
"""Grey levels that a person sees at a glance."""
STRONG_PIXELS = 10
"""How many such pixels make a defect visible."""
ATTEMPTS = 60


class Defect(StrEnum):
    """What is wrong with a part."""

    BLOWHOLE = "blowhole"
    PINHOLE = "pinhole"
    BURR = "burr"
    CRACK = "crack"
    CHIP = "chip"


@dataclass(frozen=True, slots=True)
class DefectBox:
    """One defect and the pixels it lies in: left and top inside, right and bottom outside."""

    defect: Defect
    left: int
    top: int
    right: int
    bottom: int

    def overlaps(self, other: DefectBox) -> bool:
        """True when the two boxes share a pixel."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def plant_defect(
    pixels: Pixels, rng: np.random.Generator, defect: Defect, ring: PartGeometry
) -> tuple[Pixels, tuple[DefectBox, ...]]:
    """A copy of the photograph with one to three defects of a kind, and their boxes.

    ``pixels`` is (rows, columns) grayscale and is left as it is. The boxes do not overlap, and
    no pixel beyond them changes. Raises ``ImageRejected`` where no visible defect fits, as on
    a picture that ``ring`` does not describe.
    """
    wanted = int(rng.choice([1, 2, 3], p=[0.66, 0.23, 0.11]))
    picture = pixels.copy()
    boxes: list[DefectBox] = []
    for _ in range(ATTEMPTS):
        patch, drawn = _PLANTERS[defect](picture, rng, ring)
        after = np.clip(np.rint(drawn), 0, 255).astype(np.uint8)
        change = np.abs(after.astype(np.int16) - picture[patch.rows, patch.columns])
        if np.count_nonzero(change >= STRONG) < STRONG_PIXELS:
            continue
        rows, columns = np.nonzero(change >= CHANGED)
        box = DefectBox(
            defect,
            left=int(patch.columns.start + columns.min()),
            top=int(patch.rows.start + rows.min()),
            right=int(patch.columns.start + columns.max()) + 1,
            bottom=int(patch.rows.start + rows.max()) + 1,
        )
        if any(box.overlaps(other) for other in boxes):
            continue
        inside = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
        picture[box.top : box.bottom, box.left : box.right] = after[inside]
        boxes.append(box)
        if len(boxes) == wanted:
            break
    if not boxes:
        raise ImageRejected(f"No visible {defect} fits here; check where the part lies.")
    return picture, tuple(boxes)


_Planter = Callable[[Pixels, np.random.Generator, PartGeometry], tuple[shapes.Patch, Floats]]
_PLANTERS: dict[Defect, _Planter] = {
    Defect.BLOWHOLE: shapes.blowhole,
    Defect.PINHOLE: shapes.pinhole,
    Defect.BURR: shapes.burr,
    Defect.CRACK: shapes.crack,
    Defect.CHIP: shapes.chip,
}
