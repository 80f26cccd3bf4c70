"""Triggers by which the database refuses changes, for the migrations that create a table."""

from __future__ import annotations

from alembic import op


def protect(table: str) -> None:
    """Keep ``table`` append-only: the database refuses to change or delete its rows."""
    if op.get_bind().dialect.name == "sqlite":
        refuse(table, "UPDATE")
        refuse(table, "DELETE")
    else:
        refuse(table, "DELETE OR UPDATE", name="change")
        refuse(table, "TRUNCATE")


def refuse(
    table: str,
    change: str,
    when: str = "",
    name: str = "",
    message: str = "",
    function: str = "refuse_change",
) -> None:
    """Refuse one change, as in ``UPDATE OF column``, to the rows of ``table`` where ``when`` holds.

    ``message`` is SQLite's; on PostgreSQL a function made by :func:`create_refusal` has its own.
    """
    trigger = f"{table}_refuses_{name or change.split()[0].lower()}"
    if op.get_bind().dialect.name == "sqlite":
        message = message or f"{table} rows are never changed or deleted"
        action = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        condition = f"WHEN {when} " if when else ""
    else:
        action = f"EXECUTE FUNCTION {function}()"
        each = "STATEMENT" if change == "TRUNCATE" else "ROW"
        condition = f"FOR EACH {each} " + (f"WHEN ({when}) " if when else "")
    op.execute(f"CREATE TRIGGER {trigger} BEFORE {change} ON {table} {condition}{action}")


def create_refusal(
    name: str = "refuse_change",
    message: str = "% rows are never changed or deleted",
    unless_updated: str = "",
) -> None:
    """Create the function that PostgreSQL's triggers call; SQLite's need none.

    ``%`` in the message is the table's name. An update that fulfils ``unless_updated`` is let
    through.
    """
    if op.get_bind().dialect.name == "sqlite":
        return
    allowed = (
        f"IF TG_OP = 'UPDATE' THEN IF {unless_updated} THEN RETURN NEW; END IF; END IF;"
        if unless_updated
        else ""
    )
    table = ", TG_TABLE_NAME" if "%" in message else ""
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {allowed}
            RAISE EXCEPTION '{message}'{table} USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """
    )
