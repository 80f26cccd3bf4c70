"""Where the part lies on photographs of any shape."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.inspection.frame import Frame, framed, whole_frame
from core.inspection.images import Picture
from core.inspection.part_finder import (
    OUTER_EDGE,
    USUAL_RADIUS,
    _openings,
    find_part_frame,
)
from core.synthetic.samples import sample_parts

PARTS = [part.pixels for part in sample_parts(6, 77)]


def picture(gray):
    return Picture(gray, gray.shape[1], gray.shape[0], "PNG")


def ground_of(part):
    return int(np.median(np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])))


def usual_frame(part):
    """The square that training photographs would show of a part's picture, from its opening."""
    (opening,) = _openings(part)
    side = OUTER_EDGE * opening.radius / USUAL_RADIUS
    return Frame(round(opening.x - side / 2), round(opening.y - side / 2), round(side))


def placed(part, height, width, side, left, top):
    """A photograph (height, width) with the part's picture, ``side`` pixels wide, on its ground."""
    rng = np.random.default_rng(0)
    canvas = np.clip(ground_of(part) + rng.normal(0, 3, (height, width)), 0, 255).astype(np.uint8)
    shown = Image.fromarray(part).resize((side, side), Image.Resampling.BICUBIC)
    image = Image.fromarray(canvas)
    image.paste(shown, (left, top))
    return np.asarray(image)


def test_a_square_that_frames_its_part_is_judged_as_it_is():
    part = PARTS[4]
    found = find_part_frame(picture(part))
    assert found.reason == ""
    assert found.frame == whole_frame(300, 300)
    assert np.array_equal(framed(part, found.frame, 300), part)


def test_a_square_with_a_small_part_is_cropped():
    part = placed(PARTS[0], 600, 600, 450, 75, 75)
    found = find_part_frame(picture(part))
    assert found.frame.side < 600


@given(
    number=st.integers(0, len(PARTS) - 1),
    shape=st.sampled_from([(3, 4), (2, 3), (9, 16), (16, 9), (4, 5), (1, 1)]),
    share=st.floats(0.32, 1.0),
    side=st.integers(400, 900),
    across=st.floats(0, 1),
    down=st.floats(0, 1),
)
@settings(max_examples=60, deadline=None)
def test_the_part_is_found_in_a_frame_of_any_shape(number, shape, share, side, across, down):
    rows, columns = shape
    height = max(round(side / share), round(side * rows / columns))
    width = max(round(height * columns / rows), side)
    left, top = round(across * (width - side)), round(down * (height - side))
    found = find_part_frame(picture(placed(PARTS[number], height, width, side, left, top)))
    assert found.reason == ""
    if found.frame == whole_frame(width, height):
        assert width == height
        return
    usual, scale = usual_frame(PARTS[number]), side / 300
    assert found.frame.side == pytest.approx(scale * usual.side, rel=0.05)
    assert found.frame.left == pytest.approx(left + scale * usual.left, abs=0.04 * side)
    assert found.frame.top == pytest.approx(top + scale * usual.top, abs=0.04 * side)


def test_the_crop_keeps_the_detail_of_the_whole_photograph():
    large = placed(PARTS[0], 1200, 1600, 1100, 250, 50)
    found = find_part_frame(picture(large))
    small = framed(large, found.frame, 1600)
    assert small.shape == (300, 300)
    same = framed(PARTS[0], usual_frame(PARTS[0]), 300)
    assert np.corrcoef(small.ravel(), same.ravel())[0, 1] > 0.9


def test_two_parts_are_not_inspectable():
    two = np.concatenate([PARTS[0], PARTS[1]], axis=1)
    assert "2 parts" in find_part_frame(picture(two)).reason


@pytest.mark.parametrize("edge", ["left", "right", "top", "bottom"])
def test_a_part_that_is_cut_off_is_not_inspectable(edge):
    whole = placed(PARTS[0], 500, 700, 300, 200, 100)
    cut = {
        "left": whole[:, 270:],
        "right": whole[:, :415],
        "top": whole[185:],
        "bottom": whole[:340],
    }
    assert "cut off" in find_part_frame(picture(np.ascontiguousarray(cut[edge]))).reason


def test_too_few_pixels_are_told_with_their_number():
    reason = find_part_frame(picture(placed(PARTS[0], 400, 600, 110, 200, 100))).reason
    assert "pixels wide" in reason
    assert "150 are needed" in reason


def test_without_an_opening_the_whole_photograph_is_judged():
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 255, (300, 400)).astype(np.uint8)
    assert find_part_frame(picture(noise)).frame == whole_frame(400, 300)


def test_what_lies_beyond_the_edge_is_filled_with_the_border():
    gray = np.full((100, 200), 90, dtype=np.uint8)
    shown = framed(gray, Frame(-50, -100, 300), 200)
    assert shown.shape == (300, 300)
    assert np.all(shown == 90)
