"""What a database driver's error means to the person at the screen.

Codes: sqlite.org/rescode.html and the PostgreSQL manual, appendix A. Only failures of the
database's surroundings are translated; a broken rule (a constraint, wrong SQL) is a fault of
the program and stays the error that it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import StoreBusy, StoreError, StoreLost, StoreUnavailable

_BUSY = "Another program is writing to the database and kept it for too long. Try again."
_FULL = "The disk of the database is full. Nothing of this step was stored; free some space."
_READ_ONLY = (
    "The database can be read but not written. Nothing was stored; give this program "
    "permission to write to it."
)
_DAMAGED = "{place} is not a database, or it is damaged. Restore a backup or name another one."
_NOT_OPENED = "The database {place} cannot be opened. Check that the place exists and is yours."
_DISK = "The disk of the database reports an error. Nothing of this step was stored; check it."
_UNREACHABLE = (
    "The database {place} does not answer. Check the network, the server and DATABASE_URL."
)
_SIGN_IN = "The database {place} refuses the user or the password. Check DATABASE_URL."
_NO_DATABASE = "The database {place} does not exist. Create it, or correct DATABASE_URL."
_POOL = "Too many things use the database at the same time. Try again."

# Primary result codes: the low byte of SQLite's extended ones.
_SQLITE: dict[int, tuple[type[StoreError], str]] = {
    5: (StoreBusy, _BUSY),
    6: (StoreBusy, _BUSY),
    8: (StoreUnavailable, _READ_ONLY),
    10: (StoreUnavailable, _DISK),
    11: (StoreUnavailable, _DAMAGED),
    13: (StoreUnavailable, _FULL),
    14: (StoreUnavailable, _NOT_OPENED),
    23: (StoreUnavailable, _NOT_OPENED),
    26: (StoreUnavailable, _DAMAGED),
}

# Beginnings of SQLSTATE, the longer first.
_POSTGRESQL: tuple[tuple[str, type[StoreError], str], ...] = (
    ("55P03", StoreBusy, _BUSY),
    ("57014", StoreBusy, _BUSY),
    ("25006", StoreUnavailable, _READ_ONLY),
    ("42501", StoreUnavailable, _READ_ONLY),
    ("53100", StoreUnavailable, _FULL),
    ("53300", StoreBusy, _POOL),
    ("3D000", StoreUnavailable, _NO_DATABASE),
    ("40", StoreBusy, _BUSY),
    ("28", StoreUnavailable, _SIGN_IN),
    ("58", StoreUnavailable, _DISK),
    ("XX", StoreUnavailable, _DAMAGED),
    ("57P", StoreLost, _UNREACHABLE),
    ("08", StoreLost, _UNREACHABLE),
)


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Raise StoreBusy, StoreLost or StoreUnavailable in the place of the driver's own error."""
    driver = engine.dialect.loaded_dbapi
    try:
        yield
    except PoolTimeout as error:
        raise StoreBusy(_POOL) from error
    except (DBAPIError, driver.Error) as error:
        # What fails while a raw connection is opened comes without SQLAlchemy's wrapping.
        cause = error.orig if isinstance(error, DBAPIError) else error
        if engine.dialect.name == "sqlite":
            found = _sqlite(cause)
        else:
            found = _postgresql(cause, lost=isinstance(cause, driver.OperationalError))
        if found is None:
            raise
        kind, message = found
        place = engine.url.set(query={}).render_as_string(hide_password=True)
        raise kind(message.format(place=place)) from error


def _sqlite(error: BaseException | None) -> tuple[type[StoreError], str] | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else _SQLITE.get(code & 0xFF)


def _postgresql(error: BaseException | None, lost: bool) -> tuple[type[StoreError], str] | None:
    state = getattr(error, "sqlstate", None)
    if state is None:
        # The driver gives no code where the connection failed or was lost. A sign-in that
        # was refused is one of those, and only its text says so.
        return _refused_at_start(str(error)) if lost else None
    for start, kind, message in _POSTGRESQL:
        if state.startswith(start):
            return kind, message
    return None


def _refused_at_start(message: str) -> tuple[type[StoreError], str]:
    if "password" in message or "role" in message:
        return StoreUnavailable, _SIGN_IN
    if "does not exist" in message:
        return StoreUnavailable, _NO_DATABASE
    return StoreLost, _UNREACHABLE
