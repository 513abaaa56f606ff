"""Actions that nobody has seen: names that stand for everything that the patterns of policies could mean.

AWS adds actions every week. What a policy with wildcards allows of them shows at names made up so that every set of
patterns that can match one name together does match one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from service.core.iam.policy import Statement
from service.core.iam.proving.action_set import listed_actions
from service.core.iam.proving.bank import Bank, fresh_letter
from service.core.iam.proving.budget import Budget, OutOfBudget
from service.core.iam.proving.glob import text_glob


@dataclass(frozen=True, slots=True)
class Written:
    """The actions of some statements: names, and other names that stand for all that their patterns could mean.

    If `complete`, then for any action there is a name, here or in the universe, that matches the same patterns.
    """

    names: frozenset[str]
    imagined: frozenset[str]
    complete: bool


def written(statements: Iterable[Statement], scope: Iterable[Statement], budget: Budget) -> Written:
    """The actions that the statements name, and one for every way in which their patterns can overlap.

    Of services that no statement in scope is about, nothing is needed. Where the budget is not enough, the answer is
    not complete.
    """
    listed = [listed_actions(each.actions or each.not_actions) for each in statements]
    services = _services(scope)
    names = frozenset(_of(services, chain.from_iterable(each.names for each in listed)))
    patterns = frozenset(_of(services, chain.from_iterable(each.patterns for each in listed)))
    letter = fresh_letter("".join((*names, *patterns)))
    try:
        budget.spend(len(patterns))
        imagined = frozenset(_imagined(patterns, letter, budget))
    except OutOfBudget:
        return Written(names, frozenset({f"{letter}:{letter}"}), complete=False)
    return Written(names, imagined - names, complete=imagined.isdisjoint(names))


def _services(scope: Iterable[Statement]) -> frozenset[str] | None:
    """The services that the statements are about; `None` for any."""
    found: set[str] = set()
    for statement in scope:
        listed = listed_actions(statement.actions)
        found.update(map(_service, listed.names | listed.patterns))
        if statement.not_actions:
            return None
    return None if "" in found else frozenset(found)


@lru_cache(maxsize=65536)
def _service(pattern: str) -> str:
    """The service that a pattern is about; nothing where it may be any."""
    service, colon, _ = pattern.partition(":")
    return service if colon and "*" not in service and "?" not in service else ""


def _of(services: frozenset[str] | None, patterns: Iterable[str]) -> Iterator[str]:
    return (each for each in patterns if services is None or (service := _service(each)) in services or not service)


IMAGINING = 20_000
"""How many steps are worth it to follow overlapping patterns of actions."""


def _imagined(patterns: Iterable[str], letter: str, budget: Budget) -> Iterator[str]:
    """Names service by service: patterns of different services have none in common."""
    by_service: dict[str, list[str]] = defaultdict(list)
    for pattern in sorted(patterns):
        by_service[_service(pattern)].append(pattern)
    anywhere = [each for each in by_service.pop("", []) if each not in ("*", "*:*")]
    yield from _overlaps("?*:?*", anywhere, letter, budget)
    for service, listed in sorted(by_service.items()):
        if anywhere or any(not _is_prefix(each) for each in listed):
            yield from _overlaps(f"{service}:?*", [*anywhere, *listed], letter, budget)
        else:
            yield from (each.removesuffix("*") + letter for each in listed)


def _is_prefix(pattern: str) -> bool:
    return "*" not in pattern[:-1] and "?" not in pattern


def _overlaps(form: str, patterns: Sequence[str], letter: str, budget: Budget) -> Iterator[str]:
    """Words of the form, one for each set of patterns that can match together; with the unnamed letter if possible.

    A word without that letter may also be a name that is written out: it does not stand for another then.
    """
    budget.spend(10 * len(patterns) + sum(map(len, patterns)))
    bank = Bank([*map(text_glob, patterns), text_glob(form)])
    of_form = 1 << (bank.size - 1)
    found: dict[tuple[int, bool], str] = {}
    seen = {(bank.start, False)}
    ways = [(bank.start, "")]
    for places, word in ways:
        if places & of_form:
            found.setdefault((places & bank.ends, letter in word), word)
        for each in (letter, *bank.live(places)):
            budget.spend(1 + bank.size // 2048)
            then = bank.step(places, each)
            state = then, letter in word or each == letter
            if then and state not in seen:
                seen.add(state)
                ways.append((then, word + each))
    matched = sorted({matching for matching, _ in found})
    return (found.get((matching, True)) or found[matching, False] for matching in matched)
