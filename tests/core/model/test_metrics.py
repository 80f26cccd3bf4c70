"""Figures held to scikit-learn and scipy; bounds, degenerate input, castings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn import metrics as sklearn_metrics

from core.errors import DataSetError
from core.model.metrics import (
    auc,
    confusion,
    evaluate,
    log_odds_of,
    lower_bound,
    probabilities,
    upper_bound,
)


@pytest.mark.parametrize("seed", range(5))
def test_rates_agree_with_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    truth, call = rng.random(500) < 0.4, rng.random(500) < 0.6
    scores = np.round(rng.normal(truth, 1.0), 1)  # rounded: many ties
    matrix = confusion(truth, call)
    expected = {
        "recall": sklearn_metrics.recall_score(truth, call),
        "precision": sklearn_metrics.precision_score(truth, call),
        "f1": sklearn_metrics.f1_score(truth, call),
        "accuracy": sklearn_metrics.accuracy_score(truth, call),
        "specificity": sklearn_metrics.recall_score(~truth, ~call),
    }
    for name, value in expected.items():
        assert getattr(matrix, name) == pytest.approx(value, abs=1e-12), name
    assert auc(truth, scores) == pytest.approx(
        sklearn_metrics.roc_auc_score(truth, scores), abs=1e-12
    )
    assert matrix.total == 500


def test_a_rate_without_parts_is_unknown():
    only_ok = confusion([False, False], [True, False])
    assert only_ok.recall is None
    assert only_ok.specificity == 0.5
    assert confusion([], []).accuracy is None
    assert auc([True, True], [0.1, 0.2]) is None


def test_input_that_cannot_be_judged_is_refused():
    with pytest.raises(DataSetError, match="number"):
        confusion([True], [True, False])
    with pytest.raises(DataSetError, match="not a number"):
        auc([True, False], [0.1, float("nan")])


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_bounds_agree_with_scipy(case):
    successes, trials = case
    expected = binomtest(successes, trials, alternative="greater").proportion_ci(0.95, "exact")
    assert lower_bound(successes, trials) == pytest.approx(expected.low, abs=1e-9)
    expected = binomtest(successes, trials, alternative="less").proportion_ci(0.95, "exact")
    assert upper_bound(successes, trials) == pytest.approx(expected.high, abs=1e-9)


def test_bounds_of_known_cases():
    assert lower_bound(453, 453) == pytest.approx(0.9934, abs=5e-5)
    assert upper_bound(0, 299) == pytest.approx(0.00997, abs=5e-6)
    assert lower_bound(0, 10) == 0.0
    assert lower_bound(0, 0) is None


def test_probabilities_and_log_odds_are_inverse_and_do_not_overflow():
    assert probabilities([0.0, 800.0, -800.0]).tolist() == [0.5, 1.0, 0.0]
    for probability in (1e-6, 0.3, 0.5, 0.999):
        assert probabilities(log_odds_of(probability)) == pytest.approx(probability, rel=1e-12)


def test_the_bound_counts_castings_and_a_casting_is_caught_whole():
    defective = [True] * 6 + [False] * 2
    castings = ["a", "a", "b", "b", "c", "c", "d", "d"]
    log_odds = [2, 2, 3, 3, 2, -1, -2, 1]
    result = evaluate("unseen", defective, log_odds, 0.5, castings)
    assert result.recall == pytest.approx(5 / 6)
    assert result.recall_lower_bound == pytest.approx(lower_bound(2, 3))
    assert result.bounds_counted_over == "castings"
    assert result.castings == 4
    by_name = {row.casting: row for row in result.by_casting}
    assert by_name["c"].called_defective == 1
    assert by_name["c"].lowest_log_odds == -1
    assert by_name["d"].label == "ok"


def test_a_casting_with_both_labels_is_listed_under_each():
    result = evaluate("official", [True, False], [1.0, -1.0], 0.5, ["a", "a"])
    assert [(row.casting, row.label) for row in result.by_casting] == [
        ("a", "defective"),
        ("a", "ok"),
    ]
