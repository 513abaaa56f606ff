"""A row of activity: one distinct call in one context, as plain tuples that pack well.

A call's family is everything that is not a name of a resource: who and where, which operation, how it ended. Its
values are the names. Rows of one family are what `service.core.activity.collapse` looks at together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeVar
from zlib import crc32

import msgspec
from msgspec.structs import replace

from catalog.model import Operation
from service.core.outcome import Denial, Outcome
from service.core.principals import Principal
from service.core.usage import Call, Context, Parameters

T = TypeVar("T")

Paths = tuple[str, ...]
Values = tuple[str, ...]

Spot = tuple[Parameters, Parameters, Parameters, str]
"""What a call names, in its request, response and resources, and its shared id."""


Common = tuple[str, str, str, str, str, str, str, tuple[str, str, bool, str], str]
"""A family without its paths."""


class Family(NamedTuple):
    """What the calls of a family have in common; the paths say where each of a row's values stands in the record."""

    source: str
    name: str
    event_type: str
    account: str
    region: str
    outcome: str
    error_code: str
    denied: tuple[str, str, bool, str]
    invoked_by: str
    parameters: Paths
    response: Paths
    resources: Paths


class Row(NamedTuple):
    """One distinct call in one context. `values` are texts in the order of the family's paths, and last the resource
    that a denial names; `shared_id` is empty but for records of which another account has a copy.
    """

    family: Family
    context: Context
    values: tuple[str, ...]
    shared_id: str = ""

    @property
    def mark(self) -> int:
        """32 bits that tell rows apart in which one and the same event was recorded differently."""
        return crc32(_encode(self))


_encode = msgspec.msgpack.Encoder().encode


def row_of(call: Call, context: Context, shared_id: str = "") -> Row:
    """The row that notes a call."""
    ((row, _),) = rows_of(call, context, {(call.parameters, call.response, call.resources, shared_id): None})
    return row


def common_of(head: Call) -> Common:
    """What a call's family is but for what it names."""
    denial = head.denial
    return (
        head.operation.source,
        head.operation.name,
        head.event_type,
        head.account,
        head.region,
        head.outcome.value,
        head.error_code,
        (denial.action, denial.policy_type, denial.explicit, denial.policy_arn),
        head.invoked_by,
    )


def rows_of(head: Call, context: Context, spots: Mapping[Spot, T]) -> Iterator[tuple[Row, T]]:
    """The rows of calls that differ only in what they name, each with what is noted of it."""
    common = common_of(head)
    families: dict[tuple[Paths, ...], Family] = {}
    for (*groups, shared_id), noted in spots.items():
        paths = tuple([tuple([path for path, _ in group]) for group in groups])
        family = families.get(paths)
        if family is None:
            family = families[paths] = Family(*common, *paths)
        texts = [text for group in groups for _, text in group]
        yield Row(family, context, (*texts, head.denial.resource), shared_id), noted


class Calls:
    """The calls that rows note. What a family has in common is made once."""

    def __init__(self) -> None:
        self._heads: dict[tuple[int, int], tuple[Family, Principal, Call]] = {}

    def of(self, row: Row, principal: Principal) -> Call:
        """The call that a row of a principal notes."""
        family, values = row.family, row.values
        known = self._heads.get((id(family), id(principal)))
        if known is None:  # kept together with what their ids are of
            known = self._heads[id(family), id(principal)] = family, principal, _head_of(family, principal)
        head = known[2]
        after_parameters = len(family.parameters)
        after_response = after_parameters + len(family.response)
        if len(values) != after_response + len(family.resources) + 1:
            raise ValueError(f"a row has {len(values)} values, and its family other places for them")
        return Call(
            principal,
            head.operation,
            head.event_type,
            head.account,
            head.region,
            head.outcome,
            head.error_code,
            replace(head.denial, resource=values[-1]) if values[-1] else head.denial,
            head.invoked_by,
            _named(family.parameters, values[:after_parameters]) if after_parameters else (),
            _named(family.response, values[after_parameters:after_response]) if family.response else (),
            _named(family.resources, values[after_response:-1]) if family.resources else (),
        )


def _head_of(family: Family, principal: Principal) -> Call:
    action, policy_type, explicit, policy_arn = family.denied
    return Call(
        principal,
        Operation(family.source, family.name),
        family.event_type,
        family.account,
        family.region,
        Outcome(family.outcome),
        family.error_code,
        Denial(action, "", policy_type, explicit, policy_arn),
        family.invoked_by,
    )


def call_in(row: Row, principal: Principal) -> Call:
    """The call that a row notes."""
    return Calls().of(row, principal)


def _named(paths: Paths, texts: Values) -> Parameters:
    """Each name once: of several that were collapsed into one pattern, one is left."""
    named = tuple(zip(paths, texts, strict=True))
    return named if len(set(texts)) == len(texts) else tuple(dict.fromkeys(named))
