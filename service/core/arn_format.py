"""ARN formats of the catalog (`arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}`): read and filled.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from catalog.model import ResourceType

PLACE_VARIABLES = frozenset({"Partition", "Region", "Account"})
"""Variables that say where a resource is; every other one says which it is."""

_OPEN_END = ":*"
_RESOURCE = 5
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class ArnFormat:
    """One format, taken apart. `variables` are those that name the resource, in order, each once.

    `head` is what stands before the first variable of the resource, empty where the place is not plain to see.
    `open_ended` says that the format ends in `:*`, which stands for itself in a policy: CloudWatch Logs checks
    `log-group:NAME:*` where other services name the resource alone. An ARN may lack that end.
    """

    text: str
    variables: tuple[str, ...]
    literals: int
    head: str
    open_ended: bool

    def names_in(self, arn: str, *, loose: bool = False) -> Mapping[str, str] | None:
        """The variables' values in an ARN of this format, or None. `loose` lets a name hold `/` and `:`."""
        found = _regex(self.text, ".+?" if loose else "[^/:]+").fullmatch(arn)
        if found is None:
            return None
        return dict(zip(self.variables, found.groups(), strict=True))

    def filled(self, values: Mapping[str, str]) -> str:
        """The ARN with `values` (place variables included) put in as they are; `*` for what is not there."""
        return _VARIABLE.sub(lambda found: values.get(found[1], "*"), self.text)


@lru_cache(maxsize=8192)
def parse_format(text: str) -> ArnFormat:
    """Take a format of the catalog apart."""
    names = [name for name in _VARIABLE.findall(text) if name not in PLACE_VARIABLES]
    variables = tuple(dict.fromkeys(names))
    literals = len(_VARIABLE.sub("", text.removesuffix(_OPEN_END)))
    open_ended = text.endswith(_OPEN_END)
    return ArnFormat(text, variables, literals, _head(text), open_ended)


def _head(text: str) -> str:
    *place, resource = text.removesuffix(_OPEN_END).split(":", _RESOURCE)
    is_plain = len(place) == _RESOURCE and PLACE_VARIABLES.issuperset(_VARIABLE.findall(":".join(place)))
    return _VARIABLE.split(resource, 1)[0] if is_plain else ""


@lru_cache(maxsize=16384)
def _regex(text: str, name: str) -> re.Pattern[str]:
    """Place variables hold no colon and may be empty; a name that occurs again must be the same again."""
    seen: dict[str, int] = {}
    parts: list[str] = []
    for index, part in enumerate(_VARIABLE.split(text.removesuffix(_OPEN_END))):
        if index % 2 == 0:
            parts.append(re.escape(part))
        elif part in PLACE_VARIABLES:
            parts.append("[^:/]*")
        elif part in seen:
            parts.append(f"\\{seen[part]}")
        else:
            seen[part] = len(seen) + 1
            parts.append(f"({name})")
    end = r"(?::.*)?" if text.endswith(_OPEN_END) else ""
    return re.compile("".join(parts) + end, re.DOTALL)


@dataclass(frozen=True, slots=True)
class Described:
    """An ARN in one format, with the names in it."""

    format: ArnFormat
    names: Mapping[str, str]


Classified = Mapping[str, Described]
"""What an ARN is: the resource types that describe it equally well."""


Formats = Sequence[tuple[str, ArnFormat]]
"""All resource types of a service, each with one of its formats."""


def formats_of(types: Mapping[str, ResourceType]) -> Formats:
    """Those of a service's resource types."""
    return [(key, parse_format(text)) for key, kind in types.items() for text in kind.arn_formats]


def classify(arn: str, formats: Formats) -> Classified | None:
    """The resource type of an ARN, or None.

    A format whose names hold no separators is better than one whose names do; then the one with more literal
    text: an object's ARN also looks like that of a bucket with a `/` in its name, which no bucket has.
    """
    resource = arn.split(":", _RESOURCE)[-1]
    parsed = [(kind, each) for kind, each in formats if resource.startswith(each.head)]
    for loose in (False, True):
        hits = [(kind, each, names) for kind, each in parsed if (names := each.names_in(arn, loose=loose)) is not None]
        if hits:
            best = max(each.literals for _, each, _ in hits)
            top = [(kind, each, names) for kind, each, names in hits if each.literals == best]
            return {kind: Described(each, names) for kind, each, names in reversed(top)}
    return None
