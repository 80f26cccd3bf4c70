"""${message}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.errors import StoreVersion

revision: str = ${repr(up_revision)}
down_revision: str | None = ${repr(down_revision)}
branch_labels: str | None = ${repr(branch_labels)}
depends_on: str | None = ${repr(depends_on)}


def upgrade() -> None:
    """${message}."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Refused: what was stored is never dropped."""
    raise StoreVersion(
        "A database is not taken back to an older schema, because verdicts would be lost. "
        "Restore a backup instead."
    )
