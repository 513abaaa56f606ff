"""A second reading of the policy language, which shares no code with the first: regular expressions and no patterns.

Where AWS's pages leave open what something means, each `Reading` settles it in one way. What is proved has to be so in
every reading.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network
from random import Random

from service.core.iam.evaluate import Request
from service.core.iam.policy import Condition, Effect, Policy, Statement

Keys = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What is not documented, settled."""

    empty_is_no_value: bool = False
    """A variable whose value is empty is as one without a value."""
    early_variables: bool = True
    """A variable before the fifth colon is filled in; else its pattern matches nothing."""
    incomplete_is_invalid: bool = False
    """A NotResource with a variable without a value matches nothing at all; else it excludes nothing."""
    any_if_absent: bool = False
    """ForAnyValue with IfExists holds where the key is absent."""
    any_of_many: bool = False
    """An operator for one value holds if one of many fits; else if all do."""
    empty_set: bool = False
    """Values that are all empty are as none to ForAllValues and ForAnyValue."""
    short_arns: bool = True
    """The Arn operators compare patterns of fewer than six parts; else these match nothing."""
    wide_ipv6: bool = False
    """An IPv6 address without a prefix length means /32."""
    malformed_fits: bool = False
    """A value that is not of its type fits; else it does not."""

    @classmethod
    def any(cls, random: Random) -> Reading:
        """One of them."""
        return cls(*(random.random() < 0.5 for _ in fields(cls)))


def allows(policies: Iterable[Policy], request: Request, reading: Reading) -> bool:
    """Whether some Allow matches and no Deny does."""
    if request.action.lower() in ("sts:getcalleridentity", "sts:getsessiontoken"):
        return True
    keys = {key.lower(): values for key, values in request.context.items()}
    effects = {
        each.effect
        for policy in policies
        for each in policy.statements
        if _matches(each, request, keys, reading, policy.version == "2012-10-17")
    }
    return effects == {Effect.ALLOW}


def within(pattern: str, resource: str, reading: Reading) -> bool:
    """Whether a pattern without variables stands for the resource."""
    return _arn((("raw", pattern),), reading).fullmatch(resource) is not None


def _matches(statement: Statement, request: Request, keys: Keys, reading: Reading, new: bool) -> bool:
    listed = statement.actions + statement.not_actions
    if any(_wild(each.lower()).fullmatch(request.action.lower()) for each in listed) is bool(statement.not_actions):
        return False
    if not _about(statement, request.resource, keys, reading, new):
        return False
    return all(_met(each, keys, reading, new) for each in statement.conditions)


def _about(statement: Statement, resource: str, keys: Keys, reading: Reading, new: bool) -> bool:
    texts = statement.resources or statement.not_resources
    filled = [_filled(each, keys, reading, new) for each in texts]
    found = any(each is not None and _arn(each, reading).fullmatch(resource) for each in filled)
    if statement.resources:
        return found
    return not found and not (reading.incomplete_is_invalid and None in filled)


_HOLE = re.compile(r"\$\{([^}]*)\}")

Piece = tuple[str, str]
"""`raw` text with wildcards, or `said` text without, or the `value` of a variable."""


def _filled(text: str, keys: Keys, reading: Reading, new: bool) -> tuple[Piece, ...] | None:
    """The pieces of a pattern; None where a variable has no value."""
    if not new:
        return (("raw", text),)
    pieces: list[Piece] = []
    rest = 0
    for hole in _HOLE.finditer(text):
        pieces.append(("raw", text[rest : hole.start()]))
        rest = hole.end()
        if hole[1] in ("*", "?", "$"):
            pieces.append(("said", hole[1]))
        elif (value := _value(hole[1], keys, reading)) is None:
            return None
        else:
            pieces.append(("value", value))
    return (*pieces, ("raw", text[rest:]))


def _value(inside: str, keys: Keys, reading: Reading) -> str | None:
    name, comma, default = inside.partition(",")
    values = keys.get(name.strip().lower(), ())
    if len(values) > 1:  # "You can't use a multivalued condition key as a variable."
        return None
    if not values:
        return default.strip().strip("'") if comma else None
    if values[0] == "" and reading.empty_is_no_value:
        return None
    return values[0]


