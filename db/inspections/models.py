"""Models that have inspected here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from core.clock import now
from db.schema import model
from db.statements import insert_or_ignore
from db.thresholds import FIRST_REASON, current_threshold, log_threshold


@dataclass(frozen=True, slots=True)
class Model:
    """A registered model; ``threshold`` is the one in force."""

    id: int
    sha256: str
    name: str
    card: Mapping[str, Any]
    registered_at: datetime
    threshold: float


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
        "registered_at": now(),
    }
    added = connection.execute(
        insert_or_ignore(connection, model, model.c.id), values
    ).scalar_one_or_none()
    if added is not None:
        log_threshold(connection, added, threshold, FIRST_REASON, changed_by)
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


def known_models(connection: Connection) -> list[Model]:
    """Every model that was registered here, the newest first."""
    rows = connection.scalars(select(model.c.sha256).order_by(model.c.id.desc())).all()
    found = [model_by_sha256(connection, sha256) for sha256 in rows]
    return [item for item in found if item is not None]
