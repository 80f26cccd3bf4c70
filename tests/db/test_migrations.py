"""Databases made before the first release open unchanged, or are refused with what to do.

``former_schema`` has the tables, indexes and triggers as the steps made them that the first
migration replaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import JSON, Connection, Engine, MetaData, Table, func, inspect, select, text

from core.errors import StoreVersion
from core.people import Person, Role
from core.synthetic.samples import encode_jpeg, sample_parts
from db import session
from db.inspections.batches import open_batch
from db.inspections.models import model_by_sha256
from db.inspections.parts import gallery, photograph_bytes
from db.people import give_role
from db.session import connect, reading, writing
from tests.stored_parts import MODEL

FORMER = Path(__file__).parent / "former_schema"
"""The revision of the former schema."""
REVISIONS = sorted(session._revisions())
PHOTOGRAPHS = [encode_jpeg(part) for part in sample_parts(2, seed=3)]
MOMENT = datetime(2026, 3, 29, 1, 30, 15, 123456, tzinfo=UTC)
TEXTS = {
    "role": "reviewer",
    "verdict": "ok",
    "decision": "ok",
    "defect_type": "",
    "note": "left *rim* \u2713",
    "email": "ann@plant.example",
    "name": "Ann",
    "rule": "beyond",
    "grain": "shift",
    "format": "JPEG",
    "file": "part \U0001f525 1.jpg",
    "value": "1.0",
    "previous": "2.0",
}
NUMBERS = {
    "threshold": 0.5,
    "previous": 0.25,
    "probability": 0.125,
    "log_odds": -1.9459,
    "evidence_rows": 10,
    "evidence_columns": 10,
    "inspected": 40,
    "defective": 3,
    "width": 300,
    "height": 300,
    "distance": float("inf"),
    "audit_rate": 0.05,
}


FORMER_REVISION = "0012"
"""Of the databases that ``tests/db/former_schema`` makes."""


def config(connection: Connection) -> Config:
    made = Config(attributes={"connection": connection})
    made.set_main_option("script_location", str(session.MIGRATIONS))
    return made


@pytest.fixture
def empty(database_url: str) -> Iterator[Engine]:
    """The database without any table."""
    engine = session._engine(session._address(database_url))
    if engine.dialect.name == "sqlite":
        session._use_write_ahead_log(engine)
    yield engine
    engine.dispose()


def reflected(connection: Connection) -> MetaData:
    found = MetaData()
    found.reflect(connection)
    return found


def made_up(table: Table, sqlite: bool) -> dict[str, Any]:
    """One row for the table as it is at its revision; every reference points at row 1."""
    row: dict[str, Any] = {}
    for column in table.columns:
        name = column.name
        kind = str(column.type).upper()
        if name == "id" or name.endswith("_id") or (column.foreign_keys and name != "undoes"):
            row[name] = 1 if "sha256" not in name else "5" * 64
        elif name == "undoes":
            row[name] = None
        elif name == "sha256":
            row[name] = MODEL if table.name == "model" else "5" * 64
        elif name == "data":
            row[name] = PHOTOGRAPHS[0]
        elif name == "evidence":
            row[name] = bytes(range(200))
        elif name == "byte_count":
            row[name] = len(PHOTOGRAPHS[0])
        elif isinstance(column.type, JSON) or "JSON" in kind:
            row[name] = {"evidence_scale": 1.0, "of": [1, None, "\u2713"]}
        elif "BOOL" in kind:
            row[name] = True
        elif name.endswith(("_at", "begins", "ends", "older_than")) or name == "at":
            micros = (MOMENT - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
            row[name] = micros if sqlite else MOMENT
        elif name in TEXTS and "TEXT" in kind:
            row[name] = TEXTS[name]
        elif "TEXT" in kind:
            row[name] = f"some {name}"
        else:
            row[name] = NUMBERS.get(name, 7)
    return row


def rows_of(connection: Connection, tables: MetaData) -> dict[str, list[dict[str, Any]]]:
    """Every row of these tables, with the columns these tables know."""
    return {
        table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
        for table in tables.sorted_tables
        if table.name != "alembic_version"
    }


def create_former(engine: Engine, revision: str) -> None:
    """Run the former schema's statements as they are."""
    script = (FORMER / f"{engine.dialect.name}.sql").read_text(encoding="utf-8")
    with closing(engine.raw_connection()) as raw, closing(raw.cursor()) as cursor:
        if engine.dialect.name == "sqlite":
            cursor.executescript(script)
        else:
            cursor.execute(script)
        raw.commit()
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO alembic_version VALUES (:it)"), {"it": revision})