@lru_cache(maxsize=100_000)
def _arn(pieces: tuple[Piece, ...], reading: Reading) -> re.Pattern[str]:
    """Letter by letter, counting the colons."""
    colons, out = 0, ""
    early = odd = False
    for kind, text in pieces:
        if kind == "value":
            early = early or colons < 5
            odd = odd or (colons < 5 and ":" in text)
            out += re.escape(text)
            continue
        for letter in text:
            if kind == "raw" and letter in "*?":
                one = "[^:]" if colons < 5 else "."
                out += one + ("*" if letter == "*" else "")
            else:
                out += re.escape(letter)
                colons += kind == "raw" and letter == ":"
    if pieces[-1][0] == "raw" and re.search(r"\*\?+$", pieces[-1][1]):
        t = pieces[-1][1].rstrip("*?")
        run = pieces[-1][1][len(t) :]
        return _arn((*pieces[:-1], ("raw", t + "?" * run.count("?") + "*")), reading)
    if pieces[-1][1][-1:] == "*":
        out = (out.removesuffix("[^:]*") if colons < 5 else out.removesuffix(".*")) + ".*"
    if odd or (early and not reading.early_variables):
        out = "(?!)"
    return re.compile(out, re.DOTALL)


@lru_cache(maxsize=100_000)
def _wild(text: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(each) or re.escape(each) for each in text), re.DOTALL)


def _met(condition: Condition, keys: Keys, reading: Reading, new: bool) -> bool:
    name = condition.operator.lower()
    quantifier, _, name = name.rpartition(":")
    if_exists = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    values = keys.get(condition.key.lower(), ())
    if name == "null":
        return any((each.lower() == "true") is not bool(values) for each in condition.values)
    negated = "not" in name
    if not values:
        return {"forallvalues": True, "foranyvalue": if_exists and reading.any_if_absent}.get(
            quantifier, if_exists or negated
        )
    if quantifier and reading.empty_set and not any(values):
        return quantifier == "forallvalues"
    fits = _FITS[name.replace("not", "")]
    each_fits = [any(fits(wanted, value, keys, reading, new) for wanted in condition.values) for value in values]
    found = [each is not negated for each in each_fits]
    wants_any = {"forallvalues": False, "foranyvalue": True}.get(quantifier, reading.any_of_many)
    return any(found) if wants_any else all(found)


Fits = Callable[[str, str, Keys, Reading, bool], bool]


def _text(wild: bool, fold: bool) -> Fits:
    def fits(wanted: str, value: str, keys: Keys, reading: Reading, new: bool) -> bool:
        pieces = _filled(wanted, keys, reading, new)
        if pieces is None:
            return False
        out = "".join(_wild(text).pattern if wild and kind == "raw" else re.escape(text) for kind, text in pieces)
        return re.fullmatch(out, value, re.DOTALL | (re.IGNORECASE if fold else 0)) is not None

    return fits


def _arn_fits(wanted: str, value: str, keys: Keys, reading: Reading, new: bool) -> bool:
    pieces = _filled(wanted, keys, reading, new)
    if pieces is None or (wanted.count(":") < 5 and not reading.short_arns):
        return False
    return _arn(pieces, reading).fullmatch(value) is not None


def _typed(parse: Callable[[str], float], compare: Callable[[float, float], bool]) -> Fits:
    def fits(wanted: str, value: str, keys: Keys, reading: Reading, new: bool) -> bool:
        try:
            return compare(parse(value), parse(wanted))
        except ValueError:
            return reading.malformed_fits

    return fits


def _address(wanted: str, value: str, keys: Keys, reading: Reading, new: bool) -> bool:
    try:
        if reading.wide_ipv6 and ":" in wanted and "/" not in wanted:
            wanted += "/32"
        return ip_address(value) in ip_network(wanted, strict=False)
    except ValueError:
        return reading.malformed_fits


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError
    return text.lower() == "true"


def _moment(text: str) -> float:
    if re.fullmatch(r"[0-9]{5,}", text):
        return float(text)
    return datetime.fromisoformat(text).timestamp()


def _orders(name: str, parse: Callable[[str], float]) -> dict[str, Fits]:
    return {
        f"{name}equals": _typed(parse, lambda a, b: a == b),
        f"{name}lessthan": _typed(parse, lambda a, b: a < b),
        f"{name}lessthanequals": _typed(parse, lambda a, b: a <= b),
        f"{name}greaterthan": _typed(parse, lambda a, b: a > b),
        f"{name}greaterthanequals": _typed(parse, lambda a, b: a >= b),
    }


_FITS: dict[str, Fits] = {
    "stringequals": _text(False, False),
    "stringequalsignorecase": _text(False, True),
    "stringlike": _text(True, False),
    "arnequals": _arn_fits,
    "arnlike": _arn_fits,
    "ipaddress": _address,
    "bool": _typed(_boolean, lambda a, b: a == b),
    **_orders("numeric", float),
    **_orders("date", _moment),
}
