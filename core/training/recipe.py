"""Every hyper-parameter of training in one place, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the training: what moves, for how long, in which steps."""

    name: str
    epochs: int
    """Rounds of ``Recipe.epoch`` examples."""
    rate: float
    """Step size of the released blocks; 0 leaves them frozen."""
    head_rate: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained; saved on the model card."""

    name: str
    frozen: int
    """Blocks of MobileNetV2's 19 that keep ImageNet's weights; their output is cached."""
    views: Mapping[str, int]
    """Pictures of each kind that are trained on (see ``core.training.views``)."""
    stages: tuple[Stage, ...]
    epoch: int
    """Examples in an epoch."""
    folds: int
    """Folds of castings, of five, that are held out in turn. The first chooses the checkpoint,
    all of them together the threshold."""
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
    """Weight of the loss on where planted and rendered defects are."""
    balanced: bool = False
    """Half of every batch OK, half defective."""
    seed: int = 0
    photographs_defective: int = field(default=14)
    """Photographs of a defective casting whose residual is used; more show nothing new."""
    photographs_ok: int = field(default=50)
    """... and of an OK casting, of which there are few."""


SEED = Recipe(
    name="seed",
    # The last three convolutional blocks move, the rest is ImageNet's.
    frozen=16,
    # Every photograph as it is and once turned by quarters or mirrored; rendered parts as a
    # second domain whose style says nothing about the label.
    views={"photograph": 1, "turned": 1, "rendered": 2000},
    stages=(
        # The new head alone: it must fit before features may move.
        Stage("head", epochs=5, rate=0.0, head_rate=1e-3),
        # Small steps: few castings, and ImageNet's features are worth keeping.
        Stage("blocks", epochs=5, rate=1e-5, head_rate=1e-5),
    ),
    epoch=7680,
    folds=1,
)

BEST = Recipe(
    name="best",
    # Defects are small: blocks that see texture must move too, those that see edges need not.
    frozen=11,
    # Half OK, half defective. Healed and planted parts break the link between a photograph's
    # style and its label, which a network otherwise learns instead of the defect.
    views={
        "ok": 1300,
        "ok_residual": 1500,
        "defective": 1100,
        "defective_residual": 500,
        "planted": 900,
        "drawn": 400,
        "rendered": 1300,
    },
    stages=(Stage("blocks", epochs=5, rate=3e-4, head_rate=3e-3),),
    epoch=1152,
    folds=5,
    cosine=True,
    average=0.97,
    decay=0.01,
    smoothing=0.01,
    local_weight=1.0,
    balanced=True,
)

RECIPES = {recipe.name: recipe for recipe in (SEED, BEST)}
