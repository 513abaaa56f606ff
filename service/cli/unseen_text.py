"""What the trail does not show, for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from service.core.shown import shown
from service.core.unseen.last_accessed import Settled, Testimony
from service.core.unseen.report import BlindSpots, Group

_ROWS = 20
"""How many of a kind are listed; JSON has all of them."""

_OTHERS = 5
"""How many of what is not kept."""


def blind_spot_lines(found: BlindSpots) -> Iterator[str]:
    """What is kept though it could not be seen, first: a reviewer has to decide on it."""
    kept = [each for each in found.unobservable if each.is_kept]
    other = [each for each in found.unobservable if not each.is_kept]
    titles = "kept, though no event could have shown it:", "could not be seen, not kept:"
    for title, groups, rows in zip(titles, (kept, other), (_ROWS, _OTHERS), strict=True):
        yield from [title] if groups else ()
        yield from map(_group, groups[:rows])
        if len(groups) > rows:
            yield f"  and {len(groups) - rows} more; --format json lists them all"
    if found.unused:
        counts = {each.service: each.count for each in found.unused}
        told = ", ".join(f"{service} {count:,}" for service, count in list(counts.items())[:_ROWS])
        more = f" and {len(counts) - _ROWS} services more" if len(counts) > _ROWS else ""
        yield f"granted now and unused all through the window: {sum(counts.values()):,} actions: {told}{more}"
    if kept or other or found.unused:
        yield ""


def testimony_lines(said: Testimony) -> Iterator[str]:
    """What last accessed data adds: what was accessed and is not in the trail."""
    counts = Counter(each.settled for each in said.witnessed)
    yield f"last accessed: {', '.join(f'{each.value} {counts[each]:,}' for each in Settled if counts[each])}"
    accessed = [each for each in said.witnessed if each.settled is Settled.ACCESSED]
    for each in accessed[:_ROWS]:
        where = f" in {shown(each.region)}" if each.region else ""
        yield f"  {shown(each.name)}: {each.last[:10]}{where}: {shown(each.why, 400)}"
    if len(accessed) > _ROWS:
        yield f"  and {len(accessed) - _ROWS} more; --format json lists them all"
    yield ""


def _group(each: Group) -> str:
    names = [action.split(":", 1)[1] for action in each.actions]
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return f"  {each.service}: {', '.join(names[:_NAMES])}{more}: {each.why} ({each.detail})"


_NAMES = 4
