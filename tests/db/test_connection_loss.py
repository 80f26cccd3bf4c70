"""PostgreSQL that goes away in the middle of work: retried, or resumed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pytest
from sqlalchemy import Engine, event, text

from core.errors import StoreLost
from core.inspection import retry as retry_policy
from core.inspection.records import Inspection, Outcome, Photograph
from core.settings import Settings
from core.synthetic.samples import encode_jpeg, sample_parts
from db.inspections.batches import (
    Batch,
    batch_by_id,
    batch_summary,
    finish_batch,
    unfinished_batches,
)
from db.inspections.models import model_by_sha256
from db.inspections.parts import gallery, gallery_size, photograph_bytes
from db.inspections.store import BatchStore
from db.session import connect, reading, writing
from services.application import Application
from services.inspection.batch_worker import BatchWorker, Job, Progress, State
from services.inspection.batches import run
from tests.fakes import BrightnessEngine, card
from tests.stored_parts import MODEL, open_store, outcome

pytestmark = pytest.mark.postgres
ENGINE = BrightnessEngine(card(weights_sha256=MODEL))
FILES = [Photograph(part.name, encode_jpeg(part)) for part in sample_parts(40, seed=8)]


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Engine]:
    engine = connect(postgresql_url)
    yield engine
    engine.dispose()


def cut_off(engine: Engine) -> None:
    """End every connection of this engine's pool on the server, as its restart would."""
    schema = engine.url.query["options"]
    with engine.connect() as own:
        own.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = :name AND pid <> pg_backend_pid()"
            ),
            {"name": schema},
        )


@pytest.fixture
def named(postgresql_url: str, postgresql: Engine) -> Iterator[Engine]:
    """An engine whose connections have their own name, so that no other test's are cut."""
    name = postgresql.url.query["options"]
    engine = connect(f"{postgresql_url}&application_name={name}")
    yield engine
    engine.dispose()


@dataclass
class Cutting:
    """A store that loses its connection in the middle of its transactions, some times."""

    store: BatchStore
    other: Engine
    cuts: int

    def find(self, sha256s: Sequence[str]) -> Mapping[str, Inspection]:
        return self.store.find(sha256s)

    def record(self, outcomes: Sequence[Outcome]) -> Mapping[str, Inspection]:
        if self.cuts:
            self.cuts -= 1
            cutting = partial(self._cut, threading.get_ident())
            event.listen(self.store.engine, "before_cursor_execute", cutting)
            try:
                return self.store.record(outcomes)
            finally:
                event.remove(self.store.engine, "before_cursor_execute", cutting)
        return self.store.record(outcomes)

    def _cut(self, thread: int, _connection: object, _cursor: object, statement: str, *_: object):  # type: ignore[no-untyped-def]
        if threading.get_ident() == thread and "INSERT INTO batch_part" in statement:
            cut_off(self.other)


def inspected(engine: Engine, store: object, batch: Batch) -> Progress:
    worker = BatchWorker()
    with reading(engine) as connection:
        model = model_by_sha256(connection, MODEL)
    application = Application(Settings(), engine, ENGINE, model, "")
    worker.submit(
        Job(
            batch.id,
            len(FILES),
            lambda retry: run(application, batch, FILES, retry, store=store),  # type: ignore[arg-type]
        )
    )
    progress = worker.wait(batch.id, 60)
    assert progress is not None
    return progress


def check_whole(engine: Engine, batch: Batch) -> None:
    with reading(engine) as connection:
        summary = batch_summary(connection, batch.id)
        parts = gallery(connection, batch.id, limit=100)
        kept = [photograph_bytes(connection, part.inspection.sha256) for part in parts]
    assert summary is not None
    assert (summary.inspected, summary.already_inspected) == (len(FILES), 0)
    assert len({part.inspection.sha256 for part in parts}) == len(FILES)
    assert all(kept)


def test_a_connection_lost_in_mid_batch_is_retried(
    named: Engine, postgresql: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry_policy, "PAUSES", (0.01,) * 6)
    store = open_store(named, total=len(FILES))
    progress = inspected(named, Cutting(store, postgresql, cuts=3), store.batch)
    assert (progress.state, progress.done, progress.message) == (State.FINISHED, len(FILES), "")
    check_whole(named, store.batch)


def test_a_server_that_stays_away_ends_the_batch_and_it_is_resumed(
    named: Engine, postgresql: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry_policy, "PAUSES", (0.01,) * 2)
    store = open_store(named, total=len(FILES))
    progress = inspected(named, Cutting(store, postgresql, cuts=3), store.batch)
    assert progress.state is State.FAILED
    assert "does not answer" in progress.message
    with reading(named) as connection:
        assert gallery_size(connection, store.batch.id) == 0
    progress = inspected(named, store, store.batch)
    assert progress.state is State.FINISHED
    check_whole(named, store.batch)


def test_connections_lost_while_idle_are_replaced_unseen(named: Engine, postgresql: Engine) -> None:
    open_store(named).record([outcome(1)])
    cut_off(postgresql)
    with reading(named) as connection:
        assert gallery_size(connection) == 1
    cut_off(postgresql)
    open_store(named).record([outcome(2)])


def test_a_transaction_that_was_cut_off_stored_nothing(named: Engine, postgresql: Engine) -> None:
    store = open_store(named)

    def record_and_cut() -> None:
        with writing(named) as connection:
            finish_batch(connection, store.batch.id)
            cut_off(postgresql)
            batch_by_id(connection, store.batch.id)

    with pytest.raises(StoreLost, match="does not answer"):
        record_and_cut()
    with reading(named) as connection:
        assert len(unfinished_batches(connection)) == 1
