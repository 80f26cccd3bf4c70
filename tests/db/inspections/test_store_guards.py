"""What the database itself refuses, and how its connections are set."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, StatementError

from core.inspection.records import Verdict
from db import schema
from db.inspections.models import model_by_sha256, register_model
from db.inspections.parts import gallery_size, photograph_bytes
from db.session import connect, reading, writing
from db.thresholds import change_threshold
from tests.stored_parts import ENGINEER, open_store, outcome

# Typed in full, as somebody with a database tool would.
FORBIDDEN = [
    "UPDATE inspection SET verdict = 'ok'",
    "UPDATE inspection SET probability = 0.0, verdict = verdict",
    "UPDATE inspection SET store_ms = 0.0",
    "UPDATE inspection SET evidence = photograph_sha256, evidence_rows = 0"
    " WHERE evidence_columns = 0 OR id > 0",
    "DELETE FROM inspection",
    "UPDATE threshold_change SET threshold = 0.9",
    "UPDATE threshold_change SET reason = 'better'",
    "DELETE FROM threshold_change",
]


def state(engine: Engine) -> list[object]:
    with reading(engine) as connection:
        return [
            connection.execute(table.select()).all()
            for table in (schema.inspection, schema.threshold_change)
        ]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_verdicts_and_the_threshold_log_cannot_be_changed(database: Engine, statement: str) -> None:
    open_store(database).record([outcome(1), outcome(2)])
    before = state(database)
    if database.dialect.name == "postgresql":
        statement = statement.replace("= photograph_sha256", "= photograph_sha256::bytea")
    with (
        pytest.raises(IntegrityError, match="never changed or deleted"),
        writing(database) as connection,
    ):
        connection.execute(text(statement))
    assert state(database) == before


def test_a_verdict_cannot_be_replaced_by_an_insert(database: Engine) -> None:
    open_store(database).record([outcome(1)])
    before = state(database)
    if database.dialect.name == "sqlite":
        statement = "INSERT OR REPLACE INTO inspection SELECT * FROM inspection"
    else:
        statement = "TRUNCATE inspection CASCADE"
    with (
        pytest.raises(IntegrityError, match="never changed or deleted"),
        writing(database) as connection,
    ):
        connection.execute(text(statement))
    assert state(database) == before


def test_every_column_of_a_verdict_is_protected(database: Engine) -> None:
    open_store(database).record([outcome(1)])
    for column in schema.inspection.c:
        with (
            pytest.raises(IntegrityError, match="never changed or deleted"),
            writing(database) as connection,
        ):
            connection.execute(text(f"UPDATE inspection SET {column.name} = {column.name}"))  # noqa: S608


@pytest.mark.parametrize("table", ["threshold_change", "batch", "rejection", "batch_part"])
def test_rows_that_point_nowhere_are_refused(database: Engine, table: str) -> None:
    values = {
        "threshold_change": "(model_id, threshold, reason, changed_by, changed_at)"
        " VALUES (99, 0.5, '', '', {now})",
        "batch": "(source, label, station, model_id, total, created_at)"
        " VALUES ('', '', '', 99, 1, {now})",
        "rejection": "(batch_id, file, sha256, byte_count, reason, rejected_at)"
        " VALUES (99, '', '', 1, '', {now})",
        "batch_part": "(batch_id, inspection_id, file, verdict, already_inspected)"
        " VALUES (99, 99, '', 'ok', {no})",
    }[table]
    sqlite = database.dialect.name == "sqlite"
    values = values.format(now="0" if sqlite else "now()", no="0" if sqlite else "false")
    with (
        pytest.raises(IntegrityError, match=r"(?i)foreign key"),
        writing(database) as connection,
    ):
        connection.execute(text(f"INSERT INTO {table} {values}"))


def test_a_verdict_needs_a_score(database: Engine) -> None:
    store = open_store(database)
    unscored = outcome(1, verdict=Verdict.OK, probability=float("nan"))
    with pytest.raises(IntegrityError, match="scored"):
        store.record([unscored])
    with reading(database) as connection:
        assert photograph_bytes(connection, unscored.result.sha256) is None


def test_a_threshold_is_a_probability(database: Engine) -> None:
    with (
        pytest.raises(IntegrityError, match="threshold"),
        writing(database) as connection,
    ):
        register_model(connection, "c" * 64, "test", {}, 1.5, "tests")
    with reading(database) as connection:
        assert model_by_sha256(connection, "c" * 64) is None


def test_a_time_without_a_zone_is_refused(database: Engine) -> None:
    store = open_store(database)
    naive = datetime(2026, 3, 29, 2, 30)
    with pytest.raises(StatementError, match="has no time zone"):
        store.record([outcome(1, inspected_at=naive)])


def test_sqlite_is_set_to_keep_what_it_was_given(sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    with reading(engine) as first, reading(engine) as second:
        for connection in (first, second):
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in (
                    "journal_mode",
                    "synchronous",
                    "foreign_keys",
                    "busy_timeout",
                    "recursive_triggers",
                )
            }
            assert found == {
                "journal_mode": "wal",
                "synchronous": 2,
                "foreign_keys": 1,
                "busy_timeout": 5_000,
                "recursive_triggers": 1,
            }
    engine.dispose()


def test_a_reader_sees_one_state_and_hinders_no_writer(database: Engine) -> None:
    store = open_store(database)
    with reading(database) as connection:
        assert gallery_size(connection) == 0
        store.record([outcome(1)])
        assert gallery_size(connection) == 0
    with reading(database) as connection:
        assert gallery_size(connection) == 1


def test_an_error_undoes_the_whole_transaction(database: Engine) -> None:
    with writing(database) as connection:
        model = register_model(connection, "b" * 64, "test", {}, 0.5, "tests")

    def register_and_fail() -> None:
        with writing(database) as connection:
            register_model(connection, "c" * 64, "test", {}, 0.5, "tests")
            change_threshold(connection, model.id + 99, 0.5, "test", ENGINEER)

    with pytest.raises(IntegrityError):
        register_and_fail()
    with reading(database) as connection:
        assert model_by_sha256(connection, "c" * 64) is None
