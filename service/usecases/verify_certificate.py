"""What a certificate says, beside what is found: part by part, each with the inputs that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from service.core.current import Current
from service.core.iam.evaluate import Request
from service.core.iam.policy import Policy
from service.core.iam.proving.verdict import words
from service.core.json_bytes import Json
from service.core.within import confirmed
from service.usecases.checked import Checked, State, agreed, checked
from service.usecases.differences import Difference, differences
from service.usecases.request_texts import requests_in


@dataclass(frozen=True, slots=True)
class Given:
    """Which inputs there are; `same_catalog`: the catalog is the one that the proposal was made with."""

    requests: bool
    current: Current | None
    same_catalog: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What was computed again, with the members of a proposal; and the notes that have to be in it."""

    answers: Json
    policies: tuple[Policy, ...]
    notes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of a proposal: where it stands, what it follows from, and how it is taken out of a proposal."""

    what: str
    place: str
    requests: bool
    current: bool
    catalog: bool
    of: Callable[[Json], Any]


_APART = ("requests_digest", "current", "apart_from_beyond")
"""Members that are another part's, or checked by themselves."""
_VERDICT = "no new access"
_PARTS = (
    _Part(
        "replay", "certificate.replay", True, False, False,
        lambda found: _less(found["certificate"]["replay"], _APART),
    ),
    _Part("excess", "certificate.excess", True, False, True, lambda found: found["certificate"]["excess"]),
    _Part(
        "replay by the current policies", "certificate.replay.current", True, True, False,
        lambda found: found["certificate"]["replay"]["current"],
    ),
    _Part(
        "beyond current", "certificate.beyond_current", True, True, False,
        lambda found: found["certificate"]["beyond_current"],
    ),
    _Part(
        _VERDICT, "certificate.no_new_access", False, True, False,
        lambda found: _less(found["certificate"]["no_new_access"], _APART),
    ),
    _Part(
        "no new access apart from that", "certificate.no_new_access.apart_from_beyond", True, True, True,
        lambda found: (found["certificate"]["no_new_access"] or {}).get("apart_from_beyond"),
    ),
    _Part("diff", "diff", False, True, True, lambda found: found["diff"]),
)  # fmt: skip


def certificate_checks(proposal: Json, found: Found, given: Given) -> Iterator[Checked]:
    """Each part that follows from the inputs, and what is not known for want of one."""
    yield _together(proposal)
    yield _counts(proposal["certificate"])
    for part in _PARTS:
        said = part.of(proposal)
        if (part.requests and not given.requests) or (part.current and given.current is None):
            yield from _not_given(part, said, given)
        else:
            yield _compared(part, said, found, given)
    yield _notes(proposal["notes"], found)


def _together(proposal: Json) -> Checked:
    """What the current policies tell is there as a whole, or not at all."""
    certificate = proposal["certificate"]
    there = {
        "certificate.current": certificate["current"],
        "certificate.replay.current": certificate["replay"]["current"],
        "certificate.no_new_access": certificate["no_new_access"],
        "certificate.beyond_current": certificate["beyond_current"],
        "diff": proposal["diff"],
    }
    missing = [name for name, value in there.items() if value is None]
    whole = len(missing) in (0, len(there))
    return checked(
        "members", whole, "whole", f"{missing[0] if missing else ''} is null, though others of its kind are not"
    )


def _counts(certificate: Json) -> Checked:
    """That counts are those of what they count."""
    ledger = certificate["excess"]
    entries = ledger["entries"]
    causes: dict[str, dict[str, int]] = {}
    for each in entries:
        levels = causes.setdefault(each["cause"], {})
        levels[each["access_level"]] = levels.get(each["access_level"], 0) + 1
    found = {
        "granted": ledger["observed"] + ledger["beyond_observed"],
        "beyond_observed": len(entries),
        "by_cause": causes,
    }
    said = {name: ledger[name] for name in found}
    replays = {"replay": certificate["replay"], "replay.current": certificate["replay"]["current"]}
    differing = list(differences(said, found, "certificate.excess"))
    for name, replay in replays.items():
        if replay is not None:
            total = replay["allowed"] + sum(each["requests"] for each in replay["misses"])
            differing += differences(replay["requests"], total, f"certificate.{name}.requests")
    return agreed("counts", differing, "each is of what it counts")


def _not_given(part: _Part, said: Any, given: Given) -> Iterator[Checked]:
    if said is None and given.current is None:
        return  # nothing is said of it
    wanted = ["--requests"] * (part.requests and not given.requests)
    wanted += ["--current"] * (part.current and given.current is None)
    yield Checked(part.what, State.UNKNOWN, f"{part.place} is not checked again: give {' and '.join(wanted)}")


def _compared(part: _Part, said: Any, found: Found, given: Given) -> Checked:
    wanted = part.of(found.answers)
    if said is None and wanted is not None and part.current:
        return Checked(
            part.what, State.WRONG, f"{part.place} is null: it was made without the current policies, or changed"
        )
    if part.what == _VERDICT and said is not None:
        said = _with_our_witness(said, wanted, lambda each: _is_new(each, found, given))
    otherwise = State.UNKNOWN if part.catalog and not given.same_catalog else State.WRONG
    compared = agreed(part.what, differences(said, wanted, part.place), "as found again", otherwise)
    return _undecided(compared, wanted) if compared.state is State.RIGHT else compared


def _undecided(compared: Checked, found: Any) -> Checked:
    """A verdict that is unknown is no more known for being so again."""
    verdict = found.get("verdict") if isinstance(found, dict) else None
    if verdict == "unknown":
        return Checked(compared.what, State.UNKNOWN, f"unknown, as the certificate says: {found['reason']}")
    return Checked(compared.what, compared.state, f"{verdict}, as the certificate says") if verdict else compared


def _with_our_witness(said: Json, found: Json, is_new: Callable[[Json], bool]) -> Json:
    """The verdict as it is said, with the witness that was found where the one that is said is as good.

    A prover of another day may name another request; the plain evaluator says whether it is one.
    """
    answer = dict(said)
    if _as_good(said["witness"], found["witness"], is_new) and said["in_words"] == _words(said["witness"]):
        answer |= {"witness": found["witness"], "in_words": found["in_words"]}
    if _as_good(said["beyond_assumption"], found["beyond_assumption"], is_new):
        answer["beyond_assumption"] = found["beyond_assumption"]
    return answer


def _as_good(said: Json | None, found: Json | None, is_new: Callable[[Json], bool]) -> bool:
    return said is not None and found is not None and not said["unknown_keys"] and is_new(said)


def _is_new(witness: Json, found: Found, given: Given) -> bool:
    current = given.current
    return current is not None and confirmed(found.policies, current, _request(witness))


def _words(witness: Json) -> str:
    return words(_request(witness))


def _request(witness: Json) -> Request:
    (request,) = requests_in("the witness", orjson.dumps(witness))
    return request


def _notes(said: list[Json], found: Found) -> Checked:
    """That nothing is left out of what a reviewer has to be told."""
    there = {(each["note"], each["events"]) for each in said}
    missing = [
        Difference("notes", {}, {"note": note, "events": events})
        for note, events in found.notes
        if (note, events) not in there
    ]
    return agreed("notes", missing, "none is left out that follows from what is given")


def _less(members: Json | None, without: tuple[str, ...]) -> Json | None:
    return None if members is None else {name: each for name, each in members.items() if name not in without}
