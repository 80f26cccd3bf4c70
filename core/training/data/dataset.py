"""A folder of labelled photographs, and which of them show the same casting.

    DATASET/train/{defective,ok}/*      or, as the public set has it,
    DATASET/train/{def_front,ok_front}/*
    DATASET/test/...                    a split is optional: DATASET/{defective,ok}/* will do

A photograph's identity is its sha256: the public set repeats file names for different
pictures, and pictures under different names.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import DataSetError, ImageRejected
from core.inspection.images import EXTENSIONS, sha256_of
from core.inspection.part_finder import judged_pixels

DEFECTIVE, OK = "defective", "ok"
SPLITS = ("train", "test")
LABEL_FOLDERS = {"defective": DEFECTIVE, "def_front": DEFECTIVE, "ok": OK, "ok_front": OK}
CASTING_COLUMNS = ("path", "split", "label", "casting", "casting_majority_label", "sha256")


@dataclass(frozen=True, slots=True)
class LabelledPhotograph:
    """One photograph of a data set; ``path`` is relative to its folder, with slashes."""

    path: str
    split: str
    """"train", "test", or "" where the data set has no split."""
    label: str
    sha256: str

    @property
    def is_defective(self) -> bool:
        return self.label == DEFECTIVE


def read_data_set(folder: Path) -> list[LabelledPhotograph]:
    """Every photograph of a data set, ordered by path.

    Raises DataSetError when the folder does not have the expected shape or lacks a class.
    """
    found = []
    for split in (*SPLITS, ""):
        for name, label in LABEL_FOLDERS.items():
            for path in sorted((folder / split / name).glob("*")):
                if path.suffix.lower().lstrip(".") in EXTENSIONS:
                    relative = path.relative_to(folder).as_posix()
                    found.append(
                        LabelledPhotograph(relative, split, label, sha256_of(path.read_bytes()))
                    )
    missing = {DEFECTIVE, OK} - {photograph.label for photograph in found}
    if missing:
        raise DataSetError(
            f"No {' and no '.join(sorted(missing))} photographs under {folder.name}. Expected "
            "train/defective, train/ok and the same under test, or defective and ok alone."
        )
    return sorted(found, key=lambda photograph: photograph.path)


def read_castings(path: Path) -> dict[str, str]:
    """sha256 -> casting, from the CSV that ``python -m core castings`` writes.

    Raises DataSetError when the file cannot be read, lacks a column, or gives one photograph
    two castings.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataSetError(f"The castings file {path.name} cannot be read.") from error
    castings: dict[str, str] = {}
    for number, row in enumerate(rows, start=2):
        casting, sha256 = row.get("casting"), row.get("sha256")
        if not casting or not sha256:
            raise DataSetError(f"{path.name}, line {number}: no casting or no sha256.")
        if castings.setdefault(sha256, casting) != casting:
            raise DataSetError(f"{path.name}, line {number}: this photograph has two castings.")
    return castings


def castings_of(
    photographs: Sequence[LabelledPhotograph], castings: Mapping[str, str]
) -> list[str]:
    """The casting of each photograph; raises DataSetError when one is not listed."""
    unlisted = sum(photograph.sha256 not in castings for photograph in photographs)
    if unlisted:
        raise DataSetError(
            f"{unlisted} photographs are not in the castings file. Write it again with "
            "`python -m core castings`."
        )
    return [castings[photograph.sha256] for photograph in photographs]


def majority_labels(
    photographs: Sequence[LabelledPhotograph], castings: Sequence[str]
) -> dict[str, bool]:
    """Casting -> whether most of its photographs are labelled defective (a tie is defective)."""
    votes: dict[str, list[int]] = {}
    for photograph, casting in zip(photographs, castings, strict=True):
        votes.setdefault(casting, [0, 0])[photograph.is_defective] += 1
    return {casting: defective >= ok for casting, (ok, defective) in votes.items()}


@dataclass(frozen=True, slots=True)
class Division:
    """What is trained on, what is tested on, and what of the former is left out and why."""

    seen: list[LabelledPhotograph]
    tested: list[LabelledPhotograph]
    left_out: str


def divided(photographs: Sequence[LabelledPhotograph], castings: Mapping[str, str]) -> Division:
    """The official test split, and the rest without copies of it and without label noise.

    One part cannot be both defective and OK: what is filed against the majority of its casting's
    photographs is label noise. Raises DataSetError when a photograph has no casting, or one class
    is missing from what is trained on.
    """
    tested = [photograph for photograph in photographs if photograph.split == "test"]
    copies = {photograph.sha256 for photograph in tested}
    offered = [photograph for photograph in photographs if photograph.split != "test"]
    single = [photograph for photograph in offered if photograph.sha256 not in copies]
    names = castings_of(single, castings)
    labels = majority_labels(single, names)
    seen = [
        photograph
        for photograph, name in zip(single, names, strict=True)
        if photograph.is_defective == labels[name]
    ]
    if {photograph.is_defective for photograph in seen} != {True, False}:
        raise DataSetError("Training needs defective and OK photographs outside the test split.")
    return Division(
        seen,
        tested,
        f"{len(offered) - len(single)} training photographs that are also, byte for byte, in the "
        f"test split, and {len(single) - len(seen)} labelled against the rest of their casting's",
    )


def folds_of(
    photographs: Sequence[LabelledPhotograph], castings: Sequence[str], folds: int, seed: int = 0
) -> NDArray[np.intp]:
    """The fold (0, 1 ...) of each photograph: stratified, all of a casting in one fold.

    A casting that carries both labels is stratified by its majority label, so that the folds
    do not depend on label noise.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    majority = majority_labels(photographs, castings)
    target = [majority[casting] for casting in castings]
    found = np.full(len(photographs), -1, dtype=np.intp)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for fold, (_, held_out) in enumerate(splitter.split(np.zeros(len(target)), target, castings)):
        found[held_out] = fold
    return found


def at_most_of_each(
    castings: Sequence[str], most: Callable[[int], int], rng: np.random.Generator
) -> list[int]:
    """Photographs in random order, up to ``most`` (of the photograph) from each casting."""
    taken: Counter[str] = Counter()
    chosen = []
    for n in rng.permutation(len(castings)).tolist():
        if taken[castings[n]] < most(n):
            taken[castings[n]] += 1
            chosen.append(n)
    return chosen


def read_pixels(folder: Path, photographs: Sequence[LabelledPhotograph]) -> NDArray[np.uint8]:
    """(N, 300, 300): the photographs as serving would decode them.

    Raises DataSetError naming the first that cannot be decoded.
    """
    pixels = []
    for photograph in photographs:
        try:
            pixels.append(judged_pixels((folder / photograph.path).read_bytes()))
        except ImageRejected as error:
            raise DataSetError(f"{photograph.path}: {error}") from error
    return np.stack(pixels)
