"""Purging photographs: only old ones, only their bytes, and never without an entry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from cli.app import app
from core.errors import SettingsError
from db import retention, schema
from db.inspections.parts import Sort, gallery, photograph_bytes
from db.retention import purge_photographs, purge_when_due, purges
from db.schema import purge, purged_photograph
from db.session import connect, reading, writing
from tests.stored_parts import open_store, outcome

OLD = datetime.now(UTC) - timedelta(days=100)
FORBIDDEN = [
    "UPDATE photograph SET data = ''",
    "UPDATE photograph SET data = 'other bytes'",
    "UPDATE photograph SET width = 1",
    "UPDATE photograph SET sha256 = 'x'",
    "UPDATE photograph SET stored_at = stored_at, format = 'PNG'",
    "DELETE FROM photograph",
    "UPDATE purge SET purged_by = 'nobody'",
    "DELETE FROM purge",
    "DELETE FROM purged_photograph",
]


@pytest.fixture
def stored(database: Engine) -> Engine:
    """Three old parts and two new ones; the third old photograph was inspected again lately."""
    store = open_store(database)
    store.record([outcome(number, inspected_at=OLD) for number in (1, 2, 3)])
    store.record([outcome(number) for number in (4, 5)])
    open_store(database, "line 2").record([outcome(3)])
    return database


def kept(engine: Engine) -> set[int]:
    with reading(engine) as connection:
        return {
            number
            for number in range(1, 6)
            if photograph_bytes(connection, outcome(number).result.sha256)
        }


def verdicts(engine: Engine) -> list[object]:
    with reading(engine) as connection:
        return list(connection.execute(select(schema.inspection)).all())


def test_old_photographs_go_and_their_verdicts_and_maps_stay(stored: Engine) -> None:
    before = verdicts(stored)
    steps: list[int] = []
    done = purge_photographs(stored, 30, "tests", steps.append)
    assert done is not None
    assert (done.photographs, done.byte_count, done.purged_by) == (2, 6_000, "tests")
    assert steps == [2]
    assert kept(stored) == {3, 4, 5}
    assert verdicts(stored) == before
    with reading(stored) as connection:
        assert purges(connection) == [done]
        named = set(connection.scalars(select(purged_photograph.c.photograph_sha256)))
        assert named == {outcome(number).result.sha256 for number in (1, 2)}
        part = gallery(connection, sort=Sort.ORDER)[0]
        assert part.inspection.evidence.shape == (10, 12)
    assert purge_photographs(stored, 30, "tests") is None


def test_many_go_in_short_transactions_under_one_entry(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 3)
    open_store(database).record([outcome(number, inspected_at=OLD) for number in range(8)])
    steps: list[int] = []
    done = purge_photographs(database, 99, "tests", steps.append)
    assert steps == [3, 3, 2]
    assert done is not None
    assert done.photographs == 8
    with reading(database) as connection:
        assert len(purges(connection)) == 1


def test_a_photograph_that_comes_again_for_a_new_verdict_is_kept_again(stored: Engine) -> None:
    purge_photographs(stored, 30, "tests")
    open_store(stored, "line 3").record([outcome(1)])
    assert kept(stored) == {1, 3, 4, 5}
    # And until it is old again, no earlier entry lets it go.
    with (
        pytest.raises(IntegrityError, match="only purged with an entry"),
        writing(stored) as connection,
    ):
        connection.execute(text("UPDATE photograph SET data = ''"))
    assert purge_photographs(stored, 30, "tests") is None


def test_it_is_done_once_a_day_where_photographs_are_not_kept_for_good(
    stored: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert purge_when_due(stored, 0, "tests") is None
    assert kept(stored) == {1, 2, 3, 4, 5}
    assert purge_when_due(stored, 30, "tests") is not None
    open_store(stored).record([outcome(6, inspected_at=OLD)])
    assert purge_when_due(stored, 30, "tests") is None
    monkeypatch.setattr(retention, "EVERY", timedelta(0))
    assert purge_when_due(stored, 30, "tests") is not None


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_no_photograph_is_changed_or_lost_without_an_entry(stored: Engine, statement: str) -> None:
    purge_photographs(stored, 30, "tests")
    with (
        pytest.raises(IntegrityError, match=r"never changed or deleted"),
        writing(stored) as connection,
    ):
        connection.execute(text(statement))
    assert kept(stored) == {3, 4, 5}


def test_less_than_a_day_is_no_retention(stored: Engine) -> None:
    with pytest.raises(ValueError, match="whole days"):
        purge_photographs(stored, 0, "tests")
    assert kept(stored) == {1, 2, 3, 4, 5}


def test_nothing_of_the_bytes_is_left_in_the_file(sqlite_url: str, tmp_path: Path) -> None:
    engine = connect(sqlite_url)
    open_store(engine).record([outcome(number, inspected_at=OLD) for number in range(30)])
    open_store(engine).record([outcome(99)])
    purge_photographs(engine, 30, "tests")
    engine.dispose()
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert outcome(99).photograph.data[:64] in files
    for number in range(30):
        data = outcome(number).photograph.data
        assert not [
            place for place in range(0, len(data) - 64, 64) if data[place : place + 64] in files
        ]


def test_the_command_says_what_was_deleted(stored: Engine, database_url: str) -> None:
    def run(*options: str) -> Result:
        return CliRunner().invoke(app, ["purge", "--database-url", database_url, *options])

    refused = run().exception
    assert isinstance(refused, SettingsError)
    assert "RETENTION_DAYS is 0" in str(refused)
    assert run("--days", "30", "--dry-run").output.startswith("2 photographs of 0.0 MB")
    assert kept(stored) == {1, 2, 3, 4, 5}
    assert "2 photographs of 0.0 MB were deleted" in run("--days", "30").output
    assert "No photograph is old enough" in run("--days", "30").output
    with reading(stored) as connection:
        assert connection.scalar(select(purge.c.retention_days)) == 30
