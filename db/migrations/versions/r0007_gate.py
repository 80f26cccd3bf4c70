"""Time spent at the gate; inspections from before it spent none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.errors import StoreVersion

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add the column, and have the database refuse to change it."""
    op.add_column("inspection", sa.Column("gate_ms", sa.Double, nullable=False, server_default="0"))
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER inspection_refuses_update_of_gate BEFORE UPDATE OF gate_ms "
            "ON inspection BEGIN SELECT RAISE(ABORT, "
            "'inspection rows are never changed or deleted'); END"
        )
    else:
        op.execute(
            "CREATE TRIGGER inspection_refuses_update_of_gate BEFORE UPDATE OF gate_ms "
            "ON inspection FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    """Refused: it would drop what was measured."""
    raise StoreVersion(
        "A database is not taken back to an older schema, because measurements would be lost. "
        "Restore a backup instead."
    )
