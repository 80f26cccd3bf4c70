"""A watched folder: every file that comes into it is inspected once, in batches of one shift."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import monotonic

import psutil
from sqlalchemy import Connection

from core.clock import now
from core.errors import StoreBusy, StoreError, StoreLost, StoreUnavailable
from core.inspection.file_names import printable
from core.inspection.records import Outcome, Rejection
from core.inspection.retry import RetryPolicy
from core.inspection.watching.frozen_camera import Repeats
from core.inspection.watching.move_processed import move_processed
from core.inspection.watching.watch_folder import WatchedFile, WatchedFolder
from core.logs import fields
from core.model.engine import Engine
from core.process.shifts import Shift
from db.inspections.batches import Batch, continue_batch, end_batch, update_total
from db.inspections.models import Model
from db.session import reading, writing
from db.settings import settings_in_force
from db.watch_folder import (
    Watcher,
    finish_left_batches,
    known_files,
    record_heartbeat,
    remember_files,
)
from services.application import Application
from services.inspection.batches import run, threshold_in_force

SOURCE = "watch folder"
CHECK_SECONDS = 1.0
"""Between two checks of the threshold and shift in force, and two heartbeats. Files done since
then are read again after a crash, and recognised by their sha256."""
AGAIN_SECONDS = 15.0

log = logging.getLogger(__name__)

Show = Callable[[int, int], object]
"""Shows how many files are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class WatchReport:
    """What a run of the service did."""

    done: int
    rejected: int


@dataclass(slots=True)
class _Watch:
    """One run of the service."""

    application: Application
    engine: Engine
    model: Model
    station: str
    folder: WatchedFolder
    move_to: Path | None
    tell: Callable[[str], object]
    show: Show
    stop: threading.Event
    done: int = 0
    rejected: int = 0
    batch_id: int | None = None
    not_remembered: list[tuple[WatchedFile, str]] = field(default_factory=list)
    remembering: threading.Lock = field(default_factory=threading.Lock)
    to_move: list[tuple[WatchedFile, Outcome]] = field(default_factory=list)
    """Inspected while the folder they go to, or theirs, was gone."""
    moving: threading.Lock = field(default_factory=threading.Lock)
    repeats: Repeats = field(default_factory=Repeats)
    cannot_move: str = ""

    @property
    def place(self) -> str:
        """The folder as the database knows it."""
        return printable(str(self.folder.folder))

    @property
    def trouble(self) -> str:
        """What keeps it from its work; empty where all is well."""
        return " ".join(filter(None, (self.folder.trouble, self.cannot_move, self.repeats.said)))


def watch_folder(
    application: Application,
    folder: Path,
    station: str | None,
    move_to: Path | None,
    settle: float,
    stop: threading.Event,
    *,
    progress: Show,
    say: Callable[[str], object],
) -> WatchReport:
    """Inspect every file of ``folder``, and those that come, until ``stop`` is set.

    Inspected files are moved to ``move_to``, or left where that is None. Retries while the
    database is busy or lost, and waits for a folder that is gone; raises StoreError where the
    database or ``move_to`` cannot be used.
    """
    engine, model = application.ready()
    database = application.database
    named = station or application.settings.station
    with reading(database) as connection:
        known = {} if move_to else known_files(connection, named, printable(str(folder.resolve())))
    if move_to is not None:
        _make(move_to)

    def tell(text: str) -> None:
        log.warning("%s", text)
        say(text)

    watched = WatchedFolder(folder, known, settle, stop, move_to, tell)
    watch = _Watch(application, engine, model, named, watched, move_to, tell, progress, stop)
    with _heartbeat(watch):
        while not stop.is_set():
            _inspect_next(watch)
    _move(watch)
    with writing(database) as connection:
        finish_left_batches(connection, SOURCE, Path(watch.place).name, named)
    return WatchReport(watch.done, watch.rejected)


@contextmanager
def _heartbeat(watch: _Watch) -> Iterator[None]:
    """Every second, record what was done and how the watcher is doing."""
    ended = threading.Event()
    process = psutil.Process()
    process.cpu_percent()

    def beat() -> None:
        while not ended.wait(CHECK_SECONDS):
            watch.show(watch.done, watch.done + watch.folder.waiting)
            state = Watcher(
                watch.station,
                watch.place,
                now(),
                watch.folder.waiting,
                process.memory_info().rss / 1e6,
                process.cpu_percent() / 100,
                watch.engine.threads,
                watch.engine.kind.value,
                watch.engine.card.identity,
                watch.trouble,
            )
            # Where the database is busy the next heartbeat comes in a second.
            with suppress(StoreError):
                _move(watch)
                _remember(watch, partial(record_heartbeat, state=state))

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        watch.show(watch.done, watch.done + watch.folder.waiting)


