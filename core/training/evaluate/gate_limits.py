"""The gate's limits from training photographs, and the signatures its novelty score knows."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from core.inspection.gate import GateLimits, Measures, measure
from core.model.engine import default_threads
from core.model.network import NOVELTY_BLOCK, CastingNetwork, from_imagenet
from core.model.novelty import NoveltyDetector
from core.synthetic.samples import sample_parts
from core.training.augment.augmentation import augmented, brightened, recompressed
from core.training.cross_validation import HeldOut, Material
from core.training.data.dataset import at_most_of_each, read_pixels
from core.training.data.examples import RENDERED_SEED
from core.training.data.part_geometry import Gray, find_part, polar_coordinates
from core.training.features import frozen_features

RENDERED = 600
"""Rendered parts that count as castings too, if the recipe trains on as many."""

AUGMENTED = 12
"""Photographs of a casting that also count with another background, light and camera."""

OF_EACH = 60
"""Photographs of a casting that count as much as another casting's."""

RARE = 0.002
"""A measure that a smaller share of the training photographs reaches is not held against them."""

NOVELTY_MARGIN = 1.2
"""A photograph may be this many times as novel as the most novel training photographs."""

BLURRED = 0.7
"""... and this share as sharp as the least sharp: a blur of radius 1 goes by, of 2 does not."""

BRIGHTER, DARKER = 1.3, 0.5
"""Changes of exposure that the network was shown to bear, so the gate must let them by."""

QUALITY = 20


@dataclass(frozen=True, slots=True)
class ReferenceSignatures:
    """Signatures of what counts as a casting, and which castings each shows."""

    signatures: NDArray[np.float32]
    """(R, 240); those of the material's photographs come first, in their order."""
    castings: list[frozenset[str]]


def reference_signatures(material: Material) -> ReferenceSignatures:
    """Signatures of every photograph, of some augmented, and of rendered parts."""
    pixels = read_pixels(material.folder, material.photographs)
    extra = _augmented(material, pixels)
    count = min(RENDERED, material.recipe.views.get("rendered", 0))
    rendered = [part.pixels for part in sample_parts(count, RENDERED_SEED)]
    if material.recipe.frozen == NOVELTY_BLOCK:
        early = material.features
    else:
        early = _early(material, list(pixels), "Early features of the photographs")
    others = [*(gray for _, gray in extra), *rendered]
    more = _early(material, others, "Early features for the gate")
    names = [frozenset({casting}) for casting in material.castings]
    return ReferenceSignatures(
        np.concatenate([_signatures(early), _signatures(more)]),
        [*names, *(names[n] for n, _ in extra), *[frozenset[str]()] * count],
    )


def fit_novelty(network: CastingNetwork, parts: ReferenceSignatures, without: set[str]) -> None:
    """Make the network's gate know all of ``parts`` but the castings ``without``."""
    rng = np.random.default_rng(0)
    rows = []
    by_casting: dict[frozenset[str], list[int]] = {}
    for row, names in enumerate(parts.castings):
        if not names & without:
            by_casting.setdefault(names, []).append(row)
    for names, of in by_casting.items():
        most = OF_EACH if names else len(of)
        rows += list(rng.permutation(of)[:most])
    network.familiarity.fit(torch.from_numpy(parts.signatures[rows]))


def fit_fold_novelty(material: Material, held: HeldOut, parts: ReferenceSignatures) -> None:
    """Fit the gate of each fold's network on ``parts`` without the fold's castings."""
    for fold, network in enumerate(held.networks):
        fit_novelty(network, parts, material.castings_in(held.folds == fold))


def limits_of(material: Material, held: HeldOut, parts: ReferenceSignatures) -> GateLimits:
    """Limits that training photographs, held out by casting, keep with room to spare."""
    photographs = parts.signatures[: len(held.folds)]
    novelty = np.concatenate(
        [
            novelty_of(network.familiarity, photographs[held.folds == fold])
            for fold, network in enumerate(held.networks)
        ]
    )
    pixels = read_pixels(material.folder, material.photographs)
    plain = [measure(gray) for gray in pixels]
    brighter = [measure(brightened(gray, BRIGHTER)) for gray in pixels]
    darker = [measure(brightened(gray, DARKER)) for gray in pixels]
    compressed = [measure(recompressed(gray, QUALITY)) for gray in pixels[::4]]

    def rare(measures: Sequence[Measures], name: str, share: float = 1 - RARE) -> float:
        return float(np.quantile([getattr(of, name) for of in measures], share))

    return GateLimits(
        novelty=NOVELTY_MARGIN * float(np.quantile(novelty, 1 - RARE)),
        sharpness=BLURRED * rare(plain, "sharpness", RARE),
        brightness=rare(darker, "brightness", RARE),
        overexposed=rare(brighter, "overexposed"),
        noise=rare(plain, "noise"),
        blockiness=rare(compressed, "blockiness"),
    )


def novelty_of(gate: NoveltyDetector, signatures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Novelty score (N,) of (N, 240) signatures."""
    with torch.inference_mode():
        return gate.distance(torch.from_numpy(signatures)).numpy()


def _augmented(material: Material, pixels: NDArray[np.uint8]) -> list[tuple[int, Gray]]:
    rng = np.random.default_rng(material.recipe.seed)
    chosen = at_most_of_each(material.castings, lambda _: AUGMENTED, rng)

    def seen(n: int) -> tuple[int, Gray] | None:
        part = find_part(pixels[n])
        if part is None:
            return None
        radius, _ = polar_coordinates(part)
        own = np.random.default_rng([material.recipe.seed, n])
        return n, augmented(pixels[n].astype(np.float32), radius, False, own)

    title = "Augmented photographs, for the gate"
    found = []
    with material.bar(title, len(chosen)) as step, ThreadPoolExecutor(default_threads()) as pool:
        for view in pool.map(seen, chosen):
            step(1)
            if view is not None:
                found.append(view)
    return found


def _early(material: Material, pixels: Sequence[Gray], title: str) -> NDArray[np.float16]:
    with material.bar(title, len(pixels)) as step:
        network = from_imagenet(material.weights)
        return frozen_features(network, NOVELTY_BLOCK, pixels, material.tone, step)


def _signatures(early: NDArray[np.float16]) -> NDArray[np.float32]:
    gate = NoveltyDetector()
    with torch.inference_mode():
        parts = [
            gate.signature(torch.from_numpy(early[start : start + 256]).float())
            for start in range(0, len(early), 256)
        ]
    return torch.cat(parts).numpy()
