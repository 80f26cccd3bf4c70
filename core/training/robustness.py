"""What changes of light, background, focus and compression do to verdicts of held-out castings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evidence import STRIDE
from core.images import SIDE
from core.metrics import auc
from core.model_card import Change, Robustness
from core.training.changes import blurred, brightened, noisy, recompressed, with_gamma
from core.training.dataset import read_pixels
from core.training.held_out import Material
from core.training.judges import Judged, Judges
from core.training.parts import Floats, Gray, find_part, polar_coordinates

DEFECTIVE_OF_EACH, OK_OF_EACH = 4, 25
"""Photographs taken of a casting, so that no casting decides a figure."""

RIM = 1.83
"""Outer edge of the part in opening radii; beyond it lies background."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Photographs that the reports are made on, and where the part lies on each."""

    pixels: list[Gray]
    radius: list[Floats]
    """(300, 300) each: opening radii from the middle."""
    defective: NDArray[np.bool_]
    folds: NDArray[np.intp]
    castings: list[str]


def sample_of(material: Material, folds: NDArray[np.intp]) -> Sample:
    """Some photographs of every casting; one on which no part is found is left out."""
    rng = np.random.default_rng(0)
    taken: dict[str, int] = {}
    rows, pixels, radius = [], [], []
    for n in rng.permutation(len(material.photographs)):
        casting = material.castings[n]
        most = DEFECTIVE_OF_EACH if material.photographs[n].is_defective else OK_OF_EACH
        if taken.get(casting, 0) >= most:
            continue
        gray = read_pixels(material.folder, [material.photographs[n]])[0]
        part = find_part(gray)
        if part is not None:
            taken[casting] = taken.get(casting, 0) + 1
            rows.append(int(n))
            pixels.append(gray)
            radius.append(polar_coordinates(part)[0])
    chosen = np.array(rows)
    return Sample(
        pixels,
        radius,
        material.defective[chosen],
        folds[chosen],
        [material.castings[n] for n in rows],
    )


def robustness(material: Material, sample: Sample, judges: Judges) -> Robustness:
    """Every change on the sample, judged by networks that saw none of its castings."""
    changes = _changes(sample)
    with material.bar("Robustness", len(sample.pixels) * (len(changes) + 1)) as step:
        plain = judges.judge(sample.pixels, sample.folds, step)
        rows = [_row("none", sample, plain, plain)]
        for name, change in changes:
            pixels = [change(n) for n in range(len(sample.pixels))]
            rows.append(_row(name, sample, plain, judges.judge(pixels, sample.folds, step)))
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


def _changes(sample: Sample) -> list[tuple[str, Callable[[int], Gray]]]:
    pixels = sample.pixels
    others = _others(sample)
    rng = np.random.default_rng(0)
    changes: list[tuple[str, Callable[[int], Gray]]] = [
        ("brightness -30 %", lambda n: brightened(pixels[n], 0.7)),
        ("brightness +30 %", lambda n: brightened(pixels[n], 1.3)),
        ("gamma 0.6", lambda n: with_gamma(pixels[n], 0.6)),
        ("gamma 1.6", lambda n: with_gamma(pixels[n], 1.6)),
        ("flat gray background", lambda n: _on_ground(sample, n, np.full((SIDE, SIDE), 128.0))),
        ("another part's background", lambda n: _on_ground(sample, n, _ground(sample, others[n]))),
        ("blur, radius 1", lambda n: blurred(pixels[n], 1)),
        ("blur, radius 2", lambda n: blurred(pixels[n], 2)),
        ("noise, 8 gray levels", lambda n: noisy(pixels[n], 8, rng)),
        ("JPEG quality 20", lambda n: recompressed(pixels[n], 20)),
        ("turned by 90 degrees", lambda n: np.rot90(pixels[n]).copy()),
        ("turned by 180 degrees", lambda n: np.rot90(pixels[n], 2).copy()),
        ("turned by 270 degrees", lambda n: np.rot90(pixels[n], 3).copy()),
        ("mirrored", lambda n: pixels[n][:, ::-1].copy()),
    ]
    return changes


def _row(name: str, sample: Sample, plain: Judged, changed: Judged) -> Change:
    return Change(
        change=name,
        photographs=len(sample.pixels),
        auc=auc(sample.defective, changed.log_odds) or 0.0,
        flipped=float((plain.called_defective != changed.called_defective).mean()),
        turned_away=float(changed.turned_away.mean()),
    )


def _others(sample: Sample) -> list[int]:
    """For each photograph one of the other label: the hardest background there is."""
    rng = np.random.default_rng(1)
    of = {label: np.flatnonzero(sample.defective == label) for label in (True, False)}
    return [int(rng.choice(of[not label])) for label in sample.defective]


def _ground(sample: Sample, n: int) -> Floats:
    """A photograph's background, continued under its part by its median."""
    gray, outside = sample.pixels[n].astype(np.float32), sample.radius[n] > RIM + 0.05
    return np.where(outside, gray, np.median(gray[outside]) if outside.any() else 128.0).astype(
        np.float32
    )


def _on_ground(sample: Sample, n: int, ground: NDArray[np.floating]) -> Gray:
    outside = np.clip((sample.radius[n] - RIM) / 0.05, 0, 1)
    return np.asarray(sample.pixels[n] * (1 - outside) + ground * outside, dtype=np.uint8)


def _on_part(evidence: NDArray[np.float32], radius: Floats) -> float:
    """Share of the positive evidence in cells that see the part within half their stride."""
    half = STRIDE // 2
    cells = np.zeros(evidence.shape, dtype=np.bool_)
    for row in range(evidence.shape[0]):
        for column in range(evidence.shape[1]):
            top, left = max(0, row * STRIDE - half), max(0, column * STRIDE - half)
            seen = radius[top : row * STRIDE + half, left : column * STRIDE + half]
            cells[row, column] = bool((seen <= RIM).any())
    positive = np.clip(evidence, 0, None)
    return float(positive[cells].sum() / positive.sum()) if positive.sum() > 0 else 1.0