def described(connection: Connection) -> list[str]:
    """Everything the database knows of its schema, one line each."""
    if connection.dialect.name == "sqlite":
        questions = [
            "SELECT m.name, x.* FROM sqlite_master m, pragma_table_xinfo(m.name) x "
            "WHERE m.type = 'table'",
            'SELECT m.name, f."table", f."from", f."to", f.on_update, f.on_delete '
            "FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
            "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type <> 'table'",
        ]
        rules = [
            (table, rule["name"], rule["sqltext"])
            for table in inspect(connection).get_table_names()
            for rule in inspect(connection).get_check_constraints(table)
        ]
    else:
        questions = [
            "SELECT table_name, ordinal_position, column_name, data_type, is_nullable, "
            "column_default FROM information_schema.columns WHERE table_schema = current_schema()",
            "SELECT replace(indexdef, current_schema() || '.', '') FROM pg_indexes "
            "WHERE schemaname = current_schema()",
            "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE connamespace = current_schema()::regnamespace",
            "SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
            "WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace",
            "SELECT proname, prosrc FROM pg_proc "
            "WHERE pronamespace = current_schema()::regnamespace",
        ]
        rules = []
    rows = [tuple(row) for each in questions for row in connection.exec_driver_sql(each)]
    return sorted(" ".join(str(row).replace("\\n", " ").split()) for row in [*rows, *rules])


def test_migrated_a_former_schema_is_the_one_made_today(empty: Engine) -> None:
    create_former(empty, FORMER_REVISION)
    with empty.connect().execution_options(writes=True) as connection, connection.begin():
        command.upgrade(config(connection), "head")
        before = described(connection)
        session.recreate_tables(connection)
        assert described(connection) == before
    assert len(before) > 200


def test_a_database_of_a_former_program_keeps_its_rows(empty: Engine, database_url: str) -> None:
    sqlite = empty.dialect.name == "sqlite"
    create_former(empty, FORMER_REVISION)
    with empty.connect().execution_options(writes=True) as connection, connection.begin():
        schema = described(connection)
        tables = reflected(connection)
        for table in tables.sorted_tables:
            if table.name != "alembic_version":
                connection.execute(table.insert(), made_up(table, sqlite))
    with empty.connect() as connection:
        before = rows_of(connection, tables)
    assert all(len(rows) == 1 for rows in before.values())

    engine = connect(database_url)
    with reading(engine) as connection:
        after = rows_of(connection, tables)
        assert set(schema) <= set(described(connection))
        # What the new program makes of the old rows.
        (part,) = gallery(connection)
        assert part.inspection.probability == NUMBERS["probability"]
        assert part.inspection.inspected_at == MOMENT
        assert (part.inspection.frame, part.inspection.views) == (None, 1)
        assert photograph_bytes(connection, part.inspection.sha256) == PHOTOGRAPHS[0]
        model = model_by_sha256(connection, MODEL)
        assert model is not None
        assert model.threshold == 0.5
        if sqlite:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    for name, rows in before.items():
        assert all(row in after[name] for row in rows), name

    # And it goes on working: a decision, a role, a new batch.
    ben = Person("Ben", "ben@plant.example", True, Role.ENGINEER)
    with writing(engine) as connection:
        if not sqlite:
            # The rows above came with their numbers, as only a restored backup's do.
            for table in reflected(connection).sorted_tables:
                if "id" in table.c and table.name != "demonstration":
                    counter = func.pg_get_serial_sequence(table.name, "id")
                    connection.execute(select(func.setval(counter, 1)))
        give_role(connection, ben, "eva@plant.example", Role.VIEWER)
        open_batch(connection, "upload", "", "line 1", 1, 1)
    engine.dispose()


def test_an_older_schema_is_refused_with_what_to_do(empty: Engine, database_url: str) -> None:
    create_former(empty, "0011")
    with pytest.raises(StoreVersion, match="schema 0011, made before the first release"):
        connect(database_url)


@pytest.mark.parametrize("revision", REVISIONS)
def test_no_revision_is_taken_back(empty: Engine, revision: str) -> None:
    with empty.connect().execution_options(writes=True) as connection, connection.begin():
        command.upgrade(config(connection), revision)
        with pytest.raises(StoreVersion, match="Restore a backup"):
            command.downgrade(config(connection), "-1")
