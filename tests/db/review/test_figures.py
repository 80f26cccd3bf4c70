"""Counting decisions in the database."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from core.inspection.records import Outcome, Verdict
from core.people import Person, Role
from core.review.decisions import Decision
from core.review.estimates import Group
from db.inspections.parts import gallery
from db.inspections.store import BatchStore
from db.review.decisions import decide
from db.review.figures import production, second_opinions, suspects
from db.selection import Selection
from db.session import reading, writing
from tests.stored_parts import open_store, outcome

ANN = Person("Ann", None, False, Role.REVIEWER)
BEN = Person("Ben", None, False, Role.REVIEWER)
ALL = Selection()


def part(number: int, verdict: Verdict, log_odds: float) -> Outcome:
    return outcome(number, verdict=verdict, probability=0.5, log_odds=log_odds)


@pytest.fixture
def reviewed(database: Engine) -> Engine:
    """Parts 1-3 flagged, 4-5 borderline, 6-8 audited, 9-10 passed unseen, 11 not inspectable."""
    batch = open_store(database).batch
    seen, unseen = BatchStore(database, batch, 1.0), BatchStore(database, batch, 0.0)
    unseen.record([part(n, Verdict.DEFECTIVE, 3.0 + n) for n in (1, 2, 3)])
    unseen.record([part(n, Verdict.OK, -0.5) for n in (4, 5)])
    seen.record([part(n, Verdict.OK, -4.0 - n) for n in (6, 7, 8)])
    unseen.record([part(n, Verdict.OK, -4.5) for n in (9, 10)])
    unseen.record([part(11, Verdict.NOT_INSPECTABLE, 0.0)])
    numbers = {}
    with reading(database) as connection:
        for item in gallery(connection, limit=20):
            numbers[int(item.file[5:9])] = item.id
    decisions = (
        (ANN, 1, Decision.DEFECTIVE),
        (ANN, 2, Decision.OK),
        (ANN, 4, Decision.DEFECTIVE),
        (ANN, 6, Decision.OK),
        (ANN, 7, Decision.DEFECTIVE),
        (ANN, 8, Decision.UNSURE),
        (BEN, 9, Decision.DEFECTIVE),
        (BEN, 11, Decision.OK),
        (BEN, 1, Decision.DEFECTIVE),
        (BEN, 2, Decision.DEFECTIVE),
        (BEN, 2, Decision.OK),
    )
    with writing(database) as connection:
        for person, number, decision in decisions:
            kind = "crack" if decision is Decision.DEFECTIVE else ""
            decide(connection, person, numbers[number], decision, kind, review_rate=1)
    return database


def test_the_production_is_counted_by_how_parts_are_looked_at(reviewed: Engine) -> None:
    with reading(reviewed) as connection:
        found = production(connection, ALL)
        elsewhere = production(connection, Selection(station="line 2"))
    assert found.flagged == Group(3, 1, 1)
    assert found.borderline == Group(2, 1, 0)
    # Part 9 was nobody's draw: somebody chose to look at it.
    assert found.passed == Group(5, 1, 1)
    assert found.audited == Group(3, 1, 1)
    assert elsewhere.flagged == Group(0, 0, 0)


def test_pairs_of_reviewers_are_the_first_two_with_their_latest_word(reviewed: Engine) -> None:
    with reading(reviewed) as connection:
        pairs = second_opinions(connection, ALL)
    assert sorted(pairs) == [(Decision.DEFECTIVE, Decision.DEFECTIVE), (Decision.OK, Decision.OK)]


def test_suspects_come_worst_first(reviewed: Engine) -> None:
    with reading(reviewed) as connection:
        found = suspects(connection, ALL)
        first = suspects(connection, ALL, limit=1)
    assert [(item.file[5:9], round(item.contradiction, 1)) for item in found] == [
        ("0007", 11.0),
        ("0002", 5.0),
        ("0009", 4.5),
        ("0004", 0.5),
    ]
    assert first == found[:1]
    assert (found[0].verdict, found[0].decision, found[0].name) == (
        Verdict.OK,
        Decision.DEFECTIVE,
        "Ann",
    )
