"""Baselines of control charts, and notes on their signals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.errors import StoreVersion
from db.migrations.protection import protect
from db.schema import UtcDateTime

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create both logs, and the triggers that keep their entries as they are."""
    op.create_table(
        "baseline",
        *_chart(),
        sa.Column("begins", UtcDateTime, nullable=False),
        sa.Column("ends", UtcDateTime, nullable=False),
        sa.Column("defective", sa.Integer, nullable=False),
        sa.Column("inspected", sa.Integer, nullable=False),
        sa.Column("subgroups", sa.Integer, nullable=False),
        sa.Column("sigma_z", sa.Double, nullable=False),
        sa.Column("chance", sa.Double, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        sa.Column("set_at", UtcDateTime, nullable=False),
        sa.CheckConstraint(
            "0 <= defective AND defective <= inspected AND inspected > 0", name="counts"
        ),
    )
    keys = ["station", "grain", "model_id", "threshold", "id"]
    op.create_index("ix_baseline_" + "_".join(keys), "baseline", keys)
    op.create_table(
        "signal_note",
        *_chart(),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("noted_by", sa.Text, nullable=False),
        sa.Column("noted_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_signal_note_station_grain_at", "signal_note", ["station", "grain", "at"])
    for table in ("baseline", "signal_note"):
        protect(table)


def downgrade() -> None:
    """Refused: it would drop entries of a log."""
    raise StoreVersion(
        "A database is not taken back to an older schema, because entries would be lost. "
        "Restore a backup instead."
    )


def _chart() -> list[sa.Column[object]]:
    return [
        sa.Column("id", _ID, primary_key=True),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("grain", sa.Text, nullable=False),
        sa.Column("model_id", _ID, sa.ForeignKey("model.id"), nullable=False),
        sa.Column("threshold", sa.Double, nullable=False),
    ]
