"""Conditions as atoms: equal where they say the same, and opaque where no more than that can be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from service.core.iam.arn import SEGMENTS, parse_arn_pattern
from service.core.iam.condition import Operator, Quantifier, holds, parse_operator
from service.core.iam.context import Context
from service.core.iam.pattern import parse_pattern
from service.core.iam.policy import Condition
from service.core.iam.proving.glob import Glob, resource_glob, text_glob
from service.core.iam.truth import Truth
from service.core.iam.values import parse_boolean, parse_date, parse_number, parse_range


class Kind(Enum):
    """Families of operators that can be reasoned about together."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    ADDRESS = "address"
    NULL = "null"
    BINARY = "binary"


@dataclass(frozen=True, slots=True)
class Atom:
    """One test of one key. Equal atoms say the same of every request, whatever that is.

    `opaque` says why nothing else is known of it; empty where all is known.
    """

    condition: Condition
    variables: bool
    operator: Operator = field(compare=False, repr=False)
    kind: Kind = field(compare=False, repr=False)
    opaque: str = field(compare=False, repr=False, default="")
    _hash: int = field(compare=False, repr=False, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.condition, self.variables)))

    def __hash__(self) -> int:
        return self._hash

    @property
    def key(self) -> str:
        """The condition key, in lower case."""
        return self.condition.key

    @property
    def is_set(self) -> bool:
        """Whether it speaks of all values of a key that has many."""
        return self.operator.quantifier is not Quantifier.ONE_VALUE

    @property
    def is_negated(self) -> bool:
        """Whether it asks that no value of the policy fits."""
        return self.operator.comparison.negated

    @property
    def on_arns(self) -> bool:
        """Whether it compares ARNs, segment by segment."""
        return self.operator.comparison.name in _ARNS

    @property
    def hangs_on_variables(self) -> bool:
        """Whether it is opaque only because its text has variables."""
        return self.opaque == _HAS_VARIABLE

    @property
    def is_symbolic(self) -> bool:
        """Whether its variables are as good as letters of their own."""
        return self.hangs_on_variables and not self.on_arns and "IgnoreCase" not in self.condition.operator

    def on(self, context: Context) -> Truth:
        """Whether a request with this context meets it."""
        return holds(self.condition, context, variables=self.variables)

    def on_value(self, value: str) -> Truth:
        """Whether one value of the key fits; negated operators fit where the value does not."""
        single = Condition(self.operator.comparison.name, self.key, self.condition.values)
        return holds(single, Context({self.key: (value,)}), variables=self.variables)

    def globs(self) -> list[Glob]:
        """The values of a text operator; a negated one fits what is in none of them."""
        return [_glob(self, value) for value in self.condition.values]

    def texts(self) -> list[str] | None:
        """The only values that fit, where they are finitely many."""
        if self.kind is not Kind.TEXT or self.operator.comparison.negated:
            return None
        globs = self.globs()
        exact = [glob.prefix for glob in globs if len(glob.prefix) == len(glob.tokens)]
        return exact if len(exact) == len(globs) else None


@lru_cache(maxsize=65536)
def atom(condition: Condition, *, variables: bool) -> Atom:
    """The condition as an atom. `variables` as in `parse_pattern`."""
    operator = parse_operator(condition.operator)
    if operator is None:
        raise ValueError(f"no operator is called {condition.operator}")
    ending = "IfExists" if operator.if_exists else ""
    name = _SAME.get(operator.comparison.name, operator.comparison.name)
    values = tuple(sorted(set(condition.values)))
    same = Condition(f"{operator.quantifier.value}{name}{ending}", condition.key.lower(), values)
    written = variables and any("${" in value for value in values)
    kind = _KINDS[name.replace("Not", "", 1).replace("IgnoreCase", "")]
    return Atom(same, written, operator, kind, _opaque(operator, kind, values, variables=written))


def present(key: str) -> Atom:
    """The atom that holds where the key is in the request."""
    return atom(Condition("Null", key, ("false",)), variables=False)


# "The ArnEquals and ArnLike condition operators behave identically", and so do their opposites.
_SAME = {"ArnEquals": "ArnLike", "ArnNotEquals": "ArnNotLike"}

_KINDS = {
    "StringEquals": Kind.TEXT,
    "StringLike": Kind.TEXT,
    "ArnLike": Kind.TEXT,
    "NumericEquals": Kind.NUMBER,
    "NumericLessThan": Kind.NUMBER,
    "NumericLessThanEquals": Kind.NUMBER,
    "NumericGreaterThan": Kind.NUMBER,
    "NumericGreaterThanEquals": Kind.NUMBER,
    "DateEquals": Kind.DATE,
    "DateLessThan": Kind.DATE,
    "DateLessThanEquals": Kind.DATE,
    "DateGreaterThan": Kind.DATE,
    "DateGreaterThanEquals": Kind.DATE,
    "Bool": Kind.BOOLEAN,
    "BinaryEquals": Kind.BINARY,
    "IpAddress": Kind.ADDRESS,
    "Null": Kind.NULL,
}

_PRECISE = 13
"""The point between two numbers of so many characters is exact."""

_PRECISE_DATE = 32


def _is_number(text: str) -> bool:
    return len(text) <= _PRECISE and parse_number(text) is not None


def _is_date(text: str) -> bool:
    return parse_date(text) is not None and (
        len(text) <= _PRECISE_DATE if parse_number(text) is None else _is_number(text)
    )


def _is_range(text: str) -> bool:
    """Whether an IPv6 address without a prefix length is a range of one or of many is not known."""
    found = parse_range(text)
    return found is not None and (found.version == 4 or "/" in text)


_WELL_FORMED: dict[Kind, Callable[[str], bool]] = {
    Kind.NUMBER: _is_number,
    Kind.DATE: _is_date,
    Kind.BOOLEAN: lambda text: parse_boolean(text) is not None,
    Kind.NULL: lambda text: parse_boolean(text) is not None,
    Kind.ADDRESS: _is_range,
    Kind.TEXT: lambda _: True,
    Kind.BINARY: lambda _: False,
}


def _opaque(operator: Operator, kind: Kind, values: tuple[str, ...], *, variables: bool) -> str:
    name = operator.comparison.name
    if operator.quantifier is Quantifier.FOR_ANY and operator.if_exists:
        return "ForAnyValue with IfExists"
    if variables and any(parse_pattern(value).variables for value in values):
        return _HAS_VARIABLE
    if not all(map(_WELL_FORMED[kind], values)):
        return f"a value of {name} that cannot be compared"
    if name in _ARNS and any(len(parse_arn_pattern(v, variables=variables).segments) != SEGMENTS for v in values):
        return f"a value of {name} that does not have six segments"
    if "IgnoreCase" in name and not all(map(str.isascii, values)):
        return f"a value of {name} beyond ASCII"
    return ""


_HAS_VARIABLE = "a policy variable in the value of a condition"

_ARNS = frozenset({"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"})


def _glob(found: Atom, value: str) -> Glob:
    if found.on_arns:
        return resource_glob(value, variables=found.variables)
    name = found.operator.comparison.name
    return text_glob(value, variables=found.variables, wildcards="Like" in name, fold="IgnoreCase" in name)
