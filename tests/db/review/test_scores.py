"""Scores of inspected parts as evidence and for the replay, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from core.errors import ThresholdError
from core.inspection.records import Verdict
from core.review.decisions import Decision
from db.inspections.models import register_model
from db.review import decisions
from db.review.scores import parts_since, reviewed_scores
from db.session import reading, writing
from tests.stored_parts import ENGINEER, open_store, outcome

NOW = datetime.now(UTC)
NONE = float("nan")


def decide(engine: Engine, part: int, decision: Decision) -> None:
    with writing(engine) as connection:
        kind = "crack" if decision is Decision.DEFECTIVE else ""
        decisions.decide(connection, ENGINEER, part, decision, kind, review_rate=0)


def test_evidence_is_what_people_settled(database: Engine) -> None:
    store = open_store(database)
    for number in range(1, 8):
        store.record([outcome(number, log_odds=float(number))])
    open_store(database, "line 2").record([outcome(1, log_odds=1.0)])
    for part, decision in (
        (1, Decision.DEFECTIVE),
        (2, Decision.OK),
        (3, Decision.RETAKE),
        (4, Decision.UNSURE),
        (5, Decision.OK),
        (8, Decision.DEFECTIVE),
    ):
        decide(database, part, decision)
    decide(database, 5, Decision.DEFECTIVE)
    with reading(database) as connection:
        parts = reviewed_scores(connection, store.batch.model_id)
    assert parts.log_odds.tolist() == [1.0, 2.0, 5.0, 1.0]
    assert parts.defective.tolist() == [True, False, True, True]
    # The photograph that two stations inspected is one casting.
    assert len(parts.lowest_by_casting()) == 2


def test_without_decisions_it_says_what_to_do(database: Engine) -> None:
    store = open_store(database)
    store.record([outcome(1)])
    with (
        pytest.raises(ThresholdError, match="Review page"),
        reading(database) as connection,
    ):
        reviewed_scores(connection, store.batch.model_id)


def test_parts_of_the_last_days_with_what_people_found(database: Engine) -> None:
    store = open_store(database)
    days = [timedelta(days=number) for number in (1, 2, 3, 40)]
    for number, age in enumerate(days, start=1):
        store.record([outcome(number, probability=0.2 * number, inspected_at=NOW - age)])
    unscored = outcome(9, verdict=Verdict.NOT_INSPECTABLE, probability=NONE, log_odds=NONE)
    store.record([unscored])
    decide(database, 1, Decision.DEFECTIVE)
    decide(database, 2, Decision.OK)
    decide(database, 3, Decision.UNSURE)
    with writing(database) as connection:
        other = register_model(connection, "b" * 64, "other", {}, 0.5, "tests")
    with reading(database) as connection:
        parts = parts_since(connection, store.batch.model_id, NOW - timedelta(days=30))
        none = parts_since(connection, other.id, NOW - timedelta(days=30))
    order = parts.ids.argsort()
    assert parts.ids[order].tolist() == [1, 2, 3]
    assert parts.probabilities[order] == pytest.approx([0.2, 0.4, 0.6])
    assert parts.flagged[order].tolist() == [False, False, True]
    assert parts.found_defective[order].tolist() == [True, False, False]
    assert parts.found_ok[order].tolist() == [False, True, False]
    assert len(none.ids) == 0
