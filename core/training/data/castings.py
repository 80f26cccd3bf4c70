"""Which photographs of a data set show the same casting, and what that does to its split.

    photographs = read_data_set(folder)
    report = group_castings(photographs, folder, progress=None)
    report.to_csv(Path("castings.csv"))

The opening is a circle on every casting, so its ellipse tells how a photograph was sheared and
zoomed. The ring is unrolled in units of that ellipse: a rotation is then a shift along the angle, a
mirror image a reversal. Two photographs are compared by the greatest circular cross-correlation of
their rings; a casting is a connected component of the pairs from :data:`LINK` up. On the public
photographs no two castings score above 0.62, nearly all photographs of one casting above 0.78, and
thresholds from 0.62 to 0.70 give the same castings.

Lighting is part of what is compared: a part photographed again under the same lamps, but turned,
may come out as a second casting.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.errors import DataSetError, ImageRejected
from core.inspection.part_finder import judged_pixels
from core.training.data.dataset import (
    CASTING_COLUMNS,
    DEFECTIVE,
    OK,
    LabelledPhotograph,
    majority_labels,
)
from core.training.data.part_geometry import Floats, Gray, Opening, find_opening, sample_circles

RING = (1.05, 1.9)
"""Inner and outer radius of the part that is compared, in opening radii."""
RADII, ANGLES, HARMONICS = 32, 256, (6, 69)
"""Samples along the radius and round the ring; first and last harmonic kept. Below the 6th lies
lighting, above the 69th noise and resampling."""
LINK = 0.66
"""Two photographs that score this or more show the same casting."""
_SHIFTS = 192
"""Rotations tried: 2.8 a period of the highest harmonic."""
_TILE = 48
"""Photographs a side of a tile of pairs: small enough for the cache, and for the matrix library not
to start its threads inside ours, which costs five times the time."""
_THREADS = 2

Progress = Callable[[int, int], None]
Signatures = NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class CastingRecord:
    """One row of the castings table; the fields are its columns, in order."""

    path: str
    split: str
    label: str
    casting: str
    casting_majority_label: str
    sha256: str


@dataclass(frozen=True)
class CastingReport:
    """The castings of a data set and what is wrong with its split and labels."""

    rows: tuple[CastingRecord, ...]
    """One a photograph, in the order the photographs were given."""
    unmatched: tuple[str, ...]
    """Paths of photographs without a recognisable opening; each counts as one casting (byte for
    byte copies of it included)."""
    exact_copies: tuple[tuple[str, ...], ...]
    """Sets of byte-identical photographs that lie in more than one split, by path."""
    in_both_splits: tuple[str, ...]
    """Castings with photographs in more than one split."""
    with_two_labels: tuple[str, ...]
    """Castings that are filed as defective and as OK."""

    def to_csv(self, path: Path) -> None:
        """Write the table that :func:`core.training.data.dataset.read_castings` reads."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(CASTING_COLUMNS)
            writer.writerows(astuple(row) for row in self.rows)

    def summary(self) -> dict[str, object]:
        """Counts, leaks and label conflicts, ready for JSON."""
        majority = {row.casting: row.casting_majority_label for row in self.rows}
        leaked, split_of = set(self.in_both_splits), {row.path: row.split for row in self.rows}
        copies = Counter(split_of[path] for group in self.exact_copies for path in group)
        labels: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for row in self.rows:
            if row.casting in self.with_two_labels:
                labels[row.casting][row.label] += 1
        return {
            "photographs": len(self.rows),
            "photographs_by_split": dict(Counter(row.split for row in self.rows)),
            "castings": len(majority),
            "castings_by_majority_label": dict(Counter(majority.values())),
            "exact_copies_across_splits": len(self.exact_copies),
            "exact_copies_by_split": dict(copies),
            "castings_in_both_splits": list(self.in_both_splits),
            "photographs_of_castings_in_both_splits": dict(
                Counter(row.split for row in self.rows if row.casting in leaked)
            ),
            "castings_with_two_labels": {name: dict(count) for name, count in labels.items()},
            "unmatched": list(self.unmatched),
        }


def group_castings(
    photographs: Sequence[LabelledPhotograph], folder: Path, progress: Progress | None = None
) -> CastingReport:
    """Find the castings of a data set; every photograph gets one.

    ``folder`` is the data set's; ``progress`` is called with (photographs looked at, all).
    Castings are named C001, C002 ... from the most photographs to the fewest. Raises DataSetError
    naming the first photograph that cannot be decoded.
    """

    first = {photograph.sha256: photograph for photograph in reversed(photographs)}
    hashes = list(dict.fromkeys(photograph.sha256 for photograph in photographs))
    copies = Counter(photograph.sha256 for photograph in photographs)
    known: dict[str, Signatures | None] = {}
    done = 0
    with ThreadPoolExecutor(_THREADS) as pool:
        signed = pool.map(lambda sha256: _signature(first[sha256], folder), hashes)
        for sha256, signature in zip(hashes, signed, strict=True):
            known[sha256] = signature
            done += copies[sha256]
            if progress is not None:
                progress(done, len(photographs))
    matched = {sha256: of for sha256, of in known.items() if of is not None}
    groups = {sha256: -1 - place for place, sha256 in enumerate(hashes)}
    if matched:
        groups |= zip(matched, link_signatures(np.stack([*matched.values()])).tolist(), strict=True)
    return report_of(
        photographs,
        [groups[photograph.sha256] for photograph in photographs],
        unmatched=known.keys() - matched.keys(),
    )


