"""What is said of blind spots: of what is granted now, what is used, unused, or could not be seen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """Actions of one service that could not be seen for one reason, and whether they are kept and why or why not."""

    service: str
    why: str
    is_kept: bool
    detail: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Unused:
    """How many actions of a service are granted and unused. They are named where the principal uses the service or the
    current policies name it: of the others, under `*`, there may be twenty thousand.
    """

    service: str
    count: int
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BlindSpots:
    """`used`, `unused` and `unobservable` are what is granted now; empty where that is not known.

    `gaps` are spans of days without any event between days that have some, `quiet` hours of other days that are quiet
    though they are busy on nearly all days: beginning and end. `assumed` says that no settings of the trail
    were given; `data` are the types of data events that it logs, as far as they matter here.
    """

    assumed: bool
    data: tuple[str, ...]
    used: tuple[str, ...]
    unused: tuple[Unused, ...]
    unobservable: tuple[Group, ...]
    gaps: tuple[tuple[str, str], ...]
    quiet: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def without_kept(report: BlindSpots, gone: Collection[str], why_not: str) -> BlindSpots:
    """The report, where these actions were to be kept and could not be in the end."""
    groups: list[Group] = []
    for group in report.unobservable:
        lost = tuple(each for each in group.actions if group.is_kept and each in gone)
        left = tuple(each for each in group.actions if each not in lost)
        groups += [replace(group, actions=left)] if left else ()
        groups += [replace(group, is_kept=False, detail=why_not, actions=lost)] if lost else ()
    return replace(report, unobservable=tuple(sorted(groups)))
