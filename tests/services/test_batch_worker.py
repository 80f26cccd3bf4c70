"""Batches in the background: order, stopping, going on, failures, and what is shown of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from core.errors import StoreBusy, StoreLost, StoreUnavailable
from core.inspection import retry as retry_policy
from core.inspection.records import Outcome, Photograph
from core.inspection.retry import RetryPolicy
from core.logs import JsonLines
from core.settings import Settings
from core.synthetic.samples import encode_jpeg, sample_parts
from db.inspections.batches import Batch
from db.inspections.models import Model
from services.application import Application
from services.inspection.batch_worker import BatchWorker, Job, Progress, State
from services.inspection.batches import run
from tests.fakes import BrightnessEngine, MemoryStore

SECONDS = 30
FILES = [Photograph(part.name, encode_jpeg(part)) for part in sample_parts(70, seed=5)]


def given(files: list[Photograph]) -> Callable[[Callable[[], bool]], Iterator[Photograph]]:
    def photographs(goes_on: Callable[[], bool]) -> Iterator[Photograph]:
        for file in files:
            if not goes_on():
                return
            yield file

    return photographs


def job(
    number: int = 1,
    files: list[Photograph] = FILES,
    photographs: Callable[[Callable[[], bool]], Iterator[Photograph]] | None = None,
    store: MemoryStore | None = None,
    finish: Callable[[], object] = lambda: None,
) -> Job:
    engine = BrightnessEngine()
    model = Model(1, engine.card.identity, "test", {}, datetime.now(UTC), 0.5)
    application = Application(Settings(), cast(Any, None), engine, model, "")
    batch = Batch(number, "", "", "", 1, model.sha256, "", len(files), datetime.now(UTC), None)

    def outcomes(retry: RetryPolicy) -> Iterable[Outcome]:
        come = (photographs or given(files))(lambda: not retry.stop.is_set())
        return run(application, batch, come, retry, 0.5, store or MemoryStore(), finish)

    return Job(number, len(files), outcomes)


def ended(worker: BatchWorker, number: int = 1) -> Progress:
    progress = worker.wait(number, SECONDS)
    assert progress is not None
    assert not progress.is_active
    return progress


def test_a_batch_is_inspected_stored_and_finished() -> None:
    worker, store, calls = BatchWorker(), MemoryStore(), []
    files = [*FILES, Photograph("broken.jpg", b"x"), Photograph("in.zip", b"", "An archive.")]
    worker.submit(job(files=files, store=store, finish=lambda: calls.append("finished")))
    progress = ended(worker)
    assert (progress.state, progress.done, progress.total) == (State.FINISHED, 72, 72)
    assert [item.file for item in progress.rejections] == ["broken.jpg", "in.zip"]
    assert progress.rejections[1].reason == "An archive."
    assert len(store.verdicts) == 70
    assert calls == ["finished"]


def test_batches_wait_for_each_other_in_their_order() -> None:
    worker, gate, order = BatchWorker(), threading.Event(), []

    def held(goes_on: Callable[[], bool]) -> Iterator[Photograph]:
        gate.wait(SECONDS)
        yield from FILES[:3]

    worker.submit(job(1, FILES[:3], photographs=held, finish=lambda: order.append(1)))
    for number in (2, 3):
        worker.submit(job(number, FILES[:3], finish=lambda number=number: order.append(number)))
    worker.submit(job(2, FILES[:3], finish=lambda: order.append("twice")))
    assert [progress.batch_id for progress in worker.active()] == [1, 2, 3]
    waiting = worker.progress(3)
    assert waiting is not None
    assert waiting.state is State.WAITING
    gate.set()
    ended(worker, 3)
    assert order == [1, 2, 3]
    assert worker.active() == ()


def test_a_stopped_batch_goes_on_without_repeating() -> None:
    worker, store, seen, finished = BatchWorker(), MemoryStore(), threading.Event(), []

    def slow(goes_on: Callable[[], bool]) -> Iterator[Photograph]:
        yield from FILES[:40]
        seen.set()
        while goes_on():
            pass

    worker.submit(job(store=store, photographs=slow, finish=lambda: finished.append(1)))
    assert seen.wait(SECONDS)
    worker.stop(1)
    progress = ended(worker)
    assert (progress.state, progress.done) == (State.STOPPED, 40)
    assert (len(store.verdicts), finished) == (40, [])

    worker.submit(job(store=store, finish=lambda: finished.append(1)))
    progress = ended(worker)
    assert (progress.state, progress.done) == (State.FINISHED, 70)
    assert (progress.already_inspected, len(store.verdicts), finished) == (40, 70, [1])


def test_a_waiting_batch_is_stopped_before_it_begins() -> None:
    worker, gate = BatchWorker(), threading.Event()

    def held(goes_on: Callable[[], bool]) -> Iterator[Photograph]:
        gate.wait(SECONDS)
        yield FILES[0]

    worker.submit(job(1, FILES[:1], photographs=held))
    worker.submit(job(2))
    worker.stop(2)
    worker.stop(99)
    gate.set()
    assert ended(worker, 1).state is State.FINISHED
    progress = ended(worker, 2)
    assert (progress.state, progress.done) == (State.STOPPED, 0)


class BusyStore(MemoryStore):
    """Refuses the second micro-batch, ``times`` times."""

    times = 10**9
    error: Exception = StoreBusy("Another program is writing. Try again.")

    def record(self, outcomes: list[Outcome]) -> dict[str, object]:  # type: ignore[override]
        if len(self.transactions) == 1 and self.times:
            self.times -= 1
            raise self.error
        return dict(super().record(outcomes))


def test_a_busy_store_ends_the_batch_in_the_end_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retry_policy, "PAUSES", (0.0,) * 3)
    worker, store, finished = BatchWorker(), BusyStore(), []
    worker.submit(job(store=store, finish=lambda: finished.append(1)))
    progress = ended(worker)
    assert (progress.state, progress.done) == (State.FAILED, len(store.transactions[0]))
    assert progress.message == "Another program is writing. Try again."
    assert 10**9 - store.times == 4
    assert finished == []
    worker.submit(job(2))
    assert ended(worker, 2).state is State.FINISHED


@pytest.mark.parametrize("error", [StoreBusy("Busy."), StoreLost("Lost.")])
def test_a_batch_waits_for_a_store_and_says_so_meanwhile(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(retry_policy, "PAUSES", (0.2,) * 60)
    worker, store = BatchWorker(), BusyStore()
    store.error = error
    worker.submit(job(store=store))
    said = ""
    while not said:
        progress = worker.progress(1)
        assert progress is not None
        assert progress.is_active
        said = progress.message
    assert said == (retry_policy.LOST if isinstance(error, StoreLost) else retry_policy.BUSY)
    store.times = 0
    progress = ended(worker)
    assert (progress.state, progress.done, progress.message) == (State.FINISHED, 70, "")


def test_a_store_that_cannot_be_written_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_policy, "PAUSES", (10**6,))
    worker, store = BatchWorker(), BusyStore()
    store.error = StoreUnavailable("The disk of the database is full.")
    worker.submit(job(store=store))
    progress = ended(worker)
    assert (progress.state, progress.message) == (State.FAILED, "The disk of the database is full.")


def test_a_batch_that_waits_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_policy, "PAUSES", (10**6,))
    worker = BatchWorker()
    worker.submit(job(store=BusyStore()))
    while not (progress := worker.progress(1)) or not progress.message:
        pass
    worker.stop(1)
    assert ended(worker).state is State.FAILED


def logged(caplog: pytest.LogCaptureFixture, level: str) -> list[dict[str, object]]:
    lines = [JsonLines().format(record) for record in caplog.records]
    return [found for line in lines if (found := json.loads(line))["level"] == level]


def test_a_batch_is_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "services")
    worker = BatchWorker()
    worker.submit(job(7, [*FILES[:5], Photograph("bro\nken.jpg", b"x")]))
    ended(worker, 7)
    (line,) = logged(caplog, "info")
    assert line["event"] == "batch finished"
    assert (line["batch"], line["files"], line["done"], line["rejected"]) == (7, 6, 6, 1)


def test_a_failure_is_logged_with_its_batch_and_files(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = BusyStore()
    store.error = StoreUnavailable("The disk of the database is full.")
    worker = BatchWorker()
    worker.submit(job(9, store=store))
    ended(worker, 9)
    (line,) = logged(caplog, "error")
    assert line["event"] == "batch broke off: The disk of the database is full."
    done = len(store.transactions[0])
    assert (line["batch"], line["done"]) == (9, done)
    (met,) = line["met"]
    assert met.startswith(f"at '{FILES[done].name}' to '")


def test_an_unknown_error_ends_the_batch_alone(caplog: pytest.LogCaptureFixture) -> None:
    worker = BatchWorker()

    def fails(goes_on: Callable[[], bool]) -> Iterator[Photograph]:
        raise ZeroDivisionError("inner matter")

    worker.submit(job(photographs=fails))
    progress = ended(worker)
    assert progress.state is State.FAILED
    assert "inner matter" not in progress.message
    assert "inner matter" in caplog.text
    worker.submit(job())
    assert ended(worker).state is State.FINISHED


def test_rate_and_time_left_are_shown_while_it_runs() -> None:
    worker, gate, reached = BatchWorker(), threading.Event(), threading.Event()

    def paused(goes_on: Callable[[], bool]) -> Iterator[Photograph]:
        yield from FILES[:64]
        # Some are read ahead; the pause comes after the first are counted.
        reached.set()
        gate.wait(SECONDS)
        yield from FILES[64:]

    worker.submit(job(photographs=paused))
    assert reached.wait(SECONDS)
    while (progress := worker.progress(1)) is not None and progress.done < 32:
        pass
    assert progress is not None
    assert progress.parts_per_second
    assert progress.parts_per_second > 0
    assert progress.seconds_left is not None
    assert progress.seconds_left > 0
    gate.set()
    assert ended(worker).seconds_left is None


def test_a_batch_that_was_never_handed_in_is_unknown() -> None:
    worker = BatchWorker()
    assert worker.progress(1) is None
    assert worker.wait(1, 0) is None
