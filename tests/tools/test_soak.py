"""Small versions of the long runs in tools/soak, whose results are kept there."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from db.session import connect
from tools.soak import killed, production, watched, writers

pytestmark = pytest.mark.slow


def test_batches_killed_at_any_moment_lose_nothing_and_are_completed(
    database: Engine, database_url: str, tmp_path: Path
) -> None:
    seen: Counter[str] = Counter()
    for seed in range(4 if database.dialect.name == "sqlite" else 2):
        seen.update(killed.run_round(database, database_url, tmp_path / "spool", seed))
    assert seen["acknowledged"] > 0
    assert {name: seen[name] for name in killed.WRONG} == dict.fromkeys(killed.WRONG, 0)


def test_writers_and_readers_at_the_same_time_meet_no_lock(
    database: Engine, database_url: str
) -> None:
    found = writers.run_all(database_url, writers=4, parts=20, readers=2)
    assert (found["rows"], found["photographs"], found["lock_errors"]) == (80, 80, 0)
    assert found["reads"] > 0


@pytest.mark.parametrize("move", [False, True])
def test_a_watched_folder_misses_and_repeats_nothing_when_its_service_is_killed(
    sqlite_url: str, tmp_path: Path, move: bool
) -> None:
    engine = connect(sqlite_url)
    seen = watched.run(engine, sqlite_url, tmp_path, files=60, kills=2, move=move, hostile=False)
    engine.dispose()
    assert seen["inspected"] > 50
    assert {name: seen[name] for name in watched.WRONG} == dict.fromkeys(watched.WRONG, 0)


def test_production_is_stored_whole_and_every_page_can_ask(database: Engine) -> None:
    made = production.produce(database, production.BEGIN, 600)
    now = production.BEGIN + timedelta(seconds=600)
    counts = production.counts(database)
    assert made == 600 * production.PER_SECOND
    assert counts["inspection"] + counts["rejection"] == made
    assert counts["photograph"] == counts["inspection"]
    assert counts["disposition"] == 2 * 2 * 5
    assert production.time_pages(database, now, rounds=1).keys() == production.LIMITS_MS.keys()
