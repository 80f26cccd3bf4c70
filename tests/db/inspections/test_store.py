"""Recording and finding outcomes, on both databases."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from sqlalchemy import Engine, func, select

from core.errors import StoreBusy
from core.inspection.records import Inspection, Rejection, Verdict
from db import schema, session
from db.inspections.batches import batch_summary, rejections
from db.inspections.models import model_by_sha256, register_model
from db.inspections.parts import Sort, gallery, photograph_bytes
from db.inspections.rows import LONGEST_NAME, inspection_values, photograph_values
from db.inspections.store import BatchStore
from db.session import connect, reading, writing
from db.thresholds import change_threshold, current_threshold, threshold_changes
from tests.stored_parts import ENGINEER, MODEL, open_store, outcome, rejected


def rows(engine: Engine, table: str) -> int:
    with reading(engine) as connection:
        query = select(func.count()).select_from(schema.metadata.tables[table])
        return connection.scalar(query) or 0


def insert_by_hand(connection: object, store: BatchStore, number: int) -> None:
    made = outcome(number)
    assert isinstance(made.result, Inspection)
    batch = store.batch
    values = inspection_values(made.result, "by hand", batch.model_id, batch.id, batch.station) | {
        "store_ms": 1.0
    }
    connection.execute(  # type: ignore[attr-defined]
        schema.photograph.insert(), photograph_values(made.result, made.photograph.data)
    )
    connection.execute(schema.inspection.insert(), values)  # type: ignore[attr-defined]


def test_what_was_recorded_is_found_unchanged(database: Engine) -> None:
    store = open_store(database)
    given = [outcome(number) for number in range(5)]
    assert store.record(given) == {}
    found = store.find([item.result.sha256 for item in given] + ["0" * 64])
    assert len(found) == 5
    for item in given:
        stored = found[item.result.sha256]
        assert isinstance(item.result, Inspection)
        assert stored.evidence.dtype == np.float16
        assert stored.evidence.tobytes() == item.result.evidence.tobytes()
        assert stored.evidence.shape == (10, 12)
        nothing = np.zeros((0, 0), np.float16)
        assert replace(stored, evidence=nothing) == replace(item.result, evidence=nothing)
        with reading(database) as connection:
            assert photograph_bytes(connection, stored.sha256) == item.photograph.data


def test_evidence_in_another_layout_is_stored_in_order(database: Engine) -> None:
    store = open_store(database)
    made = outcome(1)
    assert isinstance(made.result, Inspection)
    grid = np.arange(12, dtype=">f2").reshape(3, 4).T
    store.record([replace(made, result=replace(made.result, evidence=grid))])
    assert store.find([made.result.sha256])[made.result.sha256].evidence.tolist() == grid.tolist()


def test_the_same_folder_again_adds_a_list_and_no_verdict(database: Engine) -> None:
    given = [outcome(number) for number in range(40)]
    open_store(database).record(given)
    counts = [rows(database, table) for table in ("photograph", "inspection")]
    again = open_store(database)
    known = again.find([item.result.sha256 for item in given])
    assert len(known) == 40
    assert again.record([replace(item, already_inspected=True) for item in given]) == {}
    assert [rows(database, table) for table in ("photograph", "inspection")] == counts == [40, 40]
    with reading(database) as connection:
        summary = batch_summary(connection, again.batch.id)
        parts = gallery(connection, again.batch.id, limit=100)
    assert summary is not None
    assert (summary.inspected, summary.already_inspected) == (40, 40)
    assert summary.first_at is None
    assert all(part.already_inspected and part.batch_id != again.batch.id for part in parts)


def test_another_station_inspects_the_same_photograph_for_itself(database: Engine) -> None:
    open_store(database, "line 1").record([outcome(1)])
    other = open_store(database, "line 2")
    assert other.find([outcome(1).result.sha256]) == {}
    other.record([outcome(1)])
    assert (rows(database, "photograph"), rows(database, "inspection")) == (1, 2)


def test_a_resumed_batch_lists_no_file_twice(database: Engine) -> None:
    store = open_store(database)
    first = [outcome(1), rejected(1), outcome(2)]
    store.record(first)
    store.record([replace(first[0], already_inspected=True), rejected(1), outcome(3)])
    with reading(database) as connection:
        parts = gallery(connection, store.batch.id, sort=Sort.FILE)
        refused = rejections(connection, store.batch.id)
    assert [(part.file, part.already_inspected) for part in parts] == [
        ("part_0001.png", False),
        ("part_0002.png", False),
        ("part_0003.png", False),
    ]
    assert len(refused) == 1


def test_one_photograph_under_two_names_in_a_micro_batch(database: Engine) -> None:
    store = open_store(database)
    copy = replace(outcome(1, file="copy.png"), already_inspected=True)
    assert store.record([outcome(1, file="first.png"), copy]) == {}
    with reading(database) as connection:
        parts = gallery(connection, store.batch.id, sort=Sort.FILE)
    assert [(part.file, part.already_inspected) for part in parts] == [
        ("copy.png", True),
        ("first.png", False),
    ]
    assert parts[0].id == parts[1].id
    assert parts[0].inspection.file == "first.png"


def test_a_verdict_that_another_batch_stored_first_stays(database: Engine) -> None:
    open_store(database).record([outcome(1, probability=0.9)])
    store = open_store(database)
    stored_first = store.record([outcome(1, probability=0.1), outcome(2)])
    assert [item.probability for item in stored_first.values()] == [0.9]
    with reading(database) as connection:
        part = gallery(connection, store.batch.id, sort=Sort.FILE)[0]
    assert (part.inspection.probability, part.inspection.verdict) == (0.9, Verdict.DEFECTIVE)


@pytest.mark.slow
@pytest.mark.parametrize("commits", [True, False])
def test_a_writer_waits_for_another_with_the_same_photograph(
    database_url: str, monkeypatch: pytest.MonkeyPatch, commits: bool
) -> None:
    if not commits:
        monkeypatch.setattr(session, "WAIT_SECONDS", 1)
    engine = connect(database_url)
    store = open_store(engine)
    results: list[object] = []

    def record() -> None:
        try:
            results.append(store.record([outcome(1), outcome(2)]))
        except StoreBusy as error:
            results.append(error)

    writer = threading.Thread(target=record)
    with writing(engine) as connection:
        insert_by_hand(connection, store, 1)
        writer.start()
        if commits:
            time.sleep(0.5)
            assert not results
        else:
            writer.join()
    writer.join()
    if commits:
        assert [set(found) for found in results] == [{outcome(1).result.sha256}]  # type: ignore[call-overload]
    else:
        assert "Try again" in str(results[0])
    assert rows(engine, "inspection") == (2 if commits else 1)
    engine.dispose()


def test_rejections_come_back_as_given(database: Engine) -> None:
    store = open_store(database)
    given = [rejected(1, "Too small"), outcome(1), rejected(2, "Too dark")]
    store.record(given)
    with reading(database) as connection:
        found = rejections(connection, store.batch.id)
    assert found == [item.result for item in given if isinstance(item.result, Rejection)]


def test_an_instant_is_kept_to_the_microsecond_whatever_its_time_zone(database: Engine) -> None:
    store = open_store(database)
    summer = timezone(timedelta(hours=2))
    given = datetime(2026, 10, 25, 2, 59, 59, 999_999, tzinfo=summer)
    store.record([outcome(1, inspected_at=given)])
    found = store.find([outcome(1).result.sha256])[outcome(1).result.sha256].inspected_at
    assert found == given
    assert found.tzinfo is UTC
    assert found.isoformat() == "2026-10-25T00:59:59.999999+00:00"


def test_a_part_without_a_score_keeps_none(database: Engine) -> None:
    store = open_store(database)
    blind = outcome(1, verdict=Verdict.NOT_INSPECTABLE, probability=math.nan, log_odds=math.nan)
    store.record([blind, outcome(2)])
    found = store.find([blind.result.sha256])[blind.result.sha256]
    assert math.isnan(found.probability)
    assert math.isnan(found.log_odds)
    with reading(database) as connection:
        parts = gallery(connection, store.batch.id)
    assert [part.file for part in parts] == ["part_0002.png", "part_0001.png"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\x00b.png", "a\ufffdb.png"),
        ("caf\udce9.png", "caf?.png"),
        ("=cmd|' /C calc'!A0.png", "=cmd|' /C calc'!A0.png"),
        ("\u202egnp.exe 🏭\n.png", "\u202egnp.exe 🏭\n.png"),
        ("é" * 4_096 + ".png", "…5f1294ea…" + "é" * (LONGEST_NAME - 14) + ".png"),
    ],
)
def test_names_of_files_are_kept_as_far_as_a_database_can(
    database: Engine, given: str, kept: str
) -> None:
    store = open_store(database)
    broken = rejected(1)
    store.record(
        [outcome(1, file=given), replace(broken, result=replace(broken.result, file=given))]
    )
    with reading(database) as connection:
        assert gallery(connection, store.batch.id)[0].file == kept
        assert rejections(connection, store.batch.id)[0].file == kept


def test_an_inspection_by_another_model_is_refused_with_the_whole_micro_batch(
    database: Engine,
) -> None:
    store = open_store(database)
    with pytest.raises(ValueError, match="belongs to model a"):
        store.record([outcome(1), outcome(2, model="b" * 64)])
    assert rows(database, "inspection") == 0


def test_every_stored_part_has_its_share_of_the_transaction(database: Engine) -> None:
    store = open_store(database)
    store.record([outcome(number) for number in range(3)])
    with reading(database) as connection:
        times = {part.store_ms for part in gallery(connection)}
    assert len(times) == 1
    assert times.pop() > 0


def test_a_model_keeps_its_first_card_and_has_its_own_log(database: Engine) -> None:
    with writing(database) as connection:
        first = register_model(connection, MODEL, "first", {"recall": 0.99}, 0.4, "Ann")
        change_threshold(connection, first.id, 0.3, "two escapes on Monday", ENGINEER)
        other = register_model(connection, "b" * 64, "other", {}, 0.7, "Ann")
        again = register_model(connection, MODEL, "renamed", {}, 0.9, "Ann")
    assert (again.name, again.card, again.threshold) == ("first", {"recall": 0.99}, 0.3)
    assert other.threshold == 0.7
    with reading(database) as connection:
        log = threshold_changes(connection, first.id)
        assert model_by_sha256(connection, "c" * 64) is None
        with pytest.raises(LookupError):
            current_threshold(connection, 999)
    assert [(change.threshold, change.changed_by) for change in log] == [
        (0.4, "Ann"),
        (0.3, ENGINEER.signature),
    ]
    assert log[1].reason == "two escapes on Monday"
