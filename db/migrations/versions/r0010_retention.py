"""Purging of photographs: its log, and triggers that let go of bytes only with an entry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.errors import StoreVersion
from db.migrations.protection import protect
from db.schema import UtcDateTime

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | None = None
depends_on: str | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Emptied with an entry that is younger than the bytes, or filled again with as many.
_ALLOWED = """
    NEW.sha256 = OLD.sha256 AND NEW.byte_count = OLD.byte_count AND NEW.width = OLD.width
    AND NEW.height = OLD.height AND NEW.format = OLD.format AND (
        (length(NEW.data) = 0 AND NEW.stored_at = OLD.stored_at AND EXISTS (
            SELECT 1 FROM purged_photograph JOIN purge ON purge.id = purged_photograph.purge_id
            WHERE photograph_sha256 = OLD.sha256 AND begun_at >= OLD.stored_at
        ))
        OR (length(OLD.data) = 0 AND length(NEW.data) = OLD.byte_count)
    )
"""
_WHY = "photographs are only purged with an entry of it, and never changed or deleted"


def upgrade() -> None:
    """Create the log and an index of the photographs that are kept, and protect both."""
    op.create_table(
        "purge",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("begun_at", UtcDateTime, nullable=False),
        sa.Column("older_than", UtcDateTime, nullable=False),
        sa.Column("retention_days", sa.Integer, nullable=False),
        sa.Column("purged_by", sa.Text, nullable=False),
    )
    op.create_table(
        "purged_photograph",
        sa.Column(
            "purge_id", _ID, sa.ForeignKey("purge.id"), primary_key=True, autoincrement=False
        ),
        sa.Column(
            "photograph_sha256", sa.Text, sa.ForeignKey("photograph.sha256"), primary_key=True
        ),
    )
    op.create_index(
        "ix_purged_photograph_photograph_sha256", "purged_photograph", ["photograph_sha256"]
    )
    kept = sa.text("length(data) > 0")
    op.create_index(
        "ix_photograph_kept", "photograph", ["stored_at"], sqlite_where=kept, postgresql_where=kept
    )
    for table in ("purge", "purged_photograph"):
        protect(table)
    if op.get_bind().dialect.name == "sqlite":
        _protect_in_sqlite()
    else:
        _protect_in_postgresql()


def downgrade() -> None:
    """Refused: it would drop entries of a log."""
    raise StoreVersion(
        "A database is not taken back to an older schema, because entries would be lost. "
        "Restore a backup instead."
    )


def _protect_in_sqlite() -> None:
    op.execute(
        "CREATE TRIGGER photograph_refuses_delete BEFORE DELETE ON photograph "
        f"BEGIN SELECT RAISE(ABORT, '{_WHY}'); END"
    )
    op.execute(
        "CREATE TRIGGER photograph_refuses_update BEFORE UPDATE ON photograph "
        f"WHEN NOT ({_ALLOWED}) "
        f"BEGIN SELECT RAISE(ABORT, '{_WHY}'); END"
    )


def _protect_in_postgresql() -> None:
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION refuse_photograph_change() RETURNS trigger
        LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF {_ALLOWED} THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION '{_WHY}' USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER photograph_refuses_change BEFORE DELETE OR UPDATE ON photograph "
        "FOR EACH ROW EXECUTE FUNCTION refuse_photograph_change()"
    )
    op.execute(
        "CREATE TRIGGER photograph_refuses_truncate BEFORE TRUNCATE ON photograph "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_photograph_change()"
    )
