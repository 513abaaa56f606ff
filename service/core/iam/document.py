"""Policy documents: strict reading of identity-based policies, one canonical way of writing them, and their size.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from service.core.errors import MalformedPolicy
from service.core.iam.condition import parse_operator
from service.core.iam.policy import CURRENT_VERSION, INEXPRESSIBLE, VERSIONS, Condition, Effect, Policy, Statement
from service.core.iam.strict_json import (
    Json,
    Members,
    Number,
    decoded,
    items,
    known_members,
    members,
    parse_json,
    string,
)
from service.core.shown import shown

MAX_TEXT = 10_240
"""The longest text in a document: as long as all inline policies of a role may be together, white space not counted.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""


def parse_policy(text: str | bytes) -> Policy:
    """Read an identity-based policy, a permissions boundary or a service control policy: their grammar is one.

    Raises:
        MalformedPolicy: the grammar does not allow it; the message names the place.
    """
    return _parsed(text, _without_principal)


def parse_resource_control_policy(text: str | bytes) -> Policy:
    """Read a resource control policy, whose statements are all about every principal.

    Its Principal can only be `*`:
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html

    Raises:
        MalformedPolicy: the grammar does not allow it; the message names the place.
    """
    return _parsed(text, _of_every_principal)


def _parsed(text: str | bytes, statement_members: Callable[[Json, str], tuple[str, ...]]) -> Policy:
    written = decoded(text)
    _check_alphabet(written)
    document = known_members(parse_json(written), "the document", _POLICY_MEMBERS)
    if "Statement" not in document:
        raise MalformedPolicy("the document has no Statement: add one")
    version, identifier = _version(document), string(document.get("Id", ""), "Id")
    statements = tuple(_statements(document["Statement"], statement_members))
    _check_unique_sids(statements)
    return Policy(statements, version, identifier)


def render(policy: Policy) -> str:
    """The policy as JSON, without white space: what is counted against quotas.

    A list of one value is written as the value alone, since brackets count. The order of values and statements is
    the policy's. Characters that a document cannot hold as they are become JSON escapes.
    """
    return _escaped(json.dumps(to_json(policy), ensure_ascii=False, separators=(",", ":")))


def render_pretty(policy: Policy) -> str:
    """The same document with line breaks and indents, for people."""
    return _escaped(json.dumps(to_json(policy), ensure_ascii=False, indent=2)) + "\n"


def to_json(policy: Policy) -> dict[str, object]:
    """The policy as JSON values, members in the order in which people expect them."""
    document: dict[str, object] = {}
    if policy.version:
        document["Version"] = policy.version
    if policy.id:
        document["Id"] = policy.id
    document["Statement"] = [_statement_json(statement) for statement in policy.statements]
    return document


