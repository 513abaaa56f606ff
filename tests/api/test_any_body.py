"""A law: any body is answered with a proposal or a problem, and never with a defect."""

from __future__ import annotations

import json

import httpx
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.api.site import READER, Client

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
days = st.dates().map(str) | st.text() | values
arns = (
    st.sampled_from([READER, READER + "x"])
    | st.from_regex(r"arn:aws:(iam|sts)::[0-9]{12}:(role|user|assumed-role)/.+")
    | values
)
asked = st.fixed_dictionaries(
    {}, optional={"principal_arn": arns, "days": st.integers() | values, "from": days, "to": days, "x": values}
)
within_a_session = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None
)


def assert_answered(answer: httpx.Response) -> None:
    if answer.status_code == 201:
        assert answer.json()["id"].startswith("proposal-")
        return
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == problem["status"] < 500, answer.text
    assert problem["type"].startswith("/problems/")


@given(values | asked)
@example({"principal_arn": READER})
@example({"principal_arn": READER, "days": 36500})
@example({"principal_arn": READER, "from": "0001-01-01", "to": "9999-12-31"})
@example({"principal_arn": "arn:aws:iam::111122223333:role/" + "a" * 2000})
@example({"\ud800": 1})
@within_a_session
def test_any_json(client: Client, value: object) -> None:
    body = json.dumps(value).encode()
    assert_answered(client.ask("POST", "/v1/proposals", content=body, headers={"content-type": "application/json"}))


@given(st.binary())
@example(b"\xef\xbb\xbf{}")
@example(b"[" * 60_000)
@example(b'{"principal_arn":' * 3_000)
@example(b'{"days": ' + b"9" * 60_000 + b"}")
@within_a_session
def test_any_bytes(client: Client, body: bytes) -> None:
    assert_answered(client.ask("POST", "/v1/proposals", content=body, headers={"content-type": "application/json"}))
