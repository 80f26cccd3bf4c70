"""Applying a threshold: from then on, new inspections of the model use it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy import Engine as Database

from core.people import Person
from core.thresholds.rationale import ThresholdRationale
from db.session import write
from db.thresholds import change_threshold


def apply_threshold(
    database: Database,
    person: Person,
    model_id: int,
    threshold: float,
    reason: str,
    basis: ThresholdRationale | None,
    seen: float,
    *,
    busy: Callable[[], object],
) -> None:
    """Add a threshold (a probability) to the model's log; verdicts already given keep theirs.

    ``seen`` is the threshold that the person took to be in force. Raises NotAllowed unless
    ``person`` is an engineer; ThresholdError where there is no reason, where the threshold is
    no probability or already in force, or where another one than ``seen`` is in force;
    StoreBusy and StoreUnavailable where nothing can be stored.
    """
    work = partial(
        change_threshold,
        model_id=model_id,
        threshold=threshold,
        reason=reason,
        person=person,
        basis=basis,
        seen=seen,
    )
    write(database, work, busy)
