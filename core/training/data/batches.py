"""Which examples a step sees: by label, by kind of picture, by casting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.training.recipe import Recipe, Stage


@dataclass(frozen=True, slots=True)
class Examples:
    """Pictures as the frozen part sees them, and what is known of them."""

    features: NDArray[np.float16]
    """(N, channels, rows, columns): input of the first block that moves."""
    defective: NDArray[np.bool_]
    castings: tuple[frozenset[str], ...]
    """Every casting that anything in the picture comes from."""
    cells: NDArray[np.bool_]
    """(N, 10, 10): where defects were put."""
    local: NDArray[np.bool_]
    """Whether ``cells`` holds every defect there is."""
    background: NDArray[np.bool_]
    """(N, 10, 10): cells that see nothing of the part."""
    kinds: NDArray[np.str_]
    groups: NDArray[np.str_]
    """The castings that a picture shows; pictures of one group share its weight."""

    def __len__(self) -> int:
        return len(self.defective)

    def without(self, held_out: set[str]) -> NDArray[np.intp]:
        """The examples in which no held-out casting has any part."""
        return np.flatnonzero([not (names & held_out) for names in self.castings])


def batches_of(
    examples: Examples, rows: NDArray[np.intp], recipe: Recipe, stage: Stage
) -> Iterator[NDArray[np.intp]]:
    """Endless batches of ``rows``; balanced recipes take the labels in turn."""
    rng = np.random.default_rng(recipe.seed)
    groups = (
        [rows[~examples.defective[rows]], rows[examples.defective[rows]]]
        if recipe.balanced
        else [rows]
    )
    sources = [_drawn(examples, group, stage, rng) for group in groups]
    while True:
        yield np.array([next(sources[n % len(sources)]) for n in range(recipe.batch)])


def _drawn(
    examples: Examples, rows: NDArray[np.intp], stage: Stage, rng: np.random.Generator
) -> Iterator[np.intp]:
    """Endless rows: the stage's kinds as often as it says, each row once before any again."""
    if not stage.kinds:
        yield from _shuffled(rows, np.ones(len(rows)), rng)
    by_kind = {kind: rows[examples.kinds[rows] == kind] for kind in stage.kinds}
    present = [kind for kind, of in by_kind.items() if len(of)]
    sources = [_shuffled(by_kind[kind], _weights(examples, by_kind[kind]), rng) for kind in present]
    shares = np.array([stage.kinds[kind] for kind in present])
    shares = shares / shares.sum()
    while True:
        yield next(sources[int(rng.choice(len(sources), p=shares))])


def _weights(examples: Examples, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """One over the root of the pictures that a row's group has.

    Between "every photograph alike", where the castings photographed most decide everything,
    and "every casting alike", where a casting with two photographs is learnt by heart.
    """
    _, group, sizes = np.unique(examples.groups[rows], return_inverse=True, return_counts=True)
    return np.asarray(1 / np.sqrt(sizes[group]), np.float64)


def _shuffled(
    rows: NDArray[np.intp], weights: NDArray[np.float64], rng: np.random.Generator
) -> Iterator[np.intp]:
    """Endless rows, heavier ones earlier in each round.

    Sorting by log weight plus Gumbel noise draws without replacement in proportion to the
    weights; a round ends after a third, so that they keep their effect (Kool et al. 2019,
    arXiv 1903.06059).
    """
    alike = bool(np.all(weights == weights[0]))
    while True:
        order = np.argsort(-(np.log(weights) + rng.gumbel(size=len(rows))))
        yield from rows[order if alike else order[: max(1, len(rows) // 3)]]
