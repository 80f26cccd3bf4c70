"""Inspections: models, batches, photographs, verdicts, and what was purged of photographs.

    model ──< threshold_change        append-only: the latest row is the threshold in force
      │
    batch ──< batch_part >── inspection >── photograph >── purged_photograph >── purge
      └────< rejection

An ``inspection`` is one verdict and never changes; triggers in the migrations refuse it.
``photograph`` holds the original bytes once, however often a file is uploaded. The row of a
purged photograph stays, with empty bytes, and so do its verdicts; the database refuses to
empty it without an entry in ``purged_photograph``. ``batch_part`` lists what a batch showed,
also where an earlier batch gave the verdict; it repeats the verdict and its probability, which
cannot change, so that a page of the gallery is read from one index.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
)

from db.schema.types import Id, UtcDateTime, metadata

model = Table(
    "model",
    metadata,
    Column("id", Id, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("card", JSON, nullable=False),
    Column("registered_at", UtcDateTime, nullable=False),
    UniqueConstraint("sha256"),
)

threshold_change = Table(
    "threshold_change",
    metadata,
    Column("id", Id, primary_key=True),
    Column("model_id", Id, ForeignKey("model.id"), nullable=False),
    Column("threshold", Double, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("previous", Double),
    Column("basis", JSON(none_as_null=True)),
    CheckConstraint("threshold >= 0 AND threshold <= 1", name="threshold"),
    Index(None, "model_id", "id"),
)

batch = Table(
    "batch",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("station", Text, nullable=False),
    Column("model_id", Id, ForeignKey("model.id"), nullable=False),
    Column("total", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Index(None, "created_at"),
)
Index(
    "ix_batch_unfinished",
    batch.c.id,
    sqlite_where=batch.c.finished_at.is_(None),
    postgresql_where=batch.c.finished_at.is_(None),
)

photograph = Table(
    "photograph",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("byte_count", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("format", Text, nullable=False),
    Column("stored_at", UtcDateTime, nullable=False),
    # Last, so that SQLite reads the columns above without walking the overflow pages.
    Column("data", LargeBinary, nullable=False),
)

_TREND = ("model_id", "threshold", "probability")

inspection = Table(
    "inspection",
    metadata,
    Column("id", Id, primary_key=True),
    Column("photograph_sha256", Text, ForeignKey("photograph.sha256"), nullable=False),
    Column("model_id", Id, ForeignKey("model.id"), nullable=False),
    Column("batch_id", Id, ForeignKey("batch.id"), nullable=False),
    Column("station", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("inspected_at", UtcDateTime, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("probability", Double),
    Column("log_odds", Double),
    Column("threshold", Double, nullable=False),
    Column("evidence", LargeBinary, nullable=False),
    Column("evidence_rows", SmallInteger, nullable=False),
    Column("evidence_columns", SmallInteger, nullable=False),
    Column("decode_ms", Double, nullable=False),
    Column("gate_ms", Double, nullable=False, server_default="0"),
    Column("inference_ms", Double, nullable=False),
    # Empty until the end of the transaction that stores the row: it is the row's own time.
    Column("store_ms", Double),
    # The judged square, in pixels of the photograph; empty where it was the whole photograph.
    Column("frame_left", Integer),
    Column("frame_top", Integer),
    Column("frame_side", Integer),
    Column("views", SmallInteger, nullable=False, server_default="1"),
    Column("doubt", Double, nullable=False, server_default="0"),
    CheckConstraint("verdict IN ('defective', 'ok', 'not_inspectable')", name="verdict"),
    CheckConstraint(
        "verdict = 'not_inspectable' OR (probability IS NOT NULL AND log_odds IS NOT NULL)",
        name="scored",
    ),
    UniqueConstraint("photograph_sha256", "model_id", "station"),
    Index(None, "file", "verdict"),
    # Trends and reports are read from these alone, without a row of the table; the first is also
    # the gallery's order by time. The verdict comes after what orders: SQLite would take an
    # index that begins with it, find nine parts in ten OK, and sort them all.
    Index("ix_inspection_trend", "inspected_at", "verdict", "station", *_TREND),
    Index("ix_inspection_station_trend", "station", "inspected_at", "verdict", *_TREND),
    Index("ix_inspection_batch_trend", "batch_id", "inspected_at", "verdict", *_TREND),
)

batch_part = Table(
    "batch_part",
    metadata,
    Column("id", Id, primary_key=True),
    Column("batch_id", Id, ForeignKey("batch.id"), nullable=False),
    Column("inspection_id", Id, ForeignKey("inspection.id"), nullable=False),
    Column("file", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("probability", Double),
    Column("already_inspected", Boolean, nullable=False),
    # Also the order by file; it keeps a resumed batch from listing a file twice.
    UniqueConstraint("batch_id", "file", "inspection_id"),
    Index(None, "batch_id", "id", "verdict"),
)


def _index_by_probability(table: Table, *before: str, after: tuple[str, ...]) -> None:
    """Index for "highest probability first, parts without one last", as each database says it."""
    first = [table.c[name] for name in before]
    rest = [table.c[name] for name in after]
    name = f"ix_{table.name}_probability"
    probability = table.c.probability
    Index(name, *first, probability.desc().nulls_last(), *rest).ddl_if(dialect="postgresql")
    # SQLite counts an empty value as the smallest, and refuses NULLS LAST in an index.
    Index(name, *first, probability.desc(), *rest).ddl_if(dialect="sqlite")


_index_by_probability(inspection, after=("verdict", "id"))
_index_by_probability(batch_part, "batch_id", after=("verdict", "id", "already_inspected"))

rejection = Table(
    "rejection",
    metadata,
    Column("id", Id, primary_key=True),
    Column("batch_id", Id, ForeignKey("batch.id"), nullable=False),
    Column("file", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("byte_count", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("rejected_at", UtcDateTime, nullable=False),
    UniqueConstraint("batch_id", "file", "sha256"),
    Index(None, "rejected_at"),
)

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
