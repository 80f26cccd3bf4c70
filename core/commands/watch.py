"""``python -m core watch``: every file that comes into a folder, once, through the one way."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic

import psutil
import sqlalchemy

import db
from core.clock import now
from core.engine import Engine, load_engine
from core.errors import StoreBusy, StoreError, StoreLost, StoreUnavailable
from core.inspection import Outcome, Rejection, inspect_photographs
from core.logs import fields
from core.patience import Patience, PatientStore
from core.setting_aside import set_aside
from core.settings import Settings, read_settings
from core.shifts import Shift
from core.watching import WatchedFile, WatchedFolder

SOURCE = "watch folder"
TELL_SECONDS = 1.0
"""Between two looks at the threshold and the shift in force, and two signs of life. Files done
since are read again after a crash, and known by their sha256."""
AGAIN_SECONDS = 15.0

log = logging.getLogger(__name__)

Show = Callable[[int, int], None]
"""Shows how many files are done, and how many there are."""


@dataclass(slots=True)
class _Watch:
    """One run of the service."""

    database: sqlalchemy.Engine
    engine: Engine
    model: db.Model
    station: str
    settings: Settings
    folder: WatchedFolder
    aside: Path | None
    say: Callable[[str], None]
    show: Show
    stop: threading.Event
    done: int = 0
    rejected: int = 0
    batch_id: int | None = None
    unremembered: list[tuple[WatchedFile, str]] = field(default_factory=list)
    remembering: threading.Lock = field(default_factory=threading.Lock)

    @property
    def place(self) -> str:
        """The folder as the database knows it."""
        return str(self.folder.folder)


def watch_folder(
    folder: Path,
    station: str | None,
    aside: Path | None,
    settle: float,
    database_url: str | None,
    bar: Callable[[str], AbstractContextManager[Show]],
    say: Callable[[str], None],
) -> None:
    """Inspect every file of ``folder``, and those that come, until the program is told to stop.

    Inspected files are moved to ``aside``, or left where that is None. Raises the errors of
    the engine, and of a database that cannot be used; for one that is busy or lost it waits.
    """
    settings = read_settings()
    engine = load_engine(threads=settings.threads or None)
    database = db.connect(database_url or settings.database_url)
    card = engine.card
    with db.writing(database) as connection:
        model = db.register_model(
            connection,
            card.identity,
            card.name,
            card.model_dump(mode="json"),
            card.threshold.probability,
            SOURCE,
        )
    named = station or settings.station
    stop = threading.Event()
    with db.reading(database) as connection:
        known = {} if aside else db.known_files(connection, named, str(folder.resolve()))
    watched = WatchedFolder(folder, known, settle, stop, aside)
    with _stopping(stop, say), bar(f"{named}: {folder.name}") as show:
        watch = _Watch(database, engine, model, named, settings, watched, aside, say, show, stop)
        with _telling(watch):
            while not stop.is_set():
                _go_on(watch)
        with db.writing(database) as connection:
            db.finish_left_batches(connection, SOURCE, folder.resolve().name, named)
    database.dispose()
    say(f"Stopped. {watch.done:,} files were inspected, {watch.rejected:,} of them rejected.")


@contextmanager
def _stopping(stop: threading.Event, say: Callable[[str], None]) -> Iterator[None]:
    """Stop after the photographs that are under way; a second request ends at once."""

    def ask(_signal: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        say("Stopping: the photographs under way are finished first ...")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _telling(watch: _Watch) -> Iterator[None]:
    """Every second, note what was done and tell how the watcher is doing."""
    ended = threading.Event()
    process = psutil.Process()
    process.cpu_percent()

    def tell() -> None:
        while not ended.wait(TELL_SECONDS):
            watch.show(watch.done, watch.done + watch.folder.waiting)
            state = db.Watcher(
                watch.station,
                watch.place,
                now(),
                watch.folder.waiting,
                process.memory_info().rss / 1e6,
                process.cpu_percent() / 100,
                watch.engine.threads,
                watch.engine.kind.value,
                watch.engine.card.identity,
            )
            # Where the database is busy the next sign of life comes in a second.
            with suppress(StoreError):
                _remember(watch, partial(db.tell_watcher, state=state))

    thread = threading.Thread(target=tell, name="tell", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        watch.show(watch.done, watch.done + watch.folder.waiting)


def _remember(watch: _Watch, also: Callable[[sqlalchemy.Connection], None]) -> None:
    """Note the files that were left, the batch's total, and ``also``, in one transaction."""
    with watch.remembering:
        files = list(watch.unremembered)
        with db.writing(watch.database) as connection:
            db.remember_files(connection, watch.station, watch.place, files)
            if watch.batch_id is not None:
                db.announce(connection, watch.batch_id, watch.folder.waiting)
            also(connection)
        del watch.unremembered[: len(files)]


