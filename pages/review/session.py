"""A review session: which part is shown, which came before, and which come next.

It lives in Streamlit's session state. Open parts are claimed before they are shown, so that the
next one is there at once and nobody else gets it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import streamlit as st

from core.errors import QualityControlError
from core.people import Person
from core.review.decisions import Decision
from db.inspections.parts import part_by_id
from db.review.queue import is_second_review, open_count
from db.session import reading
from pages.review.filters import Choice, Show, listed
from pages.shared.services import Services, say_busy
from pages.shared.text import plain, short
from services import review

PREFETCHED = 4
"""Parts claimed before they are shown."""
PAGE = 50
"""Decided parts read at a time."""
WORDS = {
    Decision.DEFECTIVE: "Defective",
    Decision.OK: "OK",
    Decision.RETAKE: "Retake",
    Decision.UNSURE: "Unsure",
}
_KEY = "review session"


@dataclass(slots=True)
class ReviewSession:
    """The parts that one person goes through, for one choice of parts."""

    choice: Choice
    parts: list[int] = field(default_factory=list)
    """Parts in the order they are shown, the upcoming ones included."""
    position: int = 0
    """Of the part that is shown; behind the end where no part is left."""
    decided: set[int] = field(default_factory=set)
    second_reviews: set[int] = field(default_factory=set)
    """Parts that are decided blind: what others decided is not shown."""
    undoable: list[int] = field(default_factory=list)
    """Numbers of the decisions made in this session and not undone."""
    read: int = 0
    """How many decided parts have been read."""
    open_at_start: int = 0
    message: str = ""
    """What was done last."""
    fault: str = ""

    @property
    def part(self) -> int | None:
        """The part that is shown."""
        return self.parts[self.position] if self.position < len(self.parts) else None

    @property
    def upcoming(self) -> list[int]:
        """The parts after it."""
        return self.parts[self.position + 1 :]

    @property
    def skipped(self) -> list[int]:
        """Parts that are not decided; they were all shown where no part is left."""
        return [part for part in self.parts if part not in self.decided]

    def move(self, by: int) -> None:
        """Show the next part, or a previous one, without deciding this one."""
        self.message = ""
        self.position = max(0, min(self.position + by, len(self.parts)))

    def show(self, part: int) -> None:
        """Show this part, which may have been shown before."""
        if part not in self.parts:
            self.parts.insert(self.position, part)
        self.position = self.parts.index(part)

    def return_to_skipped(self) -> None:
        """Go through the skipped parts once more."""
        self.parts, self.position = self.skipped, 0


def session_for(
    services: Services, person: Person, choice: Choice, asked: int | None
) -> ReviewSession:
    """The current session; a new one for another choice.

    The first session of a visit begins with the part ``asked``. Raises StoreError, NotAllowed.
    """
    session: ReviewSession | None = st.session_state.get(_KEY)
    if session is None or session.choice != choice:
        is_first = session is None
        session = st.session_state[_KEY] = ReviewSession(choice)
        if choice.show is Show.OPEN:
            with reading(services.database) as connection:
                session.open_at_start = open_count(connection, person, choice.filters)
        if asked is not None and is_first:
            _begin_with(services, person, session, asked)
    _fill(services, person, session)
    return session


def decide(
    services: Services,
    person: Person,
    session: ReviewSession,
    decision: Decision,
    defect_type: str = "",
) -> None:
    """Store the decision about the part that is shown, and show the next."""
    part = session.part
    if part is None:
        return
    with _caught(session):
        stored = review.decide(
            services.database,
            person,
            part,
            decision,
            defect_type,
            str(st.session_state.get(note_key(part), "")),
            review_rate=services.settings.review_rate,
            busy=say_busy,
        )
        session.undoable.append(stored.disposition.id)
        session.decided.add(part)
        session.move(1)
        word = f"{WORDS[decision]}, {defect_type}" if defect_type else WORDS[decision]
        session.message = f"{_file(services, part)}: {word}"
        if stored.others and part not in session.second_reviews:
            other = stored.others[-1]
            st.toast(
                f"{plain(other.signature)} decided this part too: "
                f"{WORDS[other.decision]}. Both are kept, the latest is in force.",
                icon=":material/group:",
                duration="long",
            )


def undo(services: Services, person: Person, session: ReviewSession) -> None:
    """Take back the last decision of this session, and show its part again."""
    if not session.undoable:
        session.message = "There is nothing to undo. A decided part can be decided again."
        return
    with _caught(session):
        taken = review.undo(services.database, person, session.undoable[-1], busy=say_busy)
        session.undoable.pop()
        session.decided.discard(taken.inspection_id)
        session.show(taken.inspection_id)
        file = _file(services, taken.inspection_id)
        session.message = f"Undone: {file}, {WORDS[taken.decision]}"


def leave(services: Services, person: Person) -> None:
    """End the session and give back the parts that it claimed."""
    if st.session_state.pop(_KEY, None) is not None:
        review.release(services.database, person, busy=say_busy)


def begin_again() -> None:
    """Have the next run begin a session with the part in the address."""
    st.session_state.pop(_KEY, None)


def note_key(part: int) -> str:
    """Session key of the note about a part."""
    return f"note {part}"


def _fill(services: Services, person: Person, session: ReviewSession) -> None:
    """Get more parts where few are left."""
    if len(session.upcoming) > PREFETCHED // 2:
        return
    choice = session.choice
    if choice.show is Show.OPEN:
        limit = len(session.skipped) + PREFETCHED
        claimed = review.claim_next(services.database, person, choice.filters, limit, busy=say_busy)
        session.second_reviews.update(part.inspection_id for part in claimed if part.second_review)
        numbers = [part.inspection_id for part in claimed]
    else:
        with reading(services.database) as connection:
            numbers = listed(connection, person, choice, session.read, PAGE)
        session.read += len(numbers)
    session.parts += [number for number in numbers if number not in session.parts]


def _begin_with(services: Services, person: Person, session: ReviewSession, part: int) -> None:
    with reading(services.database) as connection:
        if part_by_id(connection, part) is None:
            return
        if is_second_review(connection, person, part):
            session.second_reviews.add(part)
    if session.choice.show is Show.OPEN and not review.claim_part(
        services.database, person, part, busy=say_busy
    ):
        session.message = "Another person is looking at this part right now."
    session.show(part)


def _file(services: Services, part: int) -> str:
    with reading(services.database) as connection:
        found = part_by_id(connection, part)
    return short(found.file if found else str(part))


@contextmanager
def _caught(session: ReviewSession) -> Iterator[None]:
    """Keep a callback's error for the page to show."""
    session.fault = ""
    try:
        yield
    except QualityControlError as error:
        session.fault = str(error)
