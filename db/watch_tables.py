"""What the watch folder service keeps: which files it has inspected, and how it is doing."""

from __future__ import annotations

from sqlalchemy import Column, Double, Integer, Table, Text, UniqueConstraint

from db.schema import Id, UtcDateTime, metadata

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
    UniqueConstraint("station", "folder"),
)
