"""What was purged of the photographs, when, by whom and by which rule; protected by triggers.

    purge ──< purged_photograph >── photograph      whose bytes are empty from then on

The row of a purged photograph stays with its sha256, size and format, and so do its verdicts
and maps. The database lets go of bytes only where an entry here says so.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, func

from db.schema import Id, UtcDateTime, metadata, photograph

purge = Table(
    "purge",
    metadata,
    Column("id", Id, primary_key=True),
    Column("begun_at", UtcDateTime, nullable=False),
    # Photographs whose last inspection was before this instant.
    Column("older_than", UtcDateTime, nullable=False),
    Column("retention_days", Integer, nullable=False),
    Column("purged_by", Text, nullable=False),
)

purged_photograph = Table(
    "purged_photograph",
    metadata,
    Column("purge_id", Id, ForeignKey("purge.id"), primary_key=True, autoincrement=False),
    Column("photograph_sha256", Text, ForeignKey("photograph.sha256"), primary_key=True),
    Index(None, "photograph_sha256"),
)

KEPT = func.length(photograph.c.data) > 0
"""Whether a photograph's bytes are there."""

Index("ix_photograph_kept", photograph.c.stored_at, sqlite_where=KEPT, postgresql_where=KEPT)
