"""How often the gate rejects what it should, and what it should not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.inspection.frame import SIDE, framed, whole_frame
from core.model.card import GateRejections, ModelCard
from core.training.augment.augmentation import blurred, brightened, recompressed
from core.training.augment.out_of_distribution import out_of_distribution_pictures
from core.training.calibration import calibrate_head
from core.training.cross_validation import HeldOut, Material
from core.training.data.dataset import read_pixels
from core.training.data.part_geometry import Gray
from core.training.evaluate.fold_models import FoldModels, fold_models
from core.training.evaluate.gate_limits import fit_fold_novelty, reference_signatures
from core.training.evaluate.robustness import Sample, robustness, sample_of

DEGRADED: dict[str, Callable[[Gray], Gray]] = {
    **{f"blur, radius {radius}": partial(blurred, radius=radius) for radius in (2, 3, 4, 6, 8)},
    **{
        f"exposure x {times}": partial(brightened, times=times)
        for times in (0.2, 0.35, 0.5, 1.5, 2.0, 3.0)
    },
    **{f"JPEG quality {quality}": partial(recompressed, quality=quality) for quality in (5, 10)},
}
"""What is done to defective photographs."""


def with_reports(material: Material, held: HeldOut, card: ModelCard) -> ModelCard:
    """The card with robustness and gate report, by the networks that held each casting out.

    The networks take the card's calibration and a gate that does not know their fold.
    """
    for network in held.networks:
        calibrate_head(network, card.calibration)
    fit_fold_novelty(material, held, reference_signatures(material))
    models = fold_models(
        held.networks, card.gate, card.threshold.probability, material.tone, card.second_look
    )
    sample = sample_of(material, held.folds)
    return card.model_copy(
        update={
            "robustness": robustness(material, sample, models),
            "gate_report": gate_report(material, held.folds, sample, models),
        }
    )


def gate_report(
    material: Material, folds: NDArray[np.intp], sample: Sample, models: FoldModels
) -> list[GateRejections]:
    """Clean photographs, out-of-distribution pictures, and defective ones degraded until they pass.

    Every picture of a casting is inspected by the network and the gate that held it out;
    out-of-distribution pictures by each of them in turn.
    """
    rows = []
    pixels = read_pixels(material.folder, material.photographs)
    with material.bar("Gate: clean photographs", len(pixels)) as step:
        clean = models.inspect(list(pixels), folds, step)
    rows.append(_row("clean photographs", clean.rejected))
    defective = [n for n in range(len(sample.pixels)) if sample.defective[n]]
    held = sample.folds[defective]
    with material.bar("Gate: degraded photographs", len(DEGRADED) * len(defective)) as step:
        for name, degrade in DEGRADED.items():
            degraded = [degrade(sample.pixels[n]) for n in defective]
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
    rows, columns = gray.shape
    return framed(gray, whole_frame(columns, rows), columns)
