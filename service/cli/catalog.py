"""`whittle catalog`: read AWS's service reference anew, say which catalog is in force, and show what is in it."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from catalog.cache import DamagedCache, Generation, default_directory
from catalog.drift import Drift, snapshot
from catalog.load import load_catalog, usable_generation
from catalog.model import ActionDefinition, Catalog, CatalogVersion, ServiceDefinition
from service.cli.catalog_choice import BUNDLED_ONLY, refreshed_catalog, warn
from service.cli.files import emit
from service.core.errors import ActionNotFound, InputError
from service.core.iam.pattern import Pattern, parse_pattern
from service.core.json_bytes import Json, to_bytes
from service.core.shown import shown

_ROWS = 40
"""How many changes are listed; JSON has all of them."""


def catalog(arguments: Namespace) -> int:
    """Do what was asked for."""
    return _COMMANDS[arguments.catalog_command](arguments)


def _refresh(arguments: Namespace) -> int:
    from catalog.refresh import BASE_URL, RefreshFailed, refresh

    cache, today = _cache(arguments), datetime.now(UTC).date()
    try:
        report = refresh(cache, today, arguments.base_url or BASE_URL, accept_removals=arguments.accept_removals)
    except RefreshFailed as error:
        raise InputError(str(error)) from error
    if report.damaged:
        warn(f"the earlier refresh could not be built on, so everything was read: {report.damaged}")
    version = load_catalog(refreshed=report.generation).version
    counts = {"services": report.services, "read": report.read}
    if arguments.format == "json":
        emit(
            to_bytes(
                {"catalog": _version(version, today), "cache": str(cache), **counts, "drift": _drift(report.drift)}
            )
        )
    else:
        emit("".join(f"{line}\n" for line in _refresh_lines(version, counts, report.drift)))
    return 0


def _status(arguments: Namespace) -> int:
    cache, today = arguments.cache_dir or default_directory(os.environ), datetime.now(UTC).date()
    switched_off = arguments.bundled_catalog or bool(os.environ.get(BUNDLED_ONLY))
    generation, state = _state(cache)
    used = None if switched_off else generation
    found = load_catalog(refreshed=used)
    status = {
        "in_force": "refreshed" if used else "bundled",
        **_version(found.version, today),
        **_counts(found),
        "cache": str(cache) if cache else None,
        "cache_state": "switched off" if switched_off and generation else state,
    }
    as_text = "".join(f"{name.replace('_', ' ')}: {shown(str(value), 400)}\n" for name, value in status.items())
    emit(to_bytes(status) if arguments.format == "json" else as_text)
    return 0


def _show(arguments: Namespace) -> int:
    generation = refreshed_catalog(arguments, whole=False)
    found = load_catalog(refreshed=generation, warn=warn)
    pairs = sorted(_matching(found, arguments.pattern), key=lambda pair: pair[1].full_name.lower())
    if not pairs:
        raise ActionNotFound(_nothing(found, arguments.pattern))
    if arguments.format == "json":
        emit(to_bytes({"actions": [_action(*pair) for pair in pairs]}))
    else:
        emit("\n".join("".join(f"{line}\n" for line in _action_lines(*pair)) for pair in pairs))
    return 0


_COMMANDS: Mapping[str, Callable[[Namespace], int]] = {"refresh": _refresh, "status": _status, "show": _show}


def _cache(arguments: Namespace) -> Path:
    cache: Path | None = arguments.cache_dir or default_directory(os.environ)
    if cache is None:
        raise InputError("there is no home directory for a cache; give one with --cache-dir")
    return cache


def _state(cache: Path | None) -> tuple[Generation | None, str]:
    """The refreshed catalog if it can be used, and how the cache is."""
    try:
        generation = usable_generation(cache) if cache else None
    except DamagedCache as error:
        return None, f"cannot be used: {error}"
    return generation, "every digest is right" if generation else "never refreshed"


def _version(version: CatalogVersion, today: date) -> Json:
    age = (today - date.fromisoformat(version.date)).days
    return {
        "version": version.version,
        "source": version.source,
        "date": version.date,
        "age_days": age,
        "digest": version.digest,
    }


def _counts(found: Catalog) -> Json:
    services = snapshot(found).values()
    actions = [action for service in services for action in service.actions.values()]
    return {
        "services": len(services),
        "actions": len(actions),
        "retired_actions": sum(action.retired for action in actions),
        "resource_types": sum(len(service.resource_types) for service in services),
    }


def _refresh_lines(version: CatalogVersion, counts: Mapping[str, int], drift: Drift) -> Iterator[str]:
    yield f"catalog {version.version} ({version.source}, {version.date})"
    yield f"{counts['services']:,} services, {counts['read']:,} of them read anew"
    yield f"actions: {len(drift.added):,} added, {len(drift.removed):,} removed and kept as retired"
    yield f"changed: {len(drift.levels):,} access levels, the resource types of {len(drift.types):,} actions"
    lines = tuple(drift.lines())
    yield from (f"  {line}" for line in lines[:_ROWS])
    if len(lines) > _ROWS:
        yield f"  and {len(lines) - _ROWS:,} more; --format json lists all"


def _drift(drift: Drift) -> Json:
    return {
        "added": list(drift.added),
        "removed": list(drift.removed),
        "levels": [{"action": each.action, "old": each.old, "new": each.new} for each in drift.levels],
        "resource_types": [
            {"action": each.action, "old": list(each.old), "new": list(each.new)} for each in drift.types
        ],
    }


def _matching(found: Catalog, text: str) -> Iterator[tuple[ServiceDefinition, ActionDefinition]]:
    """Every action that an IAM pattern means; here `*` may stand in a service's prefix, too."""
    prefix, colon, name = text.partition(":")
    if not colon:
        raise InputError(f"`{shown(text)}` is not an action; write it like `s3:GetObject`, `s3:Get*` or `*:PassRole`")
    names = _pattern(name)
    for service in _services(found, _pattern(prefix)):
        yield from ((service, each) for key, each in service.actions.items() if names.matches(key))


