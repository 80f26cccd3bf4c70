"""Indexes that trends and shift reports are read from."""

from __future__ import annotations

from alembic import op

from core.errors import StoreVersion

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None

_TREND = ["verdict", "model_id", "threshold", "probability"]


def upgrade() -> None:
    """Widen the indexes by time, by station and by batch; add one of rejected files by time."""
    for narrow in ("inspected_at_verdict", "station_inspected_at", "batch_id_inspected_at"):
        op.drop_index(f"ix_inspection_{narrow}", "inspection")
    op.create_index(
        "ix_inspection_trend", "inspection", ["inspected_at", "verdict", "station", *_TREND[1:]]
    )
    op.create_index(
        "ix_inspection_station_trend", "inspection", ["station", "inspected_at", *_TREND]
    )
    op.create_index(
        "ix_inspection_batch_trend", "inspection", ["batch_id", "inspected_at", *_TREND]
    )
    op.create_index("ix_rejection_rejected_at", "rejection", ["rejected_at"])


def downgrade() -> None:
    """Refused, as every migration's."""
    raise StoreVersion("A database is not taken back to an older schema. Restore a backup instead.")
