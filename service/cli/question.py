"""A question about one principal, as commands put it: who, which days, beside what, of which trail or index."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

from service.cli.catalog_choice import refreshed_catalog
from service.cli.choosing import choices_of
from service.cli.index_place import place_of
from service.cli.progress import reading
from service.core.beside import Beside
from service.core.choices import ResourceChoice
from service.core.days import WindowAsked
from service.core.principals import PrincipalQuery, parse_principal
from service.core.usage import Keep
from service.usecases.gather import gather
from service.usecases.index_reading import of_one_state
from service.usecases.propose import Proposer
from service.usecases.reading import Reading
from service.wiring import current_in, file_trail, keep_with, overrides_in, parts, usage_index, witnesses_in

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and what answers it."""

    query: PrincipalQuery
    asked: WindowAsked
    beside: Beside
    proposer: Proposer


def answered(arguments: Namespace, make: Callable[[Question, Reading], T]) -> T:
    """What `make` makes of the question and the trail or index that the arguments name.

    Raises:
        WhittleError: they cannot be used.
    """
    query = parse_principal(arguments.principal)
    asked = WindowAsked(arguments.days, arguments.first or "", arguments.last or "")
    generation = refreshed_catalog(arguments, whole=True)
    refreshed = generation.place if generation else None
    overrides = overrides_in(arguments.overrides, refreshed)
    current = current_in(arguments.current, query) if arguments.current else None
    witnesses = witnesses_in(arguments.last_accessed or (), arguments.event_selectors or (), arguments.keep, query)
    beside = Beside(current, choices_of(arguments), witnesses)
    question = Question(query, asked, beside, parts(overrides, refreshed).proposer)
    keep = keep_with(overrides, refreshed)

    def answer(read: Reading) -> T:
        return make(question, read)

    if arguments.index is None:
        return answer(_of_trail(arguments, keep, query if _is_alone(arguments) else None))
    with closing(usage_index(place_of(arguments), create=False)) as index:
        return of_one_state(index, keep, answer)


def _is_alone(arguments: Namespace) -> bool:
    """Whether what others did is not asked for: else the trail is read for everybody at once."""
    return bool(arguments.resources == ResourceChoice.EXACT.value and arguments.command != "advise")


def answered_for_all(arguments: Namespace, make: Callable[[Proposer, Reading], T]) -> T:
    """What `make` makes of the trail or index that the arguments name, read for every principal.

    Raises:
        WhittleError: they cannot be used.
    """
    generation = refreshed_catalog(arguments, whole=True)
    refreshed = generation.place if generation else None
    overrides = overrides_in(arguments.overrides, refreshed)
    proposer, keep = parts(overrides, refreshed).proposer, keep_with(overrides, refreshed)

    def answer(read: Reading) -> T:
        return make(proposer, read)

    if arguments.index is None:
        return answer(_of_trail(arguments, keep, None))
    with closing(usage_index(place_of(arguments), create=False)) as index:
        return of_one_state(index, keep, answer)


def _of_trail(arguments: Namespace, keep: Keep, query: PrincipalQuery | None) -> Reading:
    trail = file_trail(arguments.trail, arguments.workers)
    with reading(trail) as progress:
        return gather(trail, keep, query, progress)
