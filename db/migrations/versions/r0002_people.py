"""Roles by e-mail address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.errors import StoreVersion
from db.migrations.protection import protect
from db.schema import UtcDateTime

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the log of roles, and the triggers that keep its entries as they are."""
    op.create_table(
        "person_role",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("given_by", sa.Text, nullable=False),
        sa.Column("given_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("role IN ('viewer', 'reviewer', 'engineer')", name="role"),
    )
    op.create_index("ix_person_role_email_id", "person_role", ["email", "id"])
    protect("person_role")


def downgrade() -> None:
    """Refused: it would drop entries of a log."""
    raise StoreVersion(
        "A database is not taken back to an older schema, because entries would be lost. "
        "Restore a backup instead."
    )
