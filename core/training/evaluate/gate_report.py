"""How often the gate turns away what it should, and what it should not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.inspection.images import SIDE, squared
from core.model.card import GateRejections
from core.training.augment.out_of_distribution import out_of_distribution_pictures
from core.training.augment.perturbations import blurred, brightened, recompressed
from core.training.cross_validation import Material
from core.training.data.dataset import read_pixels
from core.training.data.part_geometry import Gray
from core.training.evaluate.fold_models import FoldModels
from core.training.evaluate.robustness import Sample

DEGRADED = (
    *((f"blur, radius {radius}", "blur", float(radius)) for radius in (2, 3, 4, 6, 8)),
    *((f"exposure x {times}", "exposure", times) for times in (0.2, 0.35, 0.5, 1.5, 2.0, 3.0)),
    *((f"JPEG quality {quality}", "jpeg", float(quality)) for quality in (5, 10)),
)
"""Name, kind and strength of what is done to defective photographs."""


def gate_report(
    material: Material, folds: NDArray[np.intp], sample: Sample, models: FoldModels
) -> list[GateRejections]:
    """Clean photographs, foreign pictures, and defective ones degraded until they pass as OK.

    Every picture of a casting is verdicts by the network and the gate that held it out; foreign
    pictures by each of them in turn.
    """
    rows = []
    pixels = read_pixels(material.folder, material.photographs)
    with material.bar("Gate: clean photographs", len(pixels)) as step:
        clean = models.inspect(list(pixels), folds, step)
    rows.append(_row("clean photographs", clean.rejected))
    defective = [n for n in range(len(sample.pixels)) if sample.defective[n]]
    held = sample.folds[defective]
    with material.bar("Gate: degraded photographs", len(DEGRADED) * len(defective)) as step:
        for name, kind, strength in DEGRADED:
            degraded = [_degraded(sample.pixels[n], kind, strength) for n in defective]
            verdicts = models.inspect(degraded, held, step)
            escaping = ~verdicts.called_defective
            rows.append(
                _row(f"defective, {name}, passed as OK by the model", verdicts.rejected[escaping])
            )
    some = np.random.default_rng(2).permutation(len(sample.pixels))[:120]
    unlike = [
        *((name, gray, int(sample.folds[n])) for n in some for name, gray in _cut(sample, int(n))),
        *(
            (name, gray, n % len(models.sessions))
            for n, (name, gray) in enumerate(out_of_distribution_pictures())
        ),
    ]
    with material.bar("Gate: out-of-distribution pictures", len(unlike)) as step:
        verdicts = models.inspect(
            [gray for _, gray, _ in unlike], np.array([fold for *_, fold in unlike]), step
        )
    kinds = np.array([name for name, *_ in unlike])
    for name in dict.fromkeys(kinds):
        rows.append(_row(str(name), verdicts.rejected[kinds == name]))
    return rows


def _row(pictures: str, away: NDArray[np.bool_]) -> GateRejections:
    return GateRejections(pictures=pictures, number=len(away), turned_away=int(away.sum()))


def _degraded(gray: Gray, kind: str, strength: float) -> Gray:
    if kind == "blur":
        return blurred(gray, strength)
    return brightened(gray, strength) if kind == "exposure" else recompressed(gray, int(strength))


def _cut(sample: Sample, n: int) -> list[tuple[str, Gray]]:
    """Half a casting, two castings, and the background without any."""
    gray, other = sample.pixels[n], sample.pixels[(n + 1) % len(sample.pixels)]
    half = SIDE // 2
    ground = int(np.median(np.concatenate([gray[0], gray[-1]])))
    moved = np.full_like(gray, ground)
    moved[:, half - 20 :] = gray[:, : half + 20]
    both = np.full_like(gray, ground)
    both[:half, :half], both[half:, half:] = _resized(gray, half), _resized(other, half)
    return [
        ("half a casting", _resized(gray[:, :half], SIDE)),
        ("half a casting", moved),
        ("half a casting", _letterboxed(gray[:half])),
        ("two castings", both),
        ("two castings", _letterboxed(np.hstack([gray, other]))),
        ("two castings", np.hstack([gray[:, :half], other[:, :half]])),
        ("empty background", _resized(gray[:40, :40], SIDE)),
        ("empty background", np.tile(gray[:30, :30], (10, 10))),
    ]


def _resized(gray: Gray, side: int) -> Gray:
    return np.asarray(Image.fromarray(gray).resize((side, side), Image.Resampling.BICUBIC))


def _letterboxed(gray: Gray) -> Gray:
    """As ``core.inspection.images`` makes a picture that is not square into one."""
    return np.asarray(squared(Image.fromarray(gray)), dtype=np.uint8)
