"""A reviewer's keep list: actions that must stay though nobody used them, with the reason."""

from __future__ import annotations

from service.core.errors import InputError
from service.core.shown import shown
from service.core.unseen.keep_list import KeepRow

_HEADER = ["action", "reason"]


def keep_list_of(name: str, content: bytes) -> tuple[KeepRow, ...]:
    """The rows of a table with the columns `action` and `reason`, with tabs between.

    Raises:
        InputError: it is none; the message names the line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: byte {error.start} is not UTF-8: save the file as UTF-8") from error
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip() and line[0] != "#"]
    if not lines or lines[0][1].split("\t") != _HEADER:
        raise InputError(f"{name} does not begin with the line `action<TAB>reason`: see the README's keep list")
    return tuple(_row(f"{name}, line {number}", line) for number, line in lines[1:])


def _row(place: str, line: str) -> KeepRow:
    action, *reason = line.split("\t")
    if len(reason) != 1:
        raise InputError(f"{place}: write an action, a tab, and the reason why it has to stay")
    return kept_row(place, action, *reason)


def kept_row(place: str, action: str, reason: str) -> KeepRow:
    """One row.

    Raises:
        InputError: the action is none, or there is no reason.
    """
    service, _, named = action.strip().partition(":")
    if not reason.strip():
        raise InputError(f"{place}: give the reason why `{shown(action)}` has to stay")
    if not service or not named or set(service) & set("*?") or set(named[:-1]) & set("*?"):
        raise InputError(f"{place}: `{shown(action)}` is no action: write one like `s3:GetObject` or `backup:Start*`")
    return KeepRow(action.strip(), reason.strip())
