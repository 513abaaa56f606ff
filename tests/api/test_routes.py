"""What the routes answer when all is well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal

from service.api.app import create_app
from service.api.schemas.answers import ActionDocument, PrincipalsDocument
from service.api.schemas.proposal import PolicyDocument, ProposalDocument
from service.core.render.form import Form
from service.usecases.rendering import media_type
from service.wiring import parts
from tests.api.site import READER, USER, WRITER, Client, Counting, assert_problem, desk_over


def proposal(client: Client, **asked: Any) -> dict[str, Any]:
    answer = client.propose({"principal_arn": READER, **asked})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_proposal_is_made_and_found_again(client: Client) -> None:
    made = client.propose({"principal_arn": READER})
    assert made.status_code == 201
    assert made.headers["location"] == f"/v1/proposals/{made.json()['id']}"
    assert made.headers["cache-control"] == "no-store"
    found = client.get(made.headers["location"])
    assert found.status_code == 200
    assert found.content == made.content
    assert found.headers["etag"] == made.headers["etag"] == f'"{made.json()["id"]}"'
    assert found.headers["content-type"] == "application/json"


@pytest.mark.parametrize("arn", [READER, WRITER, USER, "arn:aws:sts::111122223333:assumed-role/reader/session"])
def test_a_real_proposal_is_as_described(client: Client, arn: str) -> None:
    ProposalDocument.model_validate(proposal(client, principal_arn=arn))


def test_the_policy_grants_what_was_seen_and_not_what_was_denied(client: Client) -> None:
    found = proposal(client)
    assert [each["action"] for each in found["permissions"]] == ["s3:GetObject"]
    assert [each["event_name"] for each in found["denied"]] == ["DeleteObject"]
    assert [each["event_name"] for each in found["unresolved"]] == ["FoldPaper"]


@pytest.mark.parametrize(
    ("asked", "window"),
    [
        ({}, (None, None)),
        ({"days": None, "from": None}, (None, None)),
        ({"days": 2}, ("2026-08-04", "2026-08-05")),
        ({"from": "2026-08-02"}, ("2026-08-02", None)),
        ({"from": "2026-08-02", "to": "2026-08-02"}, ("2026-08-02", "2026-08-02")),
    ],
)
def test_windows(client: Client, asked: dict[str, Any], window: tuple[str | None, str | None]) -> None:
    found = proposal(client, **asked)["window"]
    assert (found["from"], found["to"]) == window


def test_a_policy_alone(client: Client) -> None:
    found = proposal(client)
    named = found["policies"][0]
    answer = client.get(f"/v1/proposals/{found['id']}/policies/{named['name']}")
    assert answer.json() == named["document"]
    PolicyDocument.model_validate(answer.json())
    assert_problem(client.get(f"/v1/proposals/{found['id']}/policies/other"), 404, "policy-not-found")


@pytest.mark.parametrize("form", list(Form))
def test_renderings(client: Client, form: Form) -> None:
    found = proposal(client)
    answer = client.get(f"/v1/proposals/{found['id']}/renderings/{form.value}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type(form)
    assert found["policies"][0]["name"] in answer.text
    again = client.get(f"/v1/proposals/{found['id']}/renderings/{form.value}", headers={"if-none-match": "*"})
    assert again.status_code == 304


def test_what_is_not_rendered(client: Client) -> None:
    found = proposal(client, attached=10)
    assert_problem(client.get(f"/v1/proposals/{found['id']}/renderings/terraform"), 422, "not-rendered")
    assert client.get(f"/v1/proposals/{found['id']}/renderings/markdown").status_code == 200
    assert_problem(client.get(f"/v1/proposals/{found['id']}/renderings/prose"), 422, "not-rendered")
    missing = "proposal-" + "0" * 20
    assert_problem(client.get(f"/v1/proposals/{missing}/renderings/json"), 404, "proposal-not-found")


def test_principals(client: Client) -> None:
    answer = client.get("/v1/principals").json()
    PrincipalsDocument.model_validate(answer)
    assert [each["arn"] for each in answer["principals"]] == [READER, WRITER, USER]


def test_an_action(client: Client) -> None:
    answer = client.get("/v1/actions/S3:getobject").json()
    ActionDocument.model_validate(answer)
    assert (answer["action"], answer["access_level"]) == ("s3:GetObject", "Read")
    formats = [each["arn_formats"] for each in answer["resources"] if each["type"] == "object"]
    assert formats == [["arn:${Partition}:s3:::${BucketName}/${ObjectName}"]]
    assert {"name": "s3:ExistingObjectTag/<key>", "type": "String"} in answer["condition_keys"]
    assert answer["catalog"] == parts().catalog.version.version


def test_every_action_can_be_told(client: Client) -> None:
    told = 0
    for prefix in ("s3", "iam", "kms", "ec2"):
        service = parts().catalog.service(prefix)
        assert service is not None
        for action in list(service.actions.values())[:40]:
            ActionDocument.model_validate(client.get(f"/v1/actions/{action.full_name}").json())
            told += 1
    assert told > 100


LASTING = ["/v1/actions/iam:PassRole", "/openapi.json", "/v1/openapi.yaml", "proposal", "policy"]


@pytest.mark.parametrize("path", LASTING)
def test_what_a_client_has_is_not_sent_again(client: Client, path: str) -> None:
    made = f"/v1/proposals/{proposal(client)['id']}"
    path = {"proposal": made, "policy": f"{made}/policies/reader-least-privilege"}.get(path, path)
    first = client.get(path)
    etag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for named in (etag, f"W/{etag}", "*", f'"other", {etag}'):
        again = client.get(path, headers={"if-none-match": named})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert client.get(path, headers={"if-none-match": '"other"'}).content == first.content


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/v1/principals", "/v1/actions/s3:GetObject", "/openapi.json"])
def test_head_is_get_without_the_body(client: Client, path: str) -> None:
    get, head = client.get(path), client.ask("HEAD", path)
    assert head.status_code == get.status_code == 200
    assert head.content == b""
    assert head.headers == get.headers


def test_health(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready", "checks": ["catalog", "store", "trail"]}


def test_not_ready_says_what_is_missing(portal: BlockingPortal, tmp_path: Path) -> None:
    app = create_app(desk_over(Counting(tmp_path / "absent").open), parts().catalog)
    problem = assert_problem(Client(app, portal).get("/readyz"), 503, "not-ready")
    assert problem["failed"] == ["trail"]
    assert Client(app, portal).get("/healthz").status_code == 200


def test_answers_are_ascii_safe_json(client: Client) -> None:
    assert json.loads(client.get("/openapi.json").content)["info"]["title"] == "Whittle"