def _go_on(watch: _Watch) -> None:
    """Inspect until it is to stop, or until the shift or the threshold changes."""
    if not watch.folder.wait():
        return
    patience = Patience(lambda reason: watch.say(reason) if reason else None, watch.stop)
    try:
        _inspect(watch, patience)
    except (StoreBusy, StoreLost) as error:
        watch.folder.give_back()
        watch.say(str(error))
        watch.stop.wait(AGAIN_SECONDS)


def _inspect(watch: _Watch, patience: Patience) -> None:
    with db.reading(watch.database) as connection:
        settings = db.settings_in_force(connection, watch.settings)
        threshold = db.current_threshold(connection, watch.model.id)
    shift = settings.calendar.shift_of(now())
    batch = patience.insist(lambda: _batch(watch, shift))
    asked = monotonic()

    def goes_on() -> bool:
        nonlocal asked
        if monotonic() - asked < TELL_SECONDS:
            return True
        asked = monotonic()
        with db.reading(watch.database) as connection:
            in_force = db.current_threshold(connection, watch.model.id)
        return in_force == threshold and now() < shift.ends

    store = PatientStore(db.BatchStore(watch.database, batch, settings.audit_rate), patience)
    before, watch.batch_id = watch.done, batch.id
    for outcome in inspect_photographs(
        watch.folder.photographs(goes_on), watch.engine, threshold, store
    ):
        _settle(watch, outcome)
    patience.insist(lambda: _remember(watch, partial(_finish, batch_id=batch.id)))
    watch.batch_id = None
    log.info("batch finished", extra=fields(batch=batch.id, files=watch.done - before))


def _batch(watch: _Watch, shift: Shift) -> db.Batch:
    """The shift's batch that was broken off, or a new one."""
    name = Path(watch.place).name
    kind = (SOURCE, f"{name}, {shift.key}", watch.station, watch.model.id)
    with db.writing(watch.database) as connection:
        db.finish_left_batches(connection, SOURCE, name, watch.station, but=kind[1])
        return db.broken_off_batch(connection, *kind) or db.open_batch(connection, *kind, 0)


def _settle(watch: _Watch, outcome: Outcome) -> None:
    """Move or remember the file of an outcome that is stored."""
    result = outcome.result
    file = watch.folder.next_done(result.sha256)
    watch.done += 1
    watch.rejected += isinstance(result, Rejection)
    if watch.aside is None:
        watch.unremembered.append((file, result.sha256))
        return
    try:
        set_aside(file, watch.aside, result.sha256, isinstance(result, Rejection))
    except OSError as error:
        raise StoreUnavailable(
            f"{file.name} was inspected and cannot be moved to {watch.aside} "
            f"({error.strerror}). Give this program permission, or watch without moving."
        ) from error
    watch.folder.forget(file)


def _finish(connection: sqlalchemy.Connection, batch_id: int) -> None:
    """Files that still wait will be in the next batch."""
    db.announce(connection, batch_id, 0)
    db.finish_batch(connection, batch_id)
