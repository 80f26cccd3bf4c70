"""The log of a model's thresholds: append-only, the last entry is in force.

A change takes effect for inspections that begin after it. Verdicts that were given keep the
threshold they were given by, and going back is an entry like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from core.clock import now
from core.errors import ThresholdError
from core.people import Person, Role, require
from core.thresholds.rationale import ThresholdRationale
from db.schema import model, threshold_change

FIRST_REASON = "Threshold of the model card"


@dataclass(frozen=True, slots=True)
class ThresholdChange:
    """One entry of the log: from ``changed_at`` on, new inspections use ``threshold``."""

    id: int
    threshold: float
    previous: float | None
    """The threshold before it; None for the first entry."""
    reason: str
    changed_by: str
    changed_at: datetime
    basis: ThresholdRationale | None
    """What it was chosen on; None for the first entry, and where no evidence was at hand."""


def current_threshold(connection: Connection, model_id: int) -> float:
    """The threshold in force for this model: the last entry of its log.

    Raises LookupError where the model is not registered.
    """
    threshold = _latest(connection, model_id)
    if threshold is None:
        raise LookupError(f"there is no threshold for model {model_id}; register it first")
    return threshold


def change_threshold(
    connection: Connection,
    model_id: int,
    threshold: float,
    reason: str,
    person: Person,
    basis: ThresholdRationale | None = None,
    seen: float | None = None,
) -> None:
    """Add an entry to the model's log; verdicts that were given keep their threshold.

    ``seen`` is the threshold that the person took to be in force. Raises NotAllowed unless
    ``person`` is an engineer; ThresholdError where there is no reason, where the threshold is
    no probability or already in force, or where another one than ``seen`` is in force.
    """
    require(person, Role.ENGINEER)
    if not 0 < threshold < 1:
        raise ThresholdError("A threshold is a probability above 0 and below 1.")
    if not reason.strip():
        raise ThresholdError("Say why the threshold is changed; the log keeps it.")
    # Two engineers at once: the second waits here on PostgreSQL, and on SQLite before this.
    connection.execute(select(model.c.id).where(model.c.id == model_id).with_for_update())
    previous = _latest(connection, model_id)
    if seen is not None and previous != seen:
        raise ThresholdError(
            "Somebody changed the threshold while you looked at it. See the log below, and "
            "decide again."
        )
    if previous == threshold:
        raise ThresholdError("This threshold is already in force.")
    log_threshold(
        connection, model_id, threshold, reason.strip(), person.signature, previous, basis
    )


def threshold_changes(connection: Connection, model_id: int) -> list[ThresholdChange]:
    """The model's whole log, oldest entry first."""
    log = threshold_change.c
    rows = connection.execute(
        select(
            log.id,
            log.threshold,
            log.previous,
            log.reason,
            log.changed_by,
            log.changed_at,
            log.basis,
        )
        .where(log.model_id == model_id)
        .order_by(log.id)
    )
    return [
        ThresholdChange(
            *row[:-1], ThresholdRationale.model_validate(row.basis) if row.basis else None
        )
        for row in rows
    ]


def log_threshold(
    connection: Connection,
    model_id: int,
    threshold: float,
    reason: str,
    changed_by: str,
    previous: float | None = None,
    basis: ThresholdRationale | None = None,
) -> None:
    """Add an entry as it is; :func:`change_threshold` is for people."""
    connection.execute(
        threshold_change.insert(),
        {
            "model_id": model_id,
            "threshold": threshold,
            "previous": previous,
            "reason": reason,
            "changed_by": changed_by,
            "changed_at": now(),
            "basis": basis.model_dump(mode="json") if basis else None,
        },
    )


def _latest(connection: Connection, model_id: int) -> float | None:
    log = threshold_change.c
    latest = select(log.threshold).where(log.model_id == model_id).order_by(log.id.desc()).limit(1)
    threshold: float | None = connection.scalar(latest)
    return threshold
