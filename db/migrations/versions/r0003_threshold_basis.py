"""What each threshold was before, and what it was chosen on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.errors import StoreVersion

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add two columns; the triggers of the table protect them as they do the others."""
    op.add_column("threshold_change", sa.Column("previous", sa.Double))
    op.add_column("threshold_change", sa.Column("basis", sa.JSON(none_as_null=True)))


def downgrade() -> None:
    """Refused: it would drop what entries of the log rest on."""
    raise StoreVersion(
        "A database is not taken back to an older schema, because entries would be lost. "
        "Restore a backup instead."
    )
