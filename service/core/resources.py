"""Which resources a call was about, for one action: ARNs that the record shows, or names put into ARN formats.

In this order, per resource type that the action accepts: `resources` of the record, ARNs in the request, ARNs in the
response whose name the request has, names from the request filled into the catalog's formats with the event's
partition, Region and account where the request does not name others. A variable that the record does not show becomes
`*`, never the account or the service.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from catalog.model import ActionDefinition, Catalog, Operation, ResourceType
from service.core.alternatives import Alternatives, AlternativeTypes
from service.core.arn_format import PLACE_VARIABLES, Classified, Described, Formats, classify, formats_of, parse_format
from service.core.iam.pattern import escape
from service.core.members import QUALIFIER, Members, Name
from service.core.names import CallNames
from service.core.paths import METHOD_ACTIONS, RequestPaths, path
from service.core.usage import ARN_PREFIX, Call, normalised

MAX_TARGETS = 500
"""More resources than this of one call are not written out: no policy could hold them."""


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """A resource that one action was used on.

    `request` is the ARN as AWS would check it (`*` where the record does not say), `patterns` are what a policy
    must hold for it, `exact` is False where a part of the ARN is not shown, `type` is empty for `*`.
    """

    type: str
    request: str
    patterns: tuple[str, ...]
    exact: bool = True


EVERYTHING = Target("", "*", ("*",))
"""The target of an action that takes no resource."""

NOWHERE = Target("", "*", ("*",), exact=False)
"""The target where an action takes several kinds of resource and the record shows none of them."""


@dataclass(frozen=True, slots=True)
class CannotName:
    """The resource cannot be written down, for this reason."""

    reason: str


Found = tuple[Target, ...] | CannotName


class Finder:
    """Finds the resources of calls with the catalog's resource types and the table of request members."""

    def __init__(self, catalog: Catalog, members: Members, paths: RequestPaths, alternatives: Alternatives) -> None:
        self._catalog = catalog
        self._members = members
        self._paths = paths
        self._alternatives = alternatives
        self._formats: dict[str, Formats] = {}
        self._looked_up: dict[tuple[str, str, str], frozenset[str]] = {}

    def targets(self, action: ActionDefinition, call: Call) -> Found:
        """The resources of `call` that `action` must be allowed on; never empty."""
        if not action.resources:
            return (EVERYTHING,)
        if action.full_name in METHOD_ACTIONS and (way := self._paths.of(call)) is not None:
            return _of_path(call, *way)
        search = self._search(action, call)
        found = search.chosen(self._alternatives.of(action))
        if len(found) > MAX_TARGETS:
            return CannotName(f"one call names more than {MAX_TARGETS} resources")
        if not found:
            return CannotName("the record does not say in which account or Region the resource is")
        return tuple(sorted(found))

    def of_type(self, action: ActionDefinition, call: Call, types: Iterable[str]) -> Found:
        """Any resource of the given types, in the event's place: for what is only being created."""
        search = self._search(action, call)
        wanted = {kind.lower() for kind in types}
        found = {target for each in action.resources if each.type in wanted for target in search.any_of(each.type)}
        return tuple(sorted(found)) if found else CannotName("the request does not say what it creates")

    def _search(self, action: ActionDefinition, call: Call) -> _Search:
        service = self._catalog.service(action.prefix)
        types = service.resource_types if service else {}
        if (formats := self._formats.get(action.prefix)) is None:
            formats = self._formats[action.prefix] = formats_of(types)
        return _Search(types, formats, CallNames(self._members, action.prefix, call), action, call)

    def member_names(self, action: ActionDefinition, operation: Operation) -> frozenset[str]:
        """Names of request members that can matter to the resources of an action, as `usage` keeps them."""
        if action.full_name in METHOD_ACTIONS:
            return self._paths.member_names(operation.name)
        service = self._catalog.service(action.prefix)
        types = {each.type: service.resource_types[each.type] for each in action.resources} if service else {}
        asked = {
            (action.prefix, variable, key)
            for key, kind in types.items()
            for text in kind.arn_formats
            for variable in parse_format(text).variables
        }
        for each in asked - self._looked_up.keys():
            self._looked_up[each] = frozenset(CallNames.looked_up(self._members, *each))
        return frozenset[str]().union(*(self._looked_up[each] for each in asked))


