"""ARNs, and the patterns that a Resource element and the Arn operators hold against them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from service.core.errors import MalformedArn
from service.core.iam.context import Context, bind
from service.core.iam.pattern import Part, Pattern, Wildcard, parse_pattern
from service.core.iam.truth import Truth, every, truth

SEGMENTS = 6
"""`arn:partition:service:region:account:resource`; only the last may hold further colons."""


@dataclass(frozen=True, slots=True, order=True)
class Arn:
    """An Amazon Resource Name in its parts; `region` and `account` may be empty."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def parse_arn(text: str) -> Arn:
    """Read an ARN; wildcards are not looked at.

    Raises:
        MalformedArn: it does not begin with `arn:` or has fewer than six parts.
    """
    scheme, *parts = text.split(":", SEGMENTS - 1)
    if scheme != "arn" or len(parts) != SEGMENTS - 1:
        raise MalformedArn(f"`{text}` is not an ARN: write `arn:partition:service:region:account:resource`")
    return Arn(*parts)


@dataclass(frozen=True, slots=True)
class ArnPattern:
    """A pattern over ARNs, part by part: in the first five a wildcard stays inside its part.

    After the fifth colon `*` and `?` stand for anything, `/` and `:` included. A pattern of fewer parts that ends in
    `*` runs on to the end, so that `*` alone is every resource. AWS's pages disagree on whether a wildcard crosses a
    colon; the labels of its own CheckNoNewAccess samples say that it does not.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """

    segments: tuple[Pattern, ...]
    runs_on: bool

    def has_values(self, context: Context) -> bool:
        """Whether every variable in it has a value for sure."""
        return all(bind(pattern, context)[1] is Truth.YES for pattern in self.segments)

    def matches(self, resource: str, context: Context | None = None) -> Truth:
        """Whether it stands for this resource, with the variables filled in from the context."""
        parts = resource.split(":", SEGMENTS - 1)
        count = len(self.segments)
        if len(parts) < count or (len(parts) > count and not self.runs_on):
            return Truth.NO
        found = list(zip(range(count), self.segments, parts, strict=False))
        if not all(pattern.variables or pattern.matches(part) for _, pattern, part in found):
            return Truth.NO
        return every(_segment(index, pattern, part, context) for index, pattern, part in found if pattern.variables)


@lru_cache(maxsize=65536)
def parse_arn_pattern(text: str, *, variables: bool = True) -> ArnPattern:
    """Read a Resource of a policy. `variables` as in `parse_pattern`."""
    segments = tuple(map(Pattern.of, _segments(parse_pattern(text, variables=variables).parts)))
    return ArnPattern(segments, runs_on=segments[-1].parts[-1:] == (Wildcard.ANY,))


def matches(pattern: str, resource: str) -> bool:
    """Whether a pattern without variables, as a policy of version 2012-10-17 writes it, stands for the resource."""
    return parse_arn_pattern(pattern).matches(resource) is Truth.YES


_NOTHING = Context({})


def _segment(index: int, pattern: Pattern, part: str, context: Context | None) -> Truth:
    """One part against its pattern.

    "You can't use a variable to replace parts of the ARN before the fifth colon": what AWS makes of one there is
    not documented, so a match that hangs on it is not known.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    bound, worth = bind(pattern, context or _NOTHING)
    if pattern.variables and index < SEGMENTS - 1:
        worth = min(worth, Truth.UNKNOWN)
    return min(worth, truth(bound.matches(part)))


def _segments(parts: tuple[Part, ...]) -> Iterator[list[Part]]:
    """The parts cut at the first five colons of their literals."""
    segment: list[Part] = []
    left = SEGMENTS - 1
    for part in parts:
        if not isinstance(part, str):
            segment.append(part)
            continue
        first, *rest = part.split(":", left)
        left -= len(rest)
        segment.append(first)
        for each in rest:
            yield segment
            segment = [each]
    yield segment
