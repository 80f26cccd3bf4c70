"""Retrying while the database is busy or out of reach, and saying so meanwhile.

Everything is stored in whole transactions, and storing a micro-batch again adds nothing
(:mod:`core.inspection.pipeline`), so a step that failed for such a reason is simply repeated.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_after_attempt,
    stop_when_event_set,
    wait_chain,
    wait_fixed,
)

from core.errors import StoreBusy, StoreLost
from core.inspection.records import Inspection, InspectionStore, Outcome

Result = TypeVar("Result")

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before each further attempt, in addition to the database's own waiting times."""
BUSY = "The database is busy, retrying ..."
LOST = "The database does not answer, retrying ..."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to retry, whom to tell, and what ends it early."""

    say: Callable[[str], object]
    """Told why it is waiting; an empty text when work continues."""
    stop: threading.Event = field(default_factory=threading.Event)
    failed: threading.Event = field(default_factory=threading.Event)
    """Set when work failed for good: a source that waits for photographs ends then."""

    def call(self, work: Callable[[], Result]) -> Result:
        """Do ``work``, again where the database is busy or was lost.

        Raises StoreBusy or StoreLost after the last attempt, or once ``stop`` is set; every
        other error at once.
        """
        retrying = Retrying(
            retry=retry_if_exception_type((StoreBusy, StoreLost)),
            wait=wait_chain(*map(wait_fixed, PAUSES)),
            stop=stop_after_attempt(len(PAUSES) + 1) | stop_when_event_set(self.stop),
            sleep=sleep_using_event(self.stop),
            before_sleep=self._waiting,
            reraise=True,
        )
        try:
            found = retrying(work)
        except BaseException:
            self.failed.set()
            raise
        if retrying.statistics["attempt_number"] > 1:
            self.say("")
        return found

    def _waiting(self, state: RetryCallState) -> None:
        error = state.outcome and state.outcome.exception()
        log.warning("%s", error)
        self.say(LOST if isinstance(error, StoreLost) else BUSY)


@dataclass(frozen=True, slots=True)
class RetryingStore:
    """An ``InspectionStore`` that retries another one."""

    store: InspectionStore
    retry: RetryPolicy

    def find(self, sha256s: Sequence[str]) -> Mapping[str, Inspection]:
        """As the store's; raises StoreBusy or StoreLost only after the last attempt."""
        return self.retry.call(lambda: self.store.find(sha256s))

    def record(self, outcomes: Sequence[Outcome]) -> Mapping[str, Inspection]:
        """As the store's; raises StoreBusy or StoreLost only after the last attempt."""
        return self.retry.call(lambda: self.store.record(outcomes))