def report_of(
    photographs: Sequence[LabelledPhotograph], groups: Sequence[int], unmatched: Set[str]
) -> CastingReport:
    """Name the groups (one number a photograph) and say what crosses splits and labels.

    ``unmatched`` holds the sha256 of photographs without a recognisable opening. A casting with
    as many defective as OK photographs counts as defective.
    """
    sizes = Counter(groups)
    names = {
        group: f"C{number:03d}"
        for number, group in enumerate(sorted(sizes, key=lambda group: -sizes[group]), start=1)
    }
    castings = [names[group] for group in groups]
    is_defective = majority_labels(photographs, castings)
    labels, splits = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    copies = defaultdict[str, list[LabelledPhotograph]](list)
    for photograph, casting in zip(photographs, castings, strict=True):
        labels[casting].add(photograph.label)
        splits[casting].add(photograph.split)
        copies[photograph.sha256].append(photograph)
    return CastingReport(
        rows=tuple(
            CastingRecord(
                photograph.path,
                photograph.split,
                photograph.label,
                casting,
                DEFECTIVE if is_defective[casting] else OK,
                photograph.sha256,
            )
            for photograph, casting in zip(photographs, castings, strict=True)
        ),
        unmatched=tuple(each.path for each in photographs if each.sha256 in unmatched),
        exact_copies=tuple(
            tuple(photograph.path for photograph in same)
            for same in copies.values()
            if len({photograph.split for photograph in same}) > 1
        ),
        in_both_splits=_with_several(splits),
        with_two_labels=_with_several(labels),
    )


def _with_several(values: Mapping[str, Set[str]]) -> tuple[str, ...]:
    return tuple(sorted(name for name, found in values.items() if len(found) > 1))


def link_signatures(signatures: Signatures) -> NDArray[np.intp]:
    """(N,) group of each signature of (N, harmonics, radii), numbered by their first members.

    Compares all pairs, about 0.5 million a second and core; groups are exactly the connected
    components.
    """
    count = len(signatures)
    tiles = [(i, j) for i in range(0, count, _TILE) for j in range(i, count, _TILE)]

    def linked(tile: tuple[int, int]) -> NDArray[np.intp]:
        row, column = tile
        scores = similarities(signatures[row : row + _TILE], signatures[column : column + _TILE])
        return np.argwhere(scores >= LINK) + tile

    with ThreadPoolExecutor(_THREADS) as pool:
        ones, others = np.concatenate([*pool.map(linked, tiles)]).T
    links = coo_array((np.ones(len(ones), np.bool_), (ones, others)), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], np.intp)


def similarities(some: Signatures, others: Signatures) -> NDArray[np.float32]:
    """(A, B), greatest cross-correlation over rotations and mirror images, at most 1."""
    first, last = HARMONICS
    left = np.ascontiguousarray(some.transpose(1, 0, 2))
    right = np.ascontiguousarray(others.transpose(1, 2, 0))
    best = np.full((len(some), len(others)), -1, dtype=np.float32)
    for turned in (right.conj(), right):
        spectrum = np.zeros((len(some), len(others), _SHIFTS // 2 + 1), dtype=np.complex64)
        spectrum[:, :, first : last + 1] = np.matmul(left, turned).transpose(1, 2, 0)
        correlation = np.fft.irfft(spectrum, _SHIFTS, axis=2).max(axis=2) * (_SHIFTS / 2)
        np.maximum(best, correlation, out=best)
    return best


def ring_signature(gray: Gray, opening: Opening) -> NDArray[np.complex64]:
    """(harmonics, radii), the ring's marks; the squares of its magnitudes add up to 1.

    Turning the part multiplies harmonic k by exp(-ik*angle); a mirror image is the conjugate.
    """
    radii = np.repeat(np.linspace(*RING, RADII)[:, None], ANGLES, axis=1)
    ring = sample_circles(gray, opening, radii)
    marks = ring - _neighbourhood_mean(ring)
    spread = np.sqrt(np.maximum(_neighbourhood_mean(marks * marks), 0) + 4.0)
    marks = np.clip(marks / spread, -3, 3)
    marks = marks.reshape(RADII // 2, 2, ANGLES).mean(axis=1)
    first, last = HARMONICS
    harmonics = np.fft.rfft(marks, axis=1)[:, first : last + 1]
    harmonics /= np.linalg.norm(harmonics) + 1e-9
    return np.ascontiguousarray(harmonics.T.astype(np.complex64))


def _neighbourhood_mean(ring: Floats) -> Floats:
    """Mean over 5 radii (edge repeated) by 17 angles (round the ring) about each place."""
    return np.asarray(ndimage.uniform_filter(ring, (5, 17), mode=("nearest", "wrap")), np.float32)


def _signature(photograph: LabelledPhotograph, folder: Path) -> Signatures | None:
    """The ring signature of one photograph; None without a recognisable opening."""
    try:
        pixels = judged_pixels((folder / photograph.path).read_bytes())
    except OSError as error:
        raise DataSetError(f"{photograph.path} cannot be read: {error.strerror}.") from error
    except ImageRejected as error:
        raise DataSetError(f"{photograph.path}: {error}") from error
    opening = find_opening(pixels)
    return None if opening is None else ring_signature(pixels, opening)
