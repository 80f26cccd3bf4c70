"""Review: the queue with its audit sample, dispositions, second reviews and claims."""

from __future__ import annotations

import math

import sqlalchemy as sa
from alembic import op

from core.decisions import AUDIT_RATE, queued
from core.errors import StoreVersion
from core.inspection import Verdict
from db.migrations.protection import protect
from db.schema import UtcDateTime

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CHUNK = 5_000


def upgrade() -> None:
    """Create the tables, queue the parts that were stored before, and protect the logs."""
    _create_queue()
    _create_dispositions()
    _queue_what_is_there()
    for table in ("review_item", "disposition", "second_review"):
        protect(table)


def downgrade() -> None:
    """Refused: it would drop decisions."""
    raise StoreVersion(
        "A database is not taken back to an older schema, because decisions would be lost. "
        "Restore a backup instead."
    )


def _part() -> sa.Column[int]:
    key = sa.ForeignKey("inspection.id")
    return sa.Column("inspection_id", _ID, key, primary_key=True, autoincrement=False)


def _create_queue() -> None:
    op.create_table(
        "review_item",
        _part(),
        sa.Column("distance", sa.Double, nullable=False),
        sa.Column("audit_rate", sa.Double),
        sa.CheckConstraint("distance >= 0", name="distance"),
        sa.CheckConstraint("audit_rate > 0 AND audit_rate <= 1", name="audit_rate"),
    )
    op.create_index(
        "ix_review_item_distance_inspection_id", "review_item", ["distance", "inspection_id"]
    )
    op.create_table("second_review", _part(), sa.Column("drawn_at", UtcDateTime, nullable=False))
    op.create_table(
        "review_claim",
        _part(),
        sa.Column("person_key", sa.Text, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
    )


def _create_dispositions() -> None:
    op.create_table(
        "disposition",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("inspection_id", _ID, sa.ForeignKey("inspection.id"), nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("undoes", _ID, sa.ForeignKey("disposition.id")),
        sa.Column("defect_type", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("person_key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("verified", sa.Boolean, nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=False),
        sa.CheckConstraint(
            "decision IN ('defective', 'ok', 'retake', 'unsure', 'undo')", name="decision"
        ),
        sa.CheckConstraint("(decision = 'undo') = (undoes IS NOT NULL)", name="undoes"),
        sa.CheckConstraint("(decision = 'defective') = (defect_type <> '')", name="defect_type"),
        sa.UniqueConstraint("undoes", name="uq_disposition"),
    )
    for columns in (["inspection_id", "id"], ["person_key", "id"]):
        op.create_index("ix_disposition_" + "_".join(columns), "disposition", columns)


def _queue_what_is_there() -> None:
    """Parts stored before there was a queue; their audit sample is drawn now."""
    connection = op.get_bind()
    part = sa.table(
        "inspection",
        sa.column("id", sa.BigInteger),
        sa.column("verdict", sa.Text),
        sa.column("log_odds", sa.Double),
        sa.column("threshold", sa.Double),
    )
    item = sa.table(
        "review_item",
        sa.column("inspection_id", sa.BigInteger),
        sa.column("distance", sa.Double),
        sa.column("audit_rate", sa.Double),
    )
    last = 0
    while rows := connection.execute(
        sa.select(part).where(part.c.id > last).order_by(part.c.id).limit(_CHUNK)
    ).all():
        last = rows[-1].id
        found = [
            (row.id, queued(Verdict(row.verdict), _number(row.log_odds), row.threshold, AUDIT_RATE))
            for row in rows
        ]
        values = [
            {"inspection_id": number, "distance": how.distance, "audit_rate": how.audit_rate}
            for number, how in found
            if how is not None
        ]
        if values:
            connection.execute(item.insert(), values)


def _number(value: float | None) -> float:
    return math.nan if value is None else value
