"""Service last accessed data as a second witness beside the trail.

It tells when a service, and for some of its management actions the action, was last tried, denied attempts included,
within the last 400 days; not on which resource nor how often.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from catalog.model import Catalog
from service.core.actions import NO_OPERATION, Need, Reason, ReasonKind
from service.core.days import Window
from service.core.granted import Granted


class Settled(StrEnum):
    """What the two witnesses say together."""

    OBSERVED = "observed in the trail"
    ACCESSED = "accessed, but not in the trail"
    DENIED = "denied in the trail"
    NEVER = "granted, never accessed"
    UNGRANTED = "not granted, never accessed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class Access:
    """When something was last tried: `last` is a moment (`2026-08-01T12:00:00Z`), empty for not in the tracking period.

    `name` is a service prefix, or the name of an action without it.
    """

    name: str
    last: str = ""
    region: str = ""
    entity: str = ""


@dataclass(frozen=True, slots=True, order=True)
class ServiceAccess:
    """A service that the principal may use, and its tracked actions where these were asked for."""

    access: Access
    actions: tuple[Access, ...] = ()


@dataclass(frozen=True, slots=True)
class LastAccessed:
    """The answer of one job. `completed` is the moment at which it was; `notes` say what was wrong with it."""

    services: tuple[ServiceAccess, ...]
    completed: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Witnessed:
    """A service or an action (`s3`, `s3:PutBucketPolicy`), and what is known of it; `why` says what it may mean."""

    name: str
    settled: Settled
    last: str = ""
    region: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Testimony:
    """Everything that it says, sorted by name; `accessed` are the services that were used, in the trail or not."""

    witnessed: tuple[Witnessed, ...]
    notes: tuple[str, ...]

    @property
    def accessed(self) -> frozenset[str]:
        """The prefixes of services that were tried."""
        told = (each.name for each in self.witnessed if each.settled in (Settled.OBSERVED, Settled.ACCESSED))
        return frozenset(name.split(":", 1)[0] for name in told)


@dataclass(frozen=True, slots=True)
class Trail:
    """What the trail shows beside it: the principal's actions, the window that it covers, and its Regions.

    `hidden` says why no event could show an action; empty where one could. `denied` has for actions, in lower case,
    when they were last denied. `granted` are the actions that are granted now, in lower case; None where that is not
    known. `last_seen` has for services, in lower case, when the trail last shows anything of them.
    """

    actions: Collection[str]
    covered: Window
    regions: Collection[str]
    hidden: Callable[[str], str]
    denied: Mapping[str, str] = field(default_factory=dict)
    granted: Collection[str] | None = None
    last_seen: Mapping[str, str] = field(default_factory=dict)

    def shows_last(self, access: Access) -> bool:
        """Whether the last access to a service may be what the trail shows of it: it shows something as late, by days,
        or ends before.
        """
        seen = self.last_seen.get(access.name.lower(), "")[:10]
        return not seen or access.last[:10] <= seen or not access.last[:10] <= self.covered.last


def testimony(given: LastAccessed, trail: Trail, catalog: Catalog, principal_arn: str) -> Testimony:
    """Every service and action of the answer settled against the trail, and the services that only the trail shows."""
    services = {action.split(":", 1)[0].lower() for action in trail.actions}
    lowered = {action.lower() for action in trail.actions}
    found: list[Witnessed] = []
    for service in given.services:
        prefix = service.access.name
        shows = prefix.lower() in services and trail.shows_last(service.access)
        found.append(_settled(prefix, _own(service.access, principal_arn), shows, trail))
        for action in service.actions:
            name = _spelled(catalog, f"{prefix}:{action.name}")
            found.append(
                _settled(name, _own(_by_whom(action, service.access), principal_arn), name.lower() in lowered, trail)
            )
    told = {service.access.name.lower() for service in given.services}
    found += (Witnessed(each, Settled.OBSERVED, why=_NOT_TOLD) for each in sorted(services - told))
    notes = (*given.notes, *_doubts(given, trail, catalog, principal_arn))
    return Testimony(tuple(sorted(found)), notes)


def kept(found: Testimony, granted: Granted | None, catalog: Catalog) -> Iterator[Need | str]:
    """The actions that were tried though the trail does not show them, as far as they are granted now, and why not."""
    for each in found.witnessed:
        if each.settled is not Settled.ACCESSED or ":" not in each.name:
            continue
        action = catalog.action(each.name)
        if action is None:
            yield f"{each.name}: last accessed on {each.last[:10]}, and the catalog has no such action: not kept"
        elif granted is None:
            yield f"{each.name}: last accessed on {each.last[:10]}; without the current policies it cannot be kept"
        else:
            reason = Reason(
                ReasonKind.LAST_ACCESSED, NO_OPERATION, "", f"last accessed on {each.last[:10]}; {each.why}"
            )
            held = granted.kept(action.full_name, action.access_level, reason)
            yield from held.needs
            yield from held.lost
            if not held.needs and not held.lost:
                yield f"{each.name}: last accessed on {each.last[:10]}, and not granted now: not kept"


def _by_whom(action: Access, service: Access) -> Access:
    """An action's access; where it does not say whose, it is as the service's."""
    return action if action.entity else replace(action, entity=service.entity)


def _own(access: Access, principal_arn: str) -> Access | None:
    """The access, None where another principal's is told: of one before it, nothing is."""
    return access if access.entity in ("", principal_arn) else None


