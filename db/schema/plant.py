"""The plant: roles, settings, watch folders, and the mark of a demonstration.

``person_role`` and ``setting_change`` are append-only logs; the latest row of an address or a
name is in force.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from db.schema.types import Id, UtcDateTime, metadata

person_role = Table(
    "person_role",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("given_by", Text, nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    CheckConstraint("role IN ('viewer', 'reviewer', 'engineer')", name="role"),
    Index(None, "email", "id"),
)

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

watched_file = Table(
    "watched_file",
    metadata,
    Column("id", Id, primary_key=True),
    Column("station", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("file", Text, nullable=False),
    # Size and times: another file under the same name has another mark.
    Column("mark", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("inspected_at", UtcDateTime, nullable=False),
    UniqueConstraint("station", "folder", "file"),
)

watcher = Table(
    "watcher",
    metadata,
    Column("id", Id, primary_key=True),
    Column("station", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("memory_megabytes", Double, nullable=False),
    # Processors kept busy: 2.0 where it takes two of them.
    Column("processors", Double, nullable=False),
    Column("threads", Integer, nullable=False),
    Column("engine", Text, nullable=False),
    Column("model_sha256", Text, nullable=False),
    # What keeps it from its work; empty where all is well.
    Column("trouble", Text),
    UniqueConstraint("station", "folder"),
)

demonstration = Table(
    "demonstration",
    metadata,
    # One row at most.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("made_at", UtcDateTime, nullable=False),
    CheckConstraint("id = 1", name="one"),
)
