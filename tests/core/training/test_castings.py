"""Photographs of one casting are found together however they were taken; nothing is dropped."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter, defaultdict
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sklearn.metrics import adjusted_rand_score

from core.errors import DataSetError
from core.training.data.castings import (
    LINK,
    CastingRecord,
    group_castings,
    link_signatures,
    report_of,
    ring_signature,
    similarities,
)
from core.training.data.dataset import (
    CASTING_COLUMNS,
    LabelledPhotograph,
    read_castings,
    read_data_set,
)
from core.training.data.part_geometry import find_opening
from tests.conftest import PHOTOGRAPHS

SIZE = 300


@dataclass(frozen=True)
class Shot:
    """How a part is photographed; the defaults are straight from above."""

    turn: float = 0.0
    mirrored: bool = False
    shear: float = 0.0
    zoom: float = 70.0
    centre: tuple[float, float] = (149.0, 151.0)
    gain: float = 1.0
    offset: float = 0.0
    noise: int = 0

    def matrix(self) -> NDArray[np.float64]:
        return self.zoom * np.array([[1.0, self.shear], [0.0, 1.0]])


VIEWS = (
    Shot(),
    Shot(turn=1.0),
    Shot(turn=4.4, mirrored=True),
    Shot(turn=2.5, shear=0.2, zoom=66),
    Shot(turn=5.9, shear=-0.15, mirrored=True, centre=(141.0, 158.0)),
    Shot(turn=3.3, zoom=60, gain=0.6, offset=15),
    Shot(turn=0.4, zoom=76, gain=1.1, offset=20, noise=3),
)


@cache
def photograph(part: int, shot: Shot = Shot()) -> NDArray[np.uint8]:
    """A part with its own marks on the ring, which ``part`` chooses."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(float)
    offsets = np.stack([x.ravel() - shot.centre[0], y.ravel() - shot.centre[1]])
    u, v = np.linalg.solve(shot.matrix(), offsets).reshape(2, SIZE, SIZE)
    radius, angle = np.hypot(u, v), np.arctan2(v, u)
    angle = (-angle if shot.mirrored else angle) + shot.turn
    rng = np.random.default_rng(part)
    levels = 165 + 15 * np.cos(2 * angle + rng.uniform(0, 6))
    for _ in range(24):
        where, height = rng.uniform(-math.pi, math.pi), rng.uniform(1.15, 1.7)
        width, tone = rng.uniform(0.02, 0.06), rng.uniform(-70, 50)
        away = np.abs((angle - where + math.pi) % (2 * math.pi) - math.pi) * height
        levels += tone * np.exp(-(away**2 + (radius - height) ** 2) / (2 * width**2))

    def paint(beyond: float, below: float, tone: NDArray[np.float64] | float) -> None:
        edges = [np.clip((radius - at) * shot.zoom + 0.5, 0, 1) for at in (beyond, below)]
        share = edges[0] - edges[1]
        levels[:] = levels * (1 - share) + tone * share

    paint(1.82, 9, 130)
    paint(1.12, 1.17, 30)
    paint(1.0, 1.12, 150 + 40 * np.cos(angle - 1))
    paint(0.4, 1.0, 25 + 10 * np.cos(7 * angle + 5 * radius))
    paint(-1, 0.4, 150)
    levels = levels * shot.gain + shot.offset + rng.normal(0, shot.noise + 1e-9, levels.shape)
    return np.clip(levels, 0, 255).astype(np.uint8)


def save(folder: Path, name: str, pixels: NDArray[np.uint8]) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def signature(pixels: NDArray[np.uint8]) -> NDArray[np.complex64]:
    opening = find_opening(pixels)
    assert opening is not None
    return ring_signature(pixels, opening)


# The opening


@pytest.mark.parametrize("shot", VIEWS)
def test_opening_is_right_within_two_pixels(shot: Shot) -> None:
    opening = find_opening(photograph(1, shot))
    assert opening is not None
    axes, lengths, _ = np.linalg.svd(shot.matrix())
    truth = axes @ np.diag(lengths) @ axes.T
    assert math.dist(opening.centre, shot.centre) < 1
    assert np.linalg.svd(opening.transform)[1] == pytest.approx(lengths, abs=1)
    angles = np.linspace(0, 2 * np.pi, 90)
    miss = (opening.transform - truth) @ np.stack([np.cos(angles), np.sin(angles)])
    assert np.abs(miss).max() < 2


