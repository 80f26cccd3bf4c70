"""What the watch folder service keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.errors import StoreVersion
from db.schema import UtcDateTime

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | None = None
depends_on: str | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the files that were inspected, and the watchers as they last told."""
    op.create_table(
        "watched_file",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("mark", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("inspected_at", UtcDateTime, nullable=False),
        sa.UniqueConstraint("station", "folder", "file", name="uq_watched_file"),
    )
    op.create_table(
        "watcher",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("waiting", sa.Integer, nullable=False),
        sa.Column("memory_megabytes", sa.Double, nullable=False),
        sa.Column("processors", sa.Double, nullable=False),
        sa.Column("threads", sa.Integer, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("model_sha256", sa.Text, nullable=False),
        sa.UniqueConstraint("station", "folder", name="uq_watcher"),
    )


def downgrade() -> None:
    """Refused: files would be taken for new."""
    raise StoreVersion(
        "A database is not taken back to an older schema, because entries would be lost. "
        "Restore a backup instead."
    )
