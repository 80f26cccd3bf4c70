"""The review queue: which part a person looks at next, and what was decided already.

Two people never get one part at once: a part is claimed for some minutes before it is shown.
A part that was drawn for a second review comes to a second person as if nobody had decided
it. The queue is walked along its index by distance from the threshold, so that the parts the
model is least sure of come first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from sqlalchemy import (
    BindParameter,
    Connection,
    Executable,
    FromClause,
    Select,
    bindparam,
    exists,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from core.clock import now
from core.people import Person, Role, require
from db.review.decisions import decisive, final_verdict, in_force, settled
from db.schema import disposition, inspection, review_claim, review_item, second_review
from db.selection import Selection, conditions

CLAIM = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A part that is a person's to decide for now."""

    inspection_id: int
    second_review: bool
    """True where somebody decided it before, which the person must not see."""


def claim(connection: Connection, person: Person, parts: Sequence[int]) -> list[Claimed]:
    """Claim these parts of :func:`waiting` for this person, those they hold already included.

    Returns those that the person holds now and that are still open to them, in the order they
    were given. Ask for the parts in a reading transaction before: the queue may be long, and
    while this one writes, others wait. Raises NotAllowed for a viewer.
    """
    require(person, Role.REVIEWER)
    if not parts:
        return []
    held = _take(connection, person, sorted(parts))
    # Asked again, because between question and claim somebody may have decided.
    found = set(connection.scalars(_STILL_OPEN, _asked(person) | {"parts": held}))
    drawn = set(connection.scalars(_SECOND_REVIEWS, {"parts": list(found)}))
    return [Claimed(part, part in drawn) for part in parts if part in found]


def claim_part(connection: Connection, person: Person, inspection_id: int) -> bool:
    """Claim one part, also one that is decided; False where somebody else holds it."""
    require(person, Role.REVIEWER)
    return _take(connection, person, [inspection_id]) != []


def release(connection: Connection, person: Person, keep: Sequence[int] = ()) -> None:
    """Give back what this person holds, except the parts ``keep``."""
    connection.execute(
        review_claim.delete().where(
            review_claim.c.person_key == person.key, review_claim.c.inspection_id.not_in(keep)
        )
    )


def is_second_review(connection: Connection, person: Person, inspection_id: int) -> bool:
    """Whether this person is to decide the part blind, as the second."""
    asked = {"parts": [inspection_id]}
    if connection.scalar(_STILL_OPEN, _asked(person) | asked) is None:
        return False
    return connection.scalar(_SECOND_REVIEWS, asked) is not None


def open_count(connection: Connection, person: Person, selection: Selection) -> int:
    """How many parts wait for this person."""
    open_parts = _OPEN.where(*conditions(selection)).order_by(None).subquery()
    return connection.scalar(select(func.count()).select_from(open_parts), _asked(person)) or 0


def decided(
    connection: Connection, selection: Selection, offset: int = 0, limit: int = 24
) -> list[int]:
    """Settled parts by number of the inspection, the latest decision first."""
    latest = settled()
    query = _decided(latest, selection).order_by(latest.c.id.desc()).offset(offset).limit(limit)
    return list(connection.scalars(query))


def decided_count(connection: Connection, selection: Selection) -> int:
    """How many settled parts there are."""
    found = _decided(settled(), selection).subquery()
    return connection.scalar(select(func.count()).select_from(found)) or 0


def waiting(
    connection: Connection, person: Person, selection: Selection, offset: int = 0, limit: int = 24
) -> list[int]:
    """Parts open to this person in the order of the queue; none is claimed by asking."""
    query = _OPEN.where(*conditions(selection)).offset(offset).limit(limit)
    return list(connection.scalars(query, _asked(person)))


def stations(connection: Connection) -> list[str]:
    """Every station that inspected anything."""
    # One after the other out of the index: the verdicts of one station may be a million.
    station = inspection.c.station
    found: list[str] = []
    following = connection.scalar(select(func.min(station)))
    while following is not None:
        found.append(following)
        following = connection.scalar(select(func.min(station)).where(station > following))
    return found


def _asked(person: Person) -> dict[str, object]:
    return {"me": person.key, "now": now()}


def _build_open() -> Select[int]:
    """Parts open to the person ``me`` at the instant ``now``, in the order of the queue."""
    item = review_item.c.inspection_id
    mine, theirs, others = (disposition.alias() for _ in range(3))
    drawn = exists().where(second_review.c.inspection_id == item)
    deciders = (
        select(func.count(others.c.person_key.distinct()))
        .where(others.c.inspection_id == item, decisive(others))
        .scalar_subquery()
    )
    return (
        select(item)
        .select_from(review_item.join(inspection))
        .where(
            ~exists().where(theirs.c.inspection_id == item, decisive(theirs))
            | (drawn & (deciders < 2)),
            ~exists().where(
                mine.c.inspection_id == item, mine.c.person_key == bindparam("me"), in_force(mine)
            ),
            ~exists().where(
                review_claim.c.inspection_id == item,
                review_claim.c.person_key != bindparam("me"),
                review_claim.c.expires_at > bindparam("now"),
            ),
        )
        .order_by(review_item.c.distance, item)
    )


# Built once, because building them takes longer than running them, and others wait meanwhile.
_PARTS: BindParameter[int] = bindparam("parts", expanding=True)
_OPEN = _build_open()
_STILL_OPEN = _OPEN.where(review_item.c.inspection_id.in_(_PARTS))
_SECOND_REVIEWS = select(disposition.c.inspection_id).where(
    disposition.c.inspection_id.in_(_PARTS), decisive()
)
"""Of open parts, those that somebody decided before."""


def _decided(latest: FromClause, selection: Selection) -> Select[int]:
    query = (
        select(inspection.c.id)
        .select_from(inspection.join(latest, latest.c.inspection_id == inspection.c.id))
        .where(*conditions(selection))
    )
    if selection.disagreement:
        query = query.where(final_verdict(latest) != inspection.c.verdict)
    if selection.reviewer is not None:
        by = disposition.alias()
        query = query.where(
            exists().where(
                by.c.inspection_id == inspection.c.id,
                by.c.person_key == selection.reviewer,
                in_force(by),
            )
        )
    return query


def _take(connection: Connection, person: Person, parts: Sequence[int]) -> list[int]:
    """Claim these parts where nobody else holds them; returns those that are held now."""
    moment = now()
    values = {"me": person.key, "now": moment, "until": moment + CLAIM}
    statement = _take_one(connection.dialect.name)
    return [
        part for part in parts if connection.scalar(statement, values | {"part": part}) is not None
    ]


@cache
def _take_one(dialect: str) -> Executable:
    insert = sqlite_insert if dialect == "sqlite" else postgresql_insert
    return (
        insert(review_claim)
        .values(
            inspection_id=bindparam("part"),
            person_key=bindparam("me"),
            expires_at=bindparam("until"),
        )
        .on_conflict_do_update(
            index_elements=["inspection_id"],
            set_={"person_key": bindparam("me"), "expires_at": bindparam("until")},
            where=(review_claim.c.person_key == bindparam("me"))
            | (review_claim.c.expires_at <= bindparam("now")),
        )
        .returning(review_claim.c.inspection_id)
    )
