"""What time it is: now, except while a demonstration is made of days that never were.

Every entry of the database is dated by :func:`now`. Only the demonstration sets another time,
in a database that is marked as one; a test holds the program to that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


def now() -> datetime:
    """This instant, in UTC."""
    return _moment.get() or datetime.now(UTC)


@contextmanager
def as_of(moment: datetime) -> Iterator[None]:
    """Have :func:`now` tell ``moment`` inside, in this thread."""
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)
