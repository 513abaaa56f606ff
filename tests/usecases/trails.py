"""A trail in memory, and events to put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from service.core.events import Event, Identity, SessionContext, SessionIssuer
from service.usecases.ports import FileRead, Folding, ListedFile, Listing

R = TypeVar("R")
ACCOUNT = "111122223333"
APP = f"arn:aws:iam::{ACCOUNT}:role/app"


@dataclass(frozen=True, slots=True)
class Events:
    """A trail whose files are lists of events, and have names where these matter."""

    parts: tuple[tuple[Event, ...], ...]
    names: tuple[str, ...] = ()

    def files(self) -> Listing:
        names = self.names or tuple(f"{number}.json" for number, _ in enumerate(self.parts))
        return Listing(tuple(ListedFile(name, 0) for name in names))

    def fold(
        self, start: Callable[[], Folding[R]], progress: Callable[[FileRead], None] | None = None
    ) -> Iterator[tuple[Sequence[FileRead], R]]:
        for file, part in zip(self.files().files, self.parts, strict=True):
            read, folding = FileRead(file.label, 0, len(part), len(part)), start()
            folding.begin(file)
            if part:
                folding.add(part)
            folding.end(read)
            yield [read], folding.result()
            if progress is not None:
                progress(read)


def event(name: str = "s3 GetObject", request: Any = None, role: str = APP, **members: Any) -> Event:
    """A call that a role made; `name` is the service and the operation."""
    service, operation = name.split()
    issuer = SessionIssuer("Role", role, ACCOUNT, role.rsplit("/", 1)[-1])
    given = {
        "id": f"{operation}-{request}-{members}",
        "time": "2026-08-01T12:00:00Z",
        "region": "eu-west-1",
        "account": ACCOUNT,
        "identity": Identity("AssumedRole", account_id=ACCOUNT, session_context=SessionContext(issuer)),
        "request": msgspec.Raw(msgspec.json.encode(request)),
        **members,
    }
    return Event(f"{service}.amazonaws.com", operation, **given)
