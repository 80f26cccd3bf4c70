"""Thresholds: the guarantee about recall, curves held to scikit-learn, input nobody can use."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import binom
from sklearn import metrics as sklearn_metrics

from core.errors import NotEnoughCastings, ThresholdError
from core.model.metrics import lower_bound, probabilities
from core.thresholds.recall_floor import (
    castings_needed,
    curves,
    recall_floor,
    recall_floor_on_photographs,
)
from core.thresholds.scored_parts import joined, scored_parts
from tests.made_up_scores import made_up, sets

NAN = float("nan")


@pytest.mark.parametrize(("recall", "needed"), [(0.99, 299), (0.995, 598), (0.999, 2995)])
def test_castings_needed_at_95_percent(recall, needed):
    assert castings_needed(recall) == needed
    assert recall**needed <= 0.05 < recall ** (needed - 1)


@given(st.floats(0.01, 0.999), st.floats(0.5, 0.999))
def test_castings_needed_is_the_least_number(recall, confidence):
    needed = castings_needed(recall, confidence)
    assert recall**needed <= (1 - confidence) * (1 + 1e-9)
    assert recall ** (needed - 1) > (1 - confidence) * (1 - 1e-9)


def one_score_a_casting(castings):
    defects = np.arange(castings) / 100
    return scored_parts(np.append(defects, -50.0), np.append(np.ones(castings, bool), False))


@pytest.mark.parametrize("castings", [1, 97, 298])
def test_too_few_castings_guarantee_nothing_and_say_how_many_are_missing(castings):
    with pytest.raises(NotEnoughCastings, match=f"{299 - castings} more") as refused:
        recall_floor(one_score_a_casting(castings), 0.99)
    assert refused.value.more == 299 - castings
    assert refused.value.needed == 299


@given(
    st.integers(20, 3000),
    st.sampled_from([0.8, 0.9, 0.95, 0.99]),
    st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]),
)
def test_the_largest_number_of_misses_is_taken(castings, recall, confidence):
    assume(castings >= castings_needed(recall, confidence))
    floor = recall_floor(one_score_a_casting(castings), recall, confidence)
    assert floor.castings == castings
    assert binom.cdf(floor.may_miss, castings, 1 - recall) <= 1 - confidence
    assert binom.cdf(floor.may_miss + 1, castings, 1 - recall) > 1 - confidence
    assert floor.threshold == probabilities(floor.may_miss / 100)


def test_a_casting_counts_by_its_lowest_photograph_and_only_its_defective_ones():
    parts = scored_parts(
        [5.0, 1.0, 4.0, 2.0, -9.0, -8.0], [True, True, True, True, False, False], list("aabbac")
    )
    assert parts.lowest_by_casting().tolist() == [1.0, 2.0]


def draws(number, castings, seed):
    """Evidence sets of castings with one to thirty photographs, and their true miss rate.

    A photograph's score is its casting's plus noise, so photographs are far from independent.
    """
    random = np.random.default_rng(seed)

    def lowest(count):
        sizes = random.integers(1, 31, size=count)
        casting = random.normal(0, 2, size=count)
        # The lowest of m equally distributed scores, drawn by its quantile.
        quantile = 1 - random.random(count) ** (1 / sizes)
        return casting + ndtri(quantile)

    population = np.sort(lowest(1_000_000))
    for _ in range(number):
        bottom = lowest(castings)
        # Each casting's lowest photograph and a better one, and one OK part.
        scores = np.concatenate([bottom, bottom + random.random(castings), [-99.0]])
        groups = np.concatenate([np.arange(castings), np.arange(castings), [castings]])
        yield scored_parts(scores, groups < castings, groups), population


@pytest.mark.parametrize(
    ("castings", "recall", "seed"), [(400, 0.99, 1), (250, 0.95, 2), (800, 0.99, 3)]
)
def test_the_guaranteed_recall_holds_in_at_least_95_percent_of_2000_draws(castings, recall, seed):
    held = 0
    for parts, population in draws(2000, castings, seed):
        floor = recall_floor(parts, recall)
        lowest_caught = math.log(floor.threshold / (1 - floor.threshold))
        missed = np.searchsorted(population, lowest_caught) / len(population)
        held += 1 - missed >= recall
    assert held / 2000 >= 0.95
    # Not by caution: what is expected of this k, within three standard errors.
    expected = 1 - binom.cdf(floor.may_miss, castings, 1 - recall)
    assert abs(held / 2000 - expected) < 3 * math.sqrt(expected * (1 - expected) / 2000)


@given(sets(), st.sampled_from([0.01, 0.5, 0.9, 0.99, 1.0]))
def test_the_observed_floor_is_the_highest_threshold_that_keeps_it(parts, floor):
    found = recall_floor_on_photographs(parts, floor)
    counts = curves(parts)
    assert found.recall >= floor
    assert found.recall == pytest.approx(counts.matrix(found.threshold).recall, abs=1e-12)
    for higher in counts.thresholds[counts.thresholds > found.threshold]:
        assert counts.matrix(higher).recall < floor
    caught = found.castings - found.castings_missed
    assert found.casting_recall_bound == pytest.approx(lower_bound(caught, found.castings))


def test_the_observed_floor_does_not_stumble_over_rounding():
    # 0.9 of ten is nine, though (1 - 0.9) * 10 is below one.
    parts = scored_parts([*range(1, 11), -5], [True] * 10 + [False])
    assert recall_floor_on_photographs(parts, 0.9).missed == 1


@pytest.mark.parametrize("seed", range(5))
def test_every_point_agrees_with_scikit_learn(seed):
    random = np.random.default_rng(seed)
    truth = random.random(300) < 0.4
    parts = scored_parts(np.round(random.normal(truth, 1.0), 1), truth)
    counts = curves(parts)
    for at, threshold in enumerate(counts.thresholds):
        called = parts.probabilities >= threshold
        matrix = counts.matrix(threshold)
        measures = {
            "recall": sklearn_metrics.recall_score(truth, called),
            "precision": sklearn_metrics.precision_score(truth, called),
            "specificity": sklearn_metrics.recall_score(~truth, ~called),
        }
        for name, value in measures.items():
            assert getattr(counts, name)[at] == pytest.approx(value, abs=1e-12), name
            assert getattr(matrix, name) == pytest.approx(value, abs=1e-12), name


@given(sets())
def test_a_higher_threshold_flags_fewer_and_the_matrix_adds_up(parts):
    counts = curves(parts)
    between = np.sort(np.concatenate([counts.thresholds, (counts.thresholds + 0.013) % 1]))
    matrices = [counts.matrix(threshold) for threshold in between]
    for threshold, matrix in zip(between, matrices, strict=True):
        called = parts.probabilities >= threshold
        assert matrix.total == len(called)
        assert matrix.caught == (called & parts.defective).sum()
        assert matrix.false_alarms == (called & ~parts.defective).sum()
        assert matrix.caught + matrix.missed == parts.defective.sum()
    for lower, higher in pairwise(matrices):
        assert higher.caught <= lower.caught
        assert higher.false_alarms <= lower.false_alarms
        assert higher.recall <= lower.recall
    assert counts.matrix(1.0).recall == 0


def test_parts_exactly_on_the_threshold_are_called_defective():
    parts = scored_parts([1.0, 1.0, 1.0, -1.0], [True, True, False, False])
    matrix = curves(parts).matrix(recall_floor_on_photographs(parts, 1.0).threshold)
    assert (matrix.caught, matrix.false_alarms) == (2, 1)


@pytest.mark.parametrize(
    ("scores", "defective", "says"),
    [
        ([], [], "no part"),
        ([1.0], [True], "no OK part"),
        ([1.0, 2.0], [False, False], "no defective part"),
        ([1.0, 2.0], [True, True], "no OK part"),
        ([1.0, 1.0, 1.0], [True, False, True], "same score"),
        ([1.0, NAN], [True, False], "1 of 2 scores are not numbers"),
        ([1.0, math.inf], [True, False], "not numbers"),
        ([1.0, 2.0], [True], "differ in number"),
    ],
)
def test_evidence_that_teaches_nothing_is_refused(scores, defective, says):
    with pytest.raises(ThresholdError, match=says):
        scored_parts(scores, defective)


@pytest.mark.parametrize("recall", [0.0, 1.0, -1.0, NAN])
def test_a_guarantee_nobody_can_make_is_refused(recall):
    with pytest.raises(ThresholdError, match="cannot be guaranteed"):
        recall_floor(made_up(), recall)
    with pytest.raises(ThresholdError, match="cannot be guaranteed"):
        recall_floor(made_up(), 0.9, confidence=1 - recall)
    if recall != 1.0:
        with pytest.raises(ThresholdError, match="recall floor"):
            recall_floor_on_photographs(made_up(), recall)


@pytest.mark.parametrize("extreme", [900.0, -900.0])
def test_scores_beyond_all_bounds_give_no_threshold(extreme):
    parts = scored_parts([extreme, 0.0], [True, False])
    with pytest.raises(ThresholdError, match="every part or none"):
        recall_floor_on_photographs(parts, 0.9)


def test_joined_sets_keep_their_castings_apart():
    one = scored_parts([1.0, 2.0, 0.0], [True, True, False], ["a", "a", "b"])
    both = joined([one, one])
    assert both.castings.tolist() == [0, 0, 1, 2, 2, 3]
    assert both.lowest_by_casting().tolist() == [1.0, 1.0]
    assert curves(both).matrix(0.5).total == 6
