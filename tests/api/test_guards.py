"""Who may ask: host names, browsers of other origins, and the headers that every answer carries."""

from __future__ import annotations

import pytest
from anyio.from_thread import BlockingPortal

from service.api.app import create_app
from service.api.guards import host_name
from service.wiring import parts
from tests.api.site import READER, Client, Counting, assert_problem, desk_over


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8000"])
def test_the_loopback_interface_has_these_names(client: Client, host: str) -> None:
    assert client.get("/v1/principals", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8000", "[::2]", "localhost:80:80", ":80"],
)
def test_other_names_are_refused(client: Client, host: str) -> None:
    assert_problem(client.get("/v1/principals", headers={"host": host}), 421, "host-not-allowed")


def test_two_names_are_refused(client: Client) -> None:
    answer = client.get("/v1/principals", headers=[("host", "localhost"), ("host", "evil.example")])
    assert_problem(answer, 421, "host-not-allowed")


def test_probes_may_use_any_name(client: Client) -> None:
    assert client.get("/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/readyz", headers={"host": "10.0.0.7:8000"}).status_code == 200


@pytest.mark.parametrize("allowed", ["whittle.example", "Whittle.Example", "whittle.example:8000"])
def test_a_name_can_be_added(trail: Counting, portal: BlockingPortal, allowed: str) -> None:
    added = Client(create_app(desk_over(trail.open), parts().catalog, [allowed]), portal)
    assert added.get("/v1/principals", headers={"host": "whittle.example:443"}).status_code == 200
    assert added.get("/v1/principals", headers={"host": "localhost"}).status_code == 200


@pytest.mark.parametrize(
    ("text", "name"),
    [("::1", "[::1]"), ("[::1]:80", "[::1]"), ("fe80::1:80", "[fe80::1:80]"), ("A:8", "a"), ("a", "a")],
)
def test_host_names(text: str, name: str) -> None:
    assert host_name(text) == name


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/principals"),
        ("GET", "/none"),
        ("DELETE", "/healthz"),
        ("POST", "/v1/proposals"),
        ("GET", "/openapi.json"),
    ],
)
def test_every_answer_carries_the_headers(client: Client, method: str, path: str) -> None:
    headers = client.ask(method, path, headers={"origin": "https://evil.example"}).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"
    assert "cache-control" in headers
    assert not [name for name in headers if name.startswith("access-control")]


def test_refused_hosts_get_the_headers_too(client: Client) -> None:
    assert client.get("/", headers={"host": "evil.example"}).headers["x-content-type-options"] == "nosniff"


def test_a_page_of_another_origin_cannot_make_a_proposal(client: Client) -> None:
    body = f'{{"principal_arn": "{READER}"}}'
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
    ):
        answer = client.ask("POST", "/v1/proposals", content=body, headers={"content-type": kind})
        assert_problem(answer, 415, "unsupported-media-type")