@dataclass(frozen=True, slots=True)
class _Filled:
    """A type's targets made from names, and how many of the format's variables were shown.

    `own` is the last of these variables if it was shown: the resource's own name.
    """

    targets: frozenset[Target]
    shown: int
    variables: int
    own: str = ""

    @property
    def complete(self) -> bool:
        return self.shown == self.variables


class _Search:
    """One action on one call."""

    def __init__(
        self,
        types: Mapping[str, ResourceType],
        formats: Formats,
        names: CallNames,
        action: ActionDefinition,
        call: Call,
    ) -> None:
        self._types = types
        self._formats = formats
        self._names = names
        self._action = action
        self._call = call
        self._place = _place(call)
        self._known: dict[str, Classified] = {}

    def chosen(self, alternatives: Sequence[AlternativeTypes]) -> set[Target]:
        accepted = [each.type for each in self._action.resources]
        shown = self._by_arn()
        filled = {kind: self._filled(kind) for kind in accepted if kind not in shown}
        named = self._unambiguous({kind: made for kind, made in filled.items() if made.complete and made.variables})
        named |= self._within_something(filled, {*shown, *named})
        result = {target for targets in shown.values() for target in targets}
        found = {kind: len(self._variables(kind)) for kind in {*shown, *named}}
        dropped = frozenset[str]().union(*(each.dropped(found) for each in alternatives))
        result = {target for target in result if target.type not in dropped}
        result |= {target for kind in named - dropped for target in filled[kind].targets}
        required = [each.type for each in self._action.resources if each.required and each.type not in {*shown, *named}]
        result |= {target for kind in required if kind not in dropped for target in filled[kind].targets}
        return {self._qualified(target) for target in result or self._best_guess(filled)}

    def _within_something(self, filled: Mapping[str, _Filled], named: set[str]) -> frozenset[str]:
        """Types whose own name is shown and only what they are part of is not: an account of some organization."""
        known = {name for kind in named for name in self._variables(kind)}
        return frozenset(
            kind for kind, made in filled.items() if made.own and not made.complete and made.own not in known
        )

    def _qualified(self, target: Target) -> Target:
        """The target with what AWS puts behind its ARN, a function's version or alias, unless it is there already."""
        after = self._names.qualifier(target.type, QUALIFIER) if target.type else None
        if after is None or target.request.count(":") > _COLONS_OF_TWO_PARTS:
            return target
        patterns = tuple(f"{each}:{end}".rstrip(":") for each in target.patterns for end in after.patterns)
        return Target(target.type, f"{target.request}:{after.literal}", patterns, target.exact)

    def any_of(self, kind: str) -> frozenset[Target]:
        """Any resource of a type in the event's place."""
        return self._fill(kind, self._types[kind].arn_formats[0], {})

    def _best_guess(self, filled: Mapping[str, _Filled]) -> set[Target]:
        """What is partly shown, else `*`: an action whose resource types are optional may be checked against that."""
        most = max((made.shown for made in filled.values()), default=0)
        if most > 0:
            return {target for made in filled.values() if made.shown == most for target in made.targets}
        return {NOWHERE}

    def _unambiguous(self, complete: Mapping[str, _Filled]) -> frozenset[str]:
        """Types that the same names fill: the one that the operation's noun names, where there is one."""
        groups: dict[frozenset[str], list[str]] = {}
        for kind in complete:
            groups.setdefault(self._variables(kind), []).append(kind)
        noun = self._names.noun
        kept: set[str] = set()
        for kinds in groups.values():
            said = [kind for kind in kinds if normalised(kind) in (noun, f"{noun}s")]
            kept |= set(said or kinds)
        return frozenset(kept)

    def _variables(self, kind: str) -> frozenset[str]:
        return frozenset(name for text in self._types[kind].arn_formats for name in parse_format(text).variables)

    def _by_arn(self) -> dict[str, set[Target]]:
        """Accepted types whose ARNs the record shows; the response counts only for types that nothing else shows."""
        listed, asked, answered = self._arns
        found = self._typed(listed)
        for kind, targets in found.items():
            if len(targets) > 1:  # a copy's record lists its source, too
                found[kind] = targets & self._filled(kind).targets or targets
        for kind, targets in self._typed(asked).items():
            found.setdefault(kind, set()).update(targets | self._beside(kind))
        for kind, targets in self._typed(answered).items():
            found.setdefault(kind, targets)
        return found

    def _classified(self, arn: str) -> Classified:
        """What an ARN is, looked up once."""
        if arn not in self._known:
            self._known[arn] = classify(arn, self._formats) or {}
        return self._known[arn]

    def _typed(self, arns: Iterable[str]) -> dict[str, set[Target]]:
        found: dict[str, set[Target]] = {}
        for arn in arns:
            for kind, described in self._accepted(arn).items():
                found.setdefault(kind, set()).add(self._as_shown(kind, arn, described))
        return found

    def _accepted(self, arn: str) -> Classified:
        """The accepted types that an ARN is of: its own, or the one that its own adds a part to after a colon.

        `function:render:live` is an alias, and what an action that takes functions is checked on.
        """
        kinds = {each.type for each in self._action.resources}
        own = self._classified(arn)
        if any(kind in kinds for kind in own) or not own:
            return {kind: described for kind, described in own.items() if kind in kinds}
        longer = {described.format.text for described in own.values()}
        return {
            kind: Described(shape, next(iter(own.values())).names)
            for kind in kinds
            for shape in map(parse_format, self._types[kind].arn_formats)
            if any(text.startswith(f"{shape.text}:$") for text in longer)
        }

    def _beside(self, kind: str) -> set[Target]:
        """What stands as a plain name in a list that holds ARNs of the type as well."""
        members = {
            path for path, text in self._call.parameters if text.startswith("arn:") and kind in self._accepted(text)
        }
        for text in self._types[kind].arn_formats:
            variables = parse_format(text).variables
            names = self._names.beside(variables[-1], members) if variables else ()
            rest = {
                name: found for name in variables[:-1] if (found := self._names.of(name, kind, self._parents(kind)))
            }
            if names and len(rest) == len(variables) - 1:
                return set(self._fill(kind, text, {**rest, variables[-1]: names}))
        return set()

    def _as_shown(self, kind: str, arn: str, described: Described) -> Target:
        """The ARN itself, but for what an ARN may lack: the open end of a format, a secret's suffix."""
        shape = described.format
        if shape.open_ended:
            place = dict(
                zip(("Partition", "Region", "Account"), operator.itemgetter(1, 3, 4)(arn.split(":")), strict=True)
            )
            spelled = {name: escape(text) for name, text in described.names.items()}
            request = shape.filled({**place, **described.names})
            return Target(kind, request, (shape.filled({**place, **spelled}),))
        return self._with_suffix(kind, arn, described)

    def _with_suffix(self, kind: str, arn: str, described: Described) -> Target:
        for variable, text in described.names.items():
            name = self._names.completed(variable, text)
            if name is not None and arn.endswith(text):
                stem = arn[: len(arn) - len(text)]
                return Target(kind, stem + name.literal, tuple(escape(stem) + pattern for pattern in name.patterns))
        return Target(kind, arn, (escape(arn),))

    @cached_property
    def _arns(self) -> tuple[list[str], list[str], list[str]]:
        """ARNs of `resources`, of the request, and those of the response with a name that the request has."""
        listed = [arn for kind, arn in self._call.resources if kind != ARN_PREFIX]
        asked = [arn for path, text in self._call.parameters if (arn := _arn_of(path, text))]
        texts = {text for _, text in self._call.parameters if text}
        answered = [text for _, text in self._call.response if re.split("[/:]", text)[-1] in texts]
        return _usable(listed), _usable(asked), [arn for arn in _usable(answered) if self._is_here(arn)]

    def _is_here(self, arn: str) -> bool:
        """Whether an ARN is in the event's Region and account; a copy elsewhere is not what the call was about."""
        _, _, _, region, account, _ = arn.split(":", 5)
        return region in ("", self._place.get("Region")) and account in ("", self._place.get("Account"))

    def _parents(self, kind: str) -> dict[str, list[Name]]:
        """Names in ARNs of what a resource is part of: the cluster of a service, never the service of a cluster."""
        names: dict[str, list[Name]] = {}
        for arn in (arn for group in self._arns for arn in group):
            described = next(iter(self._classified(arn).values()), None)
            if described is not None and frozenset(described.names) < self._variables(kind):
                _, _, _, region, account, _ = arn.split(":", 5)
                place = tuple((key, text) for key, text in (("Account", account), ("Region", region)) if text)
                for variable, text in described.names.items():
                    names.setdefault(variable, []).append(Name(text, (escape(text),), place))
        return names

    def _filled(self, kind: str) -> _Filled:
        """The format of a type that the record's names fill best."""
        best = _Filled(frozenset(), -1, 0)
        parents = self._parents(kind)
        for text in self._types[kind].arn_formats:
            names = parse_format(text).variables
            values = {name: found for name in names if (found := self._names.of(name, kind, parents))}
            variables = len(parse_format(text).variables)
            rank = (len(values) == variables, len(values))
            if rank > (best.complete, best.shown) and (targets := self._fill(kind, text, values)):
                best = _Filled(targets, len(values), variables, names[-1] if names and names[-1] in values else "")
        return best

    def _fill(self, kind: str, text: str, values: Mapping[str, tuple[Name, ...]]) -> frozenset[Target]:
        """The targets of one format; none where the event does not say the place that the format asks for."""
        parsed = parse_format(text)
        event = {**self._place, **self._names.place(kind)}
        shown = [name for name in parsed.variables if name in values]
        lists = sum(len(values[name]) > 1 for name in shown)
        exact = len(shown) == len(parsed.variables) and lists <= 1  # two lists do not show which belong together
        made = set()
        for combination in product(*(values[name] for name in shown)):
            place = {**event, **{key: part for value in combination for key, part in value.place}}
            if any(f"${{{name}}}" in text and name not in place for name in PLACE_VARIABLES):
                continue
            literal = {name: value.literal for name, value in zip(shown, combination, strict=True)}
            spellings = product(*(value.patterns for value in combination))
            patterns = tuple(parsed.filled({**place, **dict(zip(shown, each, strict=True))}) for each in spellings)
            named = exact and "*" not in place.values()
            made.add(Target(kind, parsed.filled({**place, **literal}), patterns, named))
            if len(made) > MAX_TARGETS:
                break
        return frozenset(made)