@pytest.mark.parametrize("kind", ["black", "white", "noise", "slope", "square", "step"])
def test_no_opening_where_there_is_none(kind: str) -> None:
    y, x = np.mgrid[:SIZE, :SIZE]
    square = (np.abs(x - 150) < 60) & (np.abs(y - 150) < 60)
    lobed = np.hypot(x - 150, y - 150) < np.where(x + y / 2 < 225, 60, 75)
    pictures = {
        "black": np.zeros((SIZE, SIZE)),
        "white": np.full((SIZE, SIZE), 255),
        "noise": np.random.default_rng(0).integers(0, 256, (SIZE, SIZE)),
        "slope": (x + y) * 255 / (2 * SIZE),
        "step": np.where(lobed, 20, 200),
        "square": np.where(square, 20, 200),
    }
    assert find_opening(pictures[kind].astype(np.uint8)) is None


def test_opening_is_found_in_a_picture_of_any_shape() -> None:
    wide = np.pad(photograph(1, VIEWS[0]), ((0, 0), (100, 250)), mode="edge")
    opening = find_opening(wide)
    assert opening is not None
    assert opening.centre == pytest.approx((249, 151), abs=1)


# Grouping


def test_views_of_a_part_are_alike_and_parts_are_not() -> None:
    parts = [np.stack([signature(photograph(part, shot)) for shot in VIEWS]) for part in (1, 2)]
    assert similarities(parts[0], parts[0]).min() > LINK
    assert similarities(parts[0], parts[1]).max() < LINK - 0.1
    assert np.diag(similarities(parts[0], parts[0])) == pytest.approx(1, abs=1e-3)


def test_groups_follow_the_parts(tmp_path: Path) -> None:
    truth = {}
    for part in range(4):
        for number, shot in enumerate(VIEWS[: 7 - part]):
            folder = ("train", "test")[number % 2] + ("/def_front", "/ok_front")[part % 2]
            name = f"{folder}/{number}_{part}.png"
            truth[name] = part
            save(tmp_path, name, photograph(part, shot))
    steps: list[tuple[int, int]] = []
    photographs = read_data_set(tmp_path)
    report = group_castings(photographs, tmp_path, lambda *step: steps.append(step))
    assert [row.path for row in report.rows] == [each.path for each in photographs]
    found = [row.casting for row in report.rows]
    assert adjusted_rand_score([truth[row.path] for row in report.rows], found) == 1
    assert Counter(found) == {f"C00{part + 1}": 7 - part for part in range(4)}
    assert report.unmatched == ()
    assert report.in_both_splits == ("C001", "C002", "C003", "C004")
    assert steps[-1] == (22, 22)
    assert steps == sorted(steps)


def test_chains_of_links_are_one_group_and_tiles_leave_nothing_out() -> None:
    """Random chains: neighbours linked, ends not; grouped as the components of all pairs."""
    rng = np.random.default_rng(5)
    shape = (64, 16)
    stack = []
    for _ in range(40):
        here, there = rng.normal(size=(2, *shape)) + 1j * rng.normal(size=(2, *shape))
        for turn in np.linspace(0, math.pi / 2, rng.integers(2, 9)):
            mixed = here * math.cos(turn) + there * math.sin(turn)
            stack.append(mixed / np.linalg.norm(mixed))
    signatures = np.array(stack, dtype=np.complex64)[rng.permutation(len(stack))]
    linked = similarities(signatures, signatures) >= LINK
    expected = np.arange(len(signatures))
    for _ in signatures:
        expected = np.where(linked, expected[None], len(signatures)).min(axis=1)
    assert 128 < len(stack) > len(set(expected.tolist())) > 40
    _, expected = np.unique(expected, return_inverse=True)
    assert link_signatures(signatures).tolist() == expected.tolist()


