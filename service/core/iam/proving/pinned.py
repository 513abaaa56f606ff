"""Policy variables with values: statements that say what they say once the value is known, and values out of a word.

A key that serves as a variable has one value at most: "You can use any single-valued condition key as a variable. You
can't use a multivalued condition key as a variable."
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product

from service.core.iam.arn import SEGMENTS
from service.core.iam.pattern import Variable, parse_pattern
from service.core.iam.policy import Condition
from service.core.iam.proving.atoms import Atom, Kind, atom
from service.core.iam.proving.bank import Word
from service.core.iam.proving.glob import CONFINED, STARS, Glob, Token, Wild
from service.core.iam.proving.rule import Region, Rule, prepared

Pins = dict[str, str]
"""The value of each key."""


def pinnings(atoms: Iterable[Atom], keys: frozenset[str]) -> list[Pins]:
    """Every way in which the atoms leave the keys a value, of those to which they leave a few; nothing if none."""
    listed: dict[str, list[str]] = {}
    for each in atoms:
        if each.key in keys and (texts := _only_texts(each)) and len(texts) < len(listed.get(each.key, _MANY)):
            listed[each.key] = texts
    few = dict(sorted(listed.items())[:_KEYS])
    return [dict(zip(few, values, strict=True)) for values in product(*few.values())] if few else []


def pinned(rule: Rule, pins: Pins) -> Rule:
    """What the rule says to a request in which the keys have those values."""
    if not rule.expands or rule.variables.isdisjoint(pins):
        return rule
    stated = rule.statement
    known = replace(
        stated,
        resources=tuple(_arn_said(each, pins) for each in stated.resources),
        not_resources=tuple(_arn_said(each, pins) for each in stated.not_resources),
        conditions=tuple(_pinned(each, pins) for each in stated.conditions),
    )
    return prepared(known, variables=True)


def pinned_atom(found: Atom, pins: Pins) -> Atom:
    """What the atom says to such a request."""
    return atom(_pinned(found.condition, pins), variables=True) if found.variables else found


def pinned_region(region: Region, pins: Pins) -> Region:
    """What the region is to such a request."""
    inside, outside = (tuple(_glob_said(each, pins) for each in globs) for globs in (region.inside, region.outside))
    return Region(inside, outside)


def pins_met(pins: Pins) -> tuple[Atom, ...]:
    """The atoms that hold where the keys have those values."""
    return tuple(atom(Condition("StringEquals", key, (value,)), variables=False) for key, value in pins.items())


def values_in(word: Word, glob: Glob) -> Pins:
    """Values of the variables of a glob, none empty, with which the word is one of its words; nothing if none is found.

    The leftmost way of reading it is the one that is tried.
    """
    letters = [each for each in word if isinstance(each, str)]
    tokens = glob.tokens
    if len(letters) < len(word) or len(tokens) * len(letters) > _LONG:
        return {}
    ends = _ends("".join(letters), tokens)
    found: dict[str, str] = {}
    place = 0
    for number, token in enumerate(tokens):
        known = found.get(token.key) if isinstance(token, Variable) else None
        after = _next(ends[number + 1], place, token) if known is None else place + len(known)
        if not ends[number + 1] >> after & 1:
            return {}
        if isinstance(token, Variable):
            text = "".join(letters[place:after])
            if found.setdefault(token.key, text) != text:
                return {}
        place = after
    return found


_KEYS = 3
"""How many keys are pinned at once, and to how many values each: what is more is left open."""

_MANY = ("",) * 5

_LONG = 100_000
"""Letters times tokens up to which a word is read for values."""

_VARIABLE = re.compile(r"\$\{[^}]*\}")
_SPECIAL = re.compile(r"[*?$]")


def _only_texts(found: Atom) -> list[str]:
    """The values that the atom leaves its key, none of them empty: what an empty variable does is not documented."""
    if found.opaque or found.is_set or found.operator.if_exists:
        return []
    texts = found.texts() or []
    return texts if all(texts) else []


def _pinned(condition: Condition, pins: Pins) -> Condition:
    found = atom(condition, variables=True)
    if found.kind is not Kind.TEXT:
        return condition
    say = _arn_said if found.on_arns else _said
    return replace(condition, values=tuple(say(each, pins) for each in condition.values))


def _said(text: str, pins: Pins) -> str:
    """The pattern with its variables filled in."""
    return _VARIABLE.sub(lambda found: _value(found[0], pins), text)


def _arn_said(text: str, pins: Pins) -> str:
    """The same for an ARN, in which what a variable does before the fifth colon is not known."""
    place = _fifth_colon(text)
    return text[:place] + _said(text[place:], pins)


def _glob_said(glob: Glob, pins: Pins) -> Glob:
    """The same for the glob of an ARN."""
    return Glob.of(_tokens_said(glob.tokens, pins)) if any(each.key in pins for each in glob.variables) else glob


def _tokens_said(tokens: Iterable[Token], pins: Pins) -> Iterator[Token]:
    colons = 0
    for each in tokens:
        colons += each == ":"
        if isinstance(each, Variable) and each.key in pins and colons >= SEGMENTS - 1:
            yield from pins[each.key]
        else:
            yield each


def _fifth_colon(text: str) -> int:
    """Where the last segment begins, colons inside of `${...}` not counted."""
    bare = _VARIABLE.sub(lambda found: "." * len(found[0]), text)
    colons = [place for place, letter in enumerate(bare) if letter == ":"]
    return colons[SEGMENTS - 2] + 1 if len(colons) >= SEGMENTS - 1 else len(text)


def _value(written: str, pins: Pins) -> str:
    (part, *_) = parse_pattern(written).parts
    value = pins.get(part.key) if isinstance(part, Variable) else None
    return written if value is None else _SPECIAL.sub(lambda found: f"${{{found[0]}}}", value)


def _ends(text: str, tokens: Sequence[Token]) -> list[int]:
    """For each place in the tokens, from where in the text they go on to the end, as bits."""
    found = [1 << len(text)]
    for token in reversed(tokens):
        found.append(_before(text, token, found[-1]))
    return found[::-1]


def _before(text: str, token: Token, after: int) -> int:
    """Where the token may begin if it has to end at one of these places."""
    if token in STARS or isinstance(token, Variable):
        last = after.bit_length() - 1
        if token in CONFINED:
            return _within_segment(text, after)
        return (1 << (last + isinstance(token, str | Wild))) - 1 if last >= 0 else 0
    fitting = "".join("01"[_fits(token, letter)] for letter in reversed(text))
    return (after >> 1) & int(fitting or "0", 2)


def _within_segment(text: str, after: int) -> int:
    found = after
    for place in range(len(text) - 1, -1, -1):
        if text[place] != ":" and found >> (place + 1) & 1:
            found |= 1 << place
    return found


def _fits(token: Token, letter: str) -> bool:
    if isinstance(token, Wild):
        return letter != ":" or token not in CONFINED
    return isinstance(token, str) and letter in token


def _next(after: int, place: int, token: Token) -> int:
    """Where the token that begins at a place ends at the earliest; a variable has at least one letter."""
    if token not in STARS and not isinstance(token, Variable):
        return place + 1
    least = place + isinstance(token, Variable)
    rest = after >> least
    return least + (rest & -rest).bit_length() - 1 if rest else least
