"""The API over real HTTP: what only a socket shows."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest

from service.adapters.proposal_store import ProposalFiles
from service.api import intake
from service.api.app import create_app
from service.api.policy_intake import MAX_BODY_BYTES
from service.api.serving import server
from service.wiring import parts
from tests.api.site import READER, USER, WRITER, Counting, assert_problem, desk_over

HEAD = b"POST /v1/proposals HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@contextmanager
def serving(trail: Counting, data: Path) -> Iterator[str]:
    """A server on a free port, and its address."""
    running = server(create_app(desk_over(trail.open, ProposalFiles(data)), parts().catalog), "127.0.0.1", 0)
    thread = Thread(target=running.run, daemon=True)
    thread.start()
    end = time.monotonic() + 10
    while not running.started:
        assert time.monotonic() < end, "the server did not start"
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        running.should_exit = True
        thread.join(15)
    assert not thread.is_alive()


@pytest.fixture
def address(trail: Counting, tmp_path: Path) -> Iterator[str]:
    with serving(trail, tmp_path / "data") as at:
        yield at


def exchange(address: str, *sent: bytes) -> bytes:
    """Everything that the server says to these bytes until it closes the connection."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        for piece in sent:
            connection.sendall(piece)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


def test_a_proposal_outlives_the_server(trail: Counting, tmp_path: Path) -> None:
    with serving(trail, tmp_path / "data") as at:
        made = httpx.post(f"{at}/v1/proposals", json={"principal_arn": READER, "days": 60})
        assert made.status_code == 201
        assert "server" not in made.headers
    with serving(trail, tmp_path / "data") as at:
        found = httpx.get(at + made.headers["location"])
        assert found.content == made.content
        policy = httpx.get(f"{at}{made.headers['location']}/policies/{made.json()['policies'][0]['name']}")
        assert policy.json() == made.json()["policies"][0]["document"]
    assert len(trail.read) == 1


def test_many_clients_at_once(address: str, trail: Counting) -> None:
    def ask(number: int) -> tuple[str, int]:
        arn = (READER, WRITER, USER)[number % 3]
        answer = httpx.post(f"{address}/v1/proposals", json={"principal_arn": arn}, timeout=30)
        return answer.json()["id"], answer.status_code

    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(ask, range(24)))
    assert {status for _, status in answers} == {201}
    assert len(set(answers)) == 3
    assert len(trail.read) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_everything_else_is_served_while_a_trail_is_read(trail: Counting, tmp_path: Path, method: str) -> None:
    begun, go_on = Event(), Event()

    def wait() -> None:
        begun.set()
        assert go_on.wait(10)

    trail.inside = wait
    path, body = {"GET": ("principals", None), "POST": ("proposals", {"principal_arn": READER})}[method]
    many = 45  # more than there are threads for the work of an event loop
    with serving(trail, tmp_path / "data") as at, ThreadPoolExecutor(many) as threads:
        ask = partial(httpx.request, method, f"{at}/v1/{path}", json=body, timeout=30)
        asked = [threads.submit(ask) for _ in range(many)]
        assert begun.wait(10)
        try:
            assert httpx.get(f"{at}/healthz", timeout=2).status_code == 200
            assert httpx.get(f"{at}/v1/actions/s3:GetObject", timeout=2).status_code == 200
            assert httpx.get(f"{at}/readyz", timeout=2).status_code == 200
        finally:
            go_on.set()
        assert {each.result(20).status_code for each in asked} == {200 if method == "GET" else 201}
    assert len(trail.read) == 1


def test_a_body_that_is_too_large_is_not_waited_for(address: str) -> None:
    declared = exchange(address, HEAD + b"Content-Length: 9999999999\r\n\r\n{")
    assert declared.startswith(b"HTTP/1.1 413")
    assert b"/problems/body-too-large" in declared
    assert b"connection: close" in declared
    chunk = b"100000\r\n" + b" " * MAX_BODY_BYTES + b"\r\n"
    chunked = exchange(address, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk, chunk[:20])
    assert chunked.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in chunked


def test_a_large_body_of_a_usual_client(address: str) -> None:
    body = b'{"principal_arn": "' + b"a" * MAX_BODY_BYTES + b'"}'
    answer = httpx.post(f"{address}/v1/proposals", content=body, headers={"content-type": "application/json"})
    assert_problem(answer, 413, "body-too-large")
    assert httpx.get(f"{address}/healthz").status_code == 200


def test_a_body_of_the_limit_is_read(address: str) -> None:
    body = b'{"principal_arn": "' + READER.encode() + b'"}'
    body += b" " * (MAX_BODY_BYTES - len(body))
    answer = httpx.post(f"{address}/v1/proposals", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 201


def test_a_body_that_never_ends_is_given_up(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BODY_SECONDS", 0.1)
    assert exchange(address, HEAD + b"Content-Length: 50\r\n\r\n{").startswith(b"HTTP/1.1 408")


def test_a_client_that_leaves_is_no_incident(address: str, caplog: pytest.LogCaptureFixture) -> None:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(HEAD + b"Content-Length: 50\r\n\r\n{")
    time.sleep(0.1)
    assert httpx.get(f"{address}/healthz").status_code == 200
    assert not [each for each in caplog.records if each.levelname in ("ERROR", "CRITICAL")]


def test_a_rebound_name_is_refused(address: str) -> None:
    assert_problem(httpx.get(f"{address}/v1/principals", headers={"host": "evil.example"}), 421, "host-not-allowed")
    old = exchange(address, b"GET /v1/principals HTTP/1.0\r\n\r\n")
    assert old.startswith(b"HTTP/1.1 421")


def test_head_has_no_body_and_errors_are_problems(address: str) -> None:
    request = b"HEAD /v1/principals HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = exchange(address, request)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\n")
    assert_problem(httpx.get(f"{address}/nothing"), 404, "route-not-found")


def test_an_unchanged_proposal_is_not_sent(address: str) -> None:
    made = httpx.post(f"{address}/v1/proposals", json={"principal_arn": READER})
    again = httpx.get(address + made.headers["location"], headers={"if-none-match": made.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
