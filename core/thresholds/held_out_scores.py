"""The model's scores of photographs whose castings it was not trained on.

Training writes them beside the model card (``final_best_model.scores.csv``): each photograph
scored by a network of the same recipe that saw no photograph of its casting. The card keeps
the figures of the same scores, casting by casting, and a file that tells another story is
another model's.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

from core.errors import ThresholdError
from core.model.card import MODELS, SCORES, ModelCard
from core.model.metrics import CastingResult, evaluate
from core.thresholds.scored_parts import ScoredParts, scored_parts

UNSEEN = "unseen"
ROUNDING = 1e-5
"""The file keeps five decimals."""


def read_held_out_scores(card: ModelCard, folder: Path = MODELS) -> ScoredParts:
    """The scores of the card's model; raises ThresholdError where there are none.

    Also where the file is damaged, or does not give the card's figures on unseen castings.
    """
    path = folder / SCORES
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [
                (row["casting"], row["label"], float(row["log_odds"]))
                for row in csv.DictReader(file)
            ]
    except OSError as error:
        raise ThresholdError(
            "This model has no held-out scores yet. `python -m core train` makes them; until "
            "then choose the threshold on reviewed parts."
        ) from error
    except (KeyError, ValueError, TypeError, csv.Error) as error:
        raise ThresholdError(
            f"{path.name} is damaged. Restore the models folder from one release."
        ) from error
    castings = [casting for casting, _, _ in rows]
    defective = np.array([label == "defective" for _, label, _ in rows])
    log_odds = np.array([score for _, _, score in rows])
    parts = scored_parts(log_odds, defective, castings)
    known = card.evaluations.get(UNSEEN)
    if known is None:
        raise ThresholdError(
            f"The model card has no figures on unseen castings that {path.name} could be held "
            "to. Train the model with `python -m core train`."
        )
    found = evaluate(UNSEEN, defective, log_odds, known.threshold, castings)
    if not _same(found.by_casting, known.by_casting):
        raise ThresholdError(
            f"{path.name} does not belong to this model: its scores are not those of the model "
            "card. Restore the models folder from one release."
        )
    return parts


def _same(found: list[CastingResult], known: list[CastingResult]) -> bool:
    return len(found) == len(known) and all(
        (one.casting, one.label, one.photographs) == (other.casting, other.label, other.photographs)
        and math.isclose(one.lowest_log_odds, other.lowest_log_odds, abs_tol=ROUNDING)
        and math.isclose(one.highest_log_odds, other.highest_log_odds, abs_tol=ROUNDING)
        for one, other in zip(found, known, strict=True)
    )
