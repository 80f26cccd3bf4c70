"""Clearing the demonstration."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine as Database

from core.people import Person
from db import demo
from db.session import write


def clear_demonstration(database: Database, person: Person, *, busy: Callable[[], None]) -> None:
    """Empty the database, except for models, roles and settings.

    Raises NotAllowed unless ``person`` is an engineer, DemonstrationRefused where the database
    holds no demonstration, StoreError where nothing could be stored.
    """
    write(database, lambda connection: demo.clear_demonstration(connection, person), busy)
