"""Giving people their roles."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine as Database

from core.people import Person, Role
from db import people
from db.session import write


def give_role(
    database: Database, person: Person, email: str, role: Role, *, busy: Callable[[], None]
) -> None:
    """Give the person with this e-mail address a role.

    Raises ValueError where ``email`` is no address, NotAllowed unless ``person`` is an engineer
    and for their own role, StoreError where nothing could be stored.
    """
    write(database, lambda connection: people.give_role(connection, person, email, role), busy)
