"""The tables of a usage index, and the version of their form."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, MetaData, Table, UnicodeText

from service.adapters.usage_index.kinds import Kept, Number

VERSION = "0004"
"""The last of the migrations; one that is greater was written by a newer Whittle."""

VERSION_TABLE = "usage_index_version"

METADATA = MetaData()

PRINCIPAL = Table(
    "usage_principal",
    METADATA,
    Column("id", Number, primary_key=True),
    Column("key", Kept, nullable=False, unique=True),  # digest of the next four
    Column("type", Kept, nullable=False),
    Column("account", Kept, nullable=False),
    Column("name", Kept, nullable=False),
    Column("arn", Kept, nullable=False),
    Column("asked", Kept, nullable=False),  # digest of account and name
    Index("usage_principal_asked", "asked"),
)

# What answers a question comes first: SQLite reads a row only up to the column that is asked for. The index holds
# everything that is counted, so that totals need not go through the bytes of all segments.
SEGMENT = Table(
    "usage_segment",
    METADATA,
    Column("id", Number, primary_key=True),
    Column("principal_id", Number, ForeignKey("usage_principal.id"), nullable=False),
    Column("is_settled", Boolean, nullable=False),
    Column("first_day", Number, nullable=False),
    Column("last_day", Number, nullable=False),
    Column("events", Number, nullable=False),
    Column("records", Number, nullable=False),
    Column("seal", Number, nullable=False),
    Column("rows", Kept, nullable=False),
    Column("keys", Kept, nullable=False),
    Index("usage_segment_principal", "principal_id", "is_settled", "events"),
    Index("usage_segment_unsettled", "is_settled", "principal_id"),
    sqlite_autoincrement=True,  # an id is never given twice, even of the last one
)

FILE = Table(
    "usage_file",
    METADATA,
    Column("key", Kept, primary_key=True),  # digest of the path
    Column("path", Kept, nullable=False),
    Column("label", Kept, nullable=False),
    Column("tag", Kept, nullable=False),
    Column("bytes", Number, nullable=False),
    Column("modified_ns", Number, nullable=False),
    Column("records", Number, nullable=False),
    Column("events", Number, nullable=False),
    Column("seal", Number, nullable=False),
    Column("report", Kept(is_optional=True)),  # JSON; only where there is more to say than the counts
    Column("proof", Number, nullable=False),  # of bytes, records and events
)

LEFT_OUT = Table(
    "usage_left_out",
    METADATA,
    Column("key", Kept, primary_key=True),  # digest of the path
    Column("path", Kept, nullable=False),
    Column("label", Kept, nullable=False),
    Column("reason", Kept, nullable=False),
    Column("detail", Kept, nullable=False),
    Column("is_fault", Boolean, nullable=False),
    Column("seal", Number, nullable=False),
)

SPAN = Table(
    "usage_span",
    METADATA,
    Column("day", Number, primary_key=True, autoincrement=False),
    Column("first", Number, nullable=False),
    Column("last", Number, nullable=False),
    Column("hours", Number, nullable=False),  # a bit for each hour with events
    Column("proof", Number, nullable=False),  # of the others
)

PROFILE = Table(
    "usage_profile",
    METADATA,
    Column("key", Kept, primary_key=True),  # digest of both
    Column("profile", Kept, nullable=False),
    Column("role", Kept, nullable=False),
)

DELIVERED = Table(
    "usage_delivered",
    METADATA,
    Column("key", Kept, primary_key=True),  # digest of the next three
    Column("account", Kept, nullable=False),
    Column("region", Kept, nullable=False),
    Column("month", Number, nullable=False),  # since the year 0; 0 where the days are not known
    Column("days", Number, nullable=False),  # a bit for each day that has files
    Column("proof", Number, nullable=False),  # of the last two
)

KEPT = Table(
    "usage_kept",
    METADATA,
    Column("key", Kept, primary_key=True),  # digest of source and name
    Column("source", Kept, nullable=False),
    Column("name", Kept, nullable=False),
    Column("members", Kept, nullable=False),  # JSON, sorted, packed by zlib
)

# Additions whose file is still being read: whole, so that nobody else has to look out for them.
PENDING = Table(
    "usage_pending",
    METADATA,
    Column("id", Number, primary_key=True),
    Column("key", Kept, nullable=False),  # digest of the file's path
    Column("rows", Kept, nullable=False),
    Index("usage_pending_key", "key"),
)

STATE = Table(
    "usage_state",
    METADATA,
    Column("name", UnicodeText, primary_key=True),
    Column("value", Number, nullable=False),
    Column("proof", Number, nullable=False),  # of the value
)
PRUNED_BEFORE = "pruned_before"
CHANGED = "changed"
STATES = frozenset({PRUNED_BEFORE, CHANGED})
"""All that is noted of an index as a whole."""
