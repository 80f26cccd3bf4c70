"""Several processes on one database, and processes that are killed."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256

import pytest
from sqlalchemy import Engine, func, select

from core.inspection.records import Inspection
from db import schema
from db.inspections.batches import batch_summary, recent_batches, unfinished_batches
from db.inspections.models import model_by_sha256
from db.inspections.parts import gallery, photograph_bytes
from db.inspections.store import BatchStore
from db.session import reading
from db.thresholds import threshold_changes
from tests.conftest import ROOT
from tests.stored_parts import MODEL, open_store, outcome

pytestmark = pytest.mark.slow


def start(url: str, micro_batch: int, seed: int, count: int) -> subprocess.Popen[str]:
    """A process that records parts 0 to ``count`` in its own order."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.stored_parts", url, *map(str, (micro_batch, seed, count))],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def check_every_part(engine: Engine) -> set[str]:
    """Every stored inspection is whole and right; returns their sha256."""
    expected = {outcome(number).result.sha256: outcome(number) for number in range(400)}
    with reading(engine) as connection:
        parts = gallery(connection, limit=1_000)
        for part in parts:
            given = expected[part.inspection.sha256].result
            assert isinstance(given, Inspection)
            data = photograph_bytes(connection, part.inspection.sha256)
            assert data is not None
            assert sha256(data).hexdigest() == part.inspection.sha256
            assert part.inspection.evidence.tolist() == given.evidence.tolist()
            assert part.inspection.probability == given.probability
            assert part.store_ms > 0
        photographs = connection.scalar(select(func.count()).select_from(schema.photograph))
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    stored = {part.inspection.sha256 for part in parts}
    assert len(stored) == len(parts) == photographs
    return stored


def test_processes_with_the_same_photographs_leave_each_once(
    database_url: str, database: Engine
) -> None:
    writers = [start(database_url, 8, seed, 64) for seed in range(4)]
    ended = [writer.communicate() for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4, [errors for _, errors in ended]
    assert len(check_every_part(database)) == 64
    with reading(database) as connection:
        batches = recent_batches(connection)
        found = [batch_summary(connection, batch.id) for batch in batches]
        summaries = [summary for summary in found if summary is not None]
        model = model_by_sha256(connection, MODEL)
        assert model is not None
        assert len(threshold_changes(connection, model.id)) == 1
    assert [summary.inspected for summary in summaries] == [64] * 4
    assert sum(summary.already_inspected for summary in summaries) == 3 * 64


@pytest.mark.parametrize("steps", [1, 7, 20])
def test_a_killed_process_loses_nothing_that_it_had_stored(
    database_url: str, database: Engine, steps: int
) -> None:
    acknowledged: list[int] = []
    writer = start(database_url, 4, steps, 400)
    assert writer.stdout is not None
    step: list[int] = []
    for line in writer.stdout:
        if line == "stored\n":
            acknowledged += step
            step.clear()
            if len(acknowledged) == 4 * steps:
                break
        else:
            step.append(int(line))
    writer.kill()
    writer.communicate()
    assert writer.returncode == -9
    assert len(acknowledged) == 4 * steps

    stored = check_every_part(database)
    assert {outcome(number).result.sha256 for number in acknowledged} <= stored
    with reading(database) as connection:
        (batch,) = unfinished_batches(connection)
    # Handing in everything again completes the batch without listing a part twice.
    given = [outcome(number) for number in range(400)]
    for first in range(0, 400, 40):
        BatchStore(database, batch).record(given[first : first + 40])
    assert len(check_every_part(database)) == 400
    with reading(database) as connection:
        summary = batch_summary(connection, batch.id)
    assert summary is not None
    assert (summary.inspected, summary.total) == (400, 0)


def test_a_batch_knows_nothing_of_what_was_not_stored(database: Engine) -> None:
    store = open_store(database)
    assert store.find([]) == {}
    assert store.record([]) == {}
    assert check_every_part(database) == set()
