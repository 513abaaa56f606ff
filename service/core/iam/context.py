"""The request context: condition keys with their values, absent, or unknown; and policy variables filled in from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.core.errors import InputError
from service.core.iam.pattern import Part, Pattern, Variable, Wildcard, parse_pattern
from service.core.iam.truth import Truth

Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of a request. A key that is neither here nor unknown is absent from the request.

    "Key names are case-insensitive": https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """

    _values: Mapping[str, Values]
    _unknown: tuple[Pattern, ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, Values], unknown_keys: Iterable[str] = ()) -> Context:
        """The context of these keys; an unknown key may be a pattern, such as `aws:PrincipalTag/*` or `*`.

        Raises:
            InputError: a key is there twice, in upper and lower case.
        """
        folded = {key.lower(): tuple(each) for key, each in values.items()}
        if len(folded) < len(values):
            raise InputError("the request context has a key twice in different case: keep one")
        unknown = (parse_pattern(key, variables=False, fold=True) for key in sorted(unknown_keys))
        return cls(folded, tuple(unknown))

    def get(self, key: str) -> Values | None:
        """The values of a key; none at all when it is absent; `None` when it is not known."""
        name = key.lower()
        if (values := self._values.get(name)) is not None:
            return values
        return None if any(pattern.matches(name) for pattern in self._unknown) else ()


def bind(pattern: Pattern, context: Context) -> tuple[Pattern, Truth]:
    """The pattern with its variables filled in, and what a match of it is worth.

    A variable that is not known becomes `*`: where even that does not match, its value does not matter.
    """
    if not pattern.variables:
        return pattern, Truth.YES
    parts: list[Part] = []
    worth = Truth.YES
    for part in pattern.parts:
        filled, value = _filled(part, context) if isinstance(part, Variable) else (part, Truth.YES)
        parts.append(filled)
        worth = min(worth, value)
    return Pattern.of(parts), worth


def _filled(variable: Variable, context: Context) -> tuple[Part, Truth]:
    """A value is literal text whatever its characters.

    "When policy variables reference a condition context key that has no value or is not present ..., there is no
    equal or like value": https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    match context.get(variable.key):
        case ():
            return ("", Truth.NO) if variable.default is None else (variable.default, Truth.YES)
        case (value,) if value:
            return value, Truth.YES
        case _:
            # Not known; or several values, or an empty one, of which AWS does not say what becomes of them.
            return Wildcard.ANY, Truth.UNKNOWN
