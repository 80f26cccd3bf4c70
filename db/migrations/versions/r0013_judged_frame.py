"""Which square of a photograph was judged, by how many views, and how far they lay apart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.errors import StoreVersion
from db.migrations.protection import refuse

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Earlier verdicts were given on the whole photograph, by one view."""
    for name in ("frame_left", "frame_top", "frame_side"):
        op.add_column("inspection", sa.Column(name, sa.Integer))
    views = sa.Column("views", sa.SmallInteger, nullable=False, server_default="1")
    doubt = sa.Column("doubt", sa.Double, nullable=False, server_default="0")
    op.add_column("inspection", views)
    op.add_column("inspection", doubt)
    refuse(
        "inspection",
        "UPDATE OF frame_left, frame_top, frame_side, views, doubt",
        name="frame_update",
    )


def downgrade() -> None:
    """Refused: it would drop what was judged."""
    raise StoreVersion(
        "A database is not taken back to an older schema, because verdicts would be lost. "
        "Restore a backup instead."
    )
