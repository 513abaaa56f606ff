"""Of which accounts and Regions there are files. Of those from before it is not said, so nothing is concluded."""

from __future__ import annotations

from hashlib import blake2b

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    table = op.create_table(
        "usage_delivered",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("account", sa.LargeBinary, nullable=False),
        sa.Column("region", sa.LargeBinary, nullable=False),
    )
    bind = op.get_bind()
    if bind.execute(sa.select(sa.func.count()).select_from(sa.table("usage_file"))).scalar_one():
        unsaid = blake2b(bytes(16), digest_size=16).digest()  # of two empty texts, each behind its size
        bind.execute(sa.insert(table).values(key=unsaid, account=b"", region=b""))
