"""The review queue: order, filters, claims, blind second reviews."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from core.inspection.records import Outcome, Verdict
from core.people import Person, Role
from core.review.decisions import Decision
from db.inspections.parts import part_by_id
from db.review import decisions
from db.review import queue as stored_queue
from db.review.decisions import undo
from db.review.queue import (
    Claimed,
    claim_part,
    decided,
    decided_count,
    is_second_review,
    open_count,
    release,
    stations,
    waiting,
)
from db.schema import review_claim
from db.selection import Selection
from db.session import reading, writing
from tests.stored_parts import open_store, outcome

ANN = Person("Ann", "ann@plant.example", True, Role.REVIEWER)
BEN = Person("Ben", None, False, Role.REVIEWER)
ALL = Selection()


def flagged(number: int, log_odds: float) -> Outcome:
    return outcome(number, verdict=Verdict.DEFECTIVE, probability=0.9, log_odds=log_odds)


@pytest.fixture
def queue(database: Engine) -> Engine:
    """Eight flagged parts; number n lies 9 - n from the threshold, so the last comes first."""
    open_store(database).record([flagged(n, 9.0 - n) for n in range(1, 9)])
    return database


def claim(engine: Engine, person: Person, count: int = 1, filters: Selection = ALL) -> list[int]:
    with writing(engine) as connection:
        parts = waiting(connection, person, filters, limit=count)
        return [part.inspection_id for part in stored_queue.claim(connection, person, parts)]


def decide(engine: Engine, person: Person, part: int, rate: float = 0) -> None:
    with writing(engine) as connection:
        decisions.decide(connection, person, part, Decision.OK, review_rate=rate)


def files(engine: Engine, parts: list[int]) -> list[str]:
    with reading(engine) as connection:
        return [part.file for number in parts if (part := part_by_id(connection, number))]


def test_the_nearest_to_the_threshold_comes_first(queue: Engine) -> None:
    assert files(queue, claim(queue, ANN, 3)) == [
        "part_0008.png",
        "part_0007.png",
        "part_0006.png",
    ]


def test_two_people_never_hold_one_part(queue: Engine) -> None:
    first = claim(queue, ANN, 3)
    second = claim(queue, BEN, 3)
    assert len({*first, *second}) == 6
    assert claim(queue, ANN, 3) == first
    assert len(claim(queue, BEN, 9)) == 5
    with writing(queue) as connection:
        assert not claim_part(connection, BEN, first[0])
        assert claim_part(connection, ANN, first[0])
        assert open_count(connection, ANN, ALL) == 3
        release(connection, BEN, keep=second)
    assert len(claim(queue, ANN, 9)) == 5


def test_a_part_that_was_decided_or_claimed_since_it_was_asked_for_is_not_given(
    queue: Engine,
) -> None:
    with reading(queue) as connection:
        parts = waiting(connection, ANN, ALL)
    decide(queue, BEN, parts[0])
    with writing(queue) as connection:
        assert claim_part(connection, BEN, parts[1])
        found = stored_queue.claim(connection, ANN, parts)
        assert [part.inspection_id for part in found] == parts[2:]
        assert stored_queue.claim(connection, ANN, []) == []


def test_a_claim_runs_out(queue: Engine) -> None:
    first = claim(queue, ANN, 8)
    assert claim(queue, BEN, 8) == []
    past = datetime.now(UTC) - timedelta(seconds=1)
    with writing(queue) as connection:
        connection.execute(update(review_claim).values(expires_at=past))
    assert claim(queue, BEN, 8) == first
    assert claim(queue, ANN, 8) == []


def test_a_decided_part_comes_back_only_when_it_is_undone(queue: Engine) -> None:
    (part,) = claim(queue, ANN)
    decide(queue, ANN, part)
    assert part not in claim(queue, BEN, 8)
    with writing(queue) as connection:
        (last,) = decisions.dispositions_of(connection, part)
        undo(connection, ANN, last.id)
        release(connection, BEN)
    assert claim(queue, ANN) == [part]


def test_an_unsure_part_waits_for_somebody_else(queue: Engine) -> None:
    (part,) = claim(queue, ANN)
    with writing(queue) as connection:
        decisions.decide(connection, ANN, part, Decision.UNSURE, review_rate=0)
    assert part not in claim(queue, ANN, 8)
    with writing(queue) as connection:
        release(connection, ANN)
    assert claim(queue, BEN) == [part]


def test_a_second_review_goes_blind_to_a_second_person_and_no_third(queue: Engine) -> None:
    (part,) = claim(queue, ANN)
    decide(queue, ANN, part, rate=1)
    assert part not in claim(queue, ANN, 8)
    with writing(queue) as connection:
        release(connection, ANN)
        assert stored_queue.claim(connection, BEN, [part]) == [Claimed(part, second_review=True)]
        assert is_second_review(connection, BEN, part)
        assert not is_second_review(connection, ANN, part)
    decide(queue, BEN, part, rate=1)
    third = Person("Cleo", None, False, Role.REVIEWER)
    assert part not in claim(queue, third, 8)


def test_filters(database: Engine) -> None:
    start = datetime(2026, 11, 23, 6, tzinfo=UTC)
    first, second = open_store(database, "line 1"), open_store(database, "line 2")
    for hour, store in enumerate((first, second, first)):
        verdict = Verdict.NOT_INSPECTABLE if hour == 2 else Verdict.DEFECTIVE
        at = start + timedelta(hours=hour)
        store.record([outcome(hour, verdict=verdict, probability=0.9, inspected_at=at)])
    with reading(database) as connection:
        assert stations(connection) == ["line 1", "line 2"]
        for filters, expected in (
            (Selection(verdict=Verdict.NOT_INSPECTABLE), [3]),
            (Selection(batch_id=second.batch.id), [2]),
            (Selection(station="line 1"), [1, 3]),
            (Selection(since=start + timedelta(hours=1)), [2, 3]),
            (Selection(until=start + timedelta(hours=1)), [1]),
        ):
            assert sorted(waiting(connection, ANN, filters)) == expected
            assert open_count(connection, ANN, filters) == len(expected)
            assert decided_count(connection, filters) == 0
    for number, person in ((1, ANN), (2, BEN), (3, BEN)):
        decide(database, person, number)
    with writing(database) as connection:
        decisions.decide(connection, ANN, 2, Decision.DEFECTIVE, "crack")
        for filters, expected in (
            (ALL, [2, 3, 1]),
            (Selection(reviewer=BEN.key), [2, 3]),
            (Selection(reviewer=ANN.key), [2, 1]),
            (Selection(disagreement=True), [3, 1]),
            (Selection(station="line 2"), [2]),
        ):
            assert decided(connection, filters) == expected
            assert decided_count(connection, filters) == len(expected)
        assert decided(connection, ALL, 1, 1) == [3]