def _remember(watch: _Watch, also: Callable[[Connection], None]) -> None:
    """Record the files that were left, the batch's total, and ``also``, in one transaction."""
    with watch.remembering:
        files = list(watch.not_remembered)
        with writing(watch.application.database) as connection:
            remember_files(connection, watch.station, watch.place, files)
            if watch.batch_id is not None:
                update_total(connection, watch.batch_id, watch.folder.waiting)
            also(connection)
        del watch.not_remembered[: len(files)]


def _inspect_next(watch: _Watch) -> None:
    """Inspect until told to stop, or until the shift or the threshold changes."""
    if not watch.folder.wait():
        return
    retry = RetryPolicy(lambda reason: watch.tell(reason) if reason else None, watch.stop)
    try:
        _inspect(watch, retry)
    except (StoreBusy, StoreLost) as error:
        watch.folder.give_back()
        watch.tell(str(error))
        watch.stop.wait(AGAIN_SECONDS)


def _inspect(watch: _Watch, retry: RetryPolicy) -> None:
    application, model_id = watch.application, watch.model.id
    with reading(application.database) as connection:
        settings = settings_in_force(connection, application.settings)
    threshold = threshold_in_force(application.database, model_id)
    shift = settings.calendar.shift_of(now())
    batch = retry.call(lambda: _shift_batch(watch, shift))
    checked = monotonic()

    def unchanged() -> bool:
        nonlocal checked
        if retry.failed.is_set():
            return False
        if monotonic() - checked < CHECK_SECONDS:
            return True
        checked = monotonic()
        in_force = threshold_in_force(application.database, model_id)
        return in_force == threshold and now() < shift.ends

    def finish() -> None:
        # Files that are still waiting will be in the next batch.
        _remember(watch, partial(end_batch, batch_id=batch.id))
        watch.batch_id = None

    before, watch.batch_id = watch.done, batch.id
    photographs = watch.folder.photographs(unchanged)
    current = replace(application, settings=settings)
    for outcome in run(current, batch, photographs, retry, threshold, finish=finish):
        _settle(watch, outcome)
    log.info("batch finished", extra=fields(batch=batch.id, files=watch.done - before))


def _shift_batch(watch: _Watch, shift: Shift) -> Batch:
    """The shift's batch that broke off, or a new one."""
    name = Path(watch.place).name
    label = f"{name}, {shift.key}"
    with writing(watch.application.database) as connection:
        finish_left_batches(connection, SOURCE, name, watch.station, but=label)
        return continue_batch(connection, SOURCE, label, watch.station, watch.model.id)


def _settle(watch: _Watch, outcome: Outcome) -> None:
    """Move or remember the file of an outcome that is stored."""
    result = outcome.result
    file = watch.folder.next_done(result.sha256)
    watch.done += 1
    watch.rejected += isinstance(result, Rejection)
    if outcome.photograph.data and (said := watch.repeats.add(file.shown, result.sha256)):
        watch.tell(said)
    if watch.move_to is None:
        watch.not_remembered.append((file, result.sha256))
        return
    watch.to_move.append((file, outcome))
    _move(watch)


def _move(watch: _Watch) -> None:
    """Move what was inspected; what cannot be moved because a folder is gone is moved later."""
    with watch.moving:
        _move_in_order(watch)


def _move_in_order(watch: _Watch) -> None:
    while watch.move_to is not None and watch.to_move:
        file, outcome = watch.to_move[0]
        rejected = isinstance(outcome.result, Rejection)
        try:
            move_processed(file, watch.move_to, outcome.result.sha256, rejected)
        except OSError as error:
            said = f"{file.shown} was inspected and cannot be moved to {_shown(watch.move_to)}"
            if watch.move_to.is_dir() and watch.folder.folder.is_dir():
                raise StoreUnavailable(
                    f"{said} ({error.strerror}). Give this program permission, or watch without "
                    "moving."
                ) from error
            if not watch.cannot_move:
                watch.cannot_move = f"{said}, which is gone. It is moved when the folder is back."
                watch.tell(watch.cannot_move)
            return
        watch.cannot_move = ""
        watch.to_move.pop(0)
        watch.folder.forget(file)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"{_shown(folder)} cannot be made ({error.strerror}). Give this program permission, "
            "or watch without moving."
        ) from error


def _shown(folder: Path) -> str:
    return printable(str(folder))
