"""A small trail, a desk over it, and a client: what the API's tests have in common."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI

from service.adapters.files import FileTrail
from service.adapters.proposal_store import ProposalMemory
from service.usecases.ports import FileRead, Folding, Listing, Trail
from service.usecases.proposals import ProposalDesk, ProposalStore
from service.usecases.sources import TrailSource
from service.wiring import keep, parts

R = TypeVar("R")

ACCOUNT = "111122223333"
READER = f"arn:aws:iam::{ACCOUNT}:role/app/reader"
WRITER = f"arn:aws:iam::{ACCOUNT}:role/writer"
USER = f"arn:aws:iam::{ACCOUNT}:user/kiosk"


def record(number: int, principal: str, source: str, name: str, day: int = 1, **members: object) -> dict[str, Any]:
    """A CloudTrail record of a role or a user."""
    called = principal.rsplit("/", 1)[-1]
    issuer = {"type": "Role", "arn": principal, "accountId": ACCOUNT, "userName": called}
    identity = {"type": "AssumedRole", "accountId": ACCOUNT, "sessionContext": {"sessionIssuer": issuer}}
    user = {"type": "IAMUser", "accountId": ACCOUNT, "arn": principal, "userName": called}
    return {
        "eventVersion": "1.11",
        "userIdentity": user if ":user/" in principal else identity,
        "eventTime": f"2026-08-{day:02d}T10:00:00Z",
        "eventSource": source,
        "eventName": name,
        "awsRegion": "eu-west-1",
        "eventID": f"00000000-0000-0000-0000-{number:012d}",
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
        **members,
    }


def records() -> list[dict[str, Any]]:
    """Three principals over five days, with a denial and an operation that nobody knows."""
    orders = {"requestParameters": {"bucketName": "orders", "key": "a.json"}}
    denied = {"errorCode": "AccessDenied", "errorMessage": "Access Denied", **orders}
    queue = {"requestParameters": {"queueName": "orders"}}
    return [
        record(1, READER, "s3.amazonaws.com", "GetObject", 1, **orders),
        record(2, READER, "s3.amazonaws.com", "GetObject", 5, **orders),
        record(3, READER, "s3.amazonaws.com", "DeleteObject", 3, **denied),
        record(4, READER, "s3.amazonaws.com", "FoldPaper", 4),
        record(5, WRITER, "sqs.amazonaws.com", "CreateQueue", 2, **queue),
        record(6, WRITER, "ec2.amazonaws.com", "DescribeInstances", 3),
        record(7, USER, "sts.amazonaws.com", "GetCallerIdentity", 3),
    ]


def deliver(folder: Path, name: str = "one.json.gz", content: Iterable[dict[str, Any]] | None = None) -> Path:
    """Put a file of records into the trail's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    body = json.dumps({"Records": records() if content is None else list(content)})
    (folder / name).write_bytes(gzip.compress(body.encode(), mtime=0))
    return folder


@dataclass
class Counting:
    """A trail of files that counts how often it was opened and read, and can wait inside a reading."""

    folder: Path
    inside: Callable[[], object] = lambda: None
    opened: int = 0
    read: list[str] = field(default_factory=list)

    def open(self) -> Trail:
        """The trail as it is now."""
        self.opened += 1
        return _Counted(FileTrail([self.folder]), self)


@dataclass
class _Counted:
    trail: Trail
    count: Counting

    def files(self) -> Listing:
        return self.trail.files()

    def fold(
        self, start: Callable[[], Folding[R]], progress: Callable[[FileRead], None] | None = None
    ) -> Iterator[tuple[Sequence[FileRead], R]]:
        self.count.read.append("read")
        self.count.inside()
        return self.trail.fold(start, progress)


def desk_over(open_trail: Callable[[], Trail], store: ProposalStore | None = None) -> ProposalDesk:
    """A desk with the bundled catalog."""
    return ProposalDesk(TrailSource(open_trail, keep), parts().proposer, store or ProposalMemory())


@dataclass(frozen=True)
class Client:
    """Asks an application, without a network, in one event loop."""

    app: FastAPI
    portal: BlockingPortal

    def ask(self, method: str, path: str, base: str = "http://localhost:8000", **more: Any) -> httpx.Response:
        """One request and its answer."""
        return self.portal.call(partial(self._ask, method, path, base, **more))

    def get(self, path: str, **more: Any) -> httpx.Response:
        """GET."""
        return self.ask("GET", path, **more)

    def post(self, path: str, body: object) -> httpx.Response:
        """POST of JSON."""
        return self.ask("POST", path, json=body)

    def propose(self, body: object) -> httpx.Response:
        """POST for a proposal."""
        return self.post("/v1/proposals", body)

    async def _ask(self, method: str, path: str, base: str, **more: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=base) as client:
            return await client.request(method, path, **more)


def assert_problem(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """The answer is that problem; its members are returned."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"/problems/{kind}"), answer.text
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem
