"""Patterns learned from the names of resources of one kind, each with the names behind it.

The budget: a pattern needs `SIBLINGS` names that differ only in what looks like an id, a date or a number;
`CERTAIN_SIBLINGS` where it looks like an id or a date beyond doubt. A folder of objects becomes a prefix from
`FOLDER` names in it on, names with a common stem a family from `FAMILY` on. What does not reach it stays exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from service.core.patterns.tokens import Kind, Token, same_shape, tokens_of

SIBLINGS = 3
CERTAIN_SIBLINGS = 2
FOLDER = 8
FAMILY = 8

STEM = 3
"""A family's stem has at least this many letters or digits, and so many letters what stands before a wildcard within a
word.
"""


class Rule(StrEnum):
    """How a pattern was learned."""

    TEMPLATE = "template"
    PREFIX = "prefix"
    FAMILY = "family"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, order=True)
class Learned:
    """A pattern, and the texts that it was learned of, sorted: each is a single resource, as a policy writes it."""

    pattern: str
    rule: Rule
    texts: tuple[str, ...]
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """The names of resources of one kind in one place. `head` is what all their patterns begin with; `has_folders` says
    that `/` in them makes folders, as in the keys of objects; `are_numbered` that a name in the head says what they
    are, and their own only which one, as of the revisions of a task definition.
    """

    head: str
    texts: frozenset[str]
    has_folders: bool = False
    are_numbered: bool = False


def learned(names: Names) -> Iterator[tuple[Learned, ...]]:
    """What can be learned, each as alternatives for the same names, the widest first. No name is in two of them."""
    left = set(names.texts)
    for alternatives in _templates(names):
        left -= set(alternatives[0].texts)
        yield alternatives
    more = _prefixes(names.head, left) if names.has_folders else _families(names.head, left)
    yield from ((each,) for each in more)


def _templates(names: Names) -> Iterator[tuple[Learned, ...]]:
    groups: dict[tuple[str, ...], list[tuple[Token, ...]]] = {}
    for text in sorted(names.texts):
        tokens = tuple(tokens_of(text.removeprefix(names.head)))
        groups.setdefault(tuple(each.text if each.kind is Kind.TEXT else "" for each in tokens), []).append(tokens)
    for group in groups.values():
        columns = [tuple(dict.fromkeys(column)) for column in zip(*group, strict=True)]
        varying = [column for column in columns if len(column) > 1]
        certain = all(token.kind in _CERTAIN for column in varying for token in column)
        if varying and len(group) >= (CERTAIN_SIBLINGS if certain else SIBLINGS):
            yield from filter(None, [_alternatives(names, columns, group)])


_CERTAIN = (Kind.UUID, Kind.AWS_ID, Kind.DATE, Kind.HEX)


def _alternatives(
    names: Names, columns: Sequence[Sequence[Token]], group: Sequence[Sequence[Token]]
) -> tuple[Learned, ...]:
    """With dates open though all have the same; without; and with as many characters as were seen."""
    head = names.head
    texts = tuple(sorted(head + "".join(token.text for token in tokens) for tokens in group))
    found: dict[str, Learned] = {}
    for dates, fixed in ((True, False), (False, False), (False, True)):
        open_columns = [column for column in columns if len(column) > 1 or (dates and column[0].kind is Kind.DATE)]
        kinds = tuple(sorted({token.kind.value for column in open_columns for token in column}))
        pieces = [_piece(column, fixed=fixed) if column in open_columns else column[0].text for column in columns]
        if None in pieces:
            continue
        name = _joined(filter(None, pieces))
        certain = all(token.kind in _CERTAIN for column in open_columns for token in column) and "*" not in name
        if certain or names.are_numbered or any(letter.isalnum() for letter in name):  # else it is whatever there is
            found.setdefault(name, Learned(head + name, Rule.TEMPLATE, texts, kinds))
    return tuple(found.values())


def _piece(column: Sequence[Token], *, fixed: bool) -> str | None:
    """What stands for all of them: their form where that is fixed, else any text; None where a wildcard would stand
    behind a letter or two, which begin too much.
    """
    texts = [token.text for token in column]
    forms = {same_shape(text) for text in texts}
    is_fixed = fixed or all(token.kind in _CERTAIN for token in column)
    if is_fixed and len(forms) == 1:
        return forms.pop()
    letters = _letters(texts)
    is_short = 0 < len(letters) < STEM
    if len(forms) == 1 and (is_short or _has_width(texts)):
        return letters + forms.pop()[len(letters) :]
    return None if is_short else f"{letters}*"


_NUMBER = re.compile("[A-Za-z]*([0-9]+)")


def _has_width(texts: Sequence[str]) -> bool:
    """Whether numbers of one length keep it: some are filled up with zeros. Others become longer as they count on."""
    found = [_NUMBER.fullmatch(text) for text in texts]
    digits = [each[1] for each in found if each is not None]
    if len(digits) < len(texts):
        return False
    return any(each[0] == "0" and len(each) > 1 for each in digits)


def _letters(texts: Sequence[str]) -> str:
    """The letters that all of them begin with, before the first digit of any."""
    same = takewhile(lambda letters: len(set(letters)) == 1 and letters[0].isalpha(), zip(*texts, strict=False))
    return "".join(letters[0] for letters in same)


def _joined(pieces: Iterable[str]) -> str:
    return re.sub(r"\*{2,}", "*", "".join(pieces))


def _prefixes(head: str, texts: Iterable[str]) -> Iterator[Learned]:
    """Folders with many names in them or below, the deepest first. All names of a bucket at once are no folder."""
    left = set(texts)
    for folder in sorted({each for text in left for each in _folders(head, text)}, key=lambda each: (-len(each), each)):
        inside = sorted(text for text in left if text.startswith(folder))
        if len(inside) >= FOLDER:
            left.difference_update(inside)
            yield Learned(f"{folder}*", Rule.PREFIX, tuple(inside))


def _folders(head: str, text: str) -> Iterator[str]:
    parts = text.removeprefix(head).split("/")
    for count in range(1, len(parts)):
        yield head + "/".join(parts[:count]) + "/"


def _families(head: str, texts: Iterable[str]) -> Iterator[Learned]:
    """Names that begin alike up to a separator, the longest stem first."""
    left = set(texts)
    stems = {head + stem for text in left for stem in _stems(text.removeprefix(head))}
    for stem in sorted(stems, key=lambda each: (-len(each), each)):
        inside = sorted(text for text in left if text.startswith(stem))
        if len(inside) >= FAMILY:
            left.difference_update(inside)
            yield Learned(f"{stem}*", Rule.FAMILY, tuple(inside))


_SEPARATOR = re.compile(r"[-_./:]")


def _stems(name: str) -> Iterator[str]:
    for found in _SEPARATOR.finditer(name):
        stem = name[: found.end()]
        if sum(letter.isalnum() for letter in stem) >= STEM and not set(stem) & set("*?$"):
            yield stem
