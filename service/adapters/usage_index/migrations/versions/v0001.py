"""The first form of the usage index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make all tables."""
    _activity()
    _files()
    _beside()


def _activity() -> None:
    op.create_table(
        "usage_principal",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("type", sa.LargeBinary, nullable=False),
        sa.Column("account", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("arn", sa.LargeBinary, nullable=False),
        sa.Column("asked", sa.LargeBinary, nullable=False),
    )
    op.create_index("usage_principal_asked", "usage_principal", ["asked"])
    op.create_table(
        "usage_segment",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("principal_id", _NUMBER, sa.ForeignKey("usage_principal.id"), nullable=False),
        sa.Column("is_settled", sa.Boolean, nullable=False),
        sa.Column("first_day", _NUMBER, nullable=False),
        sa.Column("last_day", _NUMBER, nullable=False),
        sa.Column("events", _NUMBER, nullable=False),
        sa.Column("records", _NUMBER, nullable=False),
        sa.Column("seal", _NUMBER, nullable=False),
        sa.Column("rows", sa.LargeBinary, nullable=False),
        sa.Column("keys", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("usage_segment_principal", "usage_segment", ["principal_id", "is_settled", "events"])
    op.create_index("usage_segment_unsettled", "usage_segment", ["is_settled", "principal_id"])


def _files() -> None:
    op.create_table(
        "usage_file",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("path", sa.LargeBinary, nullable=False),
        sa.Column("label", sa.LargeBinary, nullable=False),
        sa.Column("tag", sa.LargeBinary, nullable=False),
        sa.Column("bytes", _NUMBER, nullable=False),
        sa.Column("modified_ns", _NUMBER, nullable=False),
        sa.Column("records", _NUMBER, nullable=False),
        sa.Column("events", _NUMBER, nullable=False),
        sa.Column("seal", _NUMBER, nullable=False),
        sa.Column("report", sa.LargeBinary),
    )
    op.create_table(
        "usage_left_out",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("path", sa.LargeBinary, nullable=False),
        sa.Column("label", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.LargeBinary, nullable=False),
        sa.Column("detail", sa.LargeBinary, nullable=False),
        sa.Column("is_fault", sa.Boolean, nullable=False),
    )
    op.create_table(
        "usage_pending",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("rows", sa.LargeBinary, nullable=False),
    )
    op.create_index("usage_pending_key", "usage_pending", ["key"])


def _beside() -> None:
    op.create_table(
        "usage_span",
        sa.Column("day", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("first", _NUMBER, nullable=False),
        sa.Column("last", _NUMBER, nullable=False),
    )
    op.create_table(
        "usage_profile",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("profile", sa.LargeBinary, nullable=False),
        sa.Column("role", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "usage_kept",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("source", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("members", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "usage_state",
        sa.Column("name", sa.UnicodeText, primary_key=True),
        sa.Column("value", _NUMBER, nullable=False),
    )
