"""Proposals over HTTP with a reviewer's choices, and with what is known beside the trail."""

from __future__ import annotations

from typing import Any

import pytest

from service.api.schemas.proposal import ProposalDocument
from tests.api.site import READER, Client, assert_problem
from tests.api.test_checks import policy

ACCESSED = {
    "JobStatus": "COMPLETED",
    "ServicesLastAccessed": [
        {
            "ServiceNamespace": "s3",
            "LastAuthenticated": "2026-08-01T00:00:00Z",
            "TrackedActionsLastAccessed": [{"ActionName": "GetBucketPolicy", "LastAccessedTime": 1785542400}],
        }
    ],
}


def proposed(client: Client, **members: Any) -> dict[str, Any]:
    answer = client.propose({"principal_arn": READER, **members})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    ProposalDocument.model_validate(found)
    return found


def test_choices_are_in_the_proposal(client: Client) -> None:
    plain = proposed(client)
    room = {"target": "inline", "fit": "exact", "policy_quota": 20, "attached": 3, "permissions_patterns": True}
    room |= {"shared_names": "refuse"}
    chosen = proposed(client, resources="exact", conditions="none", unobservable="drop", **room)
    default = {"target": "managed", "fit": "merged", "policy_quota": 10, "attached": 0, "permissions_patterns": False}
    default |= {"shared_names": "cover"}
    assert plain["choices"] == {"resources": "patterns", "conditions": "safe", "unobservable": "keep", **default}
    assert chosen["choices"] == {"resources": "exact", "conditions": "none", "unobservable": "drop", **room}
    assert (plain["fit"]["documents"], plain["fit"]["characters"]) == (10, 6144)
    assert (chosen["fit"]["documents"], chosen["fit"]["characters"]) == (1, 10240)
    assert plain["id"] != chosen["id"]
    assert proposed(client)["id"] == plain["id"]


def test_witnesses_keep_what_is_granted(client: Client) -> None:
    given = {
        "current": [policy("s3:*", "*"), policy("backup:StartRestoreJob", "*")],
        "last_accessed": ACCESSED,
        "event_selectors": {"EventSelectors": [{"ReadWriteType": "All"}]},
        "keep": [{"action": "backup:StartRestoreJob", "reason": "disaster recovery"}],
    }
    found = proposed(client, **given)
    kinds = {each["action"]: each["reason"]["kind"] for each in found["permissions"]}
    assert kinds["backup:StartRestoreJob"] == "keep list"
    assert kinds["s3:GetBucketPolicy"] == "last accessed"
    assert found["blind_spots"]["trail_settings"] == "given"
    assert found["id"] != proposed(client, current=given["current"])["id"]


@pytest.mark.parametrize(
    ("members", "pointer", "says"),
    [
        ({"resources": "all"}, "#/resources", "exact"),
        ({"last_accessed": {"JobStatus": "FAILED"}}, "#/last_accessed", "the job failed"),
        ({"last_accessed": [ACCESSED, {}]}, "#/last_accessed", "last_accessed[1] is no answer"),
        ({"event_selectors": {"Trails": []}}, "#/event_selectors", "has no event selectors"),
        ({"keep": [{"action": "everything", "reason": "x"}]}, "#/keep", "keep[0]: `everything` is no action"),
        ({"keep": [{"action": "s3:GetObject"}]}, "#/keep/0/reason", ""),
    ],
)
def test_what_cannot_be_used_is_named(client: Client, members: dict[str, Any], pointer: str, says: str) -> None:
    answer = client.propose({"principal_arn": READER, **members})
    problem = assert_problem(answer, 422, "invalid-request")
    assert problem["errors"][0]["pointer"] == pointer
    assert says in problem["errors"][0]["detail"]
