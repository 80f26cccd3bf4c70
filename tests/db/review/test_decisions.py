"""Decisions beside verdicts: append-only, attributed, undone by a new row."""

from __future__ import annotations

from itertools import pairwise

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError

from core.errors import NotAllowed
from core.inspection.records import Verdict
from core.people import Person, Role
from core.review.decisions import Decision
from db.inspections.store import BatchStore
from db.review import decisions
from db.review.decisions import (
    Decided,
    dispositions_of,
    final_verdict,
    names_of,
    settled,
)
from db.review.queue import claim, claim_part
from db.schema import disposition, inspection, review_item, second_review
from db.session import reading, writing
from tests.stored_parts import open_store, outcome

ANN = Person("Ann", "ann@plant.example", True, Role.REVIEWER)
BEN = Person("Ben", None, False, Role.REVIEWER)
VIEWER = Person("Vic", None, False, Role.VIEWER)


def decide(
    engine: Engine, person: Person, part: int, decision: Decision, kind: str = ""
) -> Decided:
    with writing(engine) as connection:
        return decisions.decide(connection, person, part, decision, kind, review_rate=0)


def undo(engine: Engine, person: Person, number: int) -> None:
    with writing(engine) as connection:
        decisions.undo(connection, person, number)


def final(engine: Engine) -> list[str]:
    """The final state of every part, in the order they were stored."""
    latest = settled()
    query = (
        select(final_verdict(latest))
        .select_from(inspection.outerjoin(latest, latest.c.inspection_id == inspection.c.id))
        .order_by(inspection.c.id)
    )
    with reading(engine) as connection:
        return list(connection.scalars(query))


def rows(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(disposition)) or 0


def test_a_disposition_keeps_who_when_what_and_on_which_verdict(database: Engine) -> None:
    open_store(database).record([outcome(1), outcome(2)])
    with writing(database) as connection:
        given = decisions.decide(
            connection, ANN, 2, Decision.DEFECTIVE, " burr  / flash", " left\x00 rim \n"
        ).disposition
    with reading(database) as connection:
        assert dispositions_of(connection, 1) == []
        assert dispositions_of(connection, 2) == [given]
        assert names_of(connection) == {ANN.key: "Ann"}
    assert (given.inspection_id, given.decision, given.defect_type, given.note) == (
        2,
        Decision.DEFECTIVE,
        "burr / flash",
        "left rim",
    )
    assert (given.name, given.email, given.verified) == ("Ann", "ann@plant.example", True)
    assert given.decided_at.utcoffset() is not None


def test_the_final_state_is_the_latest_decision_else_the_verdict(database: Engine) -> None:
    store = open_store(database)
    store.record([outcome(n, verdict=Verdict.OK, probability=0.1) for n in range(4)])
    assert final(database) == ["ok"] * 4
    decide(database, ANN, 1, Decision.DEFECTIVE, "crack")
    last = decide(database, BEN, 1, Decision.RETAKE).disposition
    decide(database, ANN, 2, Decision.UNSURE)
    decide(database, ANN, 3, Decision.DEFECTIVE, "other")
    decide(database, BEN, 3, Decision.UNSURE)
    assert final(database) == ["not_inspectable", "ok", "defective", "ok"]
    undo(database, BEN, last.id)
    assert final(database) == ["defective", "ok", "defective", "ok"]


def test_an_undo_is_a_new_row_and_happens_once(database: Engine) -> None:
    open_store(database).record([outcome(1)])
    first = decide(database, ANN, 1, Decision.OK).disposition
    second = decide(database, ANN, 1, Decision.DEFECTIVE, "crack").disposition
    for _ in range(2):
        undo(database, ANN, second.id)
    assert rows(database) == 3
    with reading(database) as connection:
        assert dispositions_of(connection, 1) == [first]


def test_nobody_undoes_what_another_decided(database: Engine) -> None:
    open_store(database).record([outcome(1)])
    given = decide(database, ANN, 1, Decision.OK).disposition
    with pytest.raises(NotAllowed, match="Ann decided this"):
        undo(database, BEN, given.id)
    with pytest.raises(LookupError):
        undo(database, BEN, 99)
    assert rows(database) == 1


def test_who_decides_second_is_told_and_both_are_kept(database: Engine) -> None:
    open_store(database).record([outcome(1)])
    first = decide(database, ANN, 1, Decision.OK)
    again = decide(database, ANN, 1, Decision.OK)
    second = decide(database, BEN, 1, Decision.DEFECTIVE, "pinhole")
    assert (first.others, again.others) == ((), ())
    assert second.others == (first.disposition, again.disposition)
    assert rows(database) == 3


