"""Batches in the background: one thread inspects them in the order they are submitted.

A page only looks at :class:`Progress`, so neither a click nor a closed tab interrupts a
batch. Where a batch breaks off, everything before that is stored, and submitting it again
continues from there.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic

from core.errors import QualityControlError
from core.inspection.records import Outcome, Rejection
from core.inspection.retry import RetryPolicy
from core.logs import fields

WINDOW_SECONDS = 5.0
"""The rate shown is that of the last seconds."""
REMEMBERED = 100
"""Ended batches whose progress can still be asked for."""

log = logging.getLogger(__name__)


class State(StrEnum):
    """The state of a batch."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"
    """By a person; it can be resumed."""
    FAILED = "failed"
    """For the reason in ``message``; it can be resumed."""
    FINISHED = "finished"


ACTIVE = (State.WAITING, State.RUNNING)


@dataclass(frozen=True, slots=True)
class Progress:
    """A batch at one moment."""

    batch_id: int
    state: State
    done: int
    total: int
    already_inspected: int
    rejections: tuple[Rejection, ...]
    parts_per_second: float | None
    seconds_left: float | None
    message: str
    """Why it failed and what to do, or what it is waiting for; empty otherwise."""

    @property
    def is_active(self) -> bool:
        """True while it is waiting or running."""
        return self.state in ACTIVE


@dataclass(frozen=True, slots=True)
class Job:
    """A batch of ``total`` photographs to inspect, store and finish."""

    batch_id: int
    total: int
    outcomes: Callable[[RetryPolicy], Iterable[Outcome]]
    """Does the work; stops early, with fewer outcomes, when the policy's ``stop`` is set."""


class _Run:
    """A job and its progress so far; guarded by the worker's lock."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.state = State.WAITING
        self.stop = threading.Event()
        self.done = 0
        self.already_inspected = 0
        self.rejections: list[Rejection] = []
        self.marks: deque[tuple[float, int]] = deque()
        self.message = ""
        self.began = monotonic()

    def count(self, outcome: Outcome, now: float) -> None:
        self.done += 1
        self.already_inspected += outcome.already_inspected
        if isinstance(outcome.result, Rejection):
            self.rejections.append(outcome.result)
        self.marks.append((now, self.done))
        while len(self.marks) > 2 and now - self.marks[1][0] >= WINDOW_SECONDS:
            self.marks.popleft()

    def rate(self) -> float | None:
        if len(self.marks) < 2:
            return None
        (start, before), (end, after) = self.marks[0], self.marks[-1]
        return (after - before) / (end - start) if end > start else None


class BatchWorker:
    """Inspects batches one after another in one thread; may be used from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[_Run] = deque()
        self._runs: dict[int, _Run] = {}
        self._thread: threading.Thread | None = None

    def submit(self, job: Job) -> None:
        """Add a batch, new or broken off; no effect on one that is waiting or running."""
        with self._changed:
            known = self._runs.get(job.batch_id)
            if known is not None and known.state in ACTIVE:
                return
            self._runs.pop(job.batch_id, None)  # so that it becomes the last one
            run = self._runs[job.batch_id] = _Run(job)
            self._waiting.append(run)
            self._forget()
            if self._thread is None:
                # Daemon: a server that ends does not wait, as the batch can be resumed.
                self._thread = threading.Thread(target=self._work, name="batches", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def stop(self, batch_id: int) -> None:
        """Stop a batch after the photographs already read; it can be resumed."""
        with self._changed:
            run = self._runs.get(batch_id)
            if run is None or run.state not in ACTIVE:
                return
            run.stop.set()
            if run.state is State.WAITING:
                self._waiting.remove(run)
                run.state = State.STOPPED
                self._changed.notify_all()

    def progress(self, batch_id: int) -> Progress | None:
        """The batch at this moment; None for one that was not submitted here."""
        with self._changed:
            run = self._runs.get(batch_id)
            return None if run is None else _progress(run)

    def active(self) -> tuple[Progress, ...]:
        """The batches that are running or waiting, in order."""
        with self._changed:
            runs = [run for run in self._runs.values() if run.state in ACTIVE]
            return tuple(_progress(run) for run in runs)

    def wait(self, batch_id: int, seconds: float) -> Progress | None:
        """Wait until the batch has ended, for at most ``seconds``."""
        with self._changed:
            run = self._runs.get(batch_id)
            if run is None:
                return None
            self._changed.wait_for(lambda: run.state not in ACTIVE, seconds)
            return _progress(run)

    def _forget(self) -> None:
        ended = [number for number, run in self._runs.items() if run.state not in ACTIVE]
        for number in ended[: max(0, len(ended) - REMEMBERED)]:
            del self._runs[number]

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                run = self._waiting.popleft()
                run.state = State.RUNNING
            state, message = self._inspect(run)
            log.info("batch %s", state, extra=_ended(run))
            with self._changed:
                run.state, run.message = state, message
                self._changed.notify_all()

    def _inspect(self, run: _Run) -> tuple[State, str]:
        def say(message: str) -> None:
            with self._changed:
                run.message = message

        run.began = monotonic()
        with self._changed:
            run.marks.append((run.began, 0))
        try:
            for outcome in run.job.outcomes(RetryPolicy(say, run.stop)):
                with self._changed:
                    run.count(outcome, monotonic())
        except QualityControlError as error:
            log.error("batch broke off: %s", error, extra=_met(run, error))
            return State.FAILED, str(error)
        except Exception as error:  # the thread must survive; nothing else would report it
            log.exception("batch broke off", extra=_met(run, error))
            return State.FAILED, (
                "An unexpected error occurred; see the log. What was inspected is stored. Resume "
                "the batch, and report the error if it happens again."
            )
        return (State.STOPPED if run.done < run.job.total else State.FINISHED), ""


def _ended(run: _Run) -> dict[str, dict[str, object]]:
    return fields(
        batch=run.job.batch_id,
        files=run.job.total,
        done=run.done,
        already_inspected=run.already_inspected,
        rejected=len(run.rejections),
        seconds=round(monotonic() - run.began, 3),
    )


def _met(run: _Run, error: BaseException) -> dict[str, dict[str, object]]:
    return fields(batch=run.job.batch_id, done=run.done, met=getattr(error, "__notes__", []))


def _progress(run: _Run) -> Progress:
    rate = run.rate() if run.state is State.RUNNING else None
    return Progress(
        batch_id=run.job.batch_id,
        state=run.state,
        done=run.done,
        total=run.job.total,
        already_inspected=run.already_inspected,
        rejections=tuple(run.rejections),
        parts_per_second=rate,
        seconds_left=(run.job.total - run.done) / rate if rate else None,
        message=run.message,
    )