def _pattern(text: str) -> Pattern:
    return parse_pattern(text.lower(), variables=False, fold=True)


def _services(found: Catalog, wanted: Pattern) -> Iterator[ServiceDefinition]:
    """A service that does not match is not read."""
    services = (found.service(prefix) for prefix in found.prefixes() if wanted.matches(prefix))
    return (service for service in services if service is not None)


def _nothing(found: Catalog, text: str) -> str:
    """The sentence for a pattern that means nothing, with the names that are nearest to it."""
    from difflib import get_close_matches

    prefix, _, name = text.partition(":")
    service = found.service(prefix)
    if service is None:
        near = get_close_matches(prefix.lower(), found.prefixes(), 3)
        hint = f"; service prefixes like it: {', '.join(near)}" if near else ""
        return f"nothing in the catalog matches `{shown(text)}`{hint}"
    close = get_close_matches(name.lower(), service.actions, 3)
    hint = f"; nearest: {', '.join(service.actions[each].full_name for each in close)}" if close else ""
    return f"no action of `{service.prefix}` matches `{shown(name)}`{hint}"


def _action(service: ServiceDefinition, action: ActionDefinition) -> Json:
    return {
        "action": action.full_name,
        "service": service.name,
        "access_level": action.access_level.value,
        "resources": [
            {
                "type": each.type,
                "required": each.required,
                "arn_formats": list(service.resource_types[each.type].arn_formats),
                "condition_keys": sorted({*each.condition_keys, *service.resource_types[each.type].condition_keys}),
            }
            for each in action.resources
        ],
        "condition_keys": list(action.condition_keys),
        "dependent_actions": list(action.dependent_actions),
        "permission_only": action.permission_only,
        "retired": action.retired,
        "is_operation": action.is_operation,
        "supported_by": None if action.supported_by is None else list(action.supported_by),
    }


def _action_lines(service: ServiceDefinition, action: ActionDefinition) -> Iterator[str]:
    yield f"{action.full_name} ({action.access_level}, {service.name})"
    marks = {
        "permission only": action.permission_only,
        "retired": action.retired,
        "no call bears its name": not action.is_operation,
    }
    yield from (f"  {mark}" for mark, told in marks.items() if told)
    for each in action.resources:
        yield f"  resource {each.type}{' (required)' if each.required else ''}"
        yield from (f"    {text}" for text in service.resource_types[each.type].arn_formats)
    if not action.resources:
        yield "  resource: takes only *"
    lists = {
        "condition keys": action.condition_keys,
        "needs besides": action.dependent_actions,
        "known to": action.supported_by,
    }
    yield from (f"  {what}: {', '.join(names)}" for what, names in lists.items() if names)
