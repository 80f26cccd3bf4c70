"""The schema of the first release: every table, its indexes, and the triggers that protect it.

Its number is that of the last of the steps it replaces, so that databases made by them open
unchanged.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.errors import StoreVersion
from db.migrations.columns import (
    highest_first,
    index,
    partial_index,
    reference,
    required,
    row_number,
)
from db.migrations.protection import create_refusal, protect, refuse
from db.schema import Id, UtcDateTime

revision: str = "0012"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

_TREND = ["verdict", "model_id", "threshold", "probability"]
_LOGS = ["person_role", "disposition", "baseline", "signal_note", "setting_change", "purge"]
_MARKS = ["review_item", "second_review", "demonstration", "purged_photograph"]
_VERDICT = (
    "id, photograph_sha256, model_id, batch_id, station, file, inspected_at, verdict, reason, "
    "probability, log_odds, threshold, evidence, evidence_rows, evidence_columns, decode_ms, "
    "inference_ms"
)
# Emptied with an entry that is younger than the bytes, or filled again with as many.
_PURGED_OR_REFILLED = """
    NEW.sha256 = OLD.sha256 AND NEW.byte_count = OLD.byte_count AND NEW.width = OLD.width
    AND NEW.height = OLD.height AND NEW.format = OLD.format AND (
        (length(NEW.data) = 0 AND NEW.stored_at = OLD.stored_at AND EXISTS (
            SELECT 1 FROM purged_photograph JOIN purge ON purge.id = purged_photograph.purge_id
            WHERE photograph_sha256 = OLD.sha256 AND begun_at >= OLD.stored_at
        ))
        OR (length(OLD.data) = 0 AND length(NEW.data) = OLD.byte_count)
    )
"""
_ONLY_PURGED = "photographs are only purged with an entry of it, and never changed or deleted"


def upgrade() -> None:
    """Create everything, all or nothing with the caller's transaction."""
    _create_models_and_batches()
    _create_inspections()
    _create_review()
    _create_control()
    _create_plant()
    _create_retention()
    create_refusal()
    for table in (*_LOGS, *_MARKS):
        protect(table)
    _protect_inspections()
    _protect_photographs()


def downgrade() -> None:
    """Refused: it would drop every verdict."""
    raise StoreVersion(
        "A database is not taken back to an older schema, because verdicts would be lost. "
        "Restore a backup instead."
    )


def _create_models_and_batches() -> None:
    op.create_table(
        "model",
        row_number(),
        *required(sha256=sa.Text, name=sa.Text, card=sa.JSON, registered_at=UtcDateTime),
        sa.UniqueConstraint("sha256", name="uq_model"),
    )
    op.create_table(
        "threshold_change",
        row_number(),
        reference("model_id"),
        *required(threshold=sa.Double, reason=sa.Text, changed_by=sa.Text),
        *required(changed_at=UtcDateTime),
        sa.Column("previous", sa.Double),
        sa.Column("basis", sa.JSON(none_as_null=True)),
        sa.CheckConstraint("threshold >= 0 AND threshold <= 1", name="threshold"),
    )
    index("threshold_change", "model_id", "id")
    op.create_table(
        "batch",
        row_number(),
        *required(source=sa.Text, label=sa.Text, station=sa.Text),
        reference("model_id"),
        *required(total=sa.Integer, created_at=UtcDateTime),
        sa.Column("finished_at", UtcDateTime),
    )
    index("batch", "created_at")
    partial_index("ix_batch_unfinished", "batch", "id", "finished_at IS NULL")


