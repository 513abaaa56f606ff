"""Hours with events. Those of days from before are not known: all of them count as busy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ALL_HOURS = 2**24 - 1


def upgrade() -> None:
    """Add the column."""
    with op.batch_alter_table("usage_span") as table:
        table.add_column(sa.Column("hours", _NUMBER, nullable=False, server_default=str(_ALL_HOURS)))
    with op.batch_alter_table("usage_span") as table:
        table.alter_column("hours", server_default=None)
