"""The tables, as they are after the last migration; those of review are in review_tables.

    model ──< threshold_change        append-only: the latest row is the threshold in force
      │
    batch ──< batch_part >── inspection >── photograph
      └────< rejection

    person_role                       append-only: the latest row is an address's role

An ``inspection`` is one verdict and never changes; triggers in the migrations refuse it.
``photograph`` holds the original bytes once, however often a file is uploaded.
``batch_part`` lists what a batch showed, also where an earlier batch gave the verdict; it
repeats the verdict and its probability, which cannot change, so that a page of the gallery
is read from one index.

An instant is ``timestamptz`` in PostgreSQL and whole microseconds since 1970 UTC in SQLite
(``datetime(inspected_at / 1000000, 'unixepoch')`` reads it by hand).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant to the microsecond; refuses a datetime without a time zone (ValueError)."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[int]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | int | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"{value!r} has no time zone; give an instant, as in now(UTC)")
        if dialect.name == "postgresql":
            return value
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(
        self, value: datetime | int | None, dialect: Dialect
    ) -> datetime | None:
        if isinstance(value, int):
            return _EPOCH + timedelta(microseconds=value)
        return None if value is None else value.astimezone(UTC)


# SQLite gives a row its number by itself only where the column's type is INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

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
