"""Whole photographs as training pictures: what they keep, and what comes from another casting."""

import numpy as np
import pytest

from core.synthetic.samples import sample_parts
from core.training.augment.photograph_views import Photographs, photograph_view


@pytest.fixture(scope="module")
def photographs():
    parts = list(sample_parts(8, seed=12))
    return Photographs(
        np.stack([part.pixels for part in parts]),
        np.array([part.is_defective for part in parts]),
        [f"C{n}" for n in range(8)],
        frozenset({"C5"}),
    )


def views(kind, photographs, n, count=30):
    return [
        photograph_view(kind, photographs, n, np.random.default_rng([n, i])) for i in range(count)
    ]


def test_a_photograph_keeps_its_pixels_and_a_turned_one_their_values(photographs):
    [plain] = views("photograph", photographs, 3, 1)
    assert np.array_equal(plain.gray, photographs.pixels[3])
    assert (plain.defective, plain.castings, plain.group) == (True, {"C3"}, "C3")
    turned = [view.gray for view in views("turned", photographs, 3)]
    assert len({gray.tobytes() for gray in turned}) == 8
    for gray in turned:
        assert np.array_equal(np.sort(gray, axis=None), np.sort(plain.gray, axis=None))


def test_another_background_is_of_the_other_label_and_named(photographs):
    seen = views("anew", photographs, 2)
    donors = set().union(*(view.castings for view in seen)) - {"C2"}
    assert donors
    assert donors <= {"C1", "C3", "C7"}  # defective and without flash
    assert all(not view.defective and view.group == "C2" for view in seen)


def test_flash_keeps_its_background(photographs):
    assert {view.castings for view in views("anew", photographs, 5)} == {frozenset({"C5"})}


def test_the_cells_beside_the_part_are_known(photographs):
    for view in [*views("photograph", photographs, 0, 1), *views("anew", photographs, 0)]:
        assert view.background[0, 0]
        assert not view.background[4:6, 4:6].any()
        assert not view.cells.any()
        assert not view.local


def test_a_photograph_without_a_part_stays_as_it_is(photographs):
    empty = Photographs(
        np.full((1, 300, 300), 90, dtype=np.uint8), np.array([False]), ["C0"], frozenset()
    )
    [view] = views("anew", empty, 0, 1)
    assert np.array_equal(view.gray, empty.pixels[0])
    assert not view.background.any()
