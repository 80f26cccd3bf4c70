"""The population stability index and its limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.process.drift import FEWEST, Level, Reference, counts_in, reference_of

RANDOM = np.random.default_rng(7)
OK, DEFECTIVE = RANDOM.normal(-6, 2, 4000), RANDOM.normal(5, 3, 4000)
REFERENCE = reference_of(OK, DEFECTIVE)


def test_the_index_of_two_bins_by_hand() -> None:
    # 0.8 and 0.2 against 0.5 and 0.5: 0.3 ln 1.6 - 0.3 ln 0.4 = 0.3 ln 4.
    reference = Reference((0.0,), (10**9, 10**9), (1, 1))
    drift = reference.drift([8 * 10**8, 2 * 10**8], defective=0.0)
    assert drift.index == pytest.approx(0.3 * math.log(4), abs=1e-6)
    assert drift.level is Level.DRIFTED
    assert drift.today == (0.8, 0.2)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5])
def test_the_same_scores_are_stable_whatever_the_share_of_defects(share: float) -> None:
    number = int(3000 * share)
    today = np.concatenate([RANDOM.normal(-6, 2, 3000 - number), RANDOM.normal(5, 3, number)])
    drift = REFERENCE.drift(counts_in(REFERENCE.edges, today), share)
    assert drift.index < 0.05
    assert drift.level is Level.STABLE


@pytest.mark.parametrize(("shift", "level"), [(0.75, Level.WATCH), (2.0, Level.DRIFTED)])
def test_scores_that_moved_are_seen(shift: float, level: Level) -> None:
    drift = REFERENCE.drift(counts_in(REFERENCE.edges, OK + shift), 0.0)
    assert drift.level is level


def test_too_few_parts_say_nothing() -> None:
    drift = REFERENCE.drift(counts_in(REFERENCE.edges, OK[: FEWEST - 1] + 5), 0.0)
    assert drift.level is Level.TOO_FEW


@given(st.lists(st.integers(0, 10**6), min_size=9, max_size=9), st.floats(0, 1))
def test_the_index_is_a_finite_distance(counts: list[int], share: float) -> None:
    if not sum(counts):
        counts[0] = 1
    drift = REFERENCE.drift(counts, share)
    assert drift.index >= 0
    assert math.isfinite(drift.index)
    assert sum(drift.today) == pytest.approx(1)
    assert sum(drift.reference) == pytest.approx(1)


def test_every_score_has_one_bin() -> None:
    assert len(REFERENCE.ok) == len(REFERENCE.edges) + 1
    assert sum(REFERENCE.ok) == len(OK)
    assert counts_in([0.0, 1.0], [-1.0, 0.0, 0.5, 1.0, 2.0]) == [1, 2, 2]


def test_constant_scores_make_a_reference() -> None:
    reference = reference_of([1.0] * 1000, [1.0] * 1000)
    assert reference.drift(counts_in(reference.edges, [1.0] * 300), 0.1).level is Level.STABLE


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="sound and of defective"):
        reference_of([], [1.0])
    with pytest.raises(ValueError, match="sound and of defective"):
        reference_of([math.nan], [1.0])
    with pytest.raises(ValueError, match="cannot be compared"):
        REFERENCE.drift([0] * len(REFERENCE.ok), 0.0)
    with pytest.raises(ValueError, match="cannot be compared"):
        REFERENCE.drift([1], 0.0)