def _create_inspections() -> None:
    op.create_table(
        "photograph",
        sa.Column("sha256", sa.Text, primary_key=True),
        *required(byte_count=sa.Integer, width=sa.Integer, height=sa.Integer, format=sa.Text),
        *required(stored_at=UtcDateTime, data=sa.LargeBinary),
    )
    partial_index("ix_photograph_kept", "photograph", "stored_at", "length(data) > 0")
    op.create_table(
        "inspection",
        row_number(),
        sa.Column("photograph_sha256", sa.Text, sa.ForeignKey("photograph.sha256"), nullable=False),
        reference("model_id"),
        reference("batch_id"),
        *required(station=sa.Text, file=sa.Text, inspected_at=UtcDateTime),
        *required(verdict=sa.Text, reason=sa.Text),
        sa.Column("probability", sa.Double),
        sa.Column("log_odds", sa.Double),
        *required(threshold=sa.Double, evidence=sa.LargeBinary),
        *required(evidence_rows=sa.SmallInteger, evidence_columns=sa.SmallInteger),
        *required(decode_ms=sa.Double, inference_ms=sa.Double),
        sa.Column("store_ms", sa.Double),
        sa.Column("gate_ms", sa.Double, nullable=False, server_default="0"),
        sa.CheckConstraint("verdict IN ('defective', 'ok', 'not_inspectable')", name="verdict"),
        sa.CheckConstraint(
            "verdict = 'not_inspectable' OR (probability IS NOT NULL AND log_odds IS NOT NULL)",
            name="scored",
        ),
        sa.UniqueConstraint("photograph_sha256", "model_id", "station", name="uq_inspection"),
    )
    index("inspection", "file", "verdict")
    orders: dict[str, list[str | sa.TextClause]] = {
        "trend": ["inspected_at", "verdict", "station", *_TREND[1:]],
        "station_trend": ["station", "inspected_at", *_TREND],
        "batch_trend": ["batch_id", "inspected_at", *_TREND],
        "probability": [highest_first(), "verdict", "id"],
    }
    for name, columns in orders.items():
        op.create_index(f"ix_inspection_{name}", "inspection", columns)
    op.create_table(
        "batch_part",
        row_number(),
        reference("batch_id"),
        reference("inspection_id"),
        *required(file=sa.Text, verdict=sa.Text),
        sa.Column("probability", sa.Double),
        *required(already_inspected=sa.Boolean),
        sa.UniqueConstraint("batch_id", "file", "inspection_id", name="uq_batch_part"),
    )
    index("batch_part", "batch_id", "id", "verdict")
    by_probability: list[str | sa.TextClause]
    by_probability = ["batch_id", highest_first(), "verdict", "id", "already_inspected"]
    op.create_index("ix_batch_part_probability", "batch_part", by_probability)
    op.create_table(
        "rejection",
        row_number(),
        reference("batch_id"),
        *required(file=sa.Text, sha256=sa.Text, byte_count=sa.BigInteger, reason=sa.Text),
        *required(rejected_at=UtcDateTime),
        sa.UniqueConstraint("batch_id", "file", "sha256", name="uq_rejection"),
    )
    index("rejection", "rejected_at")


def _create_review() -> None:
    op.create_table(
        "review_item",
        reference("inspection_id", primary_key=True),
        *required(distance=sa.Double),
        sa.Column("audit_rate", sa.Double),
        sa.CheckConstraint("distance >= 0", name="distance"),
        sa.CheckConstraint("audit_rate > 0 AND audit_rate <= 1", name="audit_rate"),
    )
    index("review_item", "distance", "inspection_id")
    op.create_table(
        "second_review",
        reference("inspection_id", primary_key=True),
        *required(drawn_at=UtcDateTime),
    )
    op.create_table(
        "review_claim",
        reference("inspection_id", primary_key=True),
        *required(person_key=sa.Text, expires_at=UtcDateTime),
    )
    op.create_table(
        "disposition",
        row_number(),
        reference("inspection_id"),
        *required(decision=sa.Text),
        sa.Column("undoes", Id, sa.ForeignKey("disposition.id")),
        *required(defect_type=sa.Text, note=sa.Text, person_key=sa.Text, name=sa.Text),
        sa.Column("email", sa.Text),
        *required(verified=sa.Boolean, decided_at=UtcDateTime),
        sa.CheckConstraint(
            "decision IN ('defective', 'ok', 'retake', 'unsure', 'undo')", name="decision"
        ),
        sa.CheckConstraint("(decision = 'undo') = (undoes IS NOT NULL)", name="undoes"),
        sa.CheckConstraint("(decision = 'defective') = (defect_type <> '')", name="defect_type"),
        sa.UniqueConstraint("undoes", name="uq_disposition"),
    )
    index("disposition", "inspection_id", "id")
    index("disposition", "person_key", "id")


