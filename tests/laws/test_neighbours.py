"""Laws of the words that a trail is looked through for: what a call needs has them from the call itself."""

from __future__ import annotations

from functools import cache

import pytest
from msgspec.structs import replace

from catalog.load import read_table
from catalog.model import Catalog, Operation
from service.core.activity.words import holds_a_word
from service.core.events import EventResource
from service.core.iam.pattern import escape
from service.core.outcome import Outcome
from service.core.patterns.neighbours import Words
from service.core.principals import Principal, PrincipalType
from service.core.usage import Call, named_resources
from service.wiring import _words, parts

WORKER = Principal(PrincipalType.ROLE, "111122223333", "worker", "arn:aws:iam::111122223333:role/worker")


@cache
def catalog() -> Catalog:
    return parts().catalog


def operations() -> list[Operation]:
    """Those that request-dependent actions are known of, and of every action of the catalog one of ten."""
    rows = [Operation(row["source"], row["operation"]) for row in read_table("request_actions.tsv")]
    services = [found for prefix in catalog().prefixes() if (found := catalog().service(prefix))]
    named = [Operation(f"{each.prefix}.amazonaws.com", action) for each in services for action in each.actions]
    return sorted({*rows, *named[::10]})


def calls(operation: Operation, number: int) -> list[Call]:
    """Calls with a text of its own in each member that matters: plain, in folders, and as the ARN of something."""
    members = sorted(parts().mapper.member_names(operation))
    plain = {name: f"zq{number}x{place}" for place, name in enumerate(members)}
    folders = {name: f"yq{number}x{place}/in-{place}.csv" for place, name in enumerate(members)}
    role = {name: f"arn:aws:iam::111122223333:role/wq{number}x{place}" for place, name in enumerate(members)}
    call = Call(WORKER, operation, "AwsApiCall", "111122223333", "eu-west-1", Outcome.ALLOWED)
    return [replace(call, parameters=tuple(sorted(each.items()))) for each in (plain, folders, role)]


def words_of(call: Call, sure: Words) -> dict[str, str]:
    """The sure words of what a call needs, each with a resource of it."""
    needs = [need for need in parts().mapper.needs_of(call) if need.request != "*"]
    found = {sure(escape(need.request)): need.request for need in needs}
    return {word: arn for word, arn in found.items() if word}


def not_shown(call: Call, words: dict[str, str]) -> list[str]:
    """Resources whose word the call does not have."""
    texts = [text for part in (call.parameters, call.response, call.resources) for _, text in part]
    return [f"{call.operation}: {arn}" for word, arn in words.items() if not holds_a_word(texts, [word])]


def test_each_word_of_a_need_stands_in_its_call() -> None:
    sure, found, count = _words(catalog()), [], 0
    for number, operation in enumerate(operations()):
        for call in calls(operation, number):
            words = words_of(call, sure)
            found += not_shown(call, words)
            count += len(words)
    assert not found[:5]
    assert count > 1_000


@pytest.mark.parametrize(
    "name",
    ["orders", "arn:aws:dynamodb:eu-west-1:111122223333:table/orders", "arn%3Aaws%3As3%3A%3A%3Adata%2Forde%72s"],
)
def test_a_word_is_found_however_it_is_written(name: str) -> None:
    assert holds_a_word([name], ["orders"])
    assert not holds_a_word([name], ["invoices"])


def test_names_of_roles_have_no_sure_word() -> None:
    """A path comes from another record, and the role of an instance profile, too."""
    assert _words(catalog())("arn:aws:iam::111122223333:role/svc/worker-*") == ""


def test_a_resource_of_the_record_has_its_words() -> None:
    table = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"
    call = replace(
        calls(Operation("dynamodb.amazonaws.com", "GetItem"), 1)[0],
        parameters=(),
        resources=named_resources((EventResource(arn=table, type="AWS::DynamoDB::Table"),)),
    )
    words = words_of(call, _words(catalog()))
    assert words == {"orders": table}
    assert not not_shown(call, words)
