"""``python -m core evaluate --recall-floor``: the threshold for a recall."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from cli.terminal import say
from core.errors import DataSetError, NotEnoughCastings
from core.model.card import MODELS, read_card
from core.thresholds.held_out_scores import read_held_out_scores
from core.thresholds.recall_floor import (
    RecallFloor,
    curves,
    recall_floor,
    recall_floor_on_photographs,
)


def find_threshold(
    recall: float, confidence: float, report: Path | None, folder: Path = MODELS
) -> RecallFloor:
    """Print which threshold kept ``recall`` on the held-out scores, and which guarantees it.

    Raises ThresholdError where there are no scores, NotEnoughCastings where nothing can be
    guaranteed: after the report is written and the observed threshold is printed.
    """
    card = read_card(folder)
    parts = read_held_out_scores(card, folder)
    counts = curves(parts)
    observed = recall_floor_on_photographs(parts, recall)
    matrix = counts.matrix(observed.threshold)
    content: dict[str, object] = {
        "model": card.identity,
        "observed": asdict(observed)
        | {"recall": observed.recall, "confusion": matrix.model_dump()},
        "promised": None,
        "more_castings_needed": 0,
    }
    say(
        f"Held-out scores of model {card.identity[:8]}: {len(parts.log_odds):,} photographs, "
        f"{observed.photographs:,} of them of {observed.castings:,} defective castings."
    )
    say(
        f"Observed: threshold {observed.threshold:.6f} kept a recall of {observed.recall:.4f} on "
        f"these photographs; {observed.missed} missed, of {observed.castings_missed} castings; "
        f"{matrix.false_alarms} false alarms. This is not a guarantee."
    )
    try:
        floor = recall_floor(parts, recall, confidence)
    except NotEnoughCastings as error:
        _write(report, content | {"more_castings_needed": error.more})
        raise
    matrix = counts.matrix(floor.threshold)
    _write(report, content | {"promised": asdict(floor) | {"confusion": matrix.model_dump()}})
    say(
        f"Guaranteed: threshold {floor.threshold:.6f} keeps a recall of {floor.recall:g} on "
        f"castings not seen yet, with {floor.confidence:g} confidence, by {floor.castings} "
        f"defective castings of which {floor.may_miss} may be missed; "
        f"{matrix.false_alarms} false alarms among {matrix.passed + matrix.false_alarms} "
        "OK photographs."
    )
    return floor


def _write(report: Path | None, content: dict[str, object]) -> None:
    if report is None:
        return
    try:
        report.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataSetError(f"{report} cannot be written: {error.strerror}.") from error
