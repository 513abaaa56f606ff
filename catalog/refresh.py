"""A refreshed catalog: AWS's service reference, read over HTTP, checked, and written to the cache directory.

Only this talks to the network, and only when it is asked to. Nothing is written before everything has passed.
https://docs.aws.amazon.com/service-authorization/latest/reference/service-reference.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import httpx

from catalog.cache import (
    OPERATIONS,
    DamagedCache,
    Generation,
    Manifest,
    Stamp,
    service_file,
    write_generation,
)
from catalog.drift import Drift, Loss, compare, losses, with_retired
from catalog.fetch import Body, Fetcher, FetchFailed, Limits, client
from catalog.load import DATA, bundle_digest, read_table, usable_generation
from catalog.model import ServiceDefinition
from catalog.reference import (
    InvalidReference,
    Listed,
    Reference,
    joined,
    operation_rows,
    parse_list,
    parse_reference,
)
from catalog.services import parse_service, render_service
from catalog.sources.operations import OPERATION_COLUMNS, is_noise
from catalog.tables import Row, parse_table, render_table

BASE_URL = "https://servicereference.us-east-1.amazonaws.com"

OperationKey = tuple[str, str]


class RefreshFailed(Exception):
    """There is no refreshed catalog; the one in force stays. The message is a sentence."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a refresh did. `damaged` says why the earlier refresh could not be built on, if so."""

    generation: Generation
    drift: Drift
    services: int
    read: int
    damaged: str = ""


@dataclass(frozen=True, slots=True)
class _Before:
    """What was known: the bundled services, and those in force, which are the same where nothing was refreshed yet."""

    bundled: Mapping[str, ServiceDefinition]
    in_force: Mapping[str, ServiceDefinition]
    operations: tuple[Row, ...]
    stamps: Mapping[str, Stamp]

    def known(self, prefix: str) -> ServiceDefinition:
        """Everything known of a service. Facts that no reference has are the bundled copy's, where it has them."""
        bundled, in_force = self.bundled.get(prefix), self.in_force.get(prefix)
        if bundled is None or in_force is None:
            return bundled or in_force or ServiceDefinition(prefix, prefix, {}, {}, {})
        types = {**in_force.resource_types, **bundled.resource_types}
        return replace(bundled, actions={**in_force.actions, **bundled.actions}, resource_types=types)


@dataclass(frozen=True, slots=True)
class _Found:
    """What the server has: the list, and the files that are not the ones we have."""

    listed: tuple[Listed, ...]
    files: Mapping[str, Reference]
    stamps: Mapping[str, Stamp]


def refresh(
    cache: Path,
    today: date,
    base_url: str = BASE_URL,
    *,
    accept_removals: bool = False,
    limits: Limits | None = None,
    data: Path = DATA,
) -> Report:
    """Read what has changed, check it, and put a new generation in force.

    Raises:
        RefreshFailed: the reference could not be read, or is not to be believed; the old catalog stays in force.
    """
    base = _base(base_url)
    before, damaged = _before(cache, base, data)
    try:
        found = asyncio.run(_read(base, before.stamps, limits or Limits()))
        services = {prefix: _service(prefix, found, before) for prefix in _prefixes(found, before)}
        if not accept_removals:
            _check_losses(losses(before.in_force, services))
        files = {service_file(prefix): render_service(service) for prefix, service in services.items()}
        files[OPERATIONS] = _operations(found.files.values(), before, services, data)
    except (FetchFailed, InvalidReference) as error:
        raise RefreshFailed(f"{error}; the catalog stays as it was") from error
    manifest = Manifest(
        _version(found.listed, today), _clean(base), today.isoformat(), bundle_digest(data), {}, found.stamps
    )
    try:
        generation = write_generation(cache, manifest, files)
    except OSError as error:
        raise RefreshFailed(f"cannot write to `{cache}`: {error.strerror}; the catalog stays as it was") from error
    return Report(generation, compare(before.in_force, services), len(found.listed), len(found.files), damaged)


def _base(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text.rstrip("/"))
    except httpx.InvalidURL as error:
        raise RefreshFailed(f"`{text}` is not a URL; give one like `{BASE_URL}`") from error
    if url.scheme not in {"http", "https"} or not url.host or url.query or url.fragment:
        raise RefreshFailed(f"`{text}` is not the base URL of a service reference; give one like `{BASE_URL}`")
    return url


def _clean(base: httpx.URL) -> str:
    """The base URL as it may be told: without a user's password."""
    return str(base.copy_with(userinfo=b""))


def _before(cache: Path, base: httpx.URL, data: Path) -> tuple[_Before, str]:
    """What to build on. An earlier refresh that cannot be used is not, and why is told."""
    bundled = {file.stem: parse_service(file.read_text("utf-8")) for file in sorted((data / "services").glob("*.json"))}
    alone = _Before(bundled, bundled, read_table(OPERATIONS, data), {})
    try:
        earlier = usable_generation(cache, data)
        return (_over(earlier, bundled, base) if earlier else alone), ""
    except DamagedCache as error:
        return alone, str(error)


