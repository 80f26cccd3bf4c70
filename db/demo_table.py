"""The mark of a database whose parts were made up; see :mod:`db.demo`."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Integer, Table

from db.schema import UtcDateTime, metadata

demonstration = Table(
    "demonstration",
    metadata,
    # One row at most.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("made_at", UtcDateTime, nullable=False),
    CheckConstraint("id = 1", name="one"),
)
