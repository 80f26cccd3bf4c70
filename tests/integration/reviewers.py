"""A reviewer as a program of its own: decides parts of the queue, and says so line by line."""

from __future__ import annotations

import sys
from functools import partial

import db
from core.decisions import Decision
from core.people import Person, Role


def review(url: str, name: str, count: int) -> None:
    """Claim and decide ``count`` parts, as the page does, one transaction each."""
    person = Person(name, None, False, Role.REVIEWER)
    engine = db.connect(url)
    decided = 0
    while decided < count:
        with db.reading(engine) as connection:
            parts = db.waiting(connection, person, db.Filters(), limit=min(3, count - decided))
        for part in db.write(engine, partial(db.claim, person=person, parts=parts)):
            number = part.inspection_id
            given = db.write(
                engine,
                partial(
                    db.decide,
                    person=person,
                    inspection_id=number,
                    decision=Decision.OK,
                    review_rate=0,
                ),
            )
            sys.stdout.write(f"{given.disposition.id} {number} {len(given.others)}\n")
            decided += 1
    db.write(engine, partial(db.release, person=person))
    engine.dispose()


if __name__ == "__main__":
    review(sys.argv[1], sys.argv[2], int(sys.argv[3]))
