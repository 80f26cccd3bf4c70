"""The log of thresholds: who, when, why, from, to, on what; and what it refuses."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from core.errors import ThresholdError
from core.thresholds.rationale import rationale_of
from core.thresholds.scored_parts import scored_parts
from db.inspections.models import model_by_sha256, register_model
from db.inspections.parts import gallery
from db.session import reading, writing
from db.thresholds import ThresholdChange, change_threshold, current_threshold, threshold_changes
from services.thresholds import apply_threshold
from tests.stored_parts import ENGINEER, MODEL, open_store, outcome

PARTS = scored_parts([2.0, 1.0, -1.0, -2.0], [True, True, True, False], ["a", "a", "b", "c"])
BASIS = rationale_of(PARTS, "held-out scores", 0.6, "chosen by hand")


@pytest.fixture
def model_id(database: Engine) -> int:
    return open_store(database).batch.model_id


def change(database: Engine, model_id: int, threshold: float, **more: object) -> None:
    with writing(database) as connection:
        change_threshold(connection, model_id, threshold, "two escapes", ENGINEER, **more)  # type: ignore[arg-type]


def log(database: Engine, model_id: int) -> list[ThresholdChange]:
    with reading(database) as connection:
        return threshold_changes(connection, model_id)


def test_an_entry_says_who_when_why_from_to_and_on_what(database: Engine, model_id: int) -> None:
    before = datetime.now(UTC)
    change(database, model_id, 0.6, basis=BASIS, seen=0.5)
    first, second = log(database, model_id)
    assert (first.previous, first.basis) == (None, None)
    assert (second.previous, second.threshold) == (0.5, 0.6)
    assert (second.reason, second.changed_by) == ("two escapes", ENGINEER.signature)
    assert before <= second.changed_at <= datetime.now(UTC)
    assert second.basis == BASIS
    assert (BASIS.parts, BASIS.defective_castings) == (4, 2)
    assert (BASIS.confusion.caught, BASIS.confusion.missed) == (2, 1)


def test_going_back_is_a_new_entry(database: Engine, model_id: int) -> None:
    change(database, model_id, 0.6)
    change(database, model_id, 0.5, seen=0.6)
    assert [entry.threshold for entry in log(database, model_id)] == [0.5, 0.6, 0.5]


def test_an_old_verdict_keeps_its_threshold(database: Engine, model_id: int) -> None:
    store = open_store(database)
    store.record([outcome(1)])
    change(database, model_id, 0.9)
    with reading(database) as connection:
        (part,) = gallery(connection)
        assert current_threshold(connection, model_id) == 0.9
    assert part.inspection.threshold == 0.5


def test_another_models_threshold_stays(database: Engine, model_id: int) -> None:
    with writing(database) as connection:
        other = register_model(connection, "b" * 64, "other", {}, 0.3, "tests")
    change(database, model_id, 0.6)
    with reading(database) as connection:
        assert current_threshold(connection, other.id) == 0.3
        assert model_by_sha256(connection, MODEL).threshold == 0.6  # type: ignore[union-attr]


@pytest.mark.parametrize("threshold", [0.0, 1.0, -1.0, float("nan")])
def test_what_is_no_threshold_is_refused(database: Engine, model_id: int, threshold: float) -> None:
    with pytest.raises(ThresholdError, match="probability"):
        change(database, model_id, threshold)
    with pytest.raises(ThresholdError, match="already in force"):
        change(database, model_id, 0.5)
    with pytest.raises(ThresholdError, match="Say why"), writing(database) as connection:
        change_threshold(connection, model_id, 0.6, "  ", ENGINEER)
    assert len(log(database, model_id)) == 1


def test_of_two_engineers_at_once_the_second_is_told(database: Engine, model_id: int) -> None:
    refused: list[ThresholdError] = []
    ready = threading.Barrier(2)

    def apply(threshold: float) -> None:
        ready.wait()
        try:
            change(database, model_id, threshold, seen=0.5)
        except ThresholdError as error:
            refused.append(error)

    threads = [threading.Thread(target=apply, args=(value,)) for value in (0.6, 0.7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log(database, model_id)) == 2
    assert "changed the threshold while" in str(refused[0])


@pytest.mark.parametrize("column", ["previous", "basis", "changed_by", "changed_at", "model_id"])
def test_no_column_of_an_entry_can_be_changed(database: Engine, model_id: int, column: str) -> None:
    with (
        pytest.raises(IntegrityError, match="never changed or deleted"),
        writing(database) as connection,
    ):
        connection.execute(text(f"UPDATE threshold_change SET {column} = {column}"))  # noqa: S608


def test_a_threshold_is_applied_only_over_the_one_that_was_seen(
    database: Engine, model_id: int
) -> None:
    told: list[str] = []

    def apply(threshold: float, seen: float) -> None:
        apply_threshold(
            database,
            ENGINEER,
            model_id,
            threshold,
            "two escapes",
            BASIS,
            seen,
            busy=lambda: told.append("busy"),
        )

    apply(0.6, seen=0.5)
    with pytest.raises(ThresholdError, match="changed the threshold while"):
        apply(0.7, seen=0.5)
    assert [(entry.threshold, entry.basis) for entry in log(database, model_id)] == [
        (0.5, None),
        (0.6, BASIS),
    ]
    assert told == []
