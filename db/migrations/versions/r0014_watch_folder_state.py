"""A watch folder service tells what keeps it from its work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.errors import StoreVersion

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add what a watcher tells; those recorded before told nothing."""
    op.add_column("watcher", sa.Column("trouble", sa.Text))


def downgrade() -> None:
    """Refused: an older program does not open a newer database."""
    raise StoreVersion(
        "A database is not taken back to an older schema. Restore a backup made before instead."
    )
