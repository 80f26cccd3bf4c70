"""Who uses the program, and what each of them may do.

A viewer looks, a reviewer decides about parts, an engineer also changes thresholds, models
and other people's roles. A function that writes takes the :class:`Person` and calls
:func:`require` itself: a hidden button protects nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.errors import NotAllowed


class Role(StrEnum):
    """What a person may do; each role includes those before it."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    ENGINEER = "engineer"

    def includes(self, other: Role) -> bool:
        """Whether a person of this role may do what ``other`` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Person:
    """A person at one moment, as an entry keeps them."""

    name: str
    email: str | None
    """The address that the sign-in vouches for; None for a name that was typed."""
    verified: bool
    """False for a name that was typed."""
    role: Role

    @property
    def key(self) -> str:
        """The same for the same person, and never shared by a signed-in and a typed one."""
        return f"signed in {self.email}" if self.verified else f"typed {self.name.casefold()}"

    @property
    def signature(self) -> str:
        """How a log names the person."""
        return f"{self.name} <{self.email}>" if self.verified else f"{self.name} (unverified)"


def require(person: Person, role: Role) -> None:
    """Raise NotAllowed where the person's role does not include ``role``."""
    if not person.role.includes(role):
        article = "an" if role is Role.ENGINEER else "a"
        raise NotAllowed(
            f"{person.name} has the role {person.role}, and this takes {article} {role}. "
            "Ask an engineer to change the role."
        )
