"""One tone for all: changes of light leave nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.tone import QUANTILES, tone_curve, with_tone
from core.synthetic.samples import sample_parts

PARTS = [part.pixels for part in sample_parts(4, 5)]
CURVE = np.mean([tone_curve(part) for part in PARTS], axis=0).tolist()


def test_a_curve_rises_and_lies_among_gray_levels():
    assert len(CURVE) == QUANTILES
    assert np.all(np.diff(CURVE) >= 0)
    assert CURVE[0] >= 0
    assert CURVE[-1] <= 255


@given(gamma=st.floats(0.6, 1.6), gain=st.floats(0.6, 1.0), number=st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_gamma_and_exposure_disappear(gamma, gain, number):
    part = PARTS[number]
    changed = np.rint(255 * gain * (part / 255.0) ** gamma).astype(np.uint8)
    difference = np.abs(with_tone(changed, CURVE).astype(int) - with_tone(part, CURVE).astype(int))
    # Levels that the change has merged stay merged.
    assert difference.mean() < 3


def test_a_turned_photograph_keeps_its_gray_levels():
    toned = with_tone(PARTS[0], CURVE)
    assert np.array_equal(with_tone(np.rot90(PARTS[0]), CURVE), np.rot90(toned))


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_picture_stays_flat(level):
    assert len(np.unique(with_tone(np.full((300, 300), level, np.uint8), CURVE))) == 1
