"""Held-out scores are read for the model they belong to, and for no other."""

import pytest

from core.errors import ThresholdError
from core.model.card import SCORES, read_card
from core.thresholds.held_out_scores import UNSEEN, read_held_out_scores
from tests.fakes import card
from tests.held_out import write_held_out


def test_the_scores_of_the_cards_model_are_read(tmp_path):
    described = write_held_out(tmp_path, castings=50)
    parts = read_held_out_scores(described, tmp_path)
    assert len(parts.log_odds) == 200
    lowest = [row for row in described.evaluations["unseen"].by_casting if row.label == "defective"]
    assert parts.lowest_by_casting() == pytest.approx(
        sorted(row.lowest_log_odds for row in lowest), abs=1e-5
    )


def test_scores_of_another_model_are_refused(tmp_path):
    write_held_out(tmp_path, castings=50, seed=1)
    other = write_held_out(tmp_path / "other", castings=50, seed=2)
    with pytest.raises(ThresholdError, match="does not belong to this model"):
        read_held_out_scores(other, tmp_path)


@pytest.mark.parametrize("change", ["score", "row", "label"])
def test_altered_scores_are_refused(tmp_path, change):
    described = write_held_out(tmp_path, castings=50)
    path = tmp_path / SCORES
    lines = path.read_text().splitlines()
    if change == "score":
        lowest = min(range(1, len(lines)), key=lambda n: float(lines[n].rpartition(",")[2]))
        lines[lowest] = lines[lowest].rpartition(",")[0] + ",-1.0"
    elif change == "row":
        lines = lines[:-1]
    else:
        lines[1] = lines[1].replace(",defective,", ",ok,")
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(ThresholdError, match="does not belong to this model"):
        read_held_out_scores(described, tmp_path)


@pytest.mark.parametrize(
    "content", ["casting,label\na,ok\n", "sha256,casting,label,fold,log_odds\nx,a,ok,0,high\n"]
)
def test_a_damaged_file_is_refused(tmp_path, content):
    described = write_held_out(tmp_path, castings=5)
    (tmp_path / SCORES).write_text(content)
    with pytest.raises(ThresholdError, match="damaged"):
        read_held_out_scores(described, tmp_path)


def test_without_scores_it_says_what_to_do(tmp_path):
    with pytest.raises(ThresholdError, match="no held-out scores yet"):
        read_held_out_scores(card(), tmp_path)


def test_without_figures_in_the_card_nothing_can_be_held_to_them(tmp_path):
    write_held_out(tmp_path, castings=50)
    with pytest.raises(ThresholdError, match="no figures on unseen castings"):
        read_held_out_scores(card(), tmp_path)


def test_the_shipped_scores_are_those_of_the_shipped_card():
    shipped = read_card()
    if UNSEEN in shipped.evaluations:
        parts = read_held_out_scores(shipped)
        assert len(parts.log_odds) == shipped.evaluations[UNSEEN].photographs
    else:
        with pytest.raises(ThresholdError):
            read_held_out_scores(shipped)
