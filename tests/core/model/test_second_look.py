"""A second look near the threshold: the mean of four views."""

from dataclasses import replace

import numpy as np
import pytest

from core.model.card import SecondLook
from core.model.engine import load_engine
from core.model.second_look import TURNS, is_near, judge
from core.synthetic.samples import sample_parts

PARTS = [part.pixels for part in sample_parts(8, 9)]
ONCE, ALWAYS = (
    replace(engine, card=engine.card.model_copy(update={"second_look": look}))
    for engine in [load_engine()]
    for look in (None, SecondLook(below=1e3, above=1e3))
)


@pytest.mark.parametrize("part", PARTS)
def test_the_cells_of_four_views_still_sum_to_the_log_odds(part):
    judged = judge(ALWAYS, part, 0.5)
    assert judged.views == TURNS
    assert judged.evidence.sum() + ALWAYS.card.head_bias == pytest.approx(judged.log_odds, abs=1e-3)


def test_the_score_is_the_mean_of_the_turned_photographs_and_the_doubt_their_spread():
    views = [judge(ONCE, np.rot90(PARTS[0], turn), 0.5).log_odds for turn in range(TURNS)]
    judged = judge(ALWAYS, PARTS[0], 0.5)
    assert judged.log_odds == pytest.approx(np.mean(views), abs=1e-6)
    assert judged.doubt == pytest.approx(np.std(views), abs=1e-6)
    assert judge(ONCE, PARTS[0], 0.5).doubt == 0


def test_a_turned_photograph_is_judged_alike_and_its_map_turns_with_it():
    upright, turned = judge(ALWAYS, PARTS[1], 0.5), judge(ALWAYS, np.rot90(PARTS[1]), 0.5)
    assert turned.log_odds == pytest.approx(upright.log_odds, abs=1e-5)
    assert np.allclose(turned.evidence, np.rot90(upright.evidence), atol=1e-4)


@pytest.mark.parametrize("engine", [ONCE, ALWAYS])
def test_alone_or_beside_others_the_judgement_is_the_same_bit_for_bit(engine):
    for part in PARTS:
        alone, beside = judge(engine, part, 0.5, alone=True), judge(engine, part, 0.5, alone=False)
        assert alone.log_odds == beside.log_odds
        assert np.array_equal(alone.evidence, beside.evidence)


def test_only_scores_near_the_threshold_are_looked_at_again():
    look = SecondLook(below=2.0, above=3.0)
    scores = np.array([-2.1, -1.9, 0.0, 2.9, 3.1])
    assert is_near(scores, 0.5, look).tolist() == [False, True, True, True, False]
    assert not is_near(scores, 0.5, None).any()
    assert not is_near(scores, 0.0, look).any()
