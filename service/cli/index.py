"""`whittle index`: adding a trail to a usage index, and what one should know of it."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial

from service.cli.catalog_choice import refreshed_catalog, warn
from service.cli.files import emit
from service.cli.index_place import place_of
from service.cli.index_text import added_json, added_text, status_json, status_text
from service.cli.interrupting import finishing
from service.cli.progress import adding
from service.core.errors import InputError, WhittleError
from service.core.json_bytes import to_bytes
from service.core.shown import shown
from service.core.usage import Keep
from service.usecases.following import GrowingTrail, follow
from service.usecases.index_checking import findings
from service.usecases.index_upkeep import prune as forget
from service.usecases.index_upkeep import settle
from service.usecases.indexing import Added, add_trail
from service.wiring import file_trail, index_files, keep_with, overrides_in, rebuilt_index, usage_index

SOUND, UNSOUND, INTERRUPTED = 0, 1, 130


def index(arguments: Namespace) -> int:
    """One of the commands."""
    return _COMMANDS[arguments.index_command](arguments)


def _add(arguments: Namespace) -> int:
    place = place_of(arguments)
    generation = refreshed_catalog(arguments, whole=True)
    refreshed = generation.place if generation else None
    keep = keep_with(overrides_in(arguments.overrides, refreshed), refreshed)
    trail = file_trail(arguments.paths, arguments.workers, besides=index_files(place))
    trail.files()  # what does not exist is said before an index is made
    work = _follow if arguments.follow else _rebuild if arguments.rebuild else _once
    try:
        with finishing(trail.finish):
            if arguments.follow and arguments.rebuild:
                _rebuild(arguments, place, keep, trail)
            return work(arguments, place, keep, trail)
    except _NotRebuilt:
        return _interrupted("the old index is as it was; give the same command again")
    except KeyboardInterrupt:
        return _interrupted("what was stored is whole; give the same command again, and it goes on from there")


def _once(arguments: Namespace, place: str, keep: Keep, trail: GrowingTrail) -> int:
    with adding() as watch:
        added = add_trail(partial(usage_index, place), trail, keep, watch)
    code = _told(added, arguments)
    if code == SOUND and trail.is_finishing:
        return _interrupted("every file is stored, and the next run puts the rest in order")
    return code


def _follow(arguments: Namespace, place: str, keep: Keep, trail: GrowingTrail) -> int:
    """Until Ctrl-C, which is how it ends."""
    code = SOUND
    wait = partial(_waited, arguments.interval, lambda: trail.is_finishing)
    for added in follow(partial(usage_index, place), trail, keep, wait, warn, adding):
        code = _told(added, arguments)
    return code


class _NotRebuilt(WhittleError):
    """A rebuilding was interrupted: the new index is not complete."""


def _rebuild(arguments: Namespace, place: str, keep: Keep, trail: GrowingTrail) -> int:
    with adding() as watch, rebuilt_index(place) as new:
        added = add_trail(partial(usage_index, new), trail, keep, watch)
        if trail.is_finishing:
            raise _NotRebuilt
    return _told(added, arguments)


def _told(added: Added, arguments: Namespace) -> int:
    emit(to_bytes(added_json(added)) if arguments.format == "json" else added_text(added))
    if not added.left:
        return SOUND
    files = "one file is" if added.left == 1 else f"{added.left:,} files are"
    return _interrupted(f"{files} left; give the same command again, and it goes on from there")


def _interrupted(sentence: str) -> int:
    warn(f"interrupted: {sentence}")
    return INTERRUPTED


def _waited(seconds: float, is_over: Callable[[], bool]) -> bool:
    """Whether to look again; in short steps, as a signal does not end a sleep."""
    until = time.monotonic() + seconds
    while not is_over() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 0.1))
    return not is_over()


def _status(arguments: Namespace) -> int:
    with closing(usage_index(place_of(arguments), create=False)) as index:
        totals = index.totals()
    emit(to_bytes(status_json(totals)) if arguments.format == "json" else status_text(totals))
    return SOUND


def _prune(arguments: Namespace) -> int:
    with closing(usage_index(place_of(arguments), create=False)) as index:
        with index.adding():
            settle(index)  # events are counted once before and after
            before = index.totals()
            day = arguments.before or _first_kept(before.last_day, arguments.keep_days)
            if day is not None:
                forget(index, day.toordinal())
        after = index.totals()
    if arguments.format == "json":
        forgotten = {"events": before.events - after.events, "principals": before.principals - after.principals}
        emit(to_bytes({"pruned_before": after.pruned_before or None, "forgotten": forgotten}))
    else:
        emit(
            f"forgot {before.events - after.events:,} events and {before.principals - after.principals:,} principals; "
            f"kept from {after.pruned_before or 'the first day'} on: {after.events:,} events, "
            f"{after.principals:,} principals\n"
        )
    return SOUND


def _first_kept(last_day: str, days: int) -> date | None:
    """Counted from the newest event; one of the future is no end to count from."""
    if days < 1:
        raise InputError("the number of days to keep is 0: give at least 1")
    if not last_day:
        return None
    last = date.fromisoformat(last_day)
    if last > datetime.now(UTC).date() + timedelta(days=1):
        raise InputError(f"the newest event is of {last_day}, which is yet to come: give `--before DAY` instead")
    return last - timedelta(days=min(days - 1, last.toordinal() - 1))


def _check(arguments: Namespace) -> int:
    with closing(usage_index(place_of(arguments), create=False)) as index:
        found = findings(index)
    if arguments.format == "json":
        emit(to_bytes({"sound": not found, "findings": found}))
    else:
        emit("".join(f"{shown(each, 400)}\n" for each in found) or "the index is sound\n")
    if found:
        warn("the index is not sound: give `whittle index add PATH... --rebuild`")
    return UNSOUND if found else SOUND


_COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "add": _add,
    "status": _status,
    "prune": _prune,
    "check": _check,
}
