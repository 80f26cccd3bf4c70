"""What another threshold would have said of parts that were inspected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.inspection.records import Verdict

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class InspectedParts:
    """N parts with verdict, as they were inspected; one entry each in every array."""

    ids: Numbers
    """Numbers of their inspections."""
    probabilities: NDArray[np.float64]
    flagged: NDArray[np.bool_]
    """Called defective, by the threshold that was in force then."""
    found_defective: NDArray[np.bool_]
    """People found it defective."""
    found_ok: NDArray[np.bool_]
    """People found it OK."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Parts whose verdict would have been another, and what people found them to be."""

    ids: Numbers
    """The plainest contradictions first; see :func:`replay`."""
    found_defective: int
    found_ok: int

    @property
    def decided(self) -> int:
        return self.found_defective + self.found_ok


@dataclass(frozen=True, slots=True)
class Replay:
    """A threshold applied to parts that were inspected by others."""

    parts: int
    flagged: int
    """Called defective at the time."""
    more: Difference
    """Would be called defective and were not; those people found OK first."""
    fewer: Difference
    """Were called defective and would not be; those people found defective first."""


def replay(parts: InspectedParts, threshold: float) -> Replay:
    """What ``threshold`` (a probability) would have changed."""
    would = parts.probabilities >= threshold
    return Replay(
        parts=len(parts.ids),
        flagged=int(parts.flagged.sum()),
        more=_difference(parts, would & ~parts.flagged, parts.found_ok),
        fewer=_difference(parts, ~would & parts.flagged, parts.found_defective),
    )


def inspected_parts(rows: list[tuple[int, float, str, str | None]]) -> InspectedParts:
    """From rows of number, probability, verdict, and final verdict where people settled it."""
    ids, probabilities, verdicts, found = zip(*rows, strict=True) if rows else ((), (), (), ())
    settled = np.array([word or "" for word in found], dtype=str)
    return InspectedParts(
        ids=np.array(ids, dtype=np.int64),
        probabilities=np.array(probabilities, dtype=np.float64),
        flagged=np.array(verdicts, dtype=str) == Verdict.DEFECTIVE.value,
        found_defective=settled == Verdict.DEFECTIVE.value,
        found_ok=settled == Verdict.OK.value,
    )


def _difference(
    parts: InspectedParts, changed: NDArray[np.bool_], contradicts: NDArray[np.bool_]
) -> Difference:
    at = np.flatnonzero(changed)
    order = np.lexsort((-parts.probabilities[at], ~contradicts[at]))
    return Difference(
        ids=parts.ids[at[order]],
        found_defective=int(parts.found_defective[at].sum()),
        found_ok=int(parts.found_ok[at].sum()),
    )
