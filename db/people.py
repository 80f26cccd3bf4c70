"""Roles by e-mail address: an append-only log whose latest entry is in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from core.clock import now
from core.errors import NotAllowed
from core.people import Person, Role, require
from db.schema import person_role


@dataclass(frozen=True, slots=True)
class RoleEntry:
    """One entry of the log: from ``given_at`` on, ``email`` has ``role``."""

    email: str
    role: Role
    given_by: str
    given_at: datetime


def signed_in(connection: Connection, name: str, email: str, first_engineer: str) -> Person:
    """The person whom the sign-in vouches for, with the role in force; without one a viewer.

    ``first_engineer`` is the address that is an engineer until the log names another role.
    """
    address = _address(email)
    role = role_of(connection, address)
    if role is None:
        role = Role.ENGINEER if address == _address(first_engineer) else Role.VIEWER
    return Person(name.strip() or address, address, True, role)


def role_of(connection: Connection, email: str) -> Role | None:
    """The role in force for this address; None where none was ever given."""
    log = person_role.c
    latest = select(log.role).where(log.email == _address(email)).order_by(log.id.desc()).limit(1)
    found: str | None = connection.scalar(latest)
    return None if found is None else Role(found)


def give_role(connection: Connection, person: Person, email: str, role: Role) -> None:
    """Give an address a role from now on.

    Raises NotAllowed unless ``person`` is an engineer, and where an engineer would change
    their own role: so there is always one left. Raises ValueError for what is no address.
    """
    require(person, Role.ENGINEER)
    address = _address(email)
    if "@" not in address or any(sign.isspace() for sign in address):
        raise ValueError(f"{email!r} is not an e-mail address")
    if address == person.email:
        raise NotAllowed("Nobody changes their own role. Ask another engineer to do it.")
    connection.execute(
        person_role.insert(),
        {
            "email": address,
            "role": role.value,
            "given_by": person.signature,
            "given_at": now(),
        },
    )


def roles(connection: Connection) -> list[RoleEntry]:
    """The roles in force, ordered by address."""
    log = person_role.c
    latest = select(func.max(log.id)).group_by(log.email)
    rows = connection.execute(
        select(log.email, log.role, log.given_by, log.given_at)
        .where(log.id.in_(latest))
        .order_by(log.email)
    )
    return [RoleEntry(email, Role(role), by, at) for email, role, by, at in rows]


def _address(email: str) -> str:
    return email.strip().lower()
