"""Calls as rows, and rows as calls."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from catalog.model import Operation
from service.core.activity.row import call_in, row_of
from service.core.outcome import Denial, Outcome
from service.core.usage import ARN_PREFIX, COLLAPSED, Call, Context
from tests.core.activity.rows import ACCOUNT, ROLE

PLAIN = Call(ROLE, Operation("s3.amazonaws.com", "GetObject"), "AwsApiCall", ACCOUNT, "eu-west-1", Outcome.ALLOWED)
DENIAL = Denial("s3:GetObject", "arn:aws:s3:::b/k", "permissions boundary", True, "arn:aws:iam::1:policy/p")
CONTEXT: Context = (("aws:SourceIp", "192.0.2.1"),)

CALLS: dict[str, Call] = {
    "plain": PLAIN,
    "with parameters": replace(PLAIN, parameters=(("bucketName", "b"), ("key", "k"), ("key", "l"))),
    "with an ARN in its response": replace(PLAIN, response=(("", "arn:aws:s3:::b"),)),
    "with resources": replace(PLAIN, resources=(("Bucket", "arn:aws:s3:::b"), (ARN_PREFIX, "arn:aws:s3:::c"))),
    "with all of them": replace(PLAIN, parameters=(("a", "1"),), response=(("", "2"),), resources=(("T", "3"),)),
    "denied": replace(PLAIN, outcome=Outcome.DENIED, error_code="AccessDenied", denial=DENIAL),
    "failed": replace(PLAIN, outcome=Outcome.ALLOWED, error_code="NoSuchKey"),
    "for a service": replace(PLAIN, invoked_by="athena.amazonaws.com", event_type="AwsServiceEvent", region=""),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_row_is_its_call(call: Call) -> None:
    assert call_in(row_of(call, CONTEXT, "shared"), ROLE) == call


def test_rows_are_told_apart() -> None:
    """By call, by context and by the id that copies share; the marks that stand for them too."""
    rows = [
        *(row_of(call, CONTEXT) for call in CALLS.values()),
        row_of(PLAIN, ()),
        row_of(PLAIN, CONTEXT, "shared"),
        row_of(replace(PLAIN, account="444455556666"), CONTEXT),
    ]
    assert len(set(rows)) == len({each.mark for each in rows}) == len(rows)
    assert rows[0].mark == row_of(replace(PLAIN), tuple(CONTEXT)).mark < 1 << 32


def test_names_are_what_families_do_not_tell_apart() -> None:
    one, two = (row_of(replace(PLAIN, parameters=(("key", key),)), CONTEXT) for key in "kl")
    other = row_of(replace(PLAIN, parameters=(("prefix", "k"),)), CONTEXT)
    assert one.family == two.family != other.family
    assert (one.values, two.values) == (("k", ""), ("l", ""))


def test_names_that_were_collapsed_into_one_are_one() -> None:
    row = row_of(replace(PLAIN, parameters=(("key", "a"), ("key", "b"))), CONTEXT)
    left = row._replace(values=(COLLAPSED, COLLAPSED, ""))
    assert call_in(left, ROLE).parameters == (("key", COLLAPSED),)