def _of_path(call: Call, template: str, values: Mapping[str, str]) -> Found:
    """API Gateway's ARNs hold a Region and a path, and no account."""
    place = _place(call)
    if "Region" not in place:
        return CannotName("the record does not say in which Region the resource is")
    stem = f"arn:{call.partition}:apigateway:{place['Region']}::"
    pattern = stem + path(template, {name: escape(text) for name, text in values.items()})
    request = stem + path(template, values)
    return (Target("path", request, (pattern,), exact="*" not in path(template, dict.fromkeys(values, ""))),)


# Members that hold an ARN of something else than what the call is about: service/core/secondary.py reads them.
_OF_ANOTHER = frozenset({"xamzcopysource"})

# `arn:partition:service:region:account:type:name` and nothing behind it.
_COLONS_OF_TWO_PARTS = 6


def _arn_of(path: str, text: str) -> str:
    """The ARN in a request member, or nothing. A DynamoDB shard iterator begins with its stream's ARN and a bar."""
    if not text.startswith("arn:") or normalised(path.rsplit(".", 1)[-1]) in _OF_ANOTHER:
        return ""
    return text.partition("|")[0] if normalised(path).endswith("sharditerator") else text


def _usable(arns: Iterable[str]) -> list[str]:
    return [arn for arn in dict.fromkeys(arns) if has_a_place(arn)]


_PLACE = re.compile(r"[A-Za-z0-9-]*")


def _place(call: Call) -> dict[str, str]:
    """Partition, Region and account of the event; what is not plain text of that kind is left out."""
    said = {"Partition": call.partition, "Region": call.region, "Account": call.account or call.principal.account}
    return {name: text for name, text in said.items() if text and _PLACE.fullmatch(text)}


def has_a_place(arn: str) -> bool:
    """Whether the text is an ARN whose first five parts hold nothing that a policy would read as a pattern."""
    parts = arn.split(":", 5)
    return (
        len(parts) == 6 and parts[0] == "arn" and bool(parts[5]) and all(_PLACE.fullmatch(part) for part in parts[:5])
    )
