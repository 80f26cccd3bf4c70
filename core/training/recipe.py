"""Every hyper-parameter of training in one place, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained; saved on the model card."""

    name: str
    head_epochs: int
    """The new head alone, on frozen features: it must fit before the features may move."""
    head_rate: float
    block_epochs: int
    """The last three convolutional blocks and the head together."""
    block_rate: float
    """Small: few castings, and ImageNet's features are worth keeping."""
    batch: int
    views: int
    """Cached views a photograph: itself, then random quarter turns and mirrors of it,
    which a round part may equally show."""
    rendered_parts: int
    """Rendered castings with known defects beside the photographs: a second domain whose
    style says nothing about the label."""
    rendered_seed: int
    validation_share: float
    """Share of the castings (not photographs) that choose the number of epochs."""
    seed: int


SEED = Recipe(
    name="seed",
    head_epochs=5,
    head_rate=1e-3,
    block_epochs=5,
    block_rate=1e-5,
    batch=32,
    views=2,
    rendered_parts=2000,
    rendered_seed=20_260,
    validation_share=0.15,
    seed=0,
)

RECIPES = {recipe.name: recipe for recipe in (SEED,)}
