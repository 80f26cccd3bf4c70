"""People's decisions about parts: append-only; an undo is another row.

The final state of a part is a query: its latest decisive disposition that was not undone,
else the model's verdict. :func:`settled` and :func:`final_verdict` are that query, for every
figure that must count what people found:

    latest = settled()
    select(inspection.c.id, final_verdict(latest)).select_from(
        inspection.outerjoin(latest, latest.c.inspection_id == inspection.c.id)
    )
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Subquery,
    bindparam,
    case,
    exists,
    func,
    select,
)

from core.clock import now
from core.errors import NotAllowed
from core.people import Person, Role, require
from core.review.decisions import DECISIVE, FINAL, REVIEW_RATE, Decision, drawn
from db.schema import UNDO, disposition, inspection, review_claim, review_item, second_review
from db.statements import insert_or_ignore

LONGEST_NOTE = 1_000


@dataclass(frozen=True, slots=True)
class Disposition:
    """One decision of one person about one inspection; in force unless it was undone."""

    id: int
    inspection_id: int
    decision: Decision
    defect_type: str
    """Empty unless the decision is "defective"."""
    note: str
    person_key: str
    name: str
    email: str | None
    verified: bool
    decided_at: datetime

    @property
    def signature(self) -> str:
        """How a page names who decided."""
        return self.name if self.verified else f"{self.name} (unverified)"


@dataclass(frozen=True, slots=True)
class Decided:
    """A disposition as it was stored, and what others had decided by then."""

    disposition: Disposition
    others: tuple[Disposition, ...]
    """Dispositions of other people about the same inspection that are in force, oldest first."""


def decide(
    connection: Connection,
    person: Person,
    inspection_id: int,
    decision: Decision,
    defect_type: str = "",
    note: str = "",
    review_rate: float = REVIEW_RATE,
) -> Decided:
    """Store a disposition; it stands beside the verdict, and beside what others decided.

    A part that is decided for the first time is drawn for a second review with the chance
    ``review_rate``; undoing and deciding again draws no second time.

    Raises NotAllowed for a viewer, LookupError where there is no such inspection, ValueError
    where "defective" has no defect type or another decision has one.
    """
    require(person, Role.REVIEWER)
    defect_type, note = _line(defect_type), _text(note)
    if (decision is Decision.DEFECTIVE) != bool(defect_type):
        raise ValueError('"defective" takes a defect type, and no other decision does')
    lock_part(connection, inspection_id)
    known = connection.scalar(_COUNT_OF, {"part": inspection_id})
    others = [
        item for item in dispositions_of(connection, inspection_id) if item.person_key != person.key
    ]
    values = {
        "inspection_id": inspection_id,
        "decision": decision.value,
        "undoes": None,
        "defect_type": defect_type,
        "note": note,
        **_signed(person),
    }
    number: int = connection.execute(_ADD, values).scalar_one()
    connection.execute(_END_CLAIM, {"part": inspection_id})
    if not known and drawn(review_rate):
        _draw_second_review(connection, inspection_id)
    return Decided(_by_id(connection, number), tuple(others))


def undo(connection: Connection, person: Person, disposition_id: int) -> Disposition:
    """Take back one of the person's own dispositions by a new row; returns what was taken back.

    A second undo changes nothing. Raises NotAllowed for a viewer and for another person's
    disposition, LookupError where there is none of this number.
    """
    require(person, Role.REVIEWER)
    found = _by_id(connection, disposition_id)
    if found.person_key != person.key:
        raise NotAllowed(
            f"{found.name} decided this. Record your own decision instead: both are kept, and "
            "the latest is in force."
        )
    connection.execute(
        insert_or_ignore(connection, disposition),
        {
            "inspection_id": found.inspection_id,
            "decision": UNDO,
            "undoes": found.id,
            "defect_type": "",
            "note": "",
            **_signed(person),
        },
    )
    return found


def dispositions_of(connection: Connection, inspection_id: int) -> list[Disposition]:
    """Those about one inspection that are in force, oldest first."""
    rows = connection.execute(_IN_FORCE_OF, {"part": inspection_id})
    return [_disposition(row) for row in rows]


def names_of(connection: Connection) -> dict[str, str]:
    """Key -> name of everyone who decided anything, by name."""
    rows = connection.execute(
        select(disposition.c.person_key, func.max(disposition.c.name)).group_by(
            disposition.c.person_key
        )
    )
    return dict(sorted((tuple(row) for row in rows), key=lambda pair: pair[1]))


def lock_part(connection: Connection, inspection_id: int) -> None:
    """Make others who decide the same part wait for this transaction; SQLite does so anyway.

    So the second person sees what the first decided. Raises LookupError without the part.
    """
    if connection.scalar(_LOCK, {"part": inspection_id}) is None:
        raise LookupError(f"there is no inspection {inspection_id}")


def in_force(table: FromClause = disposition) -> ColumnElement[bool]:
    """Of rows of ``disposition`` (or an alias): a decision that was not undone."""
    taken_back = disposition.alias()
    return (table.c.decision != UNDO) & ~exists().where(taken_back.c.undoes == table.c.id)


def decisive(table: FromClause = disposition) -> ColumnElement[bool]:
    """Of rows of ``disposition`` (or an alias): in force, and it settles the part."""
    settles = table.c.decision.in_([decision.value for decision in DECISIVE])
    return settles & in_force(table)


def settled() -> Subquery:
    """One row for each settled inspection: the columns of its latest decisive disposition."""
    row = disposition.alias()
    latest = (
        select(func.max(row.c.id).label("id"))
        .where(decisive(row))
        .group_by(row.c.inspection_id)
        .subquery("latest")
    )
    # Joined, not "id IN (...)": SQLite would go through the whole list for every inspection.
    return select(disposition).join(latest, latest.c.id == disposition.c.id).subquery("settled")


def final_verdict(latest: FromClause) -> ColumnElement[str]:
    """The final state as the text of a Verdict, where ``latest`` is outer-joined to inspection."""
    return case(
        {decision.value: verdict.value for decision, verdict in FINAL.items()},
        value=latest.c.decision,
        else_=inspection.c.verdict,
    )


_COLUMNS = tuple(column for column in disposition.c if column.name != "undoes")

# Built once, because building them takes longer than running them, and others wait meanwhile.
_PART: BindParameter[int] = bindparam("part")
_LOCK = select(inspection.c.id).where(inspection.c.id == _PART).with_for_update(key_share=True)
_COUNT_OF = select(func.count()).where(disposition.c.inspection_id == _PART)
_IN_FORCE_OF = (
    select(*_COLUMNS)
    .where(disposition.c.inspection_id == _PART, in_force())
    .order_by(disposition.c.id)
)
_BY_ID = select(*_COLUMNS).where(
    disposition.c.id == bindparam("number"), disposition.c.decision != UNDO
)
_ADD = disposition.insert().returning(disposition.c.id)
_END_CLAIM = review_claim.delete().where(review_claim.c.inspection_id == _PART)


def _disposition(row: Row[*tuple[Any, ...]]) -> Disposition:
    number, inspection_id, decision, *rest = row
    return Disposition(number, inspection_id, Decision(decision), *rest)


def _by_id(connection: Connection, disposition_id: int) -> Disposition:
    row = connection.execute(_BY_ID, {"number": disposition_id}).one_or_none()
    if row is None:
        raise LookupError(f"there is no disposition {disposition_id}")
    return _disposition(row)


def _signed(person: Person) -> dict[str, object]:
    return {
        "person_key": person.key,
        "name": person.name,
        "email": person.email,
        "verified": person.verified,
        "decided_at": now(),
    }


def _draw_second_review(connection: Connection, inspection_id: int) -> None:
    """Only for a part of the queue: another was decided because somebody chose to."""
    in_queue = select(review_item.c.inspection_id).where(
        review_item.c.inspection_id == inspection_id
    )
    if connection.scalar(in_queue) is not None:
        connection.execute(
            insert_or_ignore(connection, second_review),
            {"inspection_id": inspection_id, "drawn_at": now()},
        )


def _line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())


def _text(text: str) -> str:
    return text.replace("\x00", "").strip()[:LONGEST_NOTE]
