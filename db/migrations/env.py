"""Alembic's entry point: run the migrations on the connection that ``db.session`` holds.

The caller has opened the transaction and the lock, so a migration is all or nothing on both
databases and two processes that start together do not both run it.
"""

from alembic import context

from db.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
