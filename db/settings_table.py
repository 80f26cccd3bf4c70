"""The log of settings that engineers changed: append-only, a name's latest entry is in force."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from db.schema import Id, UtcDateTime, metadata

setting_change = Table(
    "setting_change",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    # Empty where the setting goes back to what the environment says.
    Column("value", Text),
    # What was in force before, wherever it came from.
    Column("previous", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index(None, "name", "id"),
)
