"""What changes of light, background, focus and compression do to verdicts of held-out castings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.inspection.frame import SIDE
from core.model.card import Change, Robustness
from core.model.metrics import auc
from core.training.augment.augmentation import (
    RIM,
    background_of,
    blurred,
    brightened,
    noisy,
    on_background,
    part_cells,
    recompressed,
    with_gamma,
)
from core.training.augment.defect_transfer import Decomposition, decompose
from core.training.augment.views import sorted_castings
from core.training.cross_validation import Material
from core.training.data.dataset import at_most_of_each, majority_labels, read_pixels
from core.training.data.part_geometry import Floats, Gray, find_part, polar_coordinates
from core.training.evaluate.fold_models import FoldModels

DEFECTIVE_OF_EACH, OK_OF_EACH = 4, 25
"""Photographs taken of a casting, so that no casting decides a figure."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Photographs that the reports are made on, and where the part lies on each."""

    pixels: list[Gray]
    radius: list[Floats]
    """(300, 300) each: opening radii from the middle."""
    defective: NDArray[np.bool_]
    folds: NDArray[np.intp]
    castings: list[str]
    flash: NDArray[np.bool_]
    """Whether metal sticks out of the casting's rim: another background would take it away."""


def sample_of(material: Material, folds: NDArray[np.intp]) -> Sample:
    """Some photographs of every casting; one on which no part is found is left out."""
    rows, pixels, radius = [], [], []
    decompositions = defaultdict[str, list[Decomposition]](list)

    def most(n: int) -> int:
        return DEFECTIVE_OF_EACH if material.photographs[n].is_defective else OK_OF_EACH

    for n in at_most_of_each(material.castings, most, np.random.default_rng(0)):
        gray = read_pixels(material.folder, [material.photographs[n]])[0]
        part = find_part(gray)
        if part is not None:
            rows.append(n)
            pixels.append(gray)
            radius.append(polar_coordinates(part)[0])
            decompositions[material.castings[n]].append(decompose(gray, part))
    chosen = np.array(rows)
    castings = [material.castings[n] for n in rows]
    labels = majority_labels(material.photographs, material.castings)
    known = sorted_castings(
        decompositions, frozenset(name for name in decompositions if labels[name])
    )
    return Sample(
        pixels,
        radius,
        material.defective[chosen],
        folds[chosen],
        castings,
        np.array([known.has_flash(casting) for casting in castings]),
    )


def robustness(material: Material, sample: Sample, models: FoldModels) -> Robustness:
    """Every change on the sample, inspected by networks that saw none of its castings."""
    changes = _changes(sample)
    rows = []
    with material.bar("Robustness", sum(int(of.sum()) for *_, of in changes)) as step:
        plain = models.inspect(sample.pixels, sample.folds, step)
        for name, make, of in changes:
            pixels = [make(int(n)) for n in np.flatnonzero(of)]
            changed = models.inspect(pixels, sample.folds[of], step)
            flipped = plain.called_defective[of] != changed.called_defective
            rows.append(
                Change(
                    change=name,
                    photographs=len(pixels),
                    auc=auc(sample.defective[of], changed.log_odds) or 0.0,
                    flipped=float(flipped.mean()),
                    turned_away=float(changed.rejected.mean()),
                )
            )
    shares = [
        _on_part(plain.evidence[n], sample.radius[n])
        for n in np.flatnonzero(plain.called_defective)
    ]
    ground = [
        float(gray[radius > RIM].mean())
        for gray, radius in zip(sample.pixels, sample.radius, strict=True)
    ]
    by_ground = auc(sample.defective, ground) or 0.5
    return Robustness(
        changes=rows,
        background_auc=max(by_ground, 1 - by_ground),
        evidence_on_part=float(np.median(shares)) if shares else 0.0,
    )


# A change: its name, what makes the n-th photograph of it, and which photographs undergo it.
_Tried = tuple[str, Callable[[int], Gray], NDArray[np.bool_]]


def _changes(sample: Sample) -> list[_Tried]:
    pixels = sample.pixels
    every, smooth = np.ones(len(pixels), dtype=np.bool_), ~sample.flash
    gray = np.full((SIDE, SIDE), 128, dtype=np.float32)
    noise = np.random.default_rng(0)

    def swapped(among: NDArray[np.bool_]) -> Callable[[int], Gray]:
        """On the background of one of the other label: the hardest there is."""
        rng = np.random.default_rng(1)
        of = {label: np.flatnonzero((sample.defective == label) & among) for label in (True, False)}
        others = [int(rng.choice(of[not label])) for label in sample.defective]

        def make(n: int) -> Gray:
            other = others[n]
            return _on_background(sample, n, background_of(pixels[other], sample.radius[other]))

        return make

    whole: dict[str, Callable[[int], Gray]] = {
        "none": pixels.__getitem__,
        "brightness -30 %": lambda n: brightened(pixels[n], 0.7),
        "brightness +30 %": lambda n: brightened(pixels[n], 1.3),
        "gamma 0.6": lambda n: with_gamma(pixels[n], 0.6),
        "gamma 1.6": lambda n: with_gamma(pixels[n], 1.6),
        "flat gray background": lambda n: _on_background(sample, n, gray),
        "another part's background": swapped(every),
        "blur, radius 1": lambda n: blurred(pixels[n], 1),
        "blur, radius 2": lambda n: blurred(pixels[n], 2),
        "noise, 8 gray levels": lambda n: noisy(pixels[n], 8, noise),
        "JPEG quality 20": lambda n: recompressed(pixels[n], 20),
        "turned by 90 degrees": lambda n: np.rot90(pixels[n]).copy(),
        "turned by 180 degrees": lambda n: np.rot90(pixels[n], 2).copy(),
        "turned by 270 degrees": lambda n: np.rot90(pixels[n], 3).copy(),
        "mirrored": lambda n: pixels[n][:, ::-1].copy(),
    }
    tried: list[_Tried] = [(name, make, every) for name, make in whole.items()]
    if {True, False} == set(sample.defective[smooth].tolist()):
        # Where metal sticks out of the rim, a swap takes a defect away or brings one along.
        tried += [
            ("castings without flash: none", pixels.__getitem__, smooth),
            ("castings without flash: each other's background", swapped(smooth), smooth),
        ]
    return tried


def _on_background(sample: Sample, n: int, ground: Floats) -> Gray:
    return np.asarray(on_background(sample.pixels[n], sample.radius[n], ground), dtype=np.uint8)


def _on_part(evidence: NDArray[np.float32], radius: Floats) -> float:
    """Share of the positive evidence in cells that see the part within half their stride."""
    positive = np.clip(evidence, 0, None)
    on_part = positive[part_cells(radius)].sum()
    return float(on_part / positive.sum()) if positive.sum() > 0 else 1.0
