"""Rendered castings: the same every time, defects where their boxes say, no tell-tale style."""

from __future__ import annotations

import csv
from collections import Counter
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import ImageRejected
from core.synthetic.defects import STRONG, STRONG_PIXELS, Defect, DefectBox, plant_defect
from core.synthetic.geometry import PartGeometry, Pixels
from core.synthetic.rendering import render_sound
from core.synthetic.samples import SamplePart, encode_jpeg, render_part, sample_parts, write_samples

seeds = st.integers(min_value=0, max_value=2**32 - 1)
kinds = st.sampled_from(list(Defect))


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def crop(pixels: Pixels, box: DefectBox) -> np.ndarray:
    return pixels[box.top : box.bottom, box.left : box.right].astype(int)


def flat_part(ring: PartGeometry) -> Pixels:
    """A light disc with a dark opening on a grey table."""
    y, x = np.mgrid[0:300, 0:300].astype(np.float32)
    radius = ring.radius(x, y)
    tones = np.where(radius < ring.outer_radius, 200, 150)
    return np.where(radius < ring.opening_radius, 15, tones).astype(np.uint8)


@settings(max_examples=10, deadline=None)
@given(seed=seeds, count=st.integers(min_value=0, max_value=5))
def test_the_same_seed_gives_the_same_parts(seed: int, count: int) -> None:
    first, second = list(sample_parts(count, seed)), list(sample_parts(count, seed))
    assert len(first) == count
    assert [p.name for p in first] == [p.name for p in second]
    assert [p.boxes for p in first] == [p.boxes for p in second]
    assert [encode_jpeg(p) for p in first] == [encode_jpeg(p) for p in second]


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    short, long = list(sample_parts(3, 5)), list(sample_parts(7, 5))
    for a, b in zip(short, long, strict=False):
        assert (a.name, a.boxes) == (b.name, b.boxes)
        np.testing.assert_array_equal(a.pixels, b.pixels)


def test_different_seeds_and_places_give_different_parts() -> None:
    parts = [*sample_parts(6, 1), *sample_parts(6, 2)]
    assert len({part.pixels.tobytes() for part in parts}) == 12
    assert len({part.name for part in parts}) == 12


@settings(max_examples=30, deadline=None)
@given(seed=seeds, defect=kinds)
def test_boxes_hold_exactly_what_changed(seed: int, defect: Defect) -> None:
    sound, flawed = render_part(rng(seed), None), render_part(rng(seed), defect)
    assert not sound.is_defective
    assert flawed.is_defective
    assert flawed.boxes[0].defect is defect
    beyond = np.abs(flawed.pixels.astype(int) - sound.pixels)
    for box in flawed.boxes:
        assert 0 <= box.left < box.right <= 300
        assert 0 <= box.top < box.bottom <= 300
        change = np.abs(crop(flawed.pixels, box) - crop(sound.pixels, box))
        assert np.count_nonzero(change >= STRONG) >= STRONG_PIXELS // 2
        beyond[box.top : box.bottom, box.left : box.right] = 0
    assert beyond.max() == 0


@settings(max_examples=20, deadline=None)
@given(seed=seeds, defect=kinds)
def test_boxes_of_one_kind_are_tight_and_apart(seed: int, defect: Defect) -> None:
    pixels, ring = render_sound(rng(seed))
    flawed, boxes = plant_defect(pixels, rng(seed), defect, ring)
    assert 1 <= len(boxes) <= 3
    assert {box.defect for box in boxes} == {defect}
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])
        change = np.abs(crop(flawed, box) - crop(pixels, box))
        for edge in (change[0], change[-1], change[:, 0], change[:, -1]):
            assert edge.max() > 0


def test_long_burrs_never_share_a_box() -> None:
    ring = PartGeometry(150.0, 150.0, 70.0, 84.0, 126.0)
    photograph, several = flat_part(ring), 0
    for seed in range(60):
        _, boxes = plant_defect(photograph, rng(seed), Defect.BURR, ring)
        several += len(boxes) > 1
        for number, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[number + 1 :])
    assert several > 10


def test_a_defect_survives_the_jpeg_file() -> None:
    sound, flawed = render_part(rng(3), None), render_part(rng(3), Defect.BLOWHOLE)
    before, after = (np.asarray(Image.open(BytesIO(encode_jpeg(part)))) for part in (sound, flawed))
    change = np.abs(crop(after, flawed.boxes[0]) - crop(before, flawed.boxes[0]))
    assert change.max() > STRONG


def test_every_kind_is_planted_equally_often_and_half_the_parts_are_sound() -> None:
    parts = list(sample_parts(60, seed=11))
    assert sum(part.is_defective for part in parts) == 30
    first = Counter(part.boxes[0].defect for part in parts if part.is_defective)
    assert first == {defect: 6 for defect in Defect}
    extra = [p for p in parts if len({box.defect for box in p.boxes}) > 1]
    assert len(extra) < 10