def _settled(name: str, access: Access | None, observed: bool, trail: Trail) -> Witnessed:  # one of two
    if access is None:
        settled = Settled.OBSERVED if observed else Settled.UNKNOWN
        return Witnessed(name, settled, why="the last access was another principal's")
    if observed:
        return Witnessed(name, Settled.OBSERVED, access.last, access.region)
    if access.last and access.last[:10] <= trail.denied.get(name.lower(), "")[:10]:
        return Witnessed(
            name, Settled.DENIED, access.last, access.region, "every attempt that the trail shows was denied"
        )
    if access.last:
        return Witnessed(name, Settled.ACCESSED, access.last, access.region, "; ".join(_why(name, access, trail)))
    return Witnessed(name, Settled.NEVER if _is_granted(name, trail) else Settled.UNGRANTED)


_NOT_TOLD = "the answer does not name it"


def _is_granted(name: str, trail: Trail) -> bool:
    """Whether a service or an action is granted now. Who asks AWS is told of services only that are."""
    if trail.granted is None or ":" not in name:
        return True
    return name.lower() in trail.granted


def _why(name: str, access: Access, trail: Trail) -> Iterator[str]:
    """What it may mean that the trail does not show it; always something."""
    day = access.last[:10]
    outside = []
    if seen := trail.last_seen.get(name.lower(), "")[:10]:
        outside.append(f"later than the trail shows it, which is last on {seen}")
    if trail.covered.first and day < trail.covered.first:
        outside.append(f"before the window, which begins on {trail.covered.first}")
    if trail.covered.last and day > trail.covered.last:
        outside.append(f"after the window, which ends on {trail.covered.last}")
    if access.region and access.region not in trail.regions:
        outside.append(f"in {access.region}, of which the trail has no event of the principal")
    if ":" in name and (hidden := trail.hidden(name)):
        outside.append(hidden)
    yield from outside
    if not outside:
        yield "the attempt may have been denied, or its event is of a kind that the trail does not log"


def _doubts(given: LastAccessed, trail: Trail, catalog: Catalog, principal_arn: str) -> Iterator[str]:
    """What keeps the answer from being taken as it is."""
    unknown = sorted(each.access.name for each in given.services if catalog.service(each.access.name) is None)
    if unknown:
        yield f"last accessed: the catalog does not know these services: {', '.join(unknown)}"
    if given.completed and trail.covered.last and given.completed[:10] < trail.covered.last:
        yield (
            f"last accessed: the answer is of {given.completed[:10]}, before the window ends on {trail.covered.last}: "
            "what was used since is not in it"
        )
    others = sorted(_entities(given) - {principal_arn, ""})
    if principal_arn and others:
        yield f"last accessed: the answer names another principal too, {others[0]}: is it of a group or a policy?"


def _entities(given: LastAccessed) -> set[str]:
    accesses: Iterable[Access] = (one for each in given.services for one in (each.access, *each.actions))
    return {each.entity for each in accesses}


def _spelled(catalog: Catalog, name: str) -> str:
    action = catalog.action(name)
    return action.full_name if action else name
