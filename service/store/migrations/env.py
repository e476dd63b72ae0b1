"""Alembic calls this file; the connection comes from ``service.store.migrate``."""

from __future__ import annotations

from alembic import context

from service.store.message_tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_type=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
