"""Requests out of what a search found: made-up parts filled in so that they look like real ones where they can."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from service.core.iam.arn import SEGMENTS
from service.core.iam.context import Values
from service.core.iam.evaluate import Request
from service.core.iam.pattern import Variable
from service.core.iam.policy import Statement
from service.core.iam.proving.action_set import Universe
from service.core.iam.proving.bank import PRIVATE, Word


@dataclass(frozen=True, slots=True)
class Sketch:
    """A request in letters that no policy names, wherever any letter would do.

    `variables` are the keys that policy variables may take their values from, if the request has them.
    """

    action: str
    resource: Word
    context: Mapping[str, Values]
    variables: frozenset[str]

    def with_variables(self) -> Sketch:
        """The same with a value for every variable."""
        values = {key: (chr(PRIVATE[0] + number),) for number, key in enumerate(sorted(self.variables))}
        return Sketch(self.action, self.resource, {**values, **self.context}, self.variables)


@dataclass(frozen=True, slots=True)
class Places:
    """Where requests are made: the Region and account that the policies speak of, or those of AWS's examples."""

    region: str
    account: str
    spelling: Mapping[str, str]


def places_of(statements: Iterable[Statement]) -> Places:
    """The first Region and account in the ARNs of the statements, and how they spell the actions that they name."""
    found = list(statements)
    arns = [each.split(":") for one in found for each in (*one.resources, *one.not_resources)]
    written = [each for one in found for each in (*one.actions, *one.not_actions)]
    return Places(
        _first(_REGION, (arn[3] for arn in arns if len(arn) >= SEGMENTS)) or _USUAL_REGION,
        _first(_ACCOUNT, (arn[4] for arn in arns if len(arn) >= SEGMENTS)) or _USUAL_ACCOUNT,
        {each.lower(): each for each in reversed(written)},
    )


def requests(sketch: Sketch, universe: Universe, places: Places) -> Iterator[Request]:
    """Requests like the sketch, the most lifelike first and the sketch itself last."""
    for each in (sketch, sketch.with_variables()) if sketch.variables else (sketch,):
        for fill in _FILLS:
            action = _spelled(fill(each.action), universe, places)
            context = {key: tuple(map(fill, values)) for key, values in each.context.items()}
            for resource in dict.fromkeys(_resources(each, universe, places, fill)):
                yield Request(action, resource, context)


def with_letters(text: str) -> str:
    """The text with a letter of the alphabet for each made-up one."""
    return _MADE_UP.sub(lambda found: _LETTERS[_number(found[0]) % len(_LETTERS)], text)


def is_made_up(text: str) -> bool:
    """Whether nothing in the text is from a policy."""
    return not _MADE_UP.sub("", text)


_USUAL_REGION, _USUAL_ACCOUNT = "us-east-1", "111122223333"
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_ACCOUNT = re.compile(r"[0-9]{12}")
_MADE_UP = re.compile(f"[{chr(PRIVATE[0])}-{chr(PRIVATE[1] - 1)}]")
_MADE_UP_RUN = re.compile(_MADE_UP.pattern + "+")

_Fill = Callable[[str], str]


def _first(form: re.Pattern[str], texts: Iterable[str]) -> str:
    return next((text for text in texts if form.fullmatch(text)), "")


def _with_word(text: str) -> str:
    return _MADE_UP_RUN.sub(lambda found: f"example{_number(found[0]) or ''}", text)


def _with_digits(text: str) -> str:
    return _MADE_UP.sub(lambda found: str(_number(found[0]) % 10), text)


def _number(made_up: str) -> int:
    """The same for the same first letter: what is told apart stays apart."""
    return ord(made_up[0]) - PRIVATE[0]


_LETTERS = "xyzabcdefghijklmnopqrstuvw"


def _as_it_is(text: str) -> str:
    return text


_FILLS: tuple[_Fill, ...] = (_with_word, with_letters, _with_digits, _as_it_is)


def _spelled(action: str, universe: Universe, places: Places) -> str:
    return universe.spelling.get(action) or places.spelling.get(action, action)


def _resources(sketch: Sketch, universe: Universe, places: Places, fill: _Fill) -> Iterator[str]:
    text = "".join(_letters(each, sketch.context) for each in sketch.resource)
    if fill is _FILLS[0]:
        yield from (_instance(each, places) for each in universe.arn_formats(sketch.action))
    parts = text.split(":", SEGMENTS - 1)
    if parts[0] == "arn" and len(parts) == SEGMENTS:
        yield from (fill(":".join(each)) for each in _placed(parts, places))
    elif not text.strip("*") or _MADE_UP.search(text):
        service = fill(sketch.action.partition(":")[0])
        yield "*"
        yield f"arn:aws:{service}:{places.region}:{places.account}:example"
    yield fill(text)


def _letters(symbol: str | Variable, context: Mapping[str, Values]) -> str:
    """A letter, or the value of a variable."""
    if isinstance(symbol, str):
        return symbol
    values = context.get(symbol.key, ())
    return values[0] if values else symbol.default or ""


def _instance(arn_format: str, places: Places) -> str:
    """An ARN of the format."""
    known = {"Partition": "aws", "Region": places.region, "Account": places.account}
    return re.sub(r"\$\{([^}]*)\}", lambda found: known.get(found[1], "example"), arn_format)


def _placed(parts: list[str], places: Places) -> Iterator[list[str]]:
    """The ARN with what is empty or made up in its first segments filled in, then with less and less of that."""
    usual = ("arn", "aws", "example", places.region, places.account)
    filled = [other if not part or _MADE_UP.search(part) else part for part, other in zip(parts, usual, strict=False)]
    resource = parts[-1] or "example"
    for ending in (resource + "example", resource) if resource[-1] in "/:" else (resource,):
        yield [*filled, ending]
        yield [*filled[:3], "", filled[4], ending]
        yield [*filled[:3], *parts[3:5], ending]
    yield [*filled[:3], *parts[3:]]
