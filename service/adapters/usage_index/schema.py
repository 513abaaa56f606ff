"""The tables of a usage index, as SQL and as rows, and the version of their form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

VERSION = "0005"
"""The last of the migrations; one that is greater was written by a newer Whittle."""

VERSION_TABLE = "usage_index_version"


Blob = bytes
"""How texts and more are kept (`kinds`). A row may have a column that is called `bytes`."""


class PrincipalRow(NamedTuple):
    """Of `usage_principal`: `key` is a digest of the next four, `asked` of account and name."""

    id: int
    key: Blob
    type: Blob
    account: Blob
    name: Blob
    arn: Blob
    asked: Blob


class SegmentRow(NamedTuple):
    """Of `usage_segment`."""

    principal_id: int
    id: int
    is_settled: bool
    first_day: int
    last_day: int
    events: int
    records: int
    rows: Blob
    keys: Blob
    seal: int


class FolderRow(NamedTuple):
    """Of `usage_folder`: what paths and labels of its files begin with, of which `key` is a digest."""

    id: int
    key: Blob
    path: Blob
    label: Blob


class FileRow(NamedTuple):
    """Of `usage_file` and its folder: `key` is a digest of the path, `label` the whole one where it is not that of the
    folder and the name; `report` is JSON where there is more to say than the counts; `proof` is of bytes, records and
    events.
    """

    key: Blob
    folder_path: Blob
    folder_label: Blob
    name: Blob
    own_label: Blob | None
    tag: Blob
    bytes: int
    modified_ns: int
    records: int
    events: int
    seal: int
    report: Blob | None
    proof: int

    @property
    def path(self) -> Blob:
        """Where it is."""
        return self.folder_path + self.name

    @property
    def label(self) -> Blob:
        """Its name in reports."""
        return self.folder_label + self.name if self.own_label is None else self.own_label


class LeftOutRow(NamedTuple):
    """Of `usage_left_out`: `key` is a digest of the path."""

    key: Blob
    path: Blob
    label: Blob
    reason: Blob
    detail: Blob
    is_fault: bool
    seal: int


class SpanRow(NamedTuple):
    """Of `usage_span`: `hours` has a bit for each hour with events; `proof` is of the others."""

    day: int
    first: int
    last: int
    hours: int
    proof: int


class ProfileRow(NamedTuple):
    """Of `usage_profile`: `key` is a digest of both."""

    key: Blob
    profile: Blob
    role: Blob


class DeliveredRow(NamedTuple):
    """Of `usage_delivered`: `key` is a digest of the next three; `month` counts since the year 0, and is 0 where the
    days are not known; `days` has a bit for each day that has files; `proof` is of the last two.
    """

    key: Blob
    account: Blob
    region: Blob
    month: int
    days: int
    proof: int


class KeptRow(NamedTuple):
    """Of `usage_kept`: `key` is a digest of source and name, `members` sorted JSON, packed by zlib."""

    key: Blob
    source: Blob
    name: Blob
    members: Blob


class PendingRow(NamedTuple):
    """Of `usage_pending`: an addition whose file is still being read, whole, so that nobody else has to look out for
    it. `key` is a digest of the file's path.
    """

    id: int
    key: Blob
    rows: Blob


class StateRow(NamedTuple):
    """Of `usage_state`: `proof` is of the value."""

    name: str
    value: int
    proof: int


class KnownRow(NamedTuple):
    """Of `usage_file` and its folder: how a file was when it was read."""

    folder_path: Blob
    name: Blob
    bytes: int
    modified_ns: int
    tag: Blob


TABLE_OF: Mapping[type, str] = {
    PrincipalRow: "usage_principal",
    SegmentRow: "usage_segment",
    FolderRow: "usage_folder",
    FileRow: "usage_file",
    KnownRow: "usage_file",
    LeftOutRow: "usage_left_out",
    SpanRow: "usage_span",
    ProfileRow: "usage_profile",
    DeliveredRow: "usage_delivered",
    KeptRow: "usage_kept",
    PendingRow: "usage_pending",
    StateRow: "usage_state",
}

TABLES = tuple(dict.fromkeys(TABLE_OF.values()))
"""All but the one with the version; those that others refer to come first."""

PRUNED_BEFORE = "pruned_before"
CHANGED = "changed"
STATES = frozenset({PRUNED_BEFORE, CHANGED})
"""All that is noted of an index as a whole."""


# What answers a question comes first: SQLite reads a row only up to the column that is asked for. The index of segments
# holds everything that is counted, so that totals need not go through the bytes of all of them.
MADE_BY = (
    """
    CREATE TABLE usage_principal (
        id {id},
        key {bytes} NOT NULL UNIQUE,
        type {bytes} NOT NULL,
        account {bytes} NOT NULL,
        name {bytes} NOT NULL,
        arn {bytes} NOT NULL,
        asked {bytes} NOT NULL
    )
    """,
    "CREATE INDEX usage_principal_asked ON usage_principal (asked)",
    """
    CREATE TABLE usage_segment (
        id {id_never_given_twice},
        principal_id {number} NOT NULL REFERENCES usage_principal (id),
        is_settled BOOLEAN NOT NULL,
        first_day {number} NOT NULL,
        last_day {number} NOT NULL,
        events {number} NOT NULL,
        records {number} NOT NULL,
        seal {number} NOT NULL,
        rows {bytes} NOT NULL,
        keys {bytes} NOT NULL
    )
    """,
    "CREATE INDEX usage_segment_principal ON usage_segment (principal_id, is_settled, events)",
    "CREATE INDEX usage_segment_unsettled ON usage_segment (is_settled, principal_id)",
    """
    CREATE TABLE usage_folder (
        id {id},
        key {bytes} NOT NULL UNIQUE,
        path {bytes} NOT NULL,
        label {bytes} NOT NULL
    )
    """,
    """
    CREATE TABLE usage_file (
        key {bytes} NOT NULL PRIMARY KEY,
        tag {bytes} NOT NULL,
        bytes {number} NOT NULL,
        modified_ns {number} NOT NULL,
        records {number} NOT NULL,
        events {number} NOT NULL,
        seal {number} NOT NULL,
        report {bytes},
        proof {number} NOT NULL,
        folder_id {number} NOT NULL,
        name {bytes} NOT NULL,
        own_label {bytes}
    )
    """,
    """
    CREATE TABLE usage_left_out (
        key {bytes} NOT NULL PRIMARY KEY,
        path {bytes} NOT NULL,
        label {bytes} NOT NULL,
        reason {bytes} NOT NULL,
        detail {bytes} NOT NULL,
        is_fault BOOLEAN NOT NULL,
        seal {number} NOT NULL
    )
    """,
    """
    CREATE TABLE usage_span (
        day {number} NOT NULL PRIMARY KEY,
        first {number} NOT NULL,
        last {number} NOT NULL,
        hours {number} NOT NULL,
        proof {number} NOT NULL
    )
    """,
    """
    CREATE TABLE usage_profile (
        key {bytes} NOT NULL PRIMARY KEY,
        profile {bytes} NOT NULL,
        role {bytes} NOT NULL
    )
    """,
    """
    CREATE TABLE usage_delivered (
        key {bytes} NOT NULL PRIMARY KEY,
        account {bytes} NOT NULL,
        region {bytes} NOT NULL,
        month {number} NOT NULL,
        days {number} NOT NULL,
        proof {number} NOT NULL
    )
    """,
    """
    CREATE TABLE usage_kept (
        key {bytes} NOT NULL PRIMARY KEY,
        source {bytes} NOT NULL,
        name {bytes} NOT NULL,
        members {bytes} NOT NULL
    )
    """,
    """
    CREATE TABLE usage_pending (
        id {id},
        key {bytes} NOT NULL,
        rows {bytes} NOT NULL
    )
    """,
    "CREATE INDEX usage_pending_key ON usage_pending (key)",
    "CREATE TABLE usage_state (name TEXT NOT NULL PRIMARY KEY, value {number} NOT NULL, proof {number} NOT NULL)",
    """
    CREATE TABLE usage_index_version (
        version_num VARCHAR(32) NOT NULL,
        CONSTRAINT usage_index_version_pkc PRIMARY KEY (version_num)
    )
    """,
    "INSERT INTO usage_index_version VALUES ('" + VERSION + "')",
)
"""What makes the tables of this version; the kinds of columns are those of `backend.ColumnTypes`."""
