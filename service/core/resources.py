"""Which resources a call was about, for one action: ARNs that the record shows, or names put into ARN formats.

In this order, per resource type that the action accepts: `resources` of the record, ARNs in the request, ARNs in the
response whose name the request has, names from the request filled into the catalog's formats with the event's
partition, Region and account. A variable that the record does not show becomes `*`, never the account or the service.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from catalog.model import ActionDefinition, Catalog, Operation, ResourceType
from service.core.arn_format import PLACE_VARIABLES, Classified, classify, parse_format
from service.core.iam.pattern import escape
from service.core.members import Members, Name, as_is
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

    def __init__(self, catalog: Catalog, members: Members, paths: RequestPaths) -> None:
        self._catalog = catalog
        self._members = members
        self._paths = paths

    def targets(self, action: ActionDefinition, call: Call) -> Found:
        """The resources of `call` that `action` must be allowed on; never empty."""
        if not action.resources:
            return (EVERYTHING,)
        if action.full_name in METHOD_ACTIONS and (way := self._paths.of(call)) is not None:
            return _of_path(call, *way)
        search = _Search(self._catalog, self._members, action, call)
        found = search.chosen()
        if len(found) > MAX_TARGETS:
            return CannotName(f"one call names more than {MAX_TARGETS} resources")
        if not found:
            return CannotName("the record does not say in which account or Region the resource is")
        return tuple(sorted(found))

    def of_type(self, action: ActionDefinition, call: Call, types: Iterable[str]) -> Found:
        """Any resource of the given types, in the event's place: for what is only being created."""
        search = _Search(self._catalog, self._members, action, call)
        wanted = {kind.lower() for kind in types}
        found = {
            target
            for each in action.resources
            if each.type.lower() in wanted
            for target in search.any_of(each.type.lower())
        }
        return tuple(sorted(found)) if found else CannotName("the request does not say what it creates")

    def member_names(self, action: ActionDefinition, operation: Operation) -> frozenset[str]:
        """Names of request members that can matter to the resources of an action, as `usage` keeps them."""
        if action.full_name in METHOD_ACTIONS:
            return self._paths.member_names(operation.name)
        service = self._catalog.service(action.prefix)
        types = [service.resource_types[each.type.lower()] for each in action.resources] if service else []
        variables = {name for kind in types for text in kind.arn_formats for name in parse_format(text).variables}
        return frozenset(
            name for variable in variables for name in CallNames.looked_up(self._members, action.prefix, variable)
        )


@dataclass(frozen=True, slots=True)
class _Filled:
    """A type's targets made from names, and how many of the format's variables were shown."""

    targets: frozenset[Target]
    shown: int
    variables: int

    @property
    def complete(self) -> bool:
        return self.shown == self.variables


