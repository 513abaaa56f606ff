"""The trail that is measured on: its parts in numbers, and its principals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import Path

import msgspec

WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class TrailPart:
    """A part of a trail in numbers. `packed` are the bytes of the files as they lie there."""

    name: str
    root: Path
    folders: tuple[Path, ...]
    files: int
    events: int
    bytes: int
    packed: int
    principals: tuple[str, ...]
    """Its roles and users, the busiest first."""

    @property
    def busiest(self) -> str:
        return self.principals[0]

    @property
    def median(self) -> str:
        return self.principals[len(self.principals) // 2]


@dataclass(frozen=True, slots=True)
class MeasuredTrail:
    """A trail, and its parts: the large and the small files, where they are in folders of such names."""

    whole: TrailPart
    parts: tuple[TrailPart, ...]


def look(root: Path) -> MeasuredTrail:
    """Count a trail.

    Raises:
        ValueError: no role or user is in it.
    """
    named = [root / name for name in ("large", "small") if (root / name).is_dir()]
    whole = _counted(WHOLE, root, named or [root])
    if not whole.principals:
        raise ValueError(f"no role or user in `{root}`: write a trail with `python -m bench.trails`")
    return MeasuredTrail(whole, tuple(_counted(folder.name, folder, [folder]) for folder in named))


def _counted(name: str, root: Path, folders: Sequence[Path]) -> TrailPart:
    counts: Counter[str] = Counter()
    files = events = size = packed = 0
    for path in (path for folder in folders for path in sorted(folder.rglob("*.json.gz"))):
        with GzipFile(path) as file:
            content = file.read()
        callers = list(_callers(content))
        counts.update(arn for arn in callers if arn.startswith("arn:aws:iam:"))
        files, events = files + 1, events + len(callers)
        size, packed = size + len(content), packed + path.stat().st_size
    principals = sorted(counts, key=lambda arn: (-counts[arn], arn))
    return TrailPart(name, root, tuple(folders), files, events, size, packed, tuple(principals))


def _callers(content: bytes) -> Iterator[str]:
    for event in msgspec.json.decode(content, type=_File).Records:
        identity = event.userIdentity or _Identity()
        session = identity.sessionContext
        yield (session.sessionIssuer.arn if session and session.sessionIssuer else identity.arn) or ""


# CloudTrail's names, as far as they matter here.
class _Issuer(msgspec.Struct):
    arn: str | None = None


class _Session(msgspec.Struct):
    sessionIssuer: _Issuer | None = None  # noqa: N815  # CloudTrail's name


class _Identity(msgspec.Struct):
    arn: str | None = None
    sessionContext: _Session | None = None  # noqa: N815  # CloudTrail's name


class _Event(msgspec.Struct):
    userIdentity: _Identity | None = None  # noqa: N815  # CloudTrail's name


class _File(msgspec.Struct):
    Records: list[_Event]
