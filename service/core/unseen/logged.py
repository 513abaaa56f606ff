"""What a trail logs, as its event selectors say, and why it could not have shown an action."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from catalog.model import AccessLevel, Catalog
from service.core.covering import literal_start
from service.core.iam.pattern import parse_pattern
from service.core.usage import partition_of


class Hidden(StrEnum):
    """Why no event of a trail could show an action."""

    NEVER_LOGGED = "CloudTrail never logs it"
    DATA_EVENT = "its calls are data events, which the trail does not log"
    PERHAPS_DATA = "its calls may be data events, and whether the trail logs these is not known"
    PARTLY_LOGGED = "its calls are data events, which the trail logs for some resources or calls only"
    EXCLUDED = "the trail leaves the events of the service out"
    NO_MANAGEMENT = "the trail logs no management events"
    ONLY_READS = "the trail logs only events that read"
    ONLY_WRITES = "the trail logs only events that write"
    NO_OPERATION = "no API call is known that shows it"
    NO_GLOBAL = "the trail does not log the events of global services"
    OTHER_REGIONS = "it is granted in Regions that the trail does not log"
    NO_FILE = "its calls are logged in a Region of which there is no file"
    NO_FILE_OF_ACCOUNT = "there is no file of the principal's account"
    HOLE = "its calls are logged in a Region of which there is no file for a part of the window"
    HOLE_OF_ACCOUNT = "there is no file of the principal's account for a part of the window"
    NOT_KNOWN = "it was used, and on what is not known"
    UNDETERMINED = "it was tried, and its calls failed before anything says whether they are allowed"
    WITNESSED = "its service was used, as last accessed data says, and the trail does not show by what"
    NO_SUCH_ACTION = "the catalog does not know it"
    TOO_YOUNG = "the principal was created so late in the window that nothing can be called unused"
    TOO_LITTLE = "so much of the window is without any event that nothing can be called unused"


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which events of a category are logged: those that read, those that write."""

    reads: bool = False
    writes: bool = False

    def plus(self, other: Kinds) -> Kinds:
        """Both taken together."""
        return Kinds(self.reads or other.reads, self.writes or other.writes)


ALL_KINDS = Kinds(reads=True, writes=True)
NO_KINDS = Kinds()


@dataclass(frozen=True, slots=True)
class Selected:
    """Resources that a selector names: their type, and the ARN of one, or where `is_beginning` what the ARNs of all
    begin with. A `*` in `arn` is that character.

    "Selectors don't support the use of wildcards like `*`."
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
    """

    type: str
    arn: str
    is_beginning: bool = False

    def covers(self, pattern: str) -> bool:
        """Whether it names every resource that a pattern of a policy stands for."""
        if self.is_beginning:
            return literal_start(pattern).startswith(self.arn)
        return parse_pattern(pattern).parts == (self.arn,)


@dataclass(frozen=True, slots=True)
class Logged:
    """What one trail logs, or several together. `data` are types of resources of which all data events are logged,
    `some_data` those of which some are, `resources` those of which all data events are logged; `excluded` are event
    sources whose management events are left out. `regions` are the only ones that are logged, none of them for all,
    `has_global` says that the events of services without a Region are logged beside, `no_global` that they are not;
    `account` is the trail's, empty where it is not said or of all accounts. `parts` are the trails, or the selectors of
    one, where there are several: what none of them logs is not. `trails` are those that were taken together.
    """

    management: Kinds
    excluded: frozenset[str] = frozenset()
    data: tuple[tuple[str, Kinds], ...] = ()
    some_data: frozenset[str] = frozenset()
    resources: frozenset[Selected] = frozenset()
    name: str = ""
    account: str = ""
    regions: frozenset[str] = frozenset()
    has_global: bool = False
    no_global: bool = False
    parts: tuple[Logged, ...] = ()
    trails: tuple[Logged, ...] = ()

    @property
    def each_trail(self) -> tuple[Logged, ...]:
        """The trails, each by itself: what one logs and where is nothing that another one logs there."""
        return self.trails or (self,)

    def covers(self, region: str, home: str = "") -> bool:
        """Whether a trail logs what is done in a Region, any for the empty text; `home` is that of a service with one
        endpoint, which other partitions have elsewhere.

        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events
        """
        if not self.regions or region in self.regions:
            return True
        elsewhere = all(partition_of(each) != partition_of(home) for each in self.regions)
        return bool(home) and region == home and self.has_global and elsewhere


