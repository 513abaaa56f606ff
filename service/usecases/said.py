"""What a proposal says, read strictly: the members that a verifier reads are there, and of their kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import orjson

from service.core.errors import InputError
from service.core.json_bytes import check_members_once
from service.core.proposal_json import FORMAT
from service.core.shown import shown


@dataclass(frozen=True, slots=True)
class _Or:
    """A shape, or null."""

    shape: object


@dataclass(frozen=True, slots=True)
class _Only:
    """An object with these members and no others."""

    shapes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Every:
    """An object with any members, each of one shape."""

    shape: object


_REQUEST = _Only({"action": str, "resource": str, "context": _Every([str]), "unknown_keys": [str]})
_VERDICT = {
    "verdict": str,
    "assumption": _Or(str),
    "beyond_assumption": _Or(_REQUEST),
    "witness": _Or(_REQUEST),
    "in_words": _Or(str),
    "reason": _Or(str),
}
_MISS = _Only(
    {
        "action": str,
        "resource": str,
        "reason": str,
        "nearest_statement": _Or(str),
        "element": _Or(str),
        "requests": int,
        "events": int,
    }
)
_COUNTS = {"requests": int, "allowed": int, "unknown": int, "misses": [_MISS]}
_EXCESS = _Only(
    {
        "granted": int,
        "observed": int,
        "beyond_observed": int,
        "by_cause": _Every(_Every(int)),
        "entries": [_Only({"cause": str, "access_level": str, "action": str, "pattern": str, "names": int})],
    }
)
_NAMED = _Only({"name": str, "digest": str})
CERTIFICATE = _Only(
    {
        "replay": _Only({**_COUNTS, "requests_digest": str, "current": _Or(_Only(_COUNTS))}),
        "no_new_access": _Or(_Only({**_VERDICT, "apart_from_beyond": _Or(_Only(_VERDICT))})),
        "beyond_current": _Or([_MISS]),
        "excess": _EXCESS,
        "current": _Or(_Only({"policies": [_NAMED], "boundary": _Or(_NAMED)})),
    }
)
"""The whole certificate: a member that is not here is not checked by anybody, so it may not be there."""

_TIMES = {"first_seen": _Or(str), "last_seen": _Or(str)}
_SEEN = {**_TIMES, "count": int, "event_ids": [str]}
_CALL = {"event_source": str, "event_name": str, "actions": [str], **_SEEN}
_LEFTOVER = _Only({**_CALL, "reason": str})
_DENIED = _Only(
    {**_CALL, "error_code": str, "resource": _Or(str), "policy_type": _Or(str), "explicit": bool},
)
_REASON = _Only(
    {"kind": str, "operations": [str], "rules": [str], "confidence": str, "evidence": [str], "via": [str]},
)
_HIDDEN = {"service": str, "why": str, "kept": bool, "detail": str, "actions": [str]}
_BLIND_SPOTS = _Only(
    {
        "trail_settings": str,
        "data_events_logged": [str],
        "unobservable": [_Only(_HIDDEN)],
        "unused": [_Only({"service": str, "count": int, "actions": [str]})],
        "used": [str],
        "gaps": [_Only({"from": str, "to": str})],
        "quiet_hours": [_Only({"from": str, "to": str})],
    }
)
_WITNESSED = {"name": str, "settled": str, "last_accessed": _Or(str), "region": _Or(str), "why": _Or(str)}
_PATTERN = {"action": str, "pattern": str, "resources": int}
_SHARING = _Only({"principal": str, "in_common": int, "alone": int, "example": str})
_GENERALISED = _Only(
    {
        "patterns": [
            _Only({**_PATTERN, "rule": str, "open_parts": [str], "examples": [str], "also_of_others": [_SHARING]})
        ],
        "refused": [_Only({**_PATTERN, "why": str})],
    }
)
_SUGGESTION = {
    "block": _Every(_Every([str])),
    "advice": str,
    "why": str,
    "included": bool,
    "actions": [str],
    "events": int,
    "met": int,
    "distinct_values": int,
    "days": int,
    "risk": str,
}
_AT_WORK = {"earliest": str, "latest": str, "weekdays": [str]}
_RARE = {"action": str, "resource": str, "days": int, "longest_silence_days": int, "period": _Or(str)}
_RARITY = _Only(
    {
        "days": int,
        "seen_once": int,
        "expected_tomorrow": _Or(float),
        "chance_tomorrow": _Or(float),
        "discovery": [_Only({"day": str, "new": int, "known": int})],
        "permissions": [_Only({**_RARE, "first_day": str, "last_day": str})],
    }
)
_RATIO = _Only({"part": int, "of": int, "value": _Or(float)})
_RATIOS = _Only({"events": _RATIO, "permissions": _RATIO})
_DENIED_LATER = {"day": str, "lack": str, "access_level": str, "action": str, "resource": str, "events": int}
_PART = _Only({"from": str, "to": str})
_TRIAL = {"train": _PART, "test": _PART, "recall": _RATIOS, "precision": _RATIOS, "denied": [_Only(_DENIED_LATER)]}
_BACKTEST = _Only(
    {
        "recall": _RATIOS,
        "precision": _RATIOS,
        "denied_by_day": _Every(int),
        "denied_by_access_level": _Every(int),
        "denied_by_lack": _Every(int),
        "trials": [_Only(_TRIAL)],
    }
)
_DAYS = {"from": _Or(str), "to": _Or(str)}
_COUNTED = _Every(int)
_SIZE = {"policies": int, "statements": int, "characters": int}
_VERDICTS = dict.fromkeys(("keeps", "adds_nothing", "within_current"), _Or(_Only(_VERDICT)))
_STEP = {"rung": str, **_SIZE, "fits": bool, "added": _COUNTED, **_VERDICTS}
_ROOM = {"documents": int, "characters": int, "source": str}
_FIT = _Only({"fits": bool, "rung": str, **_ROOM, "over": [str], "rungs": [_Only(_STEP)]})
_PROPOSAL = _Only(
    {
        "id": str,
        "format": str,
        "principal": _Only({"arn": _Or(str), "type": str, "account": str, "name": str, **_TIMES}),
        "choices": _Only(
            {
                **dict.fromkeys(("resources", "conditions", "unobservable", "target", "fit", "shared_names"), str),
                **dict.fromkeys(("policy_quota", "attached"), int),
                "permissions_patterns": bool,
            }
        ),
        "window": _Only({"asked": _Only({"days": _Or(int), **_DAYS}), **_DAYS, "covered": _Only(_DAYS)}),
        "policies": [_Only({"name": str, "characters": int, "document": dict})],
        "fit": _FIT,
        "permissions": [
            _Only(
                {
                    "action": str,
                    "access_level": str,
                    "resources": [str],
                    "conditions": [_Only({"operator": str, "key": str, "values": [str]})],
                    "reason": _REASON,
                    **_SEEN,
                }
            )
        ],
        "blind_spots": _BLIND_SPOTS,
        "last_accessed": _Or(_Only({"witnessed": [_Only(_WITNESSED)]})),
        "generalised": _GENERALISED,
        "suggestions": _Only({"conditions": [_Only(_SUGGESTION)], "time_of_use": _Or(_Only(_AT_WORK))}),
        "rarity": _RARITY,
        "backtest": _Or(_BACKTEST),
        "unresolved": [_LEFTOVER],
        "denied": [_DENIED],
        "undetermined": [_LEFTOVER],
        "exempt": [_LEFTOVER],
        "notes": [_Only({"note": str, "events": int})],
        "self_check": _Only({"requests": int, "allowed": int}),
        "certificate": CERTIFICATE,
        "diff": _Or(dict),
        "summary": _Only(
            {
                **_SIZE,
                "actions": int,
                "actions_by_access_level": _COUNTED,
                "actions_by_service": _COUNTED,
                "events": _COUNTED,
            }
        ),
        "inputs": _Only(
            {
                **dict.fromkeys(("files", "bytes", "records", "events", "duplicates"), int),
                **dict.fromkeys(("rejected", "skipped", "ignored"), _COUNTED),
                "examples": [str],
            }
        ),
        "catalog": _Only({"version": str, "source": str, "date": str, "digest": str, "overrides": _Or(str)}),
        "digest": str,
    }
)
"""All of a proposal. What lies inside of documents and of the diff is read by whoever checks them."""


def proposal_in(name: str, content: bytes) -> dict[str, Any]:
    """The proposal in a file: every member is there, of its kind, once, and no other.

    Raises:
        InputError: it is none; the message names the member.
    """
    proposal = _json(name, content)
    if not isinstance(proposal, dict) or proposal.get("format") != FORMAT:
        raise InputError(f"{name} is no proposal of the format `{FORMAT}`: give what `whittle propose` prints as JSON")
    if problem := misfit(_PROPOSAL, proposal, ""):
        raise InputError(f"{name}: {problem}; give a proposal whole, as `whittle propose --format json` prints it")
    return proposal


def _json(name: str, content: bytes) -> Any:
    """The JSON of a file. What stands twice would be one thing to us and another to whoever takes the first."""
    try:
        value = orjson.loads(content)
        check_members_once(content)
        orjson.dumps(value)
    except InputError as error:
        raise InputError(f"{name} {error}") from error
    except orjson.JSONDecodeError as error:
        raise InputError(
            f"{name} is not JSON ({shown(str(error))}): give what `whittle propose --format json` prints"
        ) from error
    except (RecursionError, orjson.JSONEncodeError):
        raise InputError(f"{name} nests far deeper than any proposal: check its brackets") from None
    return value


def misfit(shape: Any, value: Any, place: str) -> str:
    """The first part of a value that is not of its shape, in words; empty where all is."""
    if isinstance(shape, _Or):
        return "" if value is None else misfit(shape.shape, value, place)
    wanted = shape if isinstance(shape, type) else list if isinstance(shape, list) else dict
    return "".join(islice(_parts(shape, value, place), 1)) if type(value) is wanted else _wrong(value, wanted, place)


def _parts(shape: Any, value: Any, place: str) -> Iterator[str]:
    """What is wrong with the parts of a value that is of the right kind."""
    found: Iterator[str] = iter(())
    match shape:
        case [inner]:
            found = (misfit(inner, each, f"{place}[{number}]") for number, each in enumerate(value))
        case _Every(inner):
            found = (misfit(inner, each, _member(place, key)) for key, each in value.items())
        case _Only(inner):
            others = (f"{_member(place, key)} is not known: leave it out" for key in value if key not in inner)
            found = chain(_parts(inner, value, place), others)
        case dict():
            found = (_of_member(inner, value, key, place) for key, inner in shape.items())
    return filter(None, found)


def _of_member(shape: Any, value: dict[str, Any], key: str, place: str) -> str:
    where = _member(place, key)
    return misfit(shape, value[key], where) if key in value else f"{where} is missing"


def _member(place: str, key: str) -> str:
    return f"{place}.{shown(key)}" if place else shown(key)


def _wrong(value: Any, wanted: type, place: str) -> str:
    return f"{place or 'the proposal'} is {_KINDS[type(value)]} where {_KINDS[wanted]} belongs"


_KINDS: dict[type, str] = {
    str: "text",
    bool: "true or false",
    type(None): "null",
    int: "a whole number",
    float: "a number with a fraction",
    list: "a list",
    dict: "an object",
}
