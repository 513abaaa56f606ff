"""Runs the steps in the transaction of the connection that `service.adapters.usage_index.migrating` hands over."""

from __future__ import annotations

from alembic import context

from service.adapters.usage_index.schema import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()