def together(trails: Iterable[Logged]) -> Logged:
    """What several trails log: an event that one of them logs is logged."""
    found = list(trails)
    management = NO_KINDS
    data: dict[str, Kinds] = {}
    for each in found:
        management = management.plus(each.management)
        for kind, kinds in each.data:
            data[kind] = data.get(kind, NO_KINDS).plus(kinds)
    excluded = [each.excluded for each in found if each.management != NO_KINDS]
    some = frozenset[str]().union(*(each.some_data for each in found))
    return Logged(
        management,
        frozenset[str].intersection(*excluded) if excluded else frozenset(),
        tuple(sorted(data.items(), key=lambda each: each[0])),
        some - {kind for kind, kinds in data.items() if kinds == ALL_KINDS},
        frozenset[Selected]().union(*(each.resources for each in found)),
        regions=_regions(found),
        has_global=any(each.has_global for each in found),
        parts=tuple(found) if len(found) > 1 else found[0].parts if found else (),
        no_global=bool(found) and all(each.no_global for each in found),
    )


def _regions(trails: Sequence[Logged]) -> frozenset[str]:
    """The Regions that some trails log together; none for all."""
    everywhere = any(not each.regions for each in trails)
    return frozenset() if everywhere else frozenset[str]().union(*(each.regions for each in trails))


@dataclass(frozen=True, slots=True)
class DataType:
    """A type of data events, the actions that they show, and whether AWS says so of each of them."""

    type: str
    actions: tuple[str, ...]
    is_whole: bool


