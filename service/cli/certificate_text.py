"""A certificate for a terminal: a line for each thing that it proves, and what it could not prove below it."""

from __future__ import annotations

from collections.abc import Iterator

from service.core.certificate import AgainstCurrent, Certificate
from service.core.excess import ExcessLedger
from service.core.iam.proving.verdict import Holds, Refuted, Unknown, Verdict, words
from service.core.replay import Miss, Replay
from service.core.shown import shown

_ROWS = 10
"""How many misses are listed; JSON has all of them."""


def certificate_lines(certificate: Certificate) -> Iterator[str]:
    """What a reviewer reads first."""
    yield f"replay: {_counts(certificate.replay)} by this proposal"
    yield from _misses(certificate.replay.misses)
    if certificate.against is not None:
        yield from _against(certificate.against)
    yield _excess(certificate.excess)


def verdict_lines(title: str, verdict: Verdict, refuted: str) -> Iterator[str]:
    """A verdict in words; `refuted` says what the witness shows."""
    match verdict:
        case Holds(assumption, beyond):
            yield f"{title}: holds, for {assumption.value}"
            if beyond is not None:
                yield f"  not for an action that AWS does not have: {shown(words(beyond), 1000)}"
        case Refuted(request):
            yield f"{title}: refuted, {refuted}"
            yield f"  {shown(words(request), 1000)}"
        case Unknown(reason):
            yield f"{title}: unknown, {shown(reason, 1000)}"


def _against(against: AgainstCurrent) -> Iterator[str]:
    yield f"replay: {_counts(against.replay)} by the {_count(len(against.current.policies), 'current policy')}"
    yield from _misses(against.replay.misses)
    yield from verdict_lines("no new access", against.no_new_access, "the proposal allows what is not granted now")
    if against.apart_from_beyond is not None:
        yield from verdict_lines(
            "no new access apart from what was observed beyond the current policies",
            against.apart_from_beyond,
            "the rest of the proposal allows what is not granted now, too",
        )


def _counts(replay: Replay) -> str:
    unknown = f", {replay.unknown:,} not known" if replay.unknown else ""
    return f"{replay.allowed:,} of {replay.requests:,} distinct requests allowed{unknown}"


def _misses(misses: tuple[Miss, ...]) -> Iterator[str]:
    for each in misses[:_ROWS]:
        nearest = f"; nearest is {shown(each.place)}, {shown(each.element)}" if each.place else ""
        yield f"  {shown(each.action)} on {shown(each.resource)}: {each.cause.value}{nearest} ({each.events:,} events)"
    if len(misses) > _ROWS:
        yield f"  and {len(misses) - _ROWS} more; --format json lists them all"


def _excess(ledger: ExcessLedger) -> str:
    causes = [f"{cause} {sum(levels.values()):,}" for cause, levels in ledger.counts().items()]
    seen = ledger.granted - len(ledger.entries)
    beyond = f", {len(ledger.entries):,} allow more: {', '.join(causes)}" if causes else ""
    return f"excess: of {ledger.granted:,} pairs of action and resource {seen:,} are as observed{beyond}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun.removesuffix('y')}ies"
