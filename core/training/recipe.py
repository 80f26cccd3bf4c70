"""Every hyper-parameter of training in one place, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the training: what moves, for how long, in which steps."""

    name: str
    first_block: int
    """The blocks from this one on move; 19 moves the head alone."""
    epochs: int
    examples: int
    """Examples in an epoch."""
    rate: float
    head_rate: float
    kinds: Mapping[str, float] = field(default_factory=dict)
    """Kinds of views that are trained on, and how often each is drawn within its label; none
    named means every view alike."""
    ground_weight: float = 0.0
    """Weight of the loss on evidence for a defect beside the part."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained; saved on the model card."""

    name: str
    frozen: int
    """Blocks of MobileNetV2's 19 that keep ImageNet's weights; their output is cached."""
    views: Mapping[str, int]
    """Pictures of each kind that are trained on (see ``core.training.augment.views``)."""
    runs: tuple[tuple[Stage, ...], ...]
    """Each from ImageNet's weights; what is kept is the mean of the weights they end with."""
    batch: int = 32
    cosine: bool = False
    """Steps grow at first and then shrink to nothing; else they stay as they are."""
    average: float = 0.0
    """Decay of the moving average of the weights, which is what is kept; 0 keeps the last."""
    decay: float = 0.0
    """Weight decay."""
    smoothing: float = 0.0
    """Labels are this far from 0 and 1: some castings are filed under both."""
    local_weight: float = 0.0
    """Weight of the loss on where pasted and rendered defects are."""
    balanced: bool = False
    """Half of every batch OK, half defective."""
    seed: int = 0
    photographs_defective: int = 14
    """Photographs of a defective casting whose residual is used; more show nothing new."""
    photographs_ok: int = 50
    """... and of an OK casting, of which there are few."""


SEED = Recipe(
    name="seed",
    # The last three convolutional blocks move, the rest is ImageNet's.
    frozen=16,
    # Every photograph as it is and once turned by quarters or mirrored; rendered parts as a
    # second domain whose style says nothing about the label.
    views={"photograph": 1, "turned": 1, "rendered": 2000},
    runs=(
        (
            # The new head alone: it must fit before features may move.
            Stage("head", first_block=19, epochs=5, examples=7680, rate=0.0, head_rate=1e-3),
            # Small steps: few castings, and ImageNet's features are worth keeping.
            Stage("blocks", first_block=16, epochs=5, examples=7680, rate=1e-5, head_rate=1e-5),
        ),
    ),
)

MADE = {
    "ok": 1300,
    "ok_residual": 1500,
    "defective": 1100,
    "defective_residual": 500,
    "planted": 1000,
    "drawn": 500,
    "rendered": 1300,
}
"""How often the kinds are drawn that break the link between a photograph's style and its label,
which a network otherwise learns instead of the defect: defect transfer."""


def _all_blocks(name: str, photographs: Mapping[str, float], ground_weight: float) -> Stage:
    """Whole photographs, for the known castings' quirks, and what is made from them; together,
    so that neither is learnt at the other's cost."""
    return Stage(
        name,
        # Defects are a few pixels large: the blocks that see edges must move too. Only the first
        # three stay: their pictures are the largest, and cost the most.
        first_block=3,
        epochs=5,
        examples=3072,
        rate=3e-4,
        head_rate=3e-3,
        kinds={**photographs, **MADE},
        ground_weight=ground_weight,
    )


BEST = Recipe(
    name="best",
    frozen=3,
    views={
        "ok": 1300,
        "ok_residual": 1500,
        "defective": 1100,
        "defective_residual": 500,
        "planted": 900,
        "drawn": 400,
        "rendered": 1300,
        "photograph": 1,
        "anew": 1,
    },
    # Two networks of one start lie in one valley, and their mean errs less than either (Wortsman
    # et al. 2022, arXiv 2203.05482). One sees photographs as they are and so the smallest marks;
    # to the other light, direction and background say nothing about a casting.
    runs=(
        (_all_blocks("as photographed", {"photograph": 3500}, ground_weight=0.05),),
        (_all_blocks("seen anew", {"photograph": 1500, "anew": 2000}, ground_weight=0.2),),
    ),
    cosine=True,
    average=0.97,
    decay=0.01,
    smoothing=0.01,
    local_weight=1.0,
    balanced=True,
)

RECIPES = {recipe.name: recipe for recipe in (SEED, BEST)}
