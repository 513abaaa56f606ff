"""From operations to actions: every fact about names and sources is a row of tests/cases/resolve."""

from __future__ import annotations

from typing import assert_never

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.load import load_catalog, load_resolver
from catalog.model import NoPermission, Operation, Resolution, Resolved, Unresolved
from catalog.operations import UserOverride
from tests.tables import Row, rows

CATALOG = load_catalog()
RESOLVER = load_resolver(CATALOG)


class Case(Row, frozen=True, kw_only=True):
    """An operation and its answer. `conditional` must be among the answer's; `never` must be nowhere in it."""

    source: str
    operation: str
    event_type: str = "AwsApiCall"
    denied_action: str = ""
    actions: tuple[str, ...] = ()
    rule: str
    conditional: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    passes_role_to: tuple[str, ...] | None = None
    never: tuple[str, ...] = ()
    note: str = ""


def _resolve(case: Case) -> Resolution:
    return RESOLVER.resolve(Operation(case.source, case.operation), case.event_type, case.denied_action)


@pytest.mark.parametrize("case", rows("resolve", Case))
def test_the_answer_and_its_rule(case: Case) -> None:
    answer = _resolve(case)
    assert (_actions(answer), answer.rule) == (case.actions, case.rule)


@pytest.mark.parametrize("case", rows("resolve", Case))
def test_what_depends_on_the_request(case: Case) -> None:
    answer = _resolve(case)
    if not isinstance(answer, Resolved):
        assert not case.conditional
        return
    assert set(case.conditional) <= set(answer.conditional)
    assert not set(case.never) & {*answer.actions, *answer.conditional}
    assert not {*answer.actions} & {*answer.conditional}
    assert answer.alternatives == case.alternatives
    assert case.passes_role_to in (None, answer.passes_role_to)
    assert any(case.note in note for note in answer.notes) or not case.note


def test_the_users_overrides_win_over_everything_but_the_type_of_the_event() -> None:
    put, ask = Operation("s3.amazonaws.com", "CopyObject"), Operation("sts.amazonaws.com", "AssumeRole")
    own = {put: UserOverride(("s3:PutObjectAcl", "s3:GetObject")), ask: UserOverride((), "we say so")}
    resolver = load_resolver(CATALOG, own)
    assert resolver.resolve(put) == Resolved(("s3:GetObject", "s3:PutObjectAcl"), "user-override")
    assert resolver.resolve(Operation("S3.amazonaws.com", "copyobject")).rule == "user-override"
    assert resolver.resolve(ask).rule == "no-permission:user-override"
    assert resolver.resolve(put, "AwsServiceEvent").rule == "no-permission:event-type"


def test_without_the_map_spelling_and_tables_decide() -> None:
    resolver = load_resolver(CATALOG, operation_map=False)
    assert resolver.resolve(Operation("sqs.amazonaws.com", "SendMessageBatch")).rule == "spelling:strip-batch-suffix"
    assert resolver.resolve(Operation("ec2.amazonaws.com", "RunInstances")).rule == "identity"


@pytest.mark.parametrize(
    ("source", "prefix"),
    [
        ("monitoring.amazonaws.com", "cloudwatch"),
        ("ec2.amazonaws.com.cn", "ec2"),
        ("EC2.amazonaws.com", "ec2"),
        ("s3", "s3"),
        ("ssmmessages.amazonaws.com", "ssmmessages"),
        ("example.com", None),
        ("", None),
    ],
)
def test_prefix_of_an_event_source(source: str, prefix: str | None) -> None:
    assert RESOLVER.prefix_of(source) == prefix


def _actions(answer: Resolution) -> tuple[str, ...]:
    match answer:
        case Resolved():
            return answer.actions
        case NoPermission() | Unresolved():
            assert answer.reason
            return ()
        case _:
            assert_never(answer)


@given(st.text(), st.text(), st.text(), st.text())
@example("s3.amazonaws.com", "/../x", "AwsApiCall", "a:b:c")
@example("../s3.amazonaws.com", "GetObject", "AwsApiCall", ":")
@example("s3.amazonaws.com", "Batch" * 50 + "20150331v2", "AwsApiCall", "")
def test_any_text_has_an_answer(source: str, name: str, event_type: str, denied_action: str) -> None:
    for kind in (event_type, "AwsApiCall"):
        answer = RESOLVER.resolve(Operation(source, name), kind, denied_action)
        assert answer.rule
        assert not isinstance(answer, Resolved) or answer.actions


@given(st.sampled_from(sorted(CATALOG.prefixes())), st.text())
def test_every_action_in_an_answer_is_in_the_catalog(prefix: str, name: str) -> None:
    service = CATALOG.service(prefix)
    assert service is not None
    for each in (name, *(action.name for action in list(service.actions.values())[:5])):
        answer = RESOLVER.resolve(Operation(f"{prefix}.amazonaws.com", each))
        assert all(CATALOG.action(action) for action in _actions(answer))
