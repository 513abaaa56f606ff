"""Condition keys whose values the request of a record shows: the prefix of a listing, an encryption context, tags.

What a record does not show is unknown, never absent: services leave members out of records.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from catalog.model import ActionDefinition, Catalog, Operation
from service.core.arn_format import Formats, classify, formats_of
from service.core.usage import COLLAPSED, PAIR, TAG_MEMBERS, Call, Context, normalised

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

    def __init__(self, rows: Iterable[Mapping[str, str]], catalog: Catalog) -> None:
        self._rows = tuple(map(RequestKey.of_row, rows))
        self._catalog = catalog
        self._of: dict[tuple[Operation, str], tuple[RequestKey, ...]] = {}
        self._formats: dict[str, Formats] = {}

    def rows(self, operation: Operation, action: str) -> tuple[RequestKey, ...]:
        """The rows about an operation, as far as the catalog lists their keys for an action or a resource of it."""
        if (operation, action) not in self._of:
            about = [each for each in self._rows if each.is_about(operation)]
            definition = self._catalog.action(action) if about else None
            listed = _listed(definition) if definition else ()
            self._of[operation, action] = tuple(each for each in about if each.is_listed(listed))
        return self._of[operation, action]

    def member_names(self, operation: Operation, actions: Iterable[str]) -> frozenset[str]:
        """The members that have to be kept of an operation's requests."""
        rows = (each for action in actions for each in self.rows(operation, action))
        return frozenset[str]().union(*(each.members for each in rows))

    def shown(self, action: str, resource: str, call: Call) -> Context:
        """The keys with which a call's request was checked for an action on a resource; one with several values is
        there for each. Some keys come with resources of some types only: tags with what is created or tagged.
        """
        found = self._found(action, resource, call)
        cut = {key for key, value in found if COLLAPSED in value} | _alike(key for key, _ in found)
        return tuple(sorted((key, value) for key, value in found if key not in cut))

    def crowded(self, action: str, resource: str, call: Call) -> frozenset[str]:
        """The keys that had too many values for any to be kept."""
        return frozenset(key for key, value in self._found(action, resource, call) if COLLAPSED in value)

    def _found(self, action: str, resource: str, call: Call) -> Collection[tuple[str, str]]:
        rows = self.rows(call.operation, action)
        definition = self._catalog.action(action)
        if not rows or not call.parameters or definition is None:
            return ()
        types = cache(lambda: self._types(definition, resource))
        request = _Request(call, types)
        return {pair for row in rows if _is_of(row, definition, types) for pair in _of_row(row, request)}

    def _types(self, action: ActionDefinition, resource: str) -> frozenset[str]:
        """The types that a resource may be of, as far as the action takes them."""
        if action.full_name not in self._formats:
            service = self._catalog.service(action.prefix)
            types = service.resource_types if service else {}
            self._formats[action.full_name] = formats_of({each.type: types[each.type] for each in action.resources})
        return frozenset(classify(resource, self._formats[action.full_name]) or ())


def _listed(action: ActionDefinition) -> Sequence[str]:
    return [*action.condition_keys, *(key for each in action.resources for key in each.condition_keys)]


_Types = Callable[[], frozenset[str]]
"""The types that a resource may be of, for whom they matter."""


def _is_of(row: RequestKey, action: ActionDefinition, types: _Types) -> bool:
    """Whether the key comes with the action whatever it is on, or with each of these types."""
    if row.is_listed(action.condition_keys):
        return True
    by_type = [each.condition_keys for each in action.resources if each.type in types()]
    return bool(by_type) and all(map(row.is_listed, by_type))


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
    """The parameters of a call, as they are asked for of a resource of some types."""

    def __init__(self, call: Call, types: _Types) -> None:
        self._call = call
        self._types = types

    @cached_property
    def texts(self) -> Mapping[str, Sequence[str]]:
        """Texts at the top of the request, by the member's name."""
        found: dict[str, list[str]] = {}
        for path, text in self._call.parameters:
            if text and "." not in path:
                found.setdefault(normalised(path), []).append(text)
        return found

    @cached_property
    def _is_tagged(self) -> bool:
        """Whether the tags of a specification are the resource's: they are for the type that it names. Where several
        are named, which tags are for which is not kept.
        """
        said = {text.lower() for path, text in self._call.parameters if _is_tagged_type(path)}
        return len(said) == 1 and said == self._types()

    def pairs(self, members: frozenset[str]) -> set[tuple[str, str]] | None:
        """The caller's own keys with their values; None where not all of them can be told."""
        found: set[tuple[str, str]] = set()
        for path, text in self._call.parameters:
            above, _, last = path.rpartition(".")
            *over, member = map(normalised, above.split("."))
            if last == PAIR and member in members:
                if member.startswith(_SPECIFICATION):  # what it is for; the tags are in a member of it
                    continue
                if any(each.startswith(_SPECIFICATION) for each in over) and not self._is_tagged:
                    continue
                if text == PAIR or COLLAPSED in text:
                    return None
                key, _, value = text.partition(PAIR)
                found.add((key, value))
            elif text.startswith("arn:") and (own := _own_key(path, members)):
                found.add((own, text))
        return found


_SPECIFICATION = "tagspecification"


def _is_tagged_type(path: str) -> bool:
    *above, name = map(normalised, path.split("."))
    return name == "resourcetype" and any(part.startswith(_SPECIFICATION) for part in above)


def _own_key(path: str, members: frozenset[str]) -> str:
    """The caller's key in the path of an ARN: `encryptionContext.aws:s3:arn` has `aws:s3:arn`."""
    first, _, rest = path.partition(".")
    return rest if normalised(first) in members and rest != PAIR else ""
