"""Which of many names a pattern covers, without asking all of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from service.core.iam.arn import matches
from service.core.iam.pattern import parse_pattern


class SortedNames:
    """ARNs, or `*`, in their order."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(sorted(set(names)))

    def covered(self, pattern: str) -> Iterator[str]:
        """Those that the pattern matches, in their order; `*` matches all."""
        if pattern == "*":
            yield from self._names
            return
        start = literal_start(pattern)
        low, high = bisect_left(self._names, start), bisect_right(self._names, start + _LAST)
        yield from (name for name in self._names[low:high] if matches(pattern, name))


_LAST = "\U0010ffff"


def literal_start(pattern: str) -> str:
    """What every name that the pattern matches begins with."""
    first = parse_pattern(pattern).parts[:1]
    return first[0] if first and isinstance(first[0], str) else ""
