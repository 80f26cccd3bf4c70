"""A reviewer as a separate program: decides parts of the queue, and says so line by line."""

from __future__ import annotations

import sys
from functools import partial

from core.people import Person, Role
from core.review.decisions import Decision
from db.review.decisions import decide
from db.review.queue import claim, release, waiting
from db.selection import Selection
from db.session import connect, reading, write


def review(url: str, name: str, count: int) -> None:
    """Claim and decide ``count`` parts, as the page does, one transaction each."""
    person = Person(name, None, False, Role.REVIEWER)
    engine = connect(url)
    decided = 0
    while decided < count:
        with reading(engine) as connection:
            parts = waiting(connection, person, Selection(), limit=min(3, count - decided))
        for part in write(engine, partial(claim, person=person, parts=parts)):
            number = part.inspection_id
            given = write(
                engine,
                partial(
                    decide,
                    person=person,
                    inspection_id=number,
                    decision=Decision.OK,
                    review_rate=0,
                ),
            )
            sys.stdout.write(f"{given.disposition.id} {number} {len(given.others)}\n")
            decided += 1
    write(engine, partial(release, person=person))
    engine.dispose()


if __name__ == "__main__":
    review(sys.argv[1], sys.argv[2], int(sys.argv[3]))
