"""Waiting for a database that is busy or out of reach, and saying so meanwhile.

What is stored is stored in whole transactions, and storing a micro-batch again adds nothing
(``core.inspection``), so a step that failed for such a reason is simply done again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from core.errors import StoreBusy, StoreLost
from core.inspection import Inspection, InspectionStore, Outcome

Result = TypeVar("Result")

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before each further attempt; the database's own waiting times come on top."""
BUSY = "The database is busy, retrying ..."
LOST = "The database does not answer, retrying ..."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, whom to tell, and who may end it."""

    say: Callable[[str], None]
    """Told why it waits, and an empty text when it goes on."""
    stop: threading.Event = field(default_factory=threading.Event)

    def insist(self, work: Callable[[], Result]) -> Result:
        """Do ``work``, again where the database is busy or was lost.

        Raises StoreBusy or StoreLost after the last attempt, or as soon as ``stop`` is set;
        every other error at once.
        """
        waited = False
        for pause in PAUSES:
            try:
                found = work()
            except (StoreBusy, StoreLost) as error:
                waited = True
                log.warning("%s", error)
                self.say(LOST if isinstance(error, StoreLost) else BUSY)
                if self.stop.wait(pause):
                    raise
            else:
                if waited:
                    self.say("")
                return found
        found = work()
        self.say("")
        return found


@dataclass(frozen=True, slots=True)
class PatientStore:
    """Fulfils ``core.inspection.InspectionStore`` by another store that is waited for."""

    store: InspectionStore
    patience: Patience

    def find(self, sha256s: Sequence[str]) -> Mapping[str, Inspection]:
        """As the store's; raises StoreBusy or StoreLost only after all patience."""
        return self.patience.insist(lambda: self.store.find(sha256s))

    def record(self, outcomes: Sequence[Outcome]) -> Mapping[str, Inspection]:
        """As the store's; raises StoreBusy or StoreLost only after all patience."""
        return self.patience.insist(lambda: self.store.record(outcomes))
