"""Condition keys whose values the request of a record shows: the prefix of a listing, an encryption context, tags.

What a record does not show is unknown, never absent: services leave members out of records.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from catalog.model import Operation
from service.core.usage import COLLAPSED, PAIR, TAG_MEMBERS, Call, Context, normalised

ListedKeys = Callable[[str], Sequence[str]]
"""The condition keys that the catalog lists for an action, as it writes them (`aws:RequestTag/${TagKey}`)."""

_TEXT, _PAIR, _PAIR_KEYS = "text", "pair", "pair-keys"
_ANY = "*"


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A row of catalog/data/request_keys.tsv."""

    source: str
    operations: frozenset[str]
    member: str
    key: str
    form: str

    @classmethod
    def of_row(cls, row: Mapping[str, str]) -> RequestKey:
        """Read a row. Raises ValueError for a form that there is not."""
        if row["form"] not in (_TEXT, _PAIR, _PAIR_KEYS):
            raise ValueError(f"`{row['form']}` is no form")
        operations = frozenset(filter(None, row["operations"].split(",")))
        return cls(row["source"], operations, row["member"], row["key"], row["form"])

    @property
    def members(self) -> frozenset[str]:
        """The members that are read: tags stand under several names."""
        return TAG_MEMBERS if self.member in TAG_MEMBERS else frozenset({self.member})

    def is_about(self, operation: Operation) -> bool:
        """Whether calls of the operation show it."""
        return self.source in (_ANY, operation.source) and (not self.operations or operation.name in self.operations)

    def is_listed(self, keys: Iterable[str]) -> bool:
        """Whether it is among keys as the catalog writes them."""
        if self.form == _PAIR:
            return any(each.startswith(self.key) and each[len(self.key) :].startswith("${") for each in keys)
        return self.key in keys


class RequestKeys:
    """The table, with the keys that a catalog lists."""

    def __init__(self, rows: Iterable[Mapping[str, str]], listed: ListedKeys) -> None:
        self._rows = tuple(map(RequestKey.of_row, rows))
        self._listed = listed
        self._of: dict[tuple[Operation, str], tuple[RequestKey, ...]] = {}

    def rows(self, operation: Operation, action: str) -> tuple[RequestKey, ...]:
        """The rows about an operation, as far as the catalog lists their keys for an action."""
        if (operation, action) not in self._of:
            about = [each for each in self._rows if each.is_about(operation)]
            listed = self._listed(action) if about else ()
            self._of[operation, action] = tuple(each for each in about if each.is_listed(listed))
        return self._of[operation, action]

    def member_names(self, operation: Operation, actions: Iterable[str]) -> frozenset[str]:
        """The members that have to be kept of an operation's requests."""
        rows = (each for action in actions for each in self.rows(operation, action))
        return frozenset[str]().union(*(each.members for each in rows))

    def shown(self, action: str, call: Call) -> Context:
        """The keys with which a call's request was checked for an action; one with several values is there for each."""
        rows = self.rows(call.operation, action)
        if not rows or not call.parameters:
            return ()
        request = _Request(call)
        found = {(key, value) for row in rows for key, value in _of_row(row, request)}
        cut = {key for key, value in found if COLLAPSED in value} | _alike(key for key, _ in found)
        return tuple(sorted((key, value) for key, value in found if key not in cut))


def _alike(keys: Iterable[str]) -> set[str]:
    """Keys that differ in case only, which policies do not tell apart.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
    """
    distinct = set(keys)
    folded = Counter(each.lower() for each in distinct)
    return {each for each in distinct if folded[each.lower()] > 1}


def _of_row(row: RequestKey, request: _Request) -> Iterator[tuple[str, str]]:
    if row.form == _TEXT:
        yield from ((row.key, text) for text in request.texts.get(row.member, ()))
        return
    pairs = request.pairs(row.members)
    for key, text in pairs or ():
        yield (f"{row.key}{key}", text) if row.form == _PAIR else (row.key, key)


class _Request:
    """The parameters of a call, as they are asked for."""

    def __init__(self, call: Call) -> None:
        self._call = call

    @cached_property
    def texts(self) -> Mapping[str, Sequence[str]]:
        """Texts at the top of the request, by the member's name."""
        found: dict[str, list[str]] = {}
        for path, text in self._call.parameters:
            if text and "." not in path:
                found.setdefault(normalised(path), []).append(text)
        return found

    def pairs(self, members: frozenset[str]) -> set[tuple[str, str]] | None:
        """The caller's own keys with their values; None where not all of them can be told."""
        found: set[tuple[str, str]] = set()
        for path, text in self._call.parameters:
            above, _, last = path.rpartition(".")
            if last == PAIR and normalised(above.rsplit(".", 1)[-1]) in members:
                if text == PAIR or COLLAPSED in text:
                    return None
                key, _, value = text.partition(PAIR)
                found.add((key, value))
            elif text.startswith("arn:") and (own := _own_key(path, members)):
                found.add((own, text))
        return found


def _own_key(path: str, members: frozenset[str]) -> str:
    """The caller's key in the path of an ARN: `encryptionContext.aws:s3:arn` has `aws:s3:arn`."""
    first, _, rest = path.partition(".")
    return rest if normalised(first) in members and rest != PAIR else ""
