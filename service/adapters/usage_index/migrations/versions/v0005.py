"""What files of a folder have in common is kept once."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Divide paths and labels into those of folders and those of files."""
    folders = op.create_table(
        "usage_folder",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("path", sa.LargeBinary, nullable=False),
        sa.Column("label", sa.LargeBinary, nullable=False),
    )
    with op.batch_alter_table(_FILE.name) as change:
        change.add_column(sa.Column("folder_id", _NUMBER, nullable=False, server_default="0"))
        change.add_column(sa.Column("name", sa.LargeBinary, nullable=False, server_default=""))
        change.add_column(sa.Column("own_label", sa.LargeBinary))
    known: dict[bytes, int] = {}
    for rows in _files():
        op.get_bind().execute(_DIVIDE, [_divided(row, folders, known) for row in rows])
    with op.batch_alter_table(_FILE.name) as change:
        change.alter_column("folder_id", server_default=None)
        change.alter_column("name", server_default=None)
        change.drop_column("path")
        change.drop_column("label")


_AT_ONCE = 1000
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_BYTES = ("key", "path", "label", "name", "own_label")
_FILE = sa.table("usage_file", *(sa.column(each, sa.LargeBinary) for each in _BYTES), sa.column("folder_id", _NUMBER))
_DIVIDE = (
    sa.update(_FILE)
    .where(_FILE.c.key == sa.bindparam("of"))
    .values(folder_id=sa.bindparam("folder"), name=sa.bindparam("rest"), own_label=sa.bindparam("whole"))
)


def _files() -> Iterator[list[Any]]:
    """A part of them at a time: there may be millions."""
    c = _FILE.c
    query = sa.select(c.key, c.path, c.label).order_by(c.key).limit(_AT_ONCE)
    rows = op.get_bind().execute(query).all()
    while rows:
        yield list(rows)
        rows = op.get_bind().execute(query.where(c.key > rows[-1].key)).all()


def _divided(row: Any, folders: sa.Table, known: dict[bytes, int]) -> dict[str, object]:
    at = row.path.rfind(b"/") + 1
    folder, name = row.path[:at], row.path[at:]
    ends = bool(name) and row.label.endswith(name)
    label = row.label[: -len(name)] if ends else b""
    key = _digest(folder, label)
    if key not in known:
        made = op.get_bind().execute(
            sa.insert(folders).values(key=key, path=folder, label=label).returning(folders.c.id)
        )
        known[key] = made.scalar_one()
    return {"of": row.key, "folder": known[key], "rest": name, "whole": None if ends else row.label}


def _digest(*kept: bytes) -> bytes:
    hashed = blake2b(digest_size=16)
    for each in kept:
        hashed.update(len(each).to_bytes(8, "big"))
        hashed.update(each)
    return hashed.digest()