def _over(earlier: Generation, bundled: Mapping[str, ServiceDefinition], base: httpx.URL) -> _Before:
    """Stamps are of one server: from another one, everything is read again."""
    in_force = {prefix: parse_service(earlier.read(service_file(prefix))) for prefix in earlier.prefixes()}
    stamps = earlier.manifest.stamps if earlier.manifest.source == _clean(base) else {}
    return _Before(bundled, in_force, parse_table(earlier.read(OPERATIONS), OPERATIONS), stamps)


async def _read(base: httpx.URL, stamps: Mapping[str, Stamp], limits: Limits) -> _Found:
    """The list, and every file that has changed since. The first failure stops the others."""
    async with client(limits) as connection:
        fetcher = Fetcher(connection, limits)
        body = await fetcher.get(_address(base, "service-list.json"))
        listed = parse_list(body.content if body else b"")
        try:
            async with asyncio.TaskGroup() as group:
                asked = {
                    each.service: group.create_task(_changed(fetcher, base, each, stamps.get(each.service, Stamp())))
                    for each in listed
                }
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
    answers = {service: task.result() for service, task in asked.items()}
    files = {service: reference for service, (reference, _) in answers.items() if reference is not None}
    return _Found(listed, files, {service: stamp for service, (_, stamp) in answers.items()})


async def _changed(fetcher: Fetcher, base: httpx.URL, each: Listed, stamp: Stamp) -> tuple[Reference | None, Stamp]:
    """The file of a service and its stamp; no file if the one that we have is the same.

    The address is the documented one below the base URL, not the list's: a mirror's list may name the original's host.
    """
    if each.stamp and each.stamp == stamp.modified:
        return None, stamp
    address = _address(base, f"{each.service}/{each.service}.json")
    body = await fetcher.get(address, stamp.etag, stamp.last_modified)
    if body is None:
        return None, replace(stamp, modified=each.stamp)
    return parse_reference(body.content, each.service), _stamp(each, body)


def _address(base: httpx.URL, name: str) -> httpx.URL:
    return base.copy_with(path=f"{base.path.rstrip('/')}/v1/{name}")


def _stamp(each: Listed, body: Body) -> Stamp:
    return Stamp(each.stamp, body.etag, body.last_modified)


def _prefixes(found: _Found, before: _Before) -> Sequence[str]:
    return sorted({each.service for each in found.listed} | before.bundled.keys() | before.in_force.keys())


def _service(prefix: str, found: _Found, before: _Before) -> ServiceDefinition:
    """As the new file has it; as before, if the file is the same; all retired, if the list has it no more."""
    known = before.known(prefix)
    if prefix in found.files:
        return joined(found.files[prefix], known)
    if prefix in found.stamps:
        return before.in_force[prefix]
    return with_retired(replace(known, actions={}), known)


def _check_losses(lost: Sequence[Loss]) -> None:
    if not lost:
        return
    others = f" (and {len(lost) - 1} more like this)" if len(lost) > 1 else ""
    raise InvalidReference(f"{lost[0]}{others}; if it is true, accept it with --accept-removals")


def _operations(
    found: Iterable[Reference], before: _Before, services: Mapping[str, ServiceDefinition], data: Path
) -> str:
    """The operation map: what was known, replaced by what the reference says, without noise, in AWS's spelling."""
    noise = tuple(row["action"] for row in read_table("noise.tsv", data))
    spelling = {
        each.full_name.lower(): each.full_name for known in services.values() for each in known.actions.values()
    }
    rows: dict[OperationKey, tuple[str, str, str, str]] = {
        (row["client"], row["operation"]): (row["client"], row["operation"], row["actions"], row["passed_to"])
        for row in before.operations
    }
    merged: dict[OperationKey, tuple[set[str], set[str]]] = {}
    for reference in found:
        for name, operation, actions, passed in operation_rows(reference):
            kept, to = merged.setdefault((name, operation), (set(), set()))
            kept |= {spelling.get(action.lower(), action) for action in actions if not is_noise(action, noise)}
            to |= set(passed)
    for (name, operation), (kept, to) in merged.items():
        rows[name, operation] = (name, operation, ",".join(sorted(kept)), ",".join(sorted(to)))
    comment = "AWS's map of operations to the actions that a call may be authorised for."
    return render_table(OPERATION_COLUMNS, (row for row in rows.values() if row[2]), comment)


def _version(listed: Iterable[Listed], today: date) -> str:
    """The newest of the list's stamps, which are seconds since 1970; the day, where the list has none."""
    stamps = [each.modified for each in listed if isinstance(each.modified, int | float) and 0 < each.modified < 2**32]
    return datetime.fromtimestamp(max(stamps), UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if stamps else today.isoformat()
