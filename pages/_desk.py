"""A reviewer's desk: the part that is looked at, those before it and those that come next.

It lives in the session. Parts of the open queue are claimed some time before they are shown,
so that the next one is there at once and nobody else has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import streamlit as st
from sqlalchemy import Connection

import db
from core.decisions import Decision
from core.errors import QualityControlError
from core.people import Person
from pages._review_filters import Choice, Show
from pages._services import Services, keep
from pages._words import plain, short

AHEAD = 4
"""Parts claimed before they are shown."""
PAGE = 50
"""Decided parts read at a time."""
WORDS = {
    Decision.DEFECTIVE: "Defective",
    Decision.OK: "OK",
    Decision.RETAKE: "Retake",
    Decision.UNSURE: "Unsure",
}


@dataclass(slots=True)
class Desk:
    """What lies on it; one for each choice of parts."""

    choice: Choice
    trail: list[int] = field(default_factory=list)
    """Parts that were shown, in their order."""
    place: int = 0
    """Where in the trail; behind its end where there is nothing left to show."""
    ahead: list[int] = field(default_factory=list)
    settled: set[int] = field(default_factory=set)
    """Parts that were decided here."""
    blind: set[int] = field(default_factory=set)
    """Parts that are a second review: nobody may see here what was decided."""
    done: list[int] = field(default_factory=list)
    """Dispositions made here and not undone, for the undo."""
    read: int = 0
    """How many decided parts have been read."""
    waiting: int = 0
    """Open parts when the desk was set up."""
    said: str = ""
    """What was done last."""
    fault: str = ""

    @property
    def part(self) -> int | None:
        """The part that is looked at."""
        return self.trail[self.place] if self.place < len(self.trail) else None

    def step(self) -> None:
        """To the next part."""
        self.place = min(self.place + 1, len(self.trail))
        if self.place == len(self.trail) and self.ahead:
            self.trail.append(self.ahead.pop(0))

    def show(self, part: int) -> None:
        """To a part that may have been shown before."""
        if part in self.trail:
            self.place = self.trail.index(part)
        else:
            self.trail.insert(self.place, part)
        if part in self.ahead:
            self.ahead.remove(part)


def desk_for(services: Services, person: Person, choice: Choice, asked: int | None) -> Desk:
    """The session's desk; a new one, beginning with part ``asked``, for another choice."""
    desk: Desk | None = st.session_state.get("desk")
    if desk is None or desk.choice != choice:
        known = desk is not None
        desk = st.session_state["desk"] = Desk(choice)
        if choice.show is Show.OPEN:
            with db.reading(services.database) as connection:
                desk.waiting = db.open_count(connection, person, choice.filters)
        if asked is not None and not known:
            _put_first(services, person, desk, asked)
    fill(services, person, desk)
    if desk.part is None:
        desk.step()
    return desk


def fill(services: Services, person: Person, desk: Desk) -> None:
    """Get more parts where few are left; raises StoreError or NotAllowed."""
    if len(desk.ahead) > AHEAD // 2:
        return
    known = {*desk.trail, *desk.ahead}
    if desk.choice.show is Show.OPEN:
        count = len(known - desk.settled) + AHEAD
        with db.reading(services.database) as connection:
            parts = db.waiting(connection, person, desk.choice.filters, limit=count)
        found = keep(services, partial(db.claim, person=person, parts=parts))
        desk.blind.update(part.inspection_id for part in found if part.second_review)
        numbers = [part.inspection_id for part in found]
    else:
        with db.reading(services.database) as connection:
            numbers = db.decided(connection, desk.choice.filters, desk.read, PAGE)
        desk.read += len(numbers)
    desk.ahead += [number for number in numbers if number not in known]


def decide(
    services: Services, person: Person, desk: Desk, decision: Decision, defect_type: str = ""
) -> None:
    """Keep the decision about the part that is looked at, and go to the next."""
    part = desk.part
    if part is None:
        return
    with _caught(desk):
        given = keep(
            services,
            partial(
                db.decide,
                person=person,
                inspection_id=part,
                decision=decision,
                defect_type=defect_type,
                note=str(st.session_state.get(note_key(part), "")),
                review_rate=services.settings.review_rate,
            ),
        )
        with db.reading(services.database) as connection:
            shown = db.part_by_id(connection, part)
        desk.done.append(given.disposition.id)
        desk.settled.add(part)
        word = f"{WORDS[decision]}, {defect_type}" if defect_type else WORDS[decision]
        desk.said = f"{short(shown.file if shown else str(part))}: {word}"
        if given.others and part not in desk.blind:
            other = given.others[-1]
            st.toast(
                f"{plain(other.signature)} decided this part too: "
                f"{WORDS[other.decision]}. Both are kept, the latest is in force.",
                icon=":material/group:",
                duration="long",
            )
        desk.step()


def undo(services: Services, person: Person, desk: Desk) -> None:
    """Take the last decision made at this desk back, and show its part again."""
    if not desk.done:
        desk.said = "There is nothing to undo here. A decided part can be decided again."
        return

    def take_back(connection: Connection) -> tuple[db.Disposition, db.Part | None]:
        taken = db.undo(connection, person, desk.done[-1])
        db.claim_part(connection, person, taken.inspection_id)
        return taken, db.part_by_id(connection, taken.inspection_id)

    with _caught(desk):
        taken, shown = keep(services, take_back)
        desk.done.pop()
        desk.settled.discard(taken.inspection_id)
        desk.show(taken.inspection_id)
        desk.said = f"Undone: {short(shown.file if shown else '')}, {WORDS[taken.decision]}"


def forward(desk: Desk) -> None:
    """To the next part, without deciding this one."""
    desk.said = ""
    desk.step()


def back(desk: Desk) -> None:
    """To the part that was shown before."""
    desk.said = ""
    desk.place = max(0, desk.place - 1)


def skipped(desk: Desk) -> list[int]:
    """Parts that were shown here and not decided."""
    return [part for part in desk.trail if part not in desk.settled]


def begin_again(desk: Desk) -> None:
    """Show the parts that were passed over once more."""
    desk.trail = skipped(desk)
    desk.place = 0


def leave(services: Services, person: Person) -> None:
    """Give back the parts that were claimed and not decided."""
    if st.session_state.pop("desk", None) is not None:
        keep(services, partial(db.release, person=person))


def note_key(part: int) -> str:
    """Session key of the note about a part."""
    return f"note {part}"


def _put_first(services: Services, person: Person, desk: Desk, part: int) -> None:
    def put(connection: Connection) -> bool:
        if db.part_by_id(connection, part) is None:
            return False
        if db.is_second_review(connection, person, part):
            desk.blind.add(part)
        if desk.choice.show is Show.OPEN and not db.claim_part(connection, person, part):
            desk.said = "Somebody else is looking at this part right now."
        return True

    if keep(services, put):
        desk.show(part)


@contextmanager
def _caught(desk: Desk) -> Iterator[None]:
    """A callback's errors, kept for the page to show."""
    desk.fault = ""
    try:
        yield
    except QualityControlError as error:
        desk.fault = str(error)
