"""``python -m core evaluate --recall-floor``: the threshold that a recall asks for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from core.errors import DataSetError, NotEnoughCastings
from core.evidence_set import EvidenceSet
from core.held_out_scores import read_held_out_scores
from core.metrics import Confusion
from core.model_card import MODELS, read_card
from core.thresholds import (
    Curves,
    ObservedFloor,
    RecallFloor,
    curves,
    recall_floor,
    recall_floor_on_photographs,
)


def find_threshold(
    recall: float,
    confidence: float,
    report: Path | None,
    say: Callable[[str], None],
    folder: Path = MODELS,
) -> RecallFloor:
    """Say which threshold kept ``recall`` on the held-out scores, and which one promises it.

    Raises ThresholdError where there are no scores, NotEnoughCastings where nothing can be
    promised: after the report is written and the observed threshold is said.
    """
    card = read_card(folder)
    parts = read_held_out_scores(card, folder)
    counts = curves(parts)
    observed = recall_floor_on_photographs(parts, recall)
    say(_evidence_line(card.identity, parts, observed))
    say(_observed_line(observed, counts.matrix(observed.threshold)))
    try:
        promised = recall_floor(parts, recall, confidence)
    except NotEnoughCastings as error:
        _write(report, card.identity, counts, observed, None, error.more)
        raise
    _write(report, card.identity, counts, observed, promised, 0)
    say(_promised_line(promised, counts.matrix(promised.threshold)))
    return promised


def _evidence_line(model: str, parts: EvidenceSet, observed: ObservedFloor) -> str:
    return (
        f"Held-out scores of model {model[:8]}: {len(parts.log_odds):,} photographs, "
        f"{observed.photographs:,} of them of {observed.castings:,} defective castings."
    )


def _observed_line(floor: ObservedFloor, matrix: Confusion) -> str:
    return (
        f"Observed: threshold {floor.threshold:.6f} kept a recall of {floor.recall:.4f} on these "
        f"photographs; {floor.missed} missed, of {floor.castings_missed} castings; "
        f"{matrix.false_alarms} false alarms. That is no promise."
    )


def _promised_line(floor: RecallFloor, matrix: Confusion) -> str:
    return (
        f"Promised: threshold {floor.threshold:.6f} keeps a recall of {floor.recall:g} on "
        f"castings not seen yet, with {floor.confidence:g} confidence, by {floor.castings} "
        f"defective castings of which {floor.may_miss} may be missed; "
        f"{matrix.false_alarms} false alarms among {matrix.passed + matrix.false_alarms} "
        "OK photographs."
    )


def _write(
    report: Path | None,
    model: str,
    counts: Curves,
    observed: ObservedFloor,
    promised: RecallFloor | None,
    more: int,
) -> None:
    if report is None:
        return
    content = {
        "model": model,
        "observed": asdict(observed)
        | {"recall": observed.recall}
        | {"confusion": counts.matrix(observed.threshold).model_dump()},
        "promised": promised
        and asdict(promised) | {"confusion": counts.matrix(promised.threshold).model_dump()},
        "more_castings_needed": more,
    }
    try:
        report.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataSetError(f"{report} cannot be written: {error.strerror}.") from error