def _create_control() -> None:
    op.create_table(
        "baseline",
        *_chart(),
        *required(begins=UtcDateTime, ends=UtcDateTime),
        *required(defective=sa.Integer, inspected=sa.Integer, subgroups=sa.Integer),
        *required(sigma_z=sa.Double, chance=sa.Double),
        *required(reason=sa.Text, set_by=sa.Text, set_at=UtcDateTime),
        sa.CheckConstraint(
            "0 <= defective AND defective <= inspected AND inspected > 0", name="counts"
        ),
    )
    index("baseline", "station", "grain", "model_id", "threshold", "id")
    op.create_table(
        "signal_note",
        *_chart(),
        *required(rule=sa.Text, at=UtcDateTime, cause=sa.Text),
        *required(noted_by=sa.Text, noted_at=UtcDateTime),
    )
    index("signal_note", "station", "grain", "at")


def _create_plant() -> None:
    op.create_table(
        "person_role",
        row_number(),
        *required(email=sa.Text, role=sa.Text, given_by=sa.Text, given_at=UtcDateTime),
        sa.CheckConstraint("role IN ('viewer', 'reviewer', 'engineer')", name="role"),
    )
    index("person_role", "email", "id")
    op.create_table(
        "setting_change",
        row_number(),
        *required(name=sa.Text),
        sa.Column("value", sa.Text),
        *required(previous=sa.Text, reason=sa.Text, changed_by=sa.Text, changed_at=UtcDateTime),
    )
    index("setting_change", "name", "id")
    op.create_table(
        "demonstration",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        *required(made_at=UtcDateTime),
        sa.CheckConstraint("id = 1", name="one"),
    )
    op.create_table(
        "watched_file",
        row_number(),
        *required(station=sa.Text, folder=sa.Text, file=sa.Text, mark=sa.Text, sha256=sa.Text),
        *required(inspected_at=UtcDateTime),
        sa.UniqueConstraint("station", "folder", "file", name="uq_watched_file"),
    )
    op.create_table(
        "watcher",
        row_number(),
        *required(station=sa.Text, folder=sa.Text, seen_at=UtcDateTime, waiting=sa.Integer),
        *required(memory_megabytes=sa.Double, processors=sa.Double, threads=sa.Integer),
        *required(engine=sa.Text, model_sha256=sa.Text),
        sa.UniqueConstraint("station", "folder", name="uq_watcher"),
    )


def _create_retention() -> None:
    op.create_table(
        "purge",
        row_number(),
        *required(begun_at=UtcDateTime, older_than=UtcDateTime),
        *required(retention_days=sa.Integer, purged_by=sa.Text),
    )
    photograph = sa.ForeignKey("photograph.sha256")
    op.create_table(
        "purged_photograph",
        reference("purge_id", primary_key=True),
        sa.Column("photograph_sha256", sa.Text, photograph, primary_key=True),
    )
    index("purged_photograph", "photograph_sha256")


def _protect_inspections() -> None:
    refuse("inspection", "DELETE")
    refuse("inspection", f"UPDATE OF {_VERDICT}")
    refuse("inspection", "UPDATE OF gate_ms", name="update_of_gate")
    # Written once, at the end of the transaction that stores the row.
    refuse("inspection", "UPDATE OF store_ms", "OLD.store_ms IS NOT NULL", "update_again")
    if op.get_bind().dialect.name == "sqlite":
        protect("threshold_change")
        return
    refuse("inspection", "TRUNCATE")
    refuse("threshold_change", "DELETE OR UPDATE")
    refuse("threshold_change", "TRUNCATE")


def _protect_photographs() -> None:
    if op.get_bind().dialect.name == "sqlite":
        unless = f"NOT ({_PURGED_OR_REFILLED})"
        refuse("photograph", "DELETE", message=_ONLY_PURGED)
        refuse("photograph", "UPDATE", unless, message=_ONLY_PURGED)
        return
    create_refusal("refuse_photograph_change", _ONLY_PURGED, unless_updated=_PURGED_OR_REFILLED)
    for change, name in (("DELETE OR UPDATE", "change"), ("TRUNCATE", "truncate")):
        refuse("photograph", change, name=name, function="refuse_photograph_change")


def _chart() -> list[sa.Column[Any]]:
    named = required(station=sa.Text, grain=sa.Text)
    return [row_number(), *named, reference("model_id"), *required(threshold=sa.Double)]
