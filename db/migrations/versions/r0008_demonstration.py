"""The mark of a database that holds a demonstration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.errors import StoreVersion
from db.migrations.protection import protect
from db.schema import UtcDateTime

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Create the table, and the triggers that keep the mark where it is."""
    op.create_table(
        "demonstration",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("id = 1", name="one"),
    )
    protect("demonstration")


def downgrade() -> None:
    """Refused: a demonstration without its mark could be taken for production."""
    raise StoreVersion(
        "A database is not taken back to an older schema, because its mark would be lost. "
        "Restore a backup instead."
    )
