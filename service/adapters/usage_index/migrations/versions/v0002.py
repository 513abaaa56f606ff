"""Hours with events, and proofs of what had none. Of days from before, all hours count as busy."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ALL_HOURS = 2**24 - 1
_PRIME = 2_147_483_647
_FACTORS = (1_000_003, 15_485_863, 7_368_787, 2_750_159)


def upgrade() -> None:
    """Add the columns."""
    _add("usage_span", "hours", _ALL_HOURS)
    _prove("usage_span", ("day", "first", "last", "hours"))
    _prove("usage_file", ("bytes", "records", "events"))
    _prove("usage_state", ("value",))
    _seal_left_out()


def _add(table: str, column: str, default: int) -> None:
    with op.batch_alter_table(table) as change:
        change.add_column(sa.Column(column, _NUMBER, nullable=False, server_default=str(default)))
    with op.batch_alter_table(table) as change:
        change.alter_column(column, server_default=None)


def _prove(table: str, columns: Sequence[str]) -> None:
    _add(table, "proof", 0)
    numbers = [sa.column(each, _NUMBER) for each in columns]
    terms = [number % _PRIME * factor for number, factor in zip(numbers, _FACTORS, strict=False)]
    made = sum(terms[1:], terms[0]) % _PRIME
    op.get_bind().execute(sa.update(sa.table(table, sa.column("proof", _NUMBER), *numbers)).values(proof=made))


def _seal_left_out() -> None:
    _add("usage_left_out", "seal", 0)
    texts = ("path", "label", "reason", "detail")
    table = sa.table(
        "usage_left_out",
        sa.column("key", sa.LargeBinary),
        *(sa.column(each, sa.LargeBinary) for each in texts),
        sa.column("is_fault", sa.Boolean),
        sa.column("seal", _NUMBER),
    )
    bind = op.get_bind()
    for row in bind.execute(sa.select(table)).all():
        noted = [bytes(getattr(row, each)) for each in texts]
        made = crc32(repr([*noted, row.is_fault]).encode())
        bind.execute(sa.update(table).where(table.c.key == row.key).values(seal=made))
