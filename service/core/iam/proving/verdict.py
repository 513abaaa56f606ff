"""Answers of a check: it holds, a request refutes it, or it is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from service.core.iam.evaluate import Request


class Assumption(Enum):
    """What the actions are over which something holds; resources and condition keys are always any."""

    SYNTACTIC = "any action"
    CATALOG = "the actions of the catalog"


@dataclass(frozen=True, slots=True)
class Holds:
    """It is so for every request. `beyond` is a request for an action that AWS does not have today, on which it fails.

    Only an answer that assumes the catalog has one, and not always.
    """

    assumption: Assumption
    beyond: Request | None = None


@dataclass(frozen=True, slots=True)
class Refuted:
    """It is not so for this request, as the plain evaluator confirms on the policies themselves."""

    request: Request


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could not be decided; the reason is one or more phrases, joined by semicolons."""

    reason: str


Verdict = Holds | Refuted | Unknown


def both(first: Verdict, second: Verdict) -> Verdict:
    """The answer to whether two things hold together."""
    for kind in (Refuted, Unknown):
        for verdict in (first, second):
            if isinstance(verdict, kind):
                return verdict
    return next((each for each in (first, second) if _of_the_catalog(each)), first)


def _of_the_catalog(verdict: Verdict) -> bool:
    return isinstance(verdict, Holds) and verdict.assumption is Assumption.CATALOG


def words(request: Request) -> str:
    """The request as a sentence would have it."""
    keys = [f"{key} = {_values(request.context[key])}" for key in sorted(request.context)]
    unknown = [f"{key} unknown" for key in sorted(request.unknown_keys)]
    return f"{request.action} on {request.resource}{''.join(_listed([*keys, *unknown]))}"


def _values(values: Iterable[str]) -> str:
    return ", ".join(each or "(empty)" for each in values) or "(no value, so absent)"


def _listed(keys: list[str]) -> Iterator[str]:
    yield f", with {'; '.join(keys)}" if keys else ", without condition keys"
