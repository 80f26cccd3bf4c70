"""The map as it is stored and as it is shown."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.inspection.frame import Frame
from core.inspection.heatmap import at_pixels, legend, overlay, picture_bytes, stored_map
from core.inspection.images import decode

WHOLE = Frame(0, 0, 300)
MAPS = arrays(np.float32, (10, 10), elements=st.floats(-20, 20, width=32))


@given(MAPS)
@settings(max_examples=200)
def test_the_stored_map_keeps_the_sum_and_every_cell(evidence):
    stored = stored_map(evidence)
    assert stored.dtype == np.float16
    step = np.spacing(np.abs(evidence).astype(np.float16)).astype(np.float64)
    assert stored.astype(np.float64).sum() == pytest.approx(
        evidence.astype(np.float64).sum(), abs=step.min() + 1e-5
    )
    assert np.abs(stored.astype(np.float64) - evidence).max() <= step.max() + 1e-9


@pytest.mark.parametrize("cell", [(0, 0), (3, 5), (9, 9)])
def test_a_cell_is_drawn_where_the_network_looks(cell):
    evidence = np.zeros((10, 10), dtype=np.float32)
    evidence[cell] = 1.0
    shown = at_pixels(evidence, 300)
    centre = shown[32 * cell[0], 32 * cell[1]]
    assert centre == pytest.approx(1.0, abs=0.01)
    assert centre == pytest.approx(shown.max(), abs=0.02)
    assert shown[32 * cell[0], (32 * cell[1] + 150) % 300] < 0.01


def test_the_same_evidence_has_the_same_colour_on_every_part():
    gray = np.full((300, 300), 128, dtype=np.uint8)
    weak, strong = np.zeros((10, 10)), np.zeros((10, 10))
    weak[2, 2] = strong[2, 2] = 0.2
    strong[7, 7] = 2.0
    region = np.s_[40:90, 40:90]
    shown = [overlay(gray, evidence, 1.0, WHOLE)[region] for evidence in (weak, strong)]
    assert np.array_equal(*shown)


def test_an_ok_part_does_not_glow():
    gray = np.full((300, 300), 128, dtype=np.uint8)
    shown = overlay(gray, np.full((10, 10), -0.05), 1.0, WHOLE).astype(int)
    assert (shown[..., 0] <= 128).all()
    assert np.abs(shown - 128).max() < 10


def test_pictures_of_any_side_line_up():
    evidence = np.random.default_rng(0).normal(size=(10, 10))
    small, large = at_pixels(evidence, 150), at_pixels(evidence, 600)
    assert np.abs(small - large[1::4, 1::4]).max() < 0.15


def test_a_picture_is_a_jpeg_that_can_be_opened_and_the_legend_runs_from_ok_to_defective():
    shown = overlay(np.zeros((300, 300), np.uint8), np.eye(10), 1, WHOLE)
    assert decode(picture_bytes(shown)).width == 300
    shown = legend(1.0).astype(int)
    assert shown[5, 0, 2] > shown[5, 0, 0]
    assert shown[5, -1, 0] > shown[5, -1, 2]


def test_a_map_lies_on_its_square_of_the_photograph_and_nowhere_else():
    gray = np.full((400, 700), 128, dtype=np.uint8)
    frame = Frame(350, -50, 300)
    shown = overlay(gray, np.full((10, 10), 1.0), 1.0, frame).astype(int)
    coloured = np.abs(shown - 128).max(axis=2) > 10
    assert coloured[:250, 350:650].all()
    coloured[:250, 350:650] = False
    assert not coloured.any()


def test_the_mean_of_turned_maps_is_drawn_in_the_middle_of_what_they_see():
    evidence = np.zeros((10, 10), dtype=np.float32)
    evidence[2, 7] = 1.0
    shown = at_pixels(evidence, 300, views=4)
    turned = at_pixels(np.rot90(evidence), 300, views=4)
    assert np.allclose(np.rot90(shown), turned, atol=1e-6)
