"""On which days there are files of an account and a Region. Of those from before it is not known."""

from __future__ import annotations

from hashlib import blake2b

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table anew, with what it held."""
    bind = op.get_bind()
    rows = sa.select(sa.column("account", sa.LargeBinary), sa.column("region", sa.LargeBinary)).select_from(_TABLE)
    before = bind.execute(rows).all()
    op.drop_table(_TABLE.name)
    table = op.create_table(
        _TABLE.name,
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("account", sa.LargeBinary, nullable=False),
        sa.Column("region", sa.LargeBinary, nullable=False),
        sa.Column("month", _NUMBER, nullable=False),
        sa.Column("days", _NUMBER, nullable=False),
        sa.Column("proof", _NUMBER, nullable=False),
    )
    for account, region in before:
        row = {"key": _digest(account, region, b"0"), "account": account, "region": region}
        bind.execute(sa.insert(table).values(**row, month=0, days=0, proof=0))


_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TABLE = sa.table("usage_delivered")


def _digest(*kept: bytes) -> bytes:
    hashed = blake2b(digest_size=16)
    for each in kept:
        hashed.update(len(each).to_bytes(8, "big"))
        hashed.update(each)
    return hashed.digest()
