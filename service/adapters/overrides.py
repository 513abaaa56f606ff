"""A user's own answers for operations: a table in a file, checked against the catalog before it is believed."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from catalog.model import Catalog, Operation
from catalog.operations import NO_OVERRIDES, UserOverride, UserOverrides
from catalog.tables import MalformedTable, Row, items, numbered_rows
from service.core.errors import InputError
from service.core.shown import shown

COLUMNS = ("event_source", "event_name", "actions", "reason")
"""Of the file. `actions` are separated by commas; none of them: no permission is needed."""

MAX_BYTES = 4 << 20


def read_overrides(path: Path | None, catalog: Catalog) -> UserOverrides:
    """The overrides of a file, or none where there is no file.

    Raises:
        InputError: the file cannot be used; the message names the line and says what to do.
    """
    if path is None:
        return NO_OVERRIDES
    content = _content(path)
    return UserOverrides(hashlib.sha256(content).hexdigest(), _rows(content, path.name, catalog))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise InputError(f"cannot read the overrides `{path}`: {reason}; give a file with --overrides") from error
    if len(content) > MAX_BYTES:
        raise InputError(f"the overrides `{path}` are longer than {MAX_BYTES >> 20} MB; give a table of overrides")
    return content


def _rows(content: bytes, name: str, catalog: Catalog) -> dict[Operation, UserOverride]:
    found: dict[tuple[str, str], int] = {}
    rows: dict[Operation, UserOverride] = {}
    for number, row in _table(content, name):
        place = f"{name}, line {number}"
        operation, override = _override(row, place, catalog)
        first = found.setdefault((operation.source.lower(), operation.name.lower()), number)
        if first != number:
            raise InputError(f"{place}: line {first} is about the same call; keep one of the two")
        rows[operation] = override
    return rows


def _table(content: bytes, name: str) -> Iterator[tuple[int, Row]]:
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
        table = numbered_rows(text, name)
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not text in UTF-8; save it as UTF-8") from error
    except MalformedTable as error:
        raise InputError(shown(str(error), 300)) from error
    for number, row in table:
        if tuple(row) != COLUMNS:
            raise InputError(f"{name}: the header must be `{', '.join(COLUMNS)}`, with tabs between")
        yield number, {column: cell.strip() for column, cell in row.items()}


_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


def _override(row: Row, place: str, catalog: Catalog) -> tuple[Operation, UserOverride]:
    source, name, reason = row["event_source"], row["event_name"], row["reason"]
    if not _SOURCE.fullmatch(source):
        raise InputError(f"{place}: `{shown(source)}` is not an event source; write one like `s3.amazonaws.com`")
    if not name:
        raise InputError(f"{place}: the event name is missing; write it as CloudTrail does, like `GetObject`")
    if not reason:
        raise InputError(f"{place}: the reason is missing; say why the answer differs, reviewers will read it")
    actions = tuple(_action(each.strip(), place, catalog) for each in items(row["actions"]))
    return Operation(source, name), UserOverride(actions, reason)


def _action(text: str, place: str, catalog: Catalog) -> str:
    """The action in AWS's spelling."""
    if "*" in text or "?" in text:
        raise InputError(f"{place}: `{shown(text)}` is a pattern; write out each action that the call needs")
    action = catalog.action(text)
    if action is None:
        raise InputError(f"{place}: the catalog has no action `{shown(text)}`; {_hint(text, catalog)}")
    return action.full_name


def _hint(text: str, catalog: Catalog) -> str:
    prefix, _, name = text.partition(":")
    service = catalog.service(prefix)
    if service is None:
        near = difflib.get_close_matches(prefix.lower(), catalog.prefixes(), 3, 0.6)
        return f"no service has that prefix{_did_you_mean(near)}"
    near = difflib.get_close_matches(name.lower(), service.actions, 3, 0.6)
    full = [service.actions[each].full_name for each in near]
    return f"write one of `{service.prefix}`{_did_you_mean(full)}"


def _did_you_mean(near: list[str]) -> str:
    return f", perhaps {' or '.join(f'`{each}`' for each in near)}" if near else ", like `s3:GetObject`"
