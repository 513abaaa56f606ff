"""The description: equal to the file in the repository, whole, and true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from service.api.openapi import openapi_yaml
from service.api.schemas.answers import (
    ActionDocument,
    HealthDocument,
    PrincipalsDocument,
    ProblemKindDocument,
    ReadinessDocument,
)
from service.api.schemas.checks import (
    AccessNotGrantedRequest,
    EvaluateRequest,
    EvaluationDocument,
    NoNewAccessRequest,
    VerdictDocument,
)
from service.api.schemas.diff import DiffDocument, DiffRequest
from service.api.schemas.problem import ProblemDocument
from service.api.schemas.proposal import PolicyDocument, ProposalDocument
from service.api.schemas.request import ProposalRequest
from service.api.yaml_text import yaml_text
from service.core.json_bytes import to_bytes
from service.core.render.form import Form
from service.usecases.proposals import StoredProposal
from service.usecases.rendering import media_type
from tests.api.site import Client

FILE = Path(__file__).parents[2] / "openapi.yaml"
MODELS = (
    AccessNotGrantedRequest,
    ActionDocument,
    DiffDocument,
    DiffRequest,
    EvaluateRequest,
    EvaluationDocument,
    HealthDocument,
    NoNewAccessRequest,
    PolicyDocument,
    PrincipalsDocument,
    ProblemDocument,
    ProblemKindDocument,
    ProposalDocument,
    ProposalRequest,
    ReadinessDocument,
    VerdictDocument,
)


RENDERINGS = "GET /v1/proposals/{proposal_id}/renderings/{form}"


def operations(client: Client) -> Iterator[tuple[str, dict[str, Any]]]:
    paths: dict[str, dict[str, Any]] = client.app.openapi()["paths"]
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_file_equals_the_app(client: Client) -> None:
    assert FILE.read_text("utf-8") == openapi_yaml(client.app), "run `make openapi`"


def test_both_forms_are_served_and_say_the_same(client: Client) -> None:
    served = client.get("/v1/openapi.yaml")
    assert served.headers["content-type"] == "application/yaml"
    assert yaml.safe_load(served.text) == client.get("/openapi.json").json() == client.app.openapi()


def test_every_route_is_described(client: Client) -> None:
    assert {name for name, _ in operations(client)} == {
        "POST /v1/proposals",
        "POST /v1/checks/no-new-access",
        "POST /v1/checks/access-not-granted",
        "POST /v1/evaluate",
        "POST /v1/diff",
        "POST /v1/advice",
        "POST /v1/groups",
        "GET /v1/proposals/{proposal_id}",
        "GET /v1/proposals/{proposal_id}/policies/{name}",
        RENDERINGS,
        "GET /v1/principals",
        "GET /v1/actions/{action}",
        "GET /healthz",
        "GET /readyz",
        "GET /problems/{name}",
    }


def test_every_answer_has_a_schema_and_refusals_are_problems(client: Client) -> None:
    looked = 0
    for name, operation in operations(client):
        assert operation["operationId"], name
        for status, answer in operation["responses"].items():
            looked += 1
            if status == "304":
                continue
            problem = status == "default" or int(status) >= 400
            media = "application/problem+json" if problem else "application/json"
            if name == RENDERINGS and not problem:
                assert set(answer["content"]) == {media_type(each).split(";")[0] for each in Form}
                continue
            assert list(answer["content"]) == [media], (name, status)
            assert answer["content"][media]["schema"]["$ref"].startswith("#/components/schemas/"), (name, status)
    assert looked > 20


def test_every_reference_leads_somewhere(client: Client) -> None:
    schema = client.app.openapi()
    found = set(_references(schema))
    assert {each.removeprefix("#/components/schemas/") for each in found} <= set(schema["components"]["schemas"])
    assert len(found) > 10


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference
        for member in value.values():
            yield from _references(member)
    if isinstance(value, list):
        for member in value:
            yield from _references(member)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_examples_are_as_described(model: type[ProposalDocument]) -> None:
    examples = model.model_json_schema()["examples"]
    assert examples
    for example in examples:
        model.model_validate(example)


def test_the_example_proposal_has_the_right_digest() -> None:
    example = ProposalDocument.model_json_schema()["examples"][0]
    assert StoredProposal.parse(to_bytes(example)).id == example["id"]


MISLEADING = (
    *("", " a", "a ", "no", "Null", "~", "1", "1e3", "0x1", "1:30", ".inf", "2026-01-01", "=", "<<", "---", "...", "?"),
    *(
        "a: b",
        "a:",
        "- a",
        "a #b",
        "#a",
        "&a",
        "*a",
        "!a",
        "%a",
        "@a",
        "`a",
        "{a",
        "[a",
        ">a",
        "|a",
        "'a",
        '"a',
        "\\",
        "\\n",
    ),
    *("a\nb", "a\tb", "\r", "\x00", "\x85", "\u2028", "\ufeff", "\U0001f600"),
)
texts = st.text() | st.sampled_from(MISLEADING)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=12)


@pytest.mark.parametrize("text", MISLEADING)
def test_yaml_keeps_every_text(text: str) -> None:
    assert yaml.safe_load(yaml_text({text: [text]})) == {text: [text]}


@given(values)
def test_yaml_says_what_the_value_says(value: Any) -> None:
    assert yaml.safe_load(yaml_text(value)) == value