@pytest.mark.parametrize(
    "write",
    [
        lambda connection: decisions.decide(connection, VIEWER, 1, Decision.OK),
        lambda connection: decisions.undo(connection, VIEWER, 1),
        lambda connection: claim(connection, VIEWER, [1]),
        lambda connection: claim_part(connection, VIEWER, 1),
    ],
)
def test_a_viewer_who_calls_the_functions_is_refused(database: Engine, write) -> None:
    open_store(database).record([outcome(1)])
    decide(database, ANN, 1, Decision.OK)
    with pytest.raises(NotAllowed, match="takes a reviewer"), writing(database) as connection:
        write(connection)
    assert rows(database) == 1


def test_a_defect_has_a_type_and_nothing_else_has(database: Engine) -> None:
    open_store(database).record([outcome(1)])
    for decision, kind in ((Decision.DEFECTIVE, " "), (Decision.OK, "crack")):
        with pytest.raises(ValueError, match="defect type"):
            decide(database, ANN, 1, decision, kind)
    with pytest.raises(LookupError):
        decide(database, ANN, 99, Decision.OK)
    assert rows(database) == 0


# Typed in full, as somebody with a database tool would.
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE disposition SET decision = 'retake'",
        "UPDATE disposition SET note = 'better', name = 'Ben'",
        "DELETE FROM disposition",
        "UPDATE review_item SET audit_rate = 1.0",
        "DELETE FROM review_item",
        "DELETE FROM second_review",
        "UPDATE second_review SET inspection_id = inspection_id",
    ],
)
def test_decisions_and_draws_cannot_be_changed(database: Engine, statement: str) -> None:
    open_store(database).record([outcome(1, verdict=Verdict.DEFECTIVE, probability=0.9)])
    with writing(database) as connection:
        decisions.decide(connection, ANN, 1, Decision.OK, review_rate=1)
    with (
        pytest.raises(IntegrityError, match="never changed or deleted"),
        writing(database) as connection,
    ):
        connection.execute(text(statement))


def test_the_audit_sample_is_drawn_with_the_part_and_never_twice(database: Engine) -> None:
    store = open_store(database)
    parts = [outcome(n, verdict=Verdict.OK, probability=0.001, log_odds=-7.0) for n in range(2_000)]
    for start in range(0, 2_000, 250):
        store.record(parts[start : start + 250])
    with reading(database) as connection:
        drawn = connection.execute(select(review_item).order_by("inspection_id")).all()
    # Outside of it once in ten thousand million runs.
    assert 40 < len(drawn) < 170
    assert {row.audit_rate for row in drawn} == {0.05}
    assert {row.distance for row in drawn} == {7.0}
    # The draw is nobody's to repeat: neither by handing in the parts again ...
    store.record(parts[:250])
    other = open_store(database)
    other.record(parts[:250])
    with reading(database) as connection:
        assert connection.execute(select(review_item).order_by("inspection_id")).all() == drawn
    # ... nor by the order or number of the parts.
    numbers = [row.inspection_id for row in drawn]
    assert len({later - former for former, later in pairwise(numbers)}) > 10


def test_flagged_and_borderline_parts_are_always_queued(database: Engine) -> None:
    store = BatchStore(database, open_store(database).batch, audit_rate=0)
    store.record(
        [
            outcome(1, verdict=Verdict.DEFECTIVE, probability=0.99, log_odds=5.0),
            outcome(2, verdict=Verdict.OK, probability=0.3, log_odds=-0.9),
            outcome(3, verdict=Verdict.OK, probability=0.1, log_odds=-1.1),
            outcome(
                4, verdict=Verdict.NOT_INSPECTABLE, probability=float("nan"), log_odds=float("nan")
            ),
        ]
    )
    with reading(database) as connection:
        found = connection.execute(
            select(inspection.c.file, review_item.c.distance, review_item.c.audit_rate)
            .select_from(review_item.join(inspection))
            .order_by(review_item.c.distance)
        ).all()
    assert [tuple(row) for row in found] == [
        ("part_0002.png", pytest.approx(0.9), None),
        ("part_0001.png", pytest.approx(5.0), None),
        ("part_0004.png", float("inf"), None),
    ]


def test_the_second_review_is_drawn_once_at_the_first_decision(database: Engine) -> None:
    open_store(database).record([outcome(1, verdict=Verdict.DEFECTIVE, probability=0.9)])
    given = decide(database, ANN, 1, Decision.OK).disposition
    undo(database, ANN, given.id)
    with writing(database) as connection:
        decisions.decide(connection, ANN, 1, Decision.OK, review_rate=1)
    with reading(database) as connection:
        assert connection.execute(select(second_review)).all() == []