def characters(policy: Policy) -> int:
    """The size of the policy as quotas count it.

    "IAM doesn't count white space when calculating the size of a policy": certainly not between tokens. Whether it
    counts white space inside text is not said, so it is counted here: the real size is never larger.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    return len(render(policy))


_POLICY_MEMBERS = ("Version", "Id", "Statement")
_STATEMENT_MEMBERS = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
_OTHER_POLICIES_MEMBERS = ("Principal", "NotPrincipal")

# "basic alphanumeric characters (A-Z,a-z,0-9) are the only allowed characters in the Sid value"
_SID = re.compile(r"[A-Za-z0-9]*")

# "a service namespace, a colon, and the name of an action. Action names can include wildcards."
_ACTION = re.compile(r"\*|[A-Za-z0-9*?-]+:[A-Za-z0-9*?_.-]+")

ONE_ACTION = "[A-Za-z0-9-]+:[A-Za-z0-9_.-]+"
"""The form of a whole action: the same without wildcards."""

_RESOURCE = re.compile(r"\*|arn:.*", re.DOTALL)

_LISTS = {
    "Action": (_ACTION, "write an action such as `s3:GetObject`, or `*`"),
    "NotAction": (_ACTION, "write an action such as `s3:GetObject`, or `*`"),
    "Resource": (_RESOURCE, "write an ARN, or `*`"),
    "NotResource": (_RESOURCE, "write an ARN, or `*`"),
}

_EFFECTS = {effect.value: effect for effect in Effect}


def _check_alphabet(text: str) -> None:
    if (found := INEXPRESSIBLE.search(text)) is not None:
        line, column = text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())
        raise MalformedPolicy(
            f"line {line}, column {column}: U+{ord(found[0]):04X} is no character of policy documents: replace it"
        )


def _version(document: dict[str, Json]) -> str:
    if "Version" not in document:
        return ""
    version = string(document["Version"], "Version")
    if version not in VERSIONS or not version:
        raise MalformedPolicy(f"Version `{shown(version)}` does not exist: write `{CURRENT_VERSION}`")
    return version


def _statements(value: Json, statement_members: Callable[[Json, str], tuple[str, ...]]) -> Iterator[Statement]:
    for number, each in enumerate(value if isinstance(value, list) else [value], start=1):
        place = f"statement {number}"
        yield _statement(known_members(each, place, statement_members(each, place)), place)


def _without_principal(value: Json, place: str) -> tuple[str, ...]:
    """The members of a statement that is about the identity that the policy is attached to."""
    for name in members(value, place):
        if name in _OTHER_POLICIES_MEMBERS:
            raise MalformedPolicy(f"{place} has {name}: that belongs into resource-based and trust policies, remove it")
    return _STATEMENT_MEMBERS


def _of_every_principal(value: Json, place: str) -> tuple[str, ...]:
    """The members of a statement that is about everybody, and says so."""
    if members(value, place).get("Principal") != "*":
        raise MalformedPolicy(f'{place} is not about every principal: write `"Principal": "*"`')
    return (*_STATEMENT_MEMBERS, "Principal")


def _statement(found: dict[str, Json], place: str) -> Statement:
    lists = {name: _list(found, name, place) for name in _LISTS}
    for name, other in (("Action", "NotAction"), ("Resource", "NotResource")):
        if bool(lists[name]) == bool(lists[other]):
            has = f"both {name} and {other}" if lists[name] else f"neither {name} nor {other}"
            raise MalformedPolicy(f"{place} has {has}: write one of them")
    return Statement(
        _effect(found, place),
        lists["Action"],
        lists["Resource"],
        tuple(_conditions(found, place)),
        _sid(found, place),
        not_actions=lists["NotAction"],
        not_resources=lists["NotResource"],
    )


def _list(found: dict[str, Json], name: str, place: str) -> tuple[str, ...]:
    """A list of actions or resources; none at all where the statement does not have it."""
    if name not in found:
        return ()
    inside = f"{place}, {name}"
    texts = [(where, _text(value, where)) for where, value in items(found[name], inside)]
    if not texts:
        raise MalformedPolicy(f"{inside} is empty: write at least one value or remove the statement")
    form, advice = _LISTS[name]
    for where, text in texts:
        if not form.fullmatch(text):
            raise MalformedPolicy(f"{where} is `{shown(text)}`: {advice}")
    return tuple(text for _, text in texts)


def _effect(found: dict[str, Json], place: str) -> Effect:
    if "Effect" not in found:
        raise MalformedPolicy(f"{place} has no Effect: write `Allow` or `Deny`")
    text = string(found["Effect"], f"{place}, Effect")
    if (effect := _EFFECTS.get(text)) is None:
        raise MalformedPolicy(f"{place}, Effect is `{shown(text)}`: write `Allow` or `Deny`")
    return effect


def _sid(found: dict[str, Json], place: str) -> str:
    sid = string(found.get("Sid", ""), f"{place}, Sid")
    if not _SID.fullmatch(sid):
        raise MalformedPolicy(f"{place}, Sid is `{shown(sid)}`: use only the letters A-Z and a-z and digits")
    return sid


def _check_unique_sids(statements: tuple[Statement, ...]) -> None:
    first: dict[str, int] = {}
    for number, statement in enumerate(statements, start=1):
        if statement.sid and (other := first.setdefault(statement.sid, number)) != number:
            raise MalformedPolicy(f"statement {number}, Sid `{statement.sid}` is that of statement {other}: change one")


def _conditions(found: dict[str, Json], place: str) -> Iterator[Condition]:
    for operator, block in members(found.get("Condition", Members(())), f"{place}, Condition").items():
        where = f"{place}, Condition, {shown(operator)}"
        if parse_operator(operator) is None:
            raise MalformedPolicy(f"{where}: there is no condition operator of that name, correct it")
        for key, value in members(block, where).items():
            if ":" not in key:
                raise MalformedPolicy(
                    f"{where}: `{shown(key)}` is no condition key, write it with its prefix, `aws:...`"
                )
            yield Condition(string(operator, where), _text(key, where), _values(value, f"{where}, {shown(key)}"))


def _values(value: Json, place: str) -> tuple[str, ...]:
    """Values as text. "Quotation marks are optional for numeric and Boolean values." """
    return tuple(_value(each, where) for where, each in items(value, place))


def _value(value: Json, place: str) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Number(text):
            return _text(text, place)
        case _:
            return _text(value, place)


def _text(value: Json, place: str) -> str:
    text = string(value, place)
    if len(text) > MAX_TEXT:
        raise MalformedPolicy(f"{place} has {len(text)} characters: no policy has room for more than {MAX_TEXT}")
    return text


def _statement_json(statement: Statement) -> dict[str, object]:
    lists = {
        "Action": statement.actions,
        "NotAction": statement.not_actions,
        "Resource": statement.resources,
        "NotResource": statement.not_resources,
    }
    written: dict[str, object] = {"Sid": statement.sid} if statement.sid else {}
    written["Effect"] = statement.effect.value
    written |= {name: _collapsed(values) for name, values in lists.items() if values}
    if statement.conditions:
        written["Condition"] = _conditions_json(statement.conditions)
    return written


def _conditions_json(conditions: tuple[Condition, ...]) -> dict[str, dict[str, object]]:
    blocks: dict[str, dict[str, object]] = {}
    for each in conditions:
        blocks.setdefault(each.operator, {})[each.key] = _collapsed(each.values)
    return blocks


def _collapsed(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _escaped(text: str) -> str:
    return INEXPRESSIBLE.sub(lambda found: json.dumps(found[0])[1:-1], text)
