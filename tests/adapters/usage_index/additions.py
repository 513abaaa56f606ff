"""Additions to an index, each made from a number. Segments are stored as they are, so any bytes will do for them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from catalog.model import Operation
from service.core.activity.packing import Packed
from service.core.activity.spans import Day, Spans
from service.core.principals import Principal, PrincipalType
from service.core.trail.delivered import Delivered
from service.usecases.index_port import Addition, IndexedFile, UsageIndex
from service.usecases.ports import FileRead

DAY = 739_000
ACCOUNT = "111122223333"
GET_OBJECT = Operation("s3.amazonaws.com", "GetObject")
KEPT = {GET_OBJECT: frozenset({"bucketName", "key"})}


def role(name: str) -> Principal:
    """A role of the account."""
    return Principal(PrincipalType.ROLE, ACCOUNT, name, f"arn:aws:iam::{ACCOUNT}:role/{name}")


def segment(owner: Principal, seed: int, day: int = DAY, size: int = 300) -> Packed:
    """Some segment; the same seed gives the same."""
    some = random.Random(f"{owner!a} {seed}")
    return Packed(owner, day, day + seed % 3, 5 + seed, 6 + seed, some.randbytes(size), some.randbytes(size))


def file(path: str, events: int = 3) -> IndexedFile:
    """A file that had nothing but events."""
    return IndexedFile(path, 1_700_000_000_000_000_000 + events, FileRead(path[-40:], 1000, events, events))


@dataclass(frozen=True)
class Seen:
    """All that an index tells, for comparing."""

    files: dict[str, tuple[int, int, str]]
    principals: tuple[Principal, ...]
    segments: tuple[Packed, ...]
    spans: dict[int, Day]
    profiles: frozenset[tuple[str, str]]
    delivered: frozenset[Delivered]
    kept: dict[Operation, frozenset[str]]


def seen(index: UsageIndex) -> Seen:
    """Segments by principal, whatever their ids."""
    segments = sorted(
        (each.packed for each in index.segments(with_keys=True)), key=lambda each: (each.principal, each.rows)
    )
    return Seen(
        dict(index.known_files()),
        index.principals(),
        tuple(segments),
        dict(index.spans().by_day),
        index.profiles(),
        index.delivered(),
        dict(index.kept()),
    )


def numbered(number: int, size: int = 300) -> Addition:
    """Two files, segments of three of five roles, and a little of everything else."""
    owners = [role(f"role-{(number + each) % 5}") for each in range(3)]
    return Addition(
        files=tuple(file(f"/trail/{number}-{each}.json.gz", number + each) for each in range(2)),
        segments=tuple(segment(owner, number, DAY + number % 7, size) for owner in owners),
        principals=frozenset({Principal(PrincipalType.AWS_SERVICE, "", f"service-{number % 4}.amazonaws.com")}),
        spans=Spans({DAY + number % 7: Day(1000 - number % 100, 2000 + number % 100, 1 << number % 24)}),
        profiles=frozenset({(f"profile-{number % 3}", f"role-{number % 3}")}),
        delivered=frozenset({Delivered(ACCOUNT, f"eu-west-{number % 3}", DAY + number)}),
        kept=KEPT,
    )
