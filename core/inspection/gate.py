"""Is a photograph fit to be judged? Otherwise it is to be taken again, not passed.

Focus, light, noise and compression are measured on the picture; whether it shows one whole
casting is what the model's own early features say (``core.model.novelty``: how far they are
from those of training parts, an output of the same forward pass). Each limit is calibrated
on the training photographs when a model is exported, and stored on its card.

    measures = measure(pixels)
    reason = rejection_reason(measures, novelty, card.gate)     # "" when it can be inspected
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from core.inspection.frame import SIDE

MARGIN = 45
"""Pixels of border left out: what lies behind the part says nothing about focus or light."""

OVEREXPOSED = 250
"""Gray level from which a pixel is overexposed."""

BLOCK = 8
"""JPEG compresses blocks of 8 x 8 pixels."""

_IMMERKAER = float(np.sqrt(np.pi / 2) / 6)


def _stored_as(stored: str, name: str) -> Any:
    return Field(validation_alias=AliasChoices(name, stored), serialization_alias=stored)


class GateLimits(BaseModel):
    """What a photograph must keep to be inspected; on the model card, where two names are older."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    novelty: float = _stored_as("strangeness", "novelty")
    """Most: distance of the early features from those of training parts."""
    sharpness: float
    """Least: mean absolute Laplacian over the deviation of the gray levels."""
    brightness: float
    """Least: mean gray level."""
    overexposed: float = _stored_as("burnt", "overexposed")
    """Most: share of overexposed pixels."""
    noise: float
    """Most: deviation of the noise over that of the gray levels."""
    blockiness: float
    """Most: step at the edges of JPEG blocks over the step elsewhere."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured on one photograph, each in the unit of its limit."""

    sharpness: float
    brightness: float
    overexposed: float
    noise: float
    blockiness: float


def measure(pixels: NDArray[np.uint8]) -> Measures:
    """Measure one photograph (300, 300).

    The noise is estimated as in J. Immerkaer, Fast Noise Variance Estimation, Computer
    Vision and Image Understanding 64 (1996).
    """
    inner = pixels[MARGIN:-MARGIN, MARGIN:-MARGIN].astype(np.int16)
    deviation = float(inner.std()) + 1.0
    across = inner[:, :-2] + inner[:, 2:] - 2 * inner[:, 1:-1]
    down = inner[:-2] + inner[2:] - 2 * inner[1:-1]
    laplacian = across[1:-1] + down[:, 1:-1]
    second = across[:-2] + across[2:] - 2 * across[1:-1]
    return Measures(
        sharpness=_size(laplacian) / deviation,
        brightness=float(inner.mean()),
        overexposed=np.count_nonzero(inner >= OVEREXPOSED) / inner.size,
        noise=_size(second) * _IMMERKAER / deviation,
        blockiness=_blockiness(pixels),
    )


def rejection_reason(measures: Measures, novelty: float, limits: GateLimits) -> str:
    """Why the photograph cannot be inspected and what to do; empty when it can.

    Light and focus come first: a part out of focus has a high novelty score too, and the
    photographer needs the cause.
    """
    if measures.overexposed > limits.overexposed:
        return "Burnt out by too much light: lower the exposure and retake the photograph."
    if measures.brightness < limits.brightness:
        return "Too dark: add light or raise the exposure and retake the photograph."
    if measures.sharpness < limits.sharpness:
        return "Out of focus: clean the lens, focus and retake the photograph."
    if measures.blockiness > limits.blockiness:
        return "Compressed too hard: save it with a JPEG quality of 50 or more."
    if novelty <= limits.novelty:
        return ""
    if measures.noise > limits.noise:
        return "Too much noise: add light, lower the camera's gain and retake the photograph."
    return (
        "Not one whole casting seen from above: place a single part in the middle of the "
        "picture and retake the photograph."
    )


def _size(values: NDArray[np.int16]) -> float:
    return float(np.abs(values).mean(dtype=np.float32))


def _blockiness(pixels: NDArray[np.uint8]) -> float:
    """At the edges of blocks of a picture that was compressed at this size; about 1 else."""
    gray = pixels.astype(np.int16)
    edges = others = 0.0
    for steps in (
        np.abs(np.diff(gray, axis=1)).mean(axis=0),
        np.abs(np.diff(gray, axis=0)).mean(axis=1),
    ):
        at = np.arange(SIDE - 1) % BLOCK == BLOCK - 1
        edges += float(steps[at].mean())
        others += float(steps[~at].mean())
    return edges / (others + 0.01)
