"""Training pictures: photographs, transferred residuals and defects, rendered parts.

    photograph, turned,   whole photographs (see ``core.training.augment.photograph_views``)
    anew
    ok, defective         an augmented photograph of a random casting
    ok_residual           another photograph's style with an OK casting's residual: no defects left
    defective_residual    another photograph's style with a defective casting's residual
    planted               single defects cut from defective castings, on sound parts
    drawn                 invented holes, clusters and scratches on sound parts
    rendered              parts of ``core.synthetic.samples``, through another camera

A view remembers every casting in it. Cross-validation leaves out a view when any of them is
held back, so one cache of views serves every split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.inspection.frame import SIDE
from core.synthetic.samples import SamplePart
from core.training.augment.augmentation import (
    augmented,
    cells_of,
    moved,
    part_cells,
    placed,
    random_placement,
    through_camera,
)
from core.training.augment.defect_transfer import (
    Decomposition,
    composed,
    drawn_defect,
    exchanged,
    pasted,
    random_turn,
)
from core.training.data.part_geometry import Floats, Gray, from_polar, polar_coordinates

CLEAR = 1.8
"""A casting gives its residual when its median strongest residual is above this."""
CLEARER = 2.3
"""... and single defects when above this."""
SMOOTH_RIM = 2.5
"""A defective casting takes an OK residual when its median one outside the rim is below this."""


@dataclass(frozen=True, slots=True)
class View:
    """One training picture."""

    gray: Gray
    defective: bool
    castings: frozenset[str]
    cells: NDArray[np.bool_]
    """(10, 10) where defects were put; nowhere else is there any, if ``local``."""
    local: bool
    background: NDArray[np.bool_]
    """(10, 10) that see nothing of the part; none where it is not known."""
    kind: str
    group: str
    """Casting, or castings put together, that the picture shows; a background is none of it."""


@dataclass(frozen=True, slots=True)
class Castings:
    """Sheets by casting, and which castings may serve for what."""

    decompositions: Mapping[str, Sequence[Decomposition]]
    ok: tuple[str, ...]
    defective: tuple[str, ...]
    clear: tuple[str, ...]
    clearer: tuple[str, ...]
    smooth: tuple[str, ...]

    def draw(self, among: Sequence[str], rng: np.random.Generator) -> tuple[str, Decomposition]:
        """A casting, each as likely, and one of its photographs."""
        casting = among[int(rng.integers(len(among)))]
        decompositions = self.decompositions[casting]
        return casting, decompositions[int(rng.integers(len(decompositions)))]

    def has_flash(self, casting: str) -> bool:
        """Whether metal sticks out of the casting's rim."""
        return casting in self.defective and _median(self.decompositions[casting], "flash") > 2.0


def sorted_castings(
    decompositions: Mapping[str, Sequence[Decomposition]], defective: frozenset[str]
) -> Castings:
    """``decompositions`` by casting -> which may serve for what; ``defective`` names castings."""
    bad = tuple(name for name in sorted(decompositions) if name in defective)
    strength = {name: _median(decompositions[name], "strongest") for name in bad}
    return Castings(
        decompositions,
        tuple(name for name in sorted(decompositions) if name not in defective),
        bad,
        tuple(name for name in bad if strength[name] > CLEAR),
        tuple(name for name in bad if strength[name] > CLEARER),
        tuple(name for name in bad if _median(decompositions[name], "flash") < SMOOTH_RIM),
    )


def random_view(kind: str, castings: Castings, rng: np.random.Generator) -> View:
    """A view of one of the kinds that are drawn from ``castings``."""
    names: list[str] = []
    base = _base_of(kind, castings, rng, names)
    residual = base.residual.astype(np.float32)
    mask = np.zeros_like(residual)
    if kind == "ok_residual" or (
        kind in ("planted", "drawn") and (names[0] not in castings.ok or rng.random() < 0.3)
    ):
        residual = _with_residual_of(castings.ok, residual, castings, rng, names)
    elif kind == "defective_residual":
        residual = _with_residual_of(castings.clear, residual, castings, rng, names)
    if kind == "planted":
        residual, mask = _with_defects(residual, castings, rng, names)
    return _augmented_view(kind, base, residual, mask, castings, rng, names)


def _base_of(
    kind: str, castings: Castings, rng: np.random.Generator, names: list[str]
) -> Decomposition:
    chance = rng.random()
    among = {
        "ok": castings.ok,
        "ok_residual": castings.ok if chance < 0.2 else castings.smooth,
        "defective": castings.defective,
        "defective_residual": castings.ok if chance < 0.75 else castings.defective,
    }.get(kind, castings.ok if chance < 0.6 else castings.smooth)
    name, decomposition = castings.draw(among, rng)
    names.append(name)
    return decomposition


def _with_residual_of(
    among: Sequence[str],
    residual: Floats,
    castings: Castings,
    rng: np.random.Generator,
    names: list[str],
) -> Floats:
    """The residual of one of the castings ``among`` in place of the given one."""
    name, donor = castings.draw(among, rng)
    names.append(name)
    return exchanged(residual, random_turn(donor.residual, rng), rng.uniform(0.85, 1.2))


def _with_defects(
    residual: Floats, castings: Castings, rng: np.random.Generator, names: list[str]
) -> tuple[Floats, Floats]:
    mask = np.zeros_like(residual)
    for _ in range(1 + int(rng.random() < 0.25)):
        name, donor = castings.draw(castings.clearer, rng)
        result = pasted(residual, donor, rng)
        if result is not None:
            names.append(name)
            residual, mask = result[0], np.maximum(mask, result[1])
    return residual, mask


def _augmented_view(
    kind: str,
    base: Decomposition,
    residual: Floats,
    mask: Floats,
    castings: Castings,
    rng: np.random.Generator,
    names: list[str],
) -> View:
    radius, angle = polar_coordinates(base.part)
    drawn = np.zeros_like(radius)
    where = from_polar(mask, radius, angle) if mask.any() else drawn.copy()
    if kind == "drawn":
        for _ in range(1 + int(rng.random() < 0.33)):
            extra, place = drawn_defect(base.part, radius, rng)
            drawn, where = drawn + extra, np.maximum(where, place)
    picture = composed(base, residual, drawn, radius, angle)
    placement = random_placement(base.part.centre, rng)
    picture, radius = moved(picture, radius, placement)
    flash = any(castings.has_flash(name) for name in names)
    gray = augmented(picture, radius, flash, rng)
    cells = cells_of(placed(where, placement, 0.0))
    return View(
        gray,
        defective=kind not in ("ok", "ok_residual"),
        castings=frozenset(names),
        cells=cells,
        local=kind in ("planted", "drawn") and bool(cells.any()),
        background=~part_cells(radius),
        kind=kind,
        group="+".join(sorted(set(names))),
    )


def _median(decompositions: Sequence[Decomposition], figure: str) -> float:
    return float(np.median([getattr(decomposition, figure) for decomposition in decompositions]))


def rendered_view(part: SamplePart, rng: np.random.Generator) -> View:
    """A rendered part through another camera; its defects' boxes say where they are."""
    mask = np.zeros((SIDE, SIDE), dtype=np.float32)
    for box in part.boxes:
        mask[box.top : box.bottom, box.left : box.right] = 1.0
    cells = cells_of(mask)
    return View(
        through_camera(part.pixels.astype(np.float32), rng),
        defective=part.is_defective,
        castings=frozenset(),
        cells=cells,
        local=part.is_defective,
        background=np.zeros_like(cells),
        kind="rendered",
        group="",
    )
