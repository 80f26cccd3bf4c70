"""The index that the batches of a period are read from."""

from __future__ import annotations

from alembic import op

from core.errors import StoreVersion

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add it."""
    op.create_index("ix_batch_created_at", "batch", ["created_at"])


def downgrade() -> None:
    """Refused, as every migration's."""
    raise StoreVersion("A database is not taken back to an older schema. Restore a backup instead.")
