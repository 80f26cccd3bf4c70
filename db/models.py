"""Models that have inspected here, and the log of their thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from core.people import Person, Role, require
from db.schema import model, threshold_change
from db.statements import insert_or_ignore

FIRST_REASON = "Threshold of the model card"


@dataclass(frozen=True, slots=True)
class Model:
    """A registered model; ``threshold`` is the one in force."""

    id: int
    sha256: str
    name: str
    card: Mapping[str, Any]
    registered_at: datetime
    threshold: float


@dataclass(frozen=True, slots=True)
class ThresholdChange:
    """One entry of the log: from ``changed_at`` on, new inspections use ``threshold``."""

    threshold: float
    reason: str
    changed_by: str
    changed_at: datetime


def register_model(
    connection: Connection,
    sha256: str,
    name: str,
    card: Mapping[str, Any],
    threshold: float,
    changed_by: str,
) -> Model:
    """The model with this sha256, added with its card's threshold if it is new here.

    A model that is known keeps its name, its card and the threshold in force.
    """
    values = {
        "sha256": sha256,
        "name": name,
        "card": dict(card),
        "registered_at": datetime.now(UTC),
    }
    added = connection.execute(
        insert_or_ignore(connection, model, model.c.id), values
    ).scalar_one_or_none()
    if added is not None:
        _log_threshold(connection, added, threshold, FIRST_REASON, changed_by)
    known = model_by_sha256(connection, sha256)
    if known is None:
        raise LookupError(f"the model {sha256} was registered and is not there")
    return known


def model_by_sha256(connection: Connection, sha256: str) -> Model | None:
    """The registered model with this sha256 of its weights."""
    row = connection.execute(select(model).where(model.c.sha256 == sha256)).one_or_none()
    if row is None:
        return None
    threshold = current_threshold(connection, row.id)
    return Model(row.id, row.sha256, row.name, row.card, row.registered_at, threshold)


def current_threshold(connection: Connection, model_id: int) -> float:
    """The threshold in force for this model: the last entry of its log.

    Raises LookupError where the model is not registered.
    """
    log = threshold_change.c
    latest = select(log.threshold).where(log.model_id == model_id).order_by(log.id.desc()).limit(1)
    threshold: float | None = connection.scalar(latest)
    if threshold is None:
        raise LookupError(f"there is no threshold for model {model_id}; register it first")
    return threshold


def change_threshold(
    connection: Connection, model_id: int, threshold: float, reason: str, person: Person
) -> None:
    """Add an entry to the model's log; verdicts that were given keep their threshold.

    Raises NotAllowed unless ``person`` is an engineer.
    """
    require(person, Role.ENGINEER)
    _log_threshold(connection, model_id, threshold, reason, person.signature)


def threshold_changes(connection: Connection, model_id: int) -> list[ThresholdChange]:
    """The model's whole log, oldest entry first."""
    log = threshold_change.c
    rows = connection.execute(
        select(log.threshold, log.reason, log.changed_by, log.changed_at)
        .where(log.model_id == model_id)
        .order_by(log.id)
    )
    return [ThresholdChange(*row) for row in rows]


def _log_threshold(
    connection: Connection, model_id: int, threshold: float, reason: str, changed_by: str
) -> None:
    connection.execute(
        threshold_change.insert(),
        {
            "model_id": model_id,
            "threshold": threshold,
            "reason": reason,
            "changed_by": changed_by,
            "changed_at": datetime.now(UTC),
        },
    )
