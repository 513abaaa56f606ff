"""Settings of trails, from answers of GetEventSelectors, DescribeTrails and GetTrail.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from service.core.errors import InputError
from service.core.shown import shown
from service.core.unseen.logged import ALL_KINDS, NO_KINDS, Kinds, Logged, Selected, together
from service.usecases.json_pages import Page, pages_in

Files = Sequence[tuple[str, bytes]]

_Operators = dict[str, list[str]]
"""The operators of a field selector with their values."""

_KINDS = {
    "All": ALL_KINDS,
    "ReadOnly": Kinds(reads=True),
    "WriteOnly": Kinds(writes=True),
}
_EVERY = {"arn:aws:s3", "arn:aws:s3:::", "arn:aws:lambda", "arn:aws:dynamodb"}
"""What names all resources of a type in a basic selector, for every partition (`arn:aws-cn:...`) by its own."""


def trails_of(files: Files) -> tuple[Logged, ...]:
    """What each trail of the files logs.

    Raises:
        InputError: a file holds no such answer, or one that CloudTrail would not give.
    """
    selectors: list[Logged] = []
    described: dict[str, _Place] = {}
    for name, content in files:
        for place, page in pages_in(name, content):
            if "EventSelectors" in page or "AdvancedEventSelectors" in page:
                selectors.append(_trail(place, page))
            elif (listed := _described(page)) is not None:
                described.update(listed)
            else:
                raise InputError(
                    f"{place} has no event selectors: give what `aws cloudtrail get-event-selectors` answers, and "
                    "beside it what `describe-trails` does"
                )
    if not selectors:
        raise InputError(
            "the settings have no event selectors: give what `aws cloudtrail get-event-selectors` answers, too"
        )
    return tuple(_placed(each, described) for each in selectors)


@dataclass(frozen=True, slots=True)
class _Place:
    """The only Region and the only account of a trail, empty for all; whether it logs global services beside."""

    region: str
    account: str
    has_global: bool = False
    no_global: bool = False


def _described(page: Page) -> dict[str, _Place] | None:
    """Where each trail logs, by its ARN."""
    trails = page.get("trailList", [page["Trail"]] if "Trail" in page else None)
    if not isinstance(trails, list) or not all(isinstance(each, Mapping) for each in trails):
        return None
    found: dict[str, _Place] = {}
    for each in trails:
        arn = str(each.get("TrailARN", ""))
        region = "" if each.get("IsMultiRegionTrail") is True else str(each.get("HomeRegion", ""))
        account = "" if each.get("IsOrganizationTrail") is True else _account(arn)
        has_global = each.get("IncludeGlobalServiceEvents")
        found[arn] = _Place(region, account, has_global is True, has_global is False)
    return found


def _placed(trail: Logged, described: Mapping[str, _Place]) -> Logged:
    place = described.get(trail.name, _Place("", _account(trail.name)))
    regions = frozenset({place.region} - {""})
    return replace(
        trail, regions=regions, account=place.account, has_global=place.has_global, no_global=place.no_global
    )


def _account(arn: str) -> str:
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""  # the parts of an ARN


def _trail(place: str, page: Page) -> Logged:
    parts = [_basic(*each) for each in _selectors(place, page, "EventSelectors")]
    parts += [_advanced(*each) for each in _selectors(place, page, "AdvancedEventSelectors")]
    return replace(together(parts), name=str(page.get("TrailARN") or ""))


def _selectors(place: str, page: Page, member: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    for number, each in enumerate(_listed(place, page, member)):
        if not isinstance(each, Mapping):
            raise InputError(f"{place}, {member} is not a list of selectors: give the answer as AWS wrote it")
        yield f"{place}, {member}[{number}]", each


def _basic(place: str, selector: Mapping[str, object]) -> Logged:
    kinds = _KINDS.get(str(selector.get("ReadWriteType", "All")))
    if kinds is None:
        raise InputError(f"{place}: `{shown(str(selector['ReadWriteType']))}` is no ReadWriteType")
    whole: dict[str, Kinds] = {}
    some: set[str] = set()
    resources: set[Selected] = set()
    for each in _listed(place, selector, "DataResources"):
        if not isinstance(each, Mapping):
            raise InputError(f"{place}, DataResources is not a list of resources: give the answer as AWS wrote it")
        values = [str(value) for value in _listed(place, each, "Values")]
        if any(_plain(value) in _EVERY for value in values):
            whole[str(each.get("Type"))] = kinds
        elif values:
            some.add(str(each.get("Type")))
            resources |= {_selected(str(each.get("Type")), value) for value in values if kinds == ALL_KINDS}
    management = kinds if selector.get("IncludeManagementEvents", True) is True else NO_KINDS
    excluded = frozenset(str(each) for each in _listed(place, selector, "ExcludeManagementEventSources"))
    data = tuple(sorted(whole.items(), key=lambda each: each[0]))
    return Logged(management, excluded, data, frozenset(some), frozenset(resources))


def _selected(type_: str, arn: str) -> Selected:
    """A value of a basic selector: of objects the beginning of their ARNs, `arn:aws:s3:::bucket/`, else an ARN."""
    return Selected(type_, arn, is_beginning="/" in arn and ":s3:::" in arn)


def _plain(arn: str) -> str:
    parts = arn.split(":")
    return ":".join(["arn", "aws", *parts[2:]]) if parts[:1] == ["arn"] and len(parts) > 2 else arn


def _listed(place: str, parent: Mapping[str, object], name: str) -> list[object]:
    value = parent.get(name) or []
    if not isinstance(value, list):
        raise InputError(f"{place}, {name} is not a list: give the answer as AWS wrote it")
    return value


def _advanced(place: str, selector: Mapping[str, object]) -> Logged:
    fields = _fields(place, selector)
    category = fields.pop("eventCategory", {}).get("Equals", [])
    kinds = _read_or_write(fields.pop("readOnly", {}))
    match category:
        case ["Management"]:
            excluded = fields.pop("eventSource", {})
            only_excludes = not fields and set(excluded) <= {"NotEquals"}
            left_out = frozenset(excluded.get("NotEquals", []))
            return Logged(kinds if only_excludes else NO_KINDS, left_out)
        case ["Data"]:
            types = fields.pop("resources.type", {}).get("Equals", [])
            if fields:  # by name, by ARN, by caller: some of them
                arns = fields.pop("resources.ARN", {}) if kinds == ALL_KINDS else {}
                resources = frozenset(each for type_ in types for each in _named(type_, arns) if not fields)
                return Logged(NO_KINDS, some_data=frozenset(types), resources=resources)
            return Logged(NO_KINDS, data=tuple((each, kinds) for each in sorted(types)))
        case ["NetworkActivity"]:
            return Logged(NO_KINDS)
        case _:
            raise InputError(f"{place} has no eventCategory of Management, Data or NetworkActivity")


def _named(type_: str, arns: Mapping[str, Sequence[str]]) -> Iterator[Selected]:
    """The resources of a type that a field names; none where it also leaves some out."""
    if not set(arns) - {"Equals", "StartsWith"}:
        yield from (Selected(type_, each) for each in arns.get("Equals", ()))
        yield from (Selected(type_, each, is_beginning=True) for each in arns.get("StartsWith", ()))


def _fields(place: str, selector: Mapping[str, object]) -> dict[str, _Operators]:
    """The fields of a selector, all of which an event has to fit; of one that is named twice, what both say."""
    found: dict[str, _Operators] = {}
    for each in _listed(place, selector, "FieldSelectors"):
        if not isinstance(each, Mapping) or "Field" not in each:
            raise InputError(f"{place}: a field selector has no Field: give the answer as AWS wrote it")
        field = str(each["Field"])
        lists = ((str(key), value) for key, value in each.items() if isinstance(value, list) and value)
        operators = {key: [str(one) for one in value] for key, value in lists}
        found[field] = _both(f"{place}, `{shown(field)}`", found[field], operators) if field in found else operators
    return found


def _both(place: str, one: _Operators, other: _Operators) -> _Operators:
    """What fits two field selectors of one field: operators that leave out do so together, and of those that choose
    only `Equals` has a common part that can be written.
    """
    found = {key: [*one.get(key, ()), *other.get(key, ())] for key in (*one, *other)}
    chosen, also = set(one) & _CHOOSING, set(other) & _CHOOSING
    if not chosen or not also:
        return found
    if chosen | also != {"Equals"}:
        raise InputError(
            f"{place}: two field selectors choose values of this field, and what both choose cannot be told: "
            "write them as one"
        )
    return {**found, "Equals": [each for each in one["Equals"] if each in other["Equals"]]}


_CHOOSING = {"Equals", "StartsWith", "EndsWith"}


def _read_or_write(operators: Mapping[str, Sequence[str]]) -> Kinds:
    if not operators:
        return ALL_KINDS
    return Kinds(reads="true" in operators.get("Equals", []), writes="false" in operators.get("Equals", []))
