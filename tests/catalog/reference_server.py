"""A local HTTP server that serves the documented format of AWS's service reference, made from our data, with faults."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from catalog.fetch import Limits
from catalog.load import DATA, load_catalog, usable_generation
from catalog.model import AccessLevel, ActionDefinition, Catalog, ServiceDefinition
from catalog.refresh import Report, refresh
from catalog.services import parse_service

LIST = "/v1/service-list.json"
STAMP = 1_790_000_000
TODAY = date(2026, 11, 25)
QUICK = Limits(pause=0.01, longest_pause=0.05)
FEW = ("acm-pca", "cloud9", "fis", "lambda", "mq", "sqs")
"""Enough for most tests: dependent actions, permission-only actions, operations."""

Json = dict[str, Any]


def bundle(folder: Path, prefixes: Sequence[str] = FEW) -> Path:
    """A bundled copy with these services only."""
    (folder / "services").mkdir(parents=True)
    for file in DATA.iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    for name in ("arn_formats.tsv", "operations.tsv"):
        lines = (DATA / name).read_text("utf-8").splitlines(keepends=True)
        kept = [line for line in lines if line.split("\t")[0] in {*prefixes, "acm", "service", "client"}]
        (folder / name).write_text("".join(kept), "utf-8")
    for prefix in prefixes:
        shutil.copy(DATA / "services" / f"{prefix}.json", folder / "services")
    return folder


def raw(data: Path, prefix: str) -> ServiceDefinition:
    """A service as the data has it, without corrections."""
    return parse_service((data / "services" / f"{prefix}.json").read_text("utf-8"))


def path_of(prefix: str) -> str:
    return f"/v1/{prefix}/{prefix}.json"


def document(service: ServiceDefinition) -> Json:
    """A service in the documented format."""
    return {
        "Name": service.prefix,
        "Version": "v1.4",
        "Actions": [_action(each) for each in service.actions.values() if not each.retired],
        "ConditionKeys": [{"Name": each.name, "Types": [each.type]} for each in service.condition_keys.values()],
        "Resources": [
            {"Name": each.name, "ARNFormats": list(each.arn_formats), "ConditionKeys": list(each.condition_keys)}
            for each in service.resource_types.values()
        ],
        "SomethingNew": {"that": "a later version 1 may bring"},
    }


def operation(name: str, actions: Sequence[str], clients: Sequence[str], passed_to: Sequence[str] = ()) -> Json:
    """An operation in the documented format."""
    context = {"Context": {"iam:PassedToService": list(passed_to)}} if passed_to else {}
    split = [action.split(":") for action in actions]
    return {
        "Name": name,
        "AuthorizedActions": [
            {"Name": each, "Service": prefix, **(context if each == "PassRole" else {})} for prefix, each in split
        ],
        "SDK": [{"Name": client, "Method": name.lower(), "Package": "Boto3"} for client in clients]
        + [{"Name": "sdk/of/another", "Method": name, "Package": "Go"}],
    }


def _action(action: ActionDefinition) -> Json:
    level = action.access_level
    return {
        "Name": action.name,
        "ActionConditionKeys": list(action.condition_keys),
        "Annotations": {
            "Properties": {
                "IsList": level is AccessLevel.LIST,
                "IsWrite": level not in {AccessLevel.LIST, AccessLevel.READ},
                "IsPermissionManagement": level is AccessLevel.PERMISSIONS_MANAGEMENT,
                "IsTaggingOnly": level is AccessLevel.TAGGING,
            }
        },
        "Resources": [{"Name": each.type} for each in action.resources],
        "SupportedBy": {"IAM Access Analyzer Policy Generation": False, "IAM Action Last Accessed": True},
    }


class Handler(BaseHTTPRequestHandler):
    """Answers from the site."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        site = self.server.site
        site.requests[self.path] += 1
        site.headers[self.path].append(dict(self.headers))
        faults = site.faults.get(self.path, [])
        if faults:
            fault = faults[0] if len(faults) == 1 and site.forever else faults.pop(0)
            return fault(self)
        content = site.files.get(self.path)
        if content is None:
            return self.give(404, b"")
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == tag:
            return self.give(304, b"")
        return self.give(200, content, {"ETag": tag})

    def give(self, status: int, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if status != 304:
            self.wfile.write(content)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing to the console."""


Fault = Callable[[Handler], None]


def answering(status: int, headers: Mapping[str, str] | None = None, content: bytes = b"no") -> Fault:
    return lambda handler: handler.give(status, content, headers)


def truncated(handler: Handler) -> None:
    """Half of the body, then the connection is closed."""
    content = handler.server.site.files[handler.path]
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2])
    handler.close_connection = True


def dripping(handler: Handler) -> None:
    """A byte now and then: never silent for as long as a read may take, and never done."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    try:
        for _ in range(200):
            handler.wfile.write(b"{")
            handler.wfile.flush()
            time.sleep(0.02)
    except OSError:
        handler.close_connection = True  # the reader had enough


class Site:
    """What is served. Services may be changed between two refreshes; each change has a new stamp.

    Of `others` only the list tells; nobody is to ask for them.
    """

    def __init__(self, services: Mapping[str, ServiceDefinition], others: Sequence[str] = ()) -> None:
        self.others = others
        self.documents = {prefix: document(service) for prefix, service in services.items()}
        self.stamps: dict[str, int | None] = dict.fromkeys([*services, *others], STAMP)
        self.faults: dict[str, list[Fault]] = {}
        self.forever = False
        self.requests: Counter[str] = Counter()
        self.headers: dict[str, list[dict[str, str]]] = defaultdict(list)
        self.files: dict[str, bytes] = {}
        self.url = ""
        self.publish()

    def publish(self, *changed: str) -> None:
        """Serve the documents as they are now."""
        for prefix in changed:
            self.stamps[prefix] = (self.stamps[prefix] or 0) + 60
        self.files = {path_of(prefix): json.dumps(each).encode() for prefix, each in self.documents.items()}
        host = "https://servicereference.us-east-1.amazonaws.com"
        lines = [
            {"service": prefix, "url": host + path_of(prefix)}
            | ({} if self.stamps[prefix] is None else {"modified": self.stamps[prefix]})
            for prefix in (*self.documents, *self.others)
        ]
        self.files[LIST] = json.dumps(lines).encode()

    def forget_requests(self) -> None:
        self.requests.clear()
        self.headers.clear()


class Server(ThreadingHTTPServer):
    """The server of one site."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, site: Site) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.site = site

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests are about."""


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """The site, reachable at its `url`."""
    server = Server(site)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Place:
    """A bundled copy, a cache, and a server."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.data = folder / "data"
        self.cache = folder / "cache"
        self.site = site

    def refresh(self, base_url: str = "", *, accept_removals: bool = False, limits: Limits = QUICK) -> Report:
        url = base_url or self.site.url
        return refresh(self.cache, TODAY, url, accept_removals=accept_removals, limits=limits, data=self.data)

    @property
    def catalog(self) -> Catalog:
        """As a command would load it."""
        return load_catalog(self.data, usable_generation(self.cache, self.data))


@contextmanager
def placed(folder: Path, prefixes: Sequence[str] = FEW) -> Iterator[Place]:
    """A server of these services, and a bundled copy that has just them."""
    data = bundle(folder / "data", prefixes)
    with serving(Site({prefix: raw(data, prefix) for prefix in prefixes})) as site:
        yield Place(folder, site)