class _Search:
    """One action on one call."""

    def __init__(self, catalog: Catalog, members: Members, action: ActionDefinition, call: Call) -> None:
        service = catalog.service(action.prefix)
        self._types: Mapping[str, ResourceType] = service.resource_types if service else {}
        self._formats = [(key, text) for key, kind in self._types.items() for text in kind.arn_formats]
        self._action = action
        self._call = call
        self._place = _place(call)
        self._names = CallNames(members, action.prefix, call)

    def chosen(self) -> set[Target]:
        accepted = self._action.resources
        shown = self._by_arn()
        filled = {
            each.type.lower(): self._filled(each.type.lower()) for each in accepted if each.type.lower() not in shown
        }
        named = self._unambiguous({kind: made for kind, made in filled.items() if made.complete and made.variables})
        result = {target for targets in shown.values() for target in targets}
        result |= {target for kind in named for target in filled[kind].targets}
        required = [
            each.type.lower()
            for each in accepted
            if each.required and each.type.lower() in filled and each.type.lower() not in named
        ]
        result |= {target for kind in required for target in filled[kind].targets}
        return result or self._best_guess(filled)

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
        """Accepted types whose ARNs the record shows."""
        accepted = {each.type.lower() for each in self._action.resources}
        found: dict[str, set[Target]] = {}
        for arn, classified in self._shown_arns():
            for kind in sorted(classified.types & accepted):
                found.setdefault(kind, set()).add(self._as_shown(kind, arn, classified))
        return found

    def _as_shown(self, kind: str, arn: str, classified: Classified) -> Target:
        """The ARN itself, but for what an ARN may lack: the open end of a format, a secret's suffix."""
        if classified.format.open_ended:
            place = dict(
                zip(("Partition", "Region", "Account"), operator.itemgetter(1, 3, 4)(arn.split(":")), strict=True)
            )
            spelled = {name: escape(text) for name, text in classified.names.items()}
            request = classified.format.filled({**place, **classified.names})
            return Target(kind, request, (classified.format.filled({**place, **spelled}),))
        return self._with_suffix(kind, arn, classified)

    def _with_suffix(self, kind: str, arn: str, classified: Classified) -> Target:
        for variable, text in classified.names.items():
            name = self._names.completed(variable, text)
            if name is not None and arn.endswith(text):
                stem = arn[: len(arn) - len(text)]
                return Target(kind, stem + name.literal, tuple(escape(stem) + pattern for pattern in name.patterns))
        return Target(kind, arn, (escape(arn),))

    def _shown_arns(self) -> Iterable[tuple[str, Classified]]:
        for arn in self._arns():
            if (classified := classify(arn, self._formats)) is not None:
                yield arn, classified

    def _arns(self) -> list[str]:
        """ARNs of the record, the surest first; those of the response only with a name that the request has."""
        listed = [arn for kind, arn in self._call.resources if kind != ARN_PREFIX]
        asked = [text for _, text in self._call.parameters if text.startswith("arn:")]
        texts = {text for _, text in self._call.parameters if text}
        answered = [
            text for _, text in self._call.response if text.startswith("arn:") and re.split("[/:]", text)[-1] in texts
        ]
        return [arn for arn in dict.fromkeys(listed + asked + answered) if has_a_place(arn)]

    def _names_of_parent(self, kind_variables: frozenset[str]) -> dict[str, list[Name]]:
        """Names in ARNs of what a resource is part of: the cluster of a service, never the service of a cluster."""
        names: dict[str, list[Name]] = {}
        for _, classified in self._shown_arns():
            if frozenset(classified.names) < kind_variables:
                for variable, text in classified.names.items():
                    names.setdefault(variable, []).append(as_is(text))
        return names

    def _filled(self, kind: str) -> _Filled:
        """The format of a type that the record's names fill best."""
        best = _Filled(frozenset(), -1, 0)
        for text in self._types[kind].arn_formats:
            names = parse_format(text).variables
            parents = self._names_of_parent(frozenset(names))
            values = {name: found for name in names if (found := self._names.of(name, kind, parents))}
            variables = len(parse_format(text).variables)
            rank = (len(values) == variables, len(values))
            if rank > (best.complete, best.shown) and (targets := self._fill(kind, text, values)):
                best = _Filled(targets, len(values), variables)
        return best

    def _fill(self, kind: str, text: str, values: Mapping[str, tuple[Name, ...]]) -> frozenset[Target]:
        """The targets of one format; none where the event does not say the place that the format asks for."""
        parsed = parse_format(text)
        if any(f"${{{name}}}" in text and not self._place.get(name) for name in PLACE_VARIABLES):
            return frozenset()
        shown = [name for name in parsed.variables if name in values]
        lists = sum(len(values[name]) > 1 for name in shown)
        exact = len(shown) == len(parsed.variables) and lists <= 1  # two lists do not show which belong together
        made = set()
        for combination in product(*(values[name] for name in shown)):
            chosen = dict(zip(shown, combination, strict=True))
            request = parsed.filled({**self._place, **{name: value.literal for name, value in chosen.items()}})
            spellings = product(*(value.patterns for value in chosen.values()))
            patterns = tuple(
                parsed.filled({**self._place, **dict(zip(shown, each, strict=True))}) for each in spellings
            )
            made.add(Target(kind, request, patterns, exact))
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
