"""A data set -> the pictures a recipe trains on -> what the frozen part says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from core.errors import DataSetError
from core.model.engine import default_threads
from core.model.network import CastingNetwork
from core.synthetic.samples import SamplePart, sample_parts
from core.training.augment.defect_transfer import Decomposition, decompose
from core.training.augment.photograph_views import WHOLE, Photographs, photograph_view
from core.training.augment.views import Castings, View, random_view, rendered_view, sorted_castings
from core.training.data.batches import Examples
from core.training.data.dataset import LabelledPhotograph, majority_labels, read_pixels
from core.training.data.part_geometry import find_part
from core.training.features import frozen_features
from core.training.recipe import Recipe

RENDERED_SEED = 20_260
"""Rendered parts of this seed are trained on; tests and benchmarks use others."""

Progress = Callable[[int], None]

# A kind of view, and what makes its n-th picture.
Maker = Callable[[np.random.Generator, int], View]


def training_views(
    folder: Path,
    photographs: Sequence[LabelledPhotograph],
    castings: Sequence[str],
    recipe: Recipe,
    progress: Progress,
) -> list[View]:
    """Every view of the recipe, the same for the same recipe and photographs.

    ``progress`` gets the number of views just made, :func:`view_count` in all. Raises
    DataSetError when the photographs do not allow them.
    """
    makers = _makers(folder, photographs, castings, recipe)
    jobs = [
        (makers[kind], [recipe.seed, number, n], n)
        for number, kind in enumerate(recipe.views)
        for n in range(_count(kind, recipe, len(photographs)))
    ]

    def make(job: tuple[Maker, list[int], int]) -> View:
        maker, seed, n = job
        view = maker(np.random.default_rng(seed), n)
        progress(1)
        return view

    with ThreadPoolExecutor(default_threads()) as pool:
        return list(pool.map(make, jobs))


def view_count(recipe: Recipe, photographs: int) -> int:
    """Number of views that a recipe makes of so many photographs."""
    return sum(_count(kind, recipe, photographs) for kind in recipe.views)


def examples_of(
    network: CastingNetwork,
    views: Sequence[View],
    recipe: Recipe,
    tone: Sequence[float],
    progress: Progress,
) -> Examples:
    """The views as the frozen part sees them."""
    return Examples(
        features=frozen_features(
            network, recipe.frozen, [view.gray for view in views], tone, progress
        ),
        defective=np.array([view.defective for view in views]),
        castings=tuple(view.castings for view in views),
        cells=np.stack([view.cells for view in views]),
        local=np.array([view.local for view in views]),
        background=np.stack([view.background for view in views]),
        kinds=np.array([view.kind for view in views]),
        groups=np.array([view.group for view in views]),
    )


def _count(kind: str, recipe: Recipe, photographs: int) -> int:
    times = recipe.views[kind]
    return times * photographs if kind in WHOLE else times


def _makers(
    folder: Path,
    photographs: Sequence[LabelledPhotograph],
    castings: Sequence[str],
    recipe: Recipe,
) -> Mapping[str, Maker]:
    makers: dict[str, Maker] = {}
    if "rendered" in recipe.views:
        makers["rendered"] = _rendered(recipe.views["rendered"])
    drawn = [kind for kind in recipe.views if kind not in (*WHOLE, "rendered")]
    decompositions = None
    if (
        drawn or "anew" in recipe.views
    ):  # which castings have flash is read off their decompositions
        decompositions = _castings(folder, photographs, castings, recipe)
        makers |= {kind: _from_castings(kind, decompositions) for kind in drawn}
    if set(WHOLE) & set(recipe.views):
        whole = Photographs(
            read_pixels(folder, photographs),
            np.array([photograph.is_defective for photograph in photographs]),
            castings,
            frozenset(filter(decompositions.has_flash, castings))
            if decompositions
            else frozenset(),
        )
        makers |= {kind: _whole(kind, whole) for kind in WHOLE}
    return makers


def _rendered(count: int) -> Maker:
    parts: list[SamplePart] = list(sample_parts(count, RENDERED_SEED))
    return lambda rng, n: rendered_view(parts[n], rng)


def _whole(kind: str, photographs: Photographs) -> Maker:
    count = len(photographs.castings)
    return lambda rng, n: photograph_view(kind, photographs, n % count, rng)


def _from_castings(kind: str, castings: Castings) -> Maker:
    return lambda rng, _: random_view(kind, castings, rng)


def _castings(
    folder: Path,
    photographs: Sequence[LabelledPhotograph],
    castings: Sequence[str],
    recipe: Recipe,
) -> Castings:
    """Some photographs of every casting, split into style and condition.

    Photographs labelled against their casting's majority are left out here: the same part
    cannot be both, and healing needs to know which it is.
    """
    labels = majority_labels(photographs, castings)
    chosen: dict[str, list[LabelledPhotograph]] = {}
    rng = np.random.default_rng(recipe.seed)
    for n in rng.permutation(len(photographs)):
        name, photograph = castings[n], photographs[n]
        most = recipe.photographs_defective if labels[name] else recipe.photographs_ok
        of = chosen.setdefault(name, [])
        if photograph.is_defective == labels[name] and len(of) < most:
            of.append(photograph)
    jobs = [(name, photograph) for name in sorted(chosen) for photograph in chosen[name]]
    decompositions: dict[str, list[Decomposition]] = {}
    with ThreadPoolExecutor(default_threads()) as pool:
        split = pool.map(
            lambda photograph: _decomposed(folder, photograph), [job[1] for job in jobs]
        )
        for (casting, _), decomposition in zip(jobs, split, strict=True):
            if decomposition is not None:
                decompositions.setdefault(casting, []).append(decomposition)
    sorted_ = sorted_castings(
        decompositions, frozenset(name for name in decompositions if labels[name])
    )
    if not (sorted_.ok and sorted_.clearer and sorted_.smooth):
        raise DataSetError(
            "This recipe needs OK castings, and defective ones with defects plain enough to see. "
            "Use `--recipe seed`."
        )
    return sorted_


def _decomposed(folder: Path, photograph: LabelledPhotograph) -> Decomposition | None:
    gray = read_pixels(folder, [photograph])[0]
    part = find_part(gray)
    return None if part is None else decompose(gray, part)
