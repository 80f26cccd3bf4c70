"""Opening the database: address, connection settings, migrations, transactions, errors.

SQLite runs in WAL mode with ``synchronous=FULL``: a transaction that has ended survives a
power cut. A writer begins with ``BEGIN IMMEDIATE``, because a transaction that reads first
and then writes is refused at once, without waiting, when another writer came between
(sqlite.org/isolation.html). The driver's own transaction handling is switched off as the
SQLAlchemy SQLite documentation describes ("Using SQLAlchemy to emit BEGIN").
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.schema import DropTable
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from core.errors import SettingsError, StoreBusy, StoreUnavailable, StoreVersion
from db.driver_errors import translated
from db.schema import metadata

Result = TypeVar("Result")
MIGRATIONS = Path(__file__).parent / "migrations"
WAIT_SECONDS = 5
"""How long a writer waits for another, and a connection for its server."""
ATTEMPTS = 4
"""Of a write that a person waits for."""
_MIGRATION_LOCK = 7120246318
"""Key of PostgreSQL's advisory lock around migrations; any number nobody else uses."""


def connect(url: str) -> Engine:
    """Open the database at ``url``, create and migrate it where needed.

    ``sqlite:///path/to/file.db`` (the folder is created) or ``postgresql://...`` (also
    ``postgres://``). The engine may be shared by threads, not by forked processes.

    Raises SettingsError for an address that cannot be used, StoreVersion for a database made
    by a newer program or before the first release, StoreUnavailable or StoreBusy where it
    cannot be opened.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        _create_folder(address)
    engine = _engine(address)
    try:
        with translated(engine):
            if engine.dialect.name == "sqlite":
                _use_write_ahead_log(engine)
            _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that only reads: all its queries see the same state.

    Raises StoreUnavailable or StoreBusy.
    """
    with translated(engine), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes: all of it is stored at the end, or nothing after an error.

    On SQLite it holds the only write lock from its first statement on, so keep it short.
    Raises StoreUnavailable or StoreBusy.
    """
    with translated(engine), engine.connect() as connection:
        connection.execution_options(writes=True)
        with connection.begin():
            yield connection


def write(
    engine: Engine,
    work: Callable[[Connection], Result],
    busy: Callable[[], object] = lambda: None,
) -> Result:
    """Do ``work`` in a transaction that writes, and return what it returns.

    Where others kept the database for too long nothing was stored, and it is done again, up to
    :data:`ATTEMPTS` times: SQLite serves writers in no order, so one may be unlucky. ``busy`` is
    called before each further attempt. Raises StoreUnavailable, or StoreBusy after the last.
    """

    def told(_: RetryCallState) -> None:
        busy()

    retrying = Retrying(
        retry=retry_if_exception_type(StoreBusy),
        stop=stop_after_attempt(ATTEMPTS),
        before_sleep=told,
        reraise=True,
    )

    def attempt() -> Result:
        with writing(engine) as connection:
            return work(connection)

    return retrying(attempt)


def recreate_tables(connection: Connection) -> None:
    """Drop every table and create them again, empty; all or nothing with the transaction.

    For a demonstration alone: see :mod:`db.demonstration`.
    """
    for table in reversed(metadata.sorted_tables):
        connection.execute(DropTable(table, if_exists=True))
    connection.execute(text("DROP TABLE alembic_version"))
    _upgrade(connection)


def shown_address(engine: Engine) -> str:
    """Where the database is, without its password."""
    return engine.url.set(query={}).render_as_string(hide_password=True)


def file_of(engine: Engine) -> Path | None:
    """The SQLite database's file; None for a server."""
    name = engine.url.database or ""
    if engine.dialect.name != "sqlite" or name.startswith("file:"):
        return None
    return Path(name)


def newest_revision() -> str:
    """The schema's revision that this program works with."""
    return max(_revisions())


def _revisions() -> list[str]:
    # Read off the file names, so that Alembic is imported only when there is work for it.
    names = (MIGRATIONS / "versions").glob("r[0-9][0-9][0-9][0-9]_*.py")
    return [path.name[1:5] for path in names]


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise SettingsError(
            "DATABASE_URL is not a database address. Write sqlite:///data/qc.db "
            "or postgresql://user:password@host/name."
        ) from error
    if address.drivername in ("postgres", "postgresql"):
        address = address.set(drivername="postgresql+psycopg")
    if address.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise SettingsError(
            f"DATABASE_URL names {address.drivername}. Use sqlite:///... or postgresql://..."
        )
    if address.get_backend_name() == "sqlite" and _is_in_memory(address):
        raise SettingsError(
            "DATABASE_URL names a database in memory, which would lose every verdict. "
            "Name a file, for example sqlite:///data/qc.db."
        )
    return address


def _is_in_memory(address: URL) -> bool:
    name = address.database or ""
    return not name or ":memory:" in name or address.query.get("mode") == "memory"


def _create_folder(address: URL) -> None:
    name = address.database or ""
    if name.startswith("file:"):
        return
    folder = Path(name).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"The folder {folder} of the database cannot be created ({error.strerror}). "
            "Create it, or name another place in DATABASE_URL."
        ) from error


def _engine(address: URL) -> Engine:
    # Parameters are photographs, names and notes: none of them belongs in an error or a log.
    if address.get_backend_name() == "sqlite":
        engine = create_engine(
            address, hide_parameters=True, connect_args={"timeout": WAIT_SECONDS}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        engine = create_engine(
            address,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"connect_timeout": WAIT_SECONDS},
        )
    except ModuleNotFoundError as error:
        raise SettingsError(
            'PostgreSQL needs the package psycopg: pip install "psycopg[binary]".'
        ) from error
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "foreign_keys=ON",
        "synchronous=FULL",
        # A part writes some 19 pages. By default every fiftieth would wait for a checkpoint,
        # which shows in the 99th percentile of the latency; so it is one in two hundred.
        "wal_autocheckpoint=4000",
        # Without it, INSERT OR REPLACE deletes rows past the triggers that protect them.
        "recursive_triggers=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    connection.autocommit = True
    connection.execute(f"SET lock_timeout = '{WAIT_SECONDS}s'")
    connection.autocommit = False


def _use_write_ahead_log(engine: Engine) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = cursor.fetchone()
        while mode != ("wal",):
            try:
                cursor.execute("PRAGMA journal_mode=WAL")
                mode = cursor.fetchone()
            except engine.dialect.loaded_dbapi.OperationalError as error:
                # SQLite does not wait here for a process that is switching at the same time.
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                if mode != ("wal",):
                    raise StoreUnavailable(
                        "The place of the database does not allow SQLite's write-ahead log, "
                        "so verdicts would not be safe there. Use a local disk, or PostgreSQL."
                    )


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        if _revision(connection) == newest_revision():
            return
    with engine.connect() as connection:
        connection.execution_options(writes=True)
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK}
                )
            # Asked again under the lock: another process may have been first.
            found = _revision(connection)
            if found is not None and found not in _revisions():
                raise StoreVersion(_unknown(found))
            if found != newest_revision():
                _upgrade(connection)


def _unknown(found: str) -> str:
    if found < min(_revisions()):
        return (
            f"The database has schema {found}, made before the first release, and this program "
            f"opens {min(_revisions())} and newer. Open it once with version 0.1 of the program, "
            "or name another database in DATABASE_URL."
        )
    return (
        f"The database has schema {found}, and this program knows none newer than "
        f"{newest_revision()}. Start the newer program, or name another database in DATABASE_URL."
    )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(connection: Connection) -> None:
    # Imported here: it takes longer than everything else at start, and is seldom needed.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")