def test_photographs_without_an_opening_are_reported_each_alone(tmp_path: Path) -> None:
    for number, shot in enumerate(VIEWS[:3]):
        save(tmp_path, f"ok/{number}.png", photograph(1, shot))
    blank = np.full((SIZE, SIZE), 90, np.uint8)
    save(tmp_path, "defective/blank.png", blank)
    save(tmp_path, "defective/brighter.png", blank + 40)
    report = group_castings(read_data_set(tmp_path), tmp_path)
    assert report.unmatched == ("defective/blank.png", "defective/brighter.png")
    assert [row.casting for row in report.rows] == ["C002", "C003", "C001", "C001", "C001"]
    assert report.summary()["unmatched"] == list(report.unmatched)
    (tmp_path / "ok/0.png").write_bytes((tmp_path / "defective/blank.png").read_bytes())
    only = [each for each in read_data_set(tmp_path) if each.path < "ok/1"]
    assert [row.casting for row in group_castings(only, tmp_path).rows] == ["C001", "C002", "C001"]


def test_a_damaged_photograph_is_named(tmp_path: Path) -> None:
    save(tmp_path, "ok/a.png", photograph(1, VIEWS[0]))
    (tmp_path / "defective").mkdir()
    (tmp_path / "defective" / "b.png").write_bytes(b"no picture")
    with pytest.raises(DataSetError, match=r"defective/b\.png"):
        group_castings(read_data_set(tmp_path), tmp_path)


# The report

A, B, C = "a" * 64, "b" * 64, "c" * 64
FILED = [
    LabelledPhotograph("train/ok/1.png", "train", "ok", A),
    LabelledPhotograph("test/ok/2.png", "test", "ok", A),
    LabelledPhotograph("train/defective/3.png", "train", "defective", B),
    LabelledPhotograph("train/ok/4.png", "train", "ok", C),
]


def test_report_names_copies_leaks_and_conflicts() -> None:
    report = report_of(FILED, [4, 4, 7, 4], unmatched={B})
    assert report.exact_copies == (("train/ok/1.png", "test/ok/2.png"),)
    assert report.in_both_splits == ("C001",)
    assert report.with_two_labels == ()
    assert report.unmatched == ("train/defective/3.png",)
    mixed = report_of(FILED, [0, 0, 0, 0], unmatched=set())
    assert mixed.with_two_labels == ("C001",)
    assert {row.casting_majority_label for row in mixed.rows} == {"ok"}
    summary = json.loads(json.dumps(mixed.summary()))
    assert summary["castings_by_majority_label"] == {"ok": 1}
    assert summary["exact_copies_by_split"] == {"train": 1, "test": 1}
    assert summary["photographs_of_castings_in_both_splits"] == {"train": 3, "test": 1}
    assert summary["castings_with_two_labels"] == {"C001": {"ok": 3, "defective": 1}}


def test_a_tie_of_labels_counts_as_defective() -> None:
    for order in (FILED[2:], FILED[:1:-1]):
        rows = report_of(order, [0, 0], unmatched=set()).rows
        assert {row.casting_majority_label for row in rows} == {"defective"}


def test_the_table_reads_back(tmp_path: Path) -> None:
    table = tmp_path / "castings.csv"
    report = report_of(FILED, [1, 1, 2, 3], unmatched=set())
    report.to_csv(table)
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == CASTING_COLUMNS
    assert tuple(field.name for field in fields(CastingRecord)) == CASTING_COLUMNS
    assert [CastingRecord(**row) for row in rows] == list(report.rows)
    assert read_castings(table) == {A: "C001", B: "C002", C: "C003"}


# Real photographs


@pytest.mark.photographs
def test_real_castings_are_told_apart() -> None:
    table = PHOTOGRAPHS / "castings.csv"
    if not table.is_file():
        pytest.skip("the casting photographs are not in ../shared/casting")
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    of_casting: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        of_casting[row["casting"]].append(row)
    chosen = [
        row
        for name in ("C001", "C002", "C006", "C010", "C018", "C042", "C068", "C104")
        for row in of_casting[name][:: len(of_casting[name]) // 12][:12]
    ]
    photographs = [
        LabelledPhotograph(row["path"], row["split"], row["label"], row["sha256"]) for row in chosen
    ]
    report = group_castings(photographs, PHOTOGRAPHS)
    assert report.unmatched == ()
    found = [row.casting for row in report.rows]
    assert adjusted_rand_score([row["casting"] for row in chosen], found) == 1