@dataclass(frozen=True)
class Observability:
    """Which actions a trail can show at all, by tables of facts.

    `shown` are the actions that an operation of another name stands for, in lower case; `homes` the Regions in which
    the events of services with one endpoint are logged, `regional` those of them that have others beside;
    `read_events` actions, in lower case, whose events are reads whatever their level; `sources` the IAM prefixes of
    event sources that have another name.
    """

    catalog: Catalog
    data_types: tuple[DataType, ...]
    never: tuple[tuple[str, str], ...]
    shown: frozenset[str]
    homes: Mapping[str, str] = field(default_factory=dict)
    regional: frozenset[str] = frozenset()
    read_events: frozenset[str] = frozenset()
    sources: Mapping[str, str] = field(default_factory=dict)
    _answers: dict[Logged, dict[str, Hidden | None]] = field(default_factory=dict, compare=False, repr=False)

    def data_type(self, action: str) -> DataType | None:
        """The type of the data events that show an action; None for management events."""
        lowered = action.lower()
        near = self._types.get(lowered.partition(":")[0], ())
        return next((each for pattern, each in near if _fits(pattern, lowered)), None)

    @cached_property
    def _types(self) -> Mapping[str, Sequence[tuple[str, DataType]]]:
        """Patterns and types by service."""
        found: dict[str, list[tuple[str, DataType]]] = {}
        for each in self.data_types:
            for pattern in each.actions:
                found.setdefault(pattern.partition(":")[0].lower(), []).append((pattern.lower(), each))
        return found

    @cached_property
    def _never(self) -> Mapping[str, Sequence[str]]:
        """Patterns of what is never logged, by service."""
        found: dict[str, list[str]] = {}
        for pattern, _ in self.never:
            found.setdefault(pattern.partition(":")[0].lower(), []).append(pattern.lower())
        return found

    def assumed(self, seen: Collection[str]) -> Logged:
        """What a trail logs of which no settings are given: all management events, and the data events of the types of
        which it shows one.
        """
        found = (self.data_type(action) for action in seen)
        types = {each.type for each in found if each is not None and each.is_whole}
        return Logged(ALL_KINDS, data=tuple((each, ALL_KINDS) for each in sorted(types)))

    def places_of(self, action: str, regions: Collection[str]) -> frozenset[str]:
        """Where its calls are logged: in the home of its service, in the Regions of what it is granted on, or both; an
        empty one for any.
        """
        service = action.partition(":")[0]
        home = self.homes.get(service)
        if home is None:
            return frozenset(regions)
        return frozenset({home, *regions} if service in self.regional else {home})

    def home_of(self, action: str) -> str:
        """The Region of its service's endpoint; empty where there is one in each."""
        return self.homes.get(action.partition(":")[0], "")

    def is_logged_on(self, action: str, logged: Logged, pattern: str) -> bool:
        """Whether the trail logs an action's calls on all resources of a pattern, though not on all there are."""
        kind = self.data_type(action)
        return kind is not None and any(each.type == kind.type and each.covers(pattern) for each in logged.resources)

    def is_undelivered(self, action: str, files: Collection[str], regions: Collection[str]) -> bool:
        """Whether its calls are logged in a Region of which there is no file, none of any where they name none.
        `files` are the Regions of the files; `regions` those of the resources on which it is granted, as above.
        """
        home = self.home_of(action)
        others = self.places_of(action, regions) - {home, *files, ""}
        here = home and home not in files and any(partition_of(each) == partition_of(home) for each in files)
        return bool(here or others)

    def hidden(self, action: str, logged: Logged) -> Hidden | None:
        """Why such a trail could not show an action; None where it could."""
        return self.hidden_by(logged)(action)

    def hidden_by(self, logged: Logged) -> Callable[[str], Hidden | None]:
        """The same for many actions of one trail; the answers are remembered."""
        answers = self._answers.get(logged)
        if answers is None:
            if len(self._answers) >= _MOST_TRAILS:
                self._answers.clear()
            answers = self._answers[logged] = {}
        known = answers  # any number of threads may ask: the same answer is put there twice at worst

        def hidden(action: str) -> Hidden | None:
            if action not in known:
                known[action] = self._hidden(action, logged)
            return known[action]

        return hidden

    def _hidden(self, action: str, logged: Logged) -> Hidden | None:
        found = self._hidden_by_one(action, logged)
        whys = [self._hidden(action, each) for each in logged.parts]
        if None in whys:  # but what a whole trail leaves out is no selector's matter
            return found if found is Hidden.NO_GLOBAL else None
        telling = (why for why in whys if why not in (None, Hidden.NO_MANAGEMENT, Hidden.DATA_EVENT))
        return found or next(telling, whys[0] if whys else None)

    def _hidden_by_one(self, action: str, logged: Logged) -> Hidden | None:
        lowered = action.lower()
        if any(_fits(pattern, lowered) for pattern in self._never.get(lowered.partition(":")[0], ())):
            return Hidden.NEVER_LOGGED
        definition = self.catalog.action(action)
        reads = lowered in self.read_events or (
            definition is not None and definition.access_level in (AccessLevel.READ, AccessLevel.LIST)
        )
        kind = self.data_type(action)
        if kind is not None:
            return _of_data(kind, logged, reads=reads)
        if lowered not in self.shown and not (definition is not None and definition.is_operation):
            return Hidden.NO_OPERATION
        if logged.management == NO_KINDS:
            return Hidden.NO_MANAGEMENT
        service = lowered.split(":", 1)[0]
        if service in map(self._prefix, logged.excluded):
            return Hidden.EXCLUDED
        if logged.no_global and service in self.homes:
            return Hidden.NO_GLOBAL
        return _of_kinds(logged.management, reads=reads)

    def _prefix(self, source: str) -> str:
        label = source.removesuffix(".amazonaws.com")
        return self.sources.get(label, label)


_MOST_TRAILS = 32
"""For the settings of so many trails the answers are remembered."""


def _of_data(kind: DataType, logged: Logged, *, reads: bool) -> Hidden | None:
    if not kind.is_whole:  # there may be other types, of which the table does not tell the calls apart
        return Hidden.PERHAPS_DATA
    kinds = dict(logged.data).get(kind.type, NO_KINDS)
    if kinds == NO_KINDS and kind.type in logged.some_data:
        return Hidden.PARTLY_LOGGED
    return Hidden.DATA_EVENT if kinds == NO_KINDS else _of_kinds(kinds, reads=reads)


def _of_kinds(kinds: Kinds, *, reads: bool) -> Hidden | None:
    if reads and not kinds.reads:
        return Hidden.ONLY_WRITES
    return Hidden.ONLY_READS if not reads and not kinds.writes else None


def _fits(pattern: str, lowered: str) -> bool:
    return lowered.startswith(pattern[:-1]) if pattern.endswith("*") else lowered == pattern


def data_types_of(rows: Iterable[Mapping[str, str]]) -> Iterator[DataType]:
    """The rows of `data_events.tsv`."""
    for row in rows:
        yield DataType(row["type"], tuple(row["actions"].split(",")), row["part"] == "all")


def never_of(rows: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """The rows of `never_logged.tsv`, one for each pattern, with its reason."""
    for row in rows:
        yield from ((pattern, row["reason"]) for pattern in row["actions"].split(","))
