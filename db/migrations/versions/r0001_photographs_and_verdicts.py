"""Photographs, verdicts, batches, models and the log of thresholds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.errors import StoreVersion
from db.schema import UtcDateTime

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MEASURED_LATER = "store_ms"
_INSPECTION_COLUMNS = (
    "id",
    "photograph_sha256",
    "model_id",
    "batch_id",
    "station",
    "file",
    "inspected_at",
    "verdict",
    "reason",
    "probability",
    "log_odds",
    "threshold",
    "evidence",
    "evidence_rows",
    "evidence_columns",
    "decode_ms",
    "inference_ms",
)


def upgrade() -> None:
    """Create every table, its indexes, and the triggers that keep verdicts as they are."""
    _create_models_and_batches()
    _create_inspections()
    _create_lists()
    if op.get_bind().dialect.name == "sqlite":
        _protect_in_sqlite()
    else:
        _protect_in_postgresql()


def downgrade() -> None:
    """Refused: it would drop every verdict."""
    raise StoreVersion(
        "A database is not taken back to an older schema, because verdicts would be lost. "
        "Restore a backup instead."
    )


def _create_models_and_batches() -> None:
    op.create_table(
        "model",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("card", sa.JSON, nullable=False),
        sa.Column("registered_at", UtcDateTime, nullable=False),
        sa.UniqueConstraint("sha256", name="uq_model"),
    )
    op.create_table(
        "threshold_change",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("model_id", _ID, sa.ForeignKey("model.id"), nullable=False),
        sa.Column("threshold", sa.Double, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("threshold >= 0 AND threshold <= 1", name="threshold"),
    )
    op.create_index("ix_threshold_change_model_id_id", "threshold_change", ["model_id", "id"])
    op.create_table(
        "batch",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("model_id", _ID, sa.ForeignKey("model.id"), nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime),
    )
    unfinished = sa.text("finished_at IS NULL")
    op.create_index(
        "ix_batch_unfinished",
        "batch",
        ["id"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )


def _create_inspections() -> None:
    op.create_table(
        "photograph",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("byte_count", sa.Integer, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("stored_at", UtcDateTime, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "inspection",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("photograph_sha256", sa.Text, sa.ForeignKey("photograph.sha256"), nullable=False),
        sa.Column("model_id", _ID, sa.ForeignKey("model.id"), nullable=False),
        sa.Column("batch_id", _ID, sa.ForeignKey("batch.id"), nullable=False),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("inspected_at", UtcDateTime, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("probability", sa.Double),
        sa.Column("log_odds", sa.Double),
        sa.Column("threshold", sa.Double, nullable=False),
        sa.Column("evidence", sa.LargeBinary, nullable=False),
        sa.Column("evidence_rows", sa.SmallInteger, nullable=False),
        sa.Column("evidence_columns", sa.SmallInteger, nullable=False),
        sa.Column("decode_ms", sa.Double, nullable=False),
        sa.Column("inference_ms", sa.Double, nullable=False),
        sa.Column("store_ms", sa.Double),
        sa.CheckConstraint("verdict IN ('defective', 'ok', 'not_inspectable')", name="verdict"),
        sa.CheckConstraint(
            "verdict = 'not_inspectable' OR (probability IS NOT NULL AND log_odds IS NOT NULL)",
            name="scored",
        ),
        sa.UniqueConstraint("photograph_sha256", "model_id", "station", name="uq_inspection"),
    )
    for columns in (
        ["inspected_at", "verdict"],
        ["file", "verdict"],
        ["station", "inspected_at"],
        ["batch_id", "inspected_at"],
    ):
        op.create_index("ix_inspection_" + "_".join(columns), "inspection", columns)
    op.create_index("ix_inspection_probability", "inspection", [_highest_first(), "verdict", "id"])


def _create_lists() -> None:
    op.create_table(
        "batch_part",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("batch_id", _ID, sa.ForeignKey("batch.id"), nullable=False),
        sa.Column("inspection_id", _ID, sa.ForeignKey("inspection.id"), nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("probability", sa.Double),
        sa.Column("already_inspected", sa.Boolean, nullable=False),
        sa.UniqueConstraint("batch_id", "file", "inspection_id", name="uq_batch_part"),
    )
    op.create_index(
        "ix_batch_part_batch_id_id_verdict", "batch_part", ["batch_id", "id", "verdict"]
    )
    op.create_index(
        "ix_batch_part_probability",
        "batch_part",
        ["batch_id", _highest_first(), "verdict", "id", "already_inspected"],
    )
    op.create_table(
        "rejection",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("batch_id", _ID, sa.ForeignKey("batch.id"), nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("byte_count", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("rejected_at", UtcDateTime, nullable=False),
        sa.UniqueConstraint("batch_id", "file", "sha256", name="uq_rejection"),
    )


def _highest_first() -> sa.TextClause:
    # SQLite counts an empty value as the smallest, and refuses NULLS LAST in an index.
    sqlite = op.get_bind().dialect.name == "sqlite"
    return sa.text("probability DESC" if sqlite else "probability DESC NULLS LAST")


def _protect_in_sqlite() -> None:
    for table in ("inspection", "threshold_change"):
        _refuse_in_sqlite(table, "DELETE")
    _refuse_in_sqlite("threshold_change", "UPDATE")
    _refuse_in_sqlite("inspection", f"UPDATE OF {', '.join(_INSPECTION_COLUMNS)}")
    _refuse_in_sqlite(
        "inspection", f"UPDATE OF {_MEASURED_LATER}", f"WHEN OLD.{_MEASURED_LATER} IS NOT NULL"
    )


def _refuse_in_sqlite(table: str, change: str, when: str = "") -> None:
    name = f"{table}_refuses_{change.split()[0].lower()}" + ("_again" if when else "")
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {change} ON {table} {when} "
        f"BEGIN SELECT RAISE(ABORT, '{table} rows are never changed or deleted'); END"
    )


def _protect_in_postgresql() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% rows are never changed or deleted', TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """
    )
    for table, change, when in (
        ("inspection", "DELETE", ""),
        ("inspection", f"UPDATE OF {', '.join(_INSPECTION_COLUMNS)}", ""),
        (
            "inspection",
            f"UPDATE OF {_MEASURED_LATER}",
            f"WHEN (OLD.{_MEASURED_LATER} IS NOT NULL)",
        ),
        ("threshold_change", "DELETE OR UPDATE", ""),
    ):
        name = f"{table}_refuses_{change.split()[0].lower()}" + ("_again" if when else "")
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {change} ON {table} FOR EACH ROW {when} "
            "EXECUTE FUNCTION refuse_change()"
        )
    for table in ("inspection", "threshold_change"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