def test_style_does_not_tell_the_label() -> None:
    """What a classifier could read off the whole picture is the same for both labels."""
    sound = [render_part(rng(seed), None) for seed in range(70)]
    flawed = [render_part(rng(1000 + seed), list(Defect)[seed % 5]) for seed in range(70)]

    def figures(parts: list[SamplePart]) -> np.ndarray:
        rows = [
            (p.pixels[:12].mean(), np.median(p.pixels), np.percentile(p.pixels, 95), p.pixels.std())
            for p in parts
        ]
        return np.array(rows)

    a, b = figures(sound), figures(flawed)
    spread = np.sqrt((a.var(axis=0) + b.var(axis=0)) / 70)
    assert (np.abs(a.mean(axis=0) - b.mean(axis=0)) < 4 * spread).all()


def test_a_part_is_a_bright_ring_around_a_dark_opening() -> None:
    for seed in range(12):
        pixels, ring = render_sound(rng(seed))
        assert pixels.shape == (300, 300)
        assert pixels.dtype == np.uint8
        y, x = np.mgrid[0:300, 0:300].astype(np.float32)
        radius = ring.radius(x, y)
        face = pixels[(radius > ring.inner_radius + 4) & (radius < ring.outer_radius - 4)]
        opening = pixels[(radius > 0.6 * ring.opening_radius) & (radius < ring.opening_radius - 6)]
        assert face.mean() > 130
        assert opening.mean() < 50
        assert 0 < (radius < ring.outer_radius).mean() < 0.75


@given(
    radius=st.floats(min_value=1, max_value=140),
    angle=st.floats(min_value=-3.1, max_value=3.1),
    opening=st.booleans(),
)
def test_ring_goes_to_the_picture_and_back(radius: float, angle: float, opening: bool) -> None:
    ring = PartGeometry(151.0, 147.0, 70.0, 84.0, 130.0, (1.05, 0.08, -0.03, 0.96), 2.0, -1.5)
    x, y = ring.point(radius, angle, opening=opening)
    at = (np.array([x], dtype=np.float32), np.array([y], dtype=np.float32))
    back, turned = ring.polar(*at, opening=opening)
    assert back[0] == pytest.approx(radius, abs=1e-3)
    assert back[0] == pytest.approx(ring.radius(*at, opening=opening)[0])
    assert turned[0] == pytest.approx(angle, abs=1e-3)


@pytest.mark.parametrize("defect", list(Defect))
def test_any_photograph_can_carry_a_defect(defect: Defect) -> None:
    ring = PartGeometry(140.0, 160.0, 70.0, 84.0, 126.0, (1.0, 0.06, 0.0, 1.0))
    photograph = flat_part(ring)
    kept = photograph.copy()
    flawed, boxes = plant_defect(photograph, rng(1), defect, ring)
    np.testing.assert_array_equal(photograph, kept)
    for box in boxes:
        middle = np.array([(box.left + box.right) / 2, (box.top + box.bottom) / 2])
        radius = ring.radius(*middle.astype(np.float32))
        assert ring.opening_radius - 12 < radius < ring.outer_radius + 12
    assert (flawed != photograph).any()


def test_a_defect_beyond_the_border_is_cut_off_at_it() -> None:
    ring = PartGeometry(150.0, 150.0, 90.0, 110.0, 149.0)
    photograph = flat_part(ring)
    for seed in range(30):
        _, boxes = plant_defect(photograph, rng(seed), Defect.BURR, ring)
        for box in boxes:
            assert box.left >= 0
            assert box.top >= 0
            assert max(box.right, box.bottom) <= 300


def test_a_crack_that_nobody_could_see_is_refused() -> None:
    ring = PartGeometry(150.0, 150.0, 70.0, 84.0, 126.0)
    black = np.full((300, 300), 28, dtype=np.uint8)
    with pytest.raises(ImageRejected, match="No visible crack fits here"):
        plant_defect(black, rng(0), Defect.CRACK, ring)


def test_labels_name_every_file_and_every_box(tmp_path: Path) -> None:
    table = write_samples(tmp_path / "parts", 12, seed=4)
    assert table == tmp_path / "parts" / "labels.csv"
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["file", "label", "defect", "left", "top", "right", "bottom"]
    expected = []
    for part in sample_parts(12, seed=4):
        expected += [
            [part.name, "defective", b.defect.value, *map(str, (b.left, b.top, b.right, b.bottom))]
            for b in part.boxes
        ] or [[part.name, "ok", "", "", "", "", ""]]
        assert (table.parent / part.name).read_bytes() == encode_jpeg(part)
    assert rows[1:] == expected
    assert {path.name for path in table.parent.glob("*.jpg")} == {row[0] for row in rows[1:]}
    with Image.open(table.parent / rows[1][0]) as image:
        assert (image.size, image.mode, image.format) == ((300, 300), "L", "JPEG")


def test_no_parts_give_a_table_without_rows(tmp_path: Path) -> None:
    table = write_samples(tmp_path, 0, seed=0)
    assert table.read_text(encoding="utf-8") == "file,label,defect,left,top,right,bottom\n"
