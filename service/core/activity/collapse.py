"""Keeping rows bounded: names that are too many to list become a prefix and a wildcard.

The values of a family's rows are a tree: value after value, and each value part after part, cut behind `/` and `:`. A
node with more than `MOST_CHILDREN` different next parts collapses: what follows of that value is `COLLAPSED`, and the
subtrees below are taken together. Collapsing never makes a node's children fewer but below a node that collapsed, so
it makes no difference whether it is done once for all rows or on parts of them, in any order and grouping.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from zlib import crc32

from service.core.activity.row import Family, Row
from service.core.activity.segment import Entry, Segment, Sketch, added, united
from service.core.usage import COLLAPSED, Context

MOST_CHILDREN = 2000
"""How many names stay listed below one prefix. Of the recorded trails, the most that one principal has are 1,171."""

MOST_PARTS = 10
"""Into how many parts a value is cut; an ARN has six, and the rest are folders of its resource."""

_PART = re.compile(r"[^/:]*[/:]|[^/:]+", re.DOTALL)

_Parts = tuple[str, ...]
_Item = tuple[Row, tuple[_Parts, ...]]


def collapsed(segment: Segment, most: int = MOST_CHILDREN) -> Segment:
    """The segment with at most `most` names below each prefix."""
    families: dict[Family, list[Row]] = {}
    for row in segment.rows:
        families.setdefault(row.family, []).append(row)
    renamed: dict[Row, Row] = {}
    for rows in families.values():
        if len(rows) > most or any(map(_is_open, rows)):
            renamed.update(_renamed(rows, most))
    context = _crowded(segment.rows, most)
    renamed.update({row: _placed(renamed.get(row, row), context) for row in segment.rows if context})
    return _under(segment, {old: new for old, new in renamed.items() if old != new}) if renamed else segment


def _is_open(row: Row) -> bool:
    return any(value.endswith(COLLAPSED) for value in row.values)


def _renamed(rows: Sequence[Row], most: int) -> Iterator[tuple[Row, Row]]:
    items: list[_Item] = [(row, tuple([_parts(value) for value in row.values])) for row in rows]
    for row, values in _cut(items, most, any_open=any(map(_is_open, rows))):
        name = row._replace(values=tuple(["".join(value) for value in values]))
        # Copies of events that are too many to be told apart by name are too many to be told apart at all.
        yield row, name._replace(shared_id="") if _is_open(name) else name


def _parts(value: str) -> _Parts:
    """`logs/2026/a.gz` -> `logs/`, `2026/`, `a.gz`. The last of `MOST_PARTS` is everything that is left."""
    marked = value.endswith(COLLAPSED)
    parts = _PART.findall(value[: -len(COLLAPSED)] if marked else value)
    if len(parts) > MOST_PARTS:
        parts = [*parts[: MOST_PARTS - 1], "".join(parts[MOST_PARTS - 1 :])]
    return (*parts, COLLAPSED) if marked else tuple(parts)


def _cut(items: list[_Item], most: int, *, any_open: bool) -> Iterator[_Item]:
    """Node by node, from the first part of the first value on. All items of a node agree in what lies before it."""
    waiting = [(items, 0, 0)]
    while waiting:
        node, value, part = waiting.pop()
        if value == len(node[0][1]) or (len(node) <= most and not any_open):
            yield from node
            continue
        children: dict[str, list[_Item]] = {}
        for item in node:
            parts = item[1][value]
            children.setdefault(parts[part] if part < len(parts) else "", []).append(item)
        if COLLAPSED in children or len(children) - ("" in children) > most:
            waiting.append(([(row, _closed(values, value, part)) for row, values in node], value + 1, 0))
        else:
            waiting.extend(
                (child, value + 1, 0) if name == "" else (child, value, part + 1) for name, child in children.items()
            )


def _closed(values: tuple[_Parts, ...], value: int, part: int) -> tuple[_Parts, ...]:
    return (*values[:value], (*values[value][:part], COLLAPSED), *values[value + 1 :])


def _crowded(rows: Iterable[Row], most: int) -> frozenset[str]:
    """Condition keys with more different values than are worth keeping, or that had them before."""
    values: dict[str, set[str]] = {}
    for row in rows:
        for key, value in row.context:
            values.setdefault(key, set()).add(value)
    return frozenset(key for key, found in values.items() if len(found) > most or COLLAPSED in found)


def _placed(row: Row, crowded: frozenset[str]) -> Row:
    context: Context = tuple([(key, COLLAPSED if key in crowded else value) for key, value in row.context])
    return row._replace(context=context)


def _under(segment: Segment, renamed: Mapping[Row, Row]) -> Segment:
    """The segment with rows under other names, and those of one name taken together."""
    groups: dict[Row, list[tuple[Entry, ...]]] = {}
    sketches: dict[Row, list[Sketch]] = {}
    for row, entries in segment.rows.items():
        name = renamed.get(row, row)
        groups.setdefault(name, []).append(entries)
        if _is_open(name):
            sketches.setdefault(name, []).append(segment.sketches.get(row) or (_hash(row),))
    rows = {
        name: parts[0] if len(parts) == 1 else added(entry for part in parts for entry in part)
        for name, parts in groups.items()
    }
    return replace(segment, rows=rows, sketches={name: united(each) for name, each in sketches.items()})


def _hash(row: Row) -> int:
    """Of what a row names, whatever its context."""
    return crc32("\0".join(row.values).encode(errors="surrogatepass"))
