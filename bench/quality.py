"""`make quality`: what proposals are worth, measured; printed, and written to docs/quality.md.

A row for each role and user of the sample trail, and for the busiest of each recorded set beside the checkout, all with
the default choices and without current policies; for the sample also what the trail could not show, of current policies
that grant all of every service that was used. The same code and data give the same bytes.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench.corpus import DEFAULT, ROLES, USERS, able, sets
from service.core.backtest import NOTHING, Ratio
from service.core.beside import Beside
from service.core.current import Current, GrantedPolicy
from service.core.days import WindowAsked
from service.core.iam.policy import Effect, Policy, Statement
from service.core.principals import PrincipalQuery, parse_principal
from service.core.proposal import Proposal
from service.usecases.gather import gather
from service.usecases.reading import Reading
from service.wiring import file_trail, keep, parts

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "samples" / "trail"
REPORT = ROOT / "docs" / "quality.md"
BUSIEST = 2
"""How many roles and users of each recorded set."""

_HEAD = (
    "principal", "events", "pairs", "as seen", "excess by cause", "Permissions management in excess", "once in window",
    "gap days", "conditions: in, safe, review", "policies", "characters", "recall: events", "recall: permissions",
    "precision: events", "precision: permissions",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """One principal: its place and its proposal."""

    name: str
    proposal: Proposal


def measured(title: str, reading: Reading, queries: Iterable[PrincipalQuery]) -> Iterator[Measured]:
    """The proposals for some principals of a trail."""
    for query in queries:
        proposal = parts().proposer.propose(reading, query, WindowAsked())
        yield Measured(f"{title}{proposal.principal.name}", proposal)


def sample() -> list[Measured]:
    """Every role and user of the sample trail whose policy can be edited and who needs one."""
    reading = gather(file_trail([SAMPLE], 1), keep)
    queries = (query for _, query in able(reading, ROLES | USERS))
    return [each for each in measured("", reading, queries) if each.proposal.policies]


def recorded() -> list[Measured]:
    """The busiest of each recorded set; none where the sets are not beside the checkout."""
    found: list[Measured] = []
    for title, files in sets(DEFAULT).items() if DEFAULT.is_dir() else ():
        reading = gather(file_trail(files, 1), keep)
        for types in (ROLES, USERS):
            queries = [query for _, query in able(reading, types)][:BUSIEST]
            found += (each for each in measured(f"{title}: ", reading, queries) if each.proposal.policies)
    return found


def recall_of(all_measured: Iterable[Measured]) -> Ratio:
    """Over the events of all back-tests together."""
    total = NOTHING
    for each in all_measured:
        total = total.plus(each.proposal.backtest.recall_events if each.proposal.backtest else NOTHING)
    return total


def permissions_management_in_excess(all_measured: Iterable[Measured]) -> int:
    """Pairs that allow more than was seen."""
    return sum(_permissions_management(each.proposal) for each in all_measured)


def report() -> str:
    """Both tables, as Markdown."""
    own, others = sample(), recorded()
    tested = sum(each.proposal.backtest is not None for each in own)
    recall, management = recall_of(own), permissions_management_in_excess(own)
    spots = list(_blind_spots(own))
    lines = [
        "# What proposals are worth",
        "",
        "Written by `make quality`, with the default choices and without current policies. Pairs are of action and",
        "resource pattern. A back-test makes the policy of the first three quarters of the window and tries it on the",
        "rest: recall is what was used later and allowed, precision what was allowed and used later. `-`: the window",
        "is too short, or nothing was done in one of its parts.",
        "",
        "## The sample trail",
        "",
        f"{tested} back-tests together: {_share(recall)} of {recall.of:,} later events allowed.",
        f"Permissions management actions in excess: {management}.",
        "",
        *_table(own),
        "",
        "### What the trail could not show",
        "",
        "With current policies that grant `service:*` on everything, of every service that was used: actions granted",
        "now, by whether they were used, unused although every use would have been seen, or could not have been seen,",
        "and of the last those that are kept because something says that they may be in use.",
        "",
        "| principal | granted | used | unused | unobservable | of these kept | no new access | characters |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *spots,
    ]
    if others:
        lines += [
            "",
            "## Recorded trails",
            "",
            "They are beside the checkout where Whittle is developed, not in it.",
            "",
        ]
        lines += _table(others)
    return "\n".join(lines) + "\n"


def _blind_spots(rows: Iterable[Measured]) -> Iterator[str]:
    """The sample's principals again, beside broad current policies."""
    reading = gather(file_trail([SAMPLE], 1), keep)
    for each in rows:
        principal = each.proposal.principal
        actions = sorted({permission.action.split(":")[0] for permission in each.proposal.permissions})
        allow = Statement(Effect.ALLOW, tuple(f"{service}:*" for service in actions), ("*",))
        current = Current((GrantedPolicy("broad", Policy((allow,))),))
        query = parse_principal(principal.arn)
        proposal = parts().proposer.propose(reading, query, WindowAsked(), Beside(current))
        spots, against = proposal.blind_spots, proposal.certificate.against
        unused, hidden = sum(one.count for one in spots.unused), sum(len(one.actions) for one in spots.unobservable)
        kept = sum(len(one.actions) for one in spots.unobservable if one.is_kept)
        cells = (
            each.name,
            f"{len(spots.used) + unused + hidden:,}",
            f"{len(spots.used):,}",
            f"{unused:,}",
            f"{hidden:,}",
            f"{kept:,}",
            type(against.no_new_access).__name__.lower() if against else "-",
            f"{sum(named.characters for named in proposal.policies):,}",
        )
        yield "| " + " | ".join(cells) + " |"


def _table(rows: Iterable[Measured]) -> Iterator[str]:
    yield "| " + " | ".join(_HEAD) + " |"
    yield "|" + " --- |" * len(_HEAD)
    for each in rows:
        yield "| " + " | ".join(_row(each)) + " |"


def _row(each: Measured) -> Iterator[str]:
    proposal = each.proposal
    ledger, test = proposal.certificate.excess, proposal.backtest
    causes = {cause: sum(levels.values()) for cause, levels in ledger.counts().items()}
    advice = Counter(one.advice.value for one in proposal.suggestions if not one.is_included)
    included = sum(one.is_included for one in proposal.suggestions)
    yield each.name.replace("|", "\\|")
    yield f"{proposal.events['total']:,}"
    yield f"{ledger.granted:,}"
    yield f"{ledger.granted - len(ledger.entries):,}"
    yield "; ".join(f"{cause} {count:,}" for cause, count in causes.items()) or "none"
    yield str(_permissions_management(proposal))
    yield f"{proposal.rarity.seen_once:,}"
    yield str(sum(_length(gap) for gap in proposal.blind_spots.gaps))
    yield f"{included}, {advice['safe to add']}, {advice['review']}"
    yield str(len(proposal.policies))
    yield f"{sum(named.characters for named in proposal.policies):,}"
    ratios = (
        (test.recall_events, test.recall_permissions, test.precision_events, test.precision_permissions)
        if test
        else (NOTHING,) * 4
    )
    yield from map(_share, ratios)


def _permissions_management(proposal: Proposal) -> int:
    return sum(each.access_level.value == "Permissions management" for each in proposal.certificate.excess.entries)


def _length(gap: tuple[str, str]) -> int:
    return (date.fromisoformat(gap[1]) - date.fromisoformat(gap[0])).days + 1


def _share(ratio: Ratio) -> str:
    return "-" if ratio.value is None else f"{ratio.value:.2%}"


def main() -> int:
    """Measure, print, write."""
    text = report()
    REPORT.write_text(text, "utf-8")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
