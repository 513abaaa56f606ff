"""The busiest role and user of every recorded set: what Whittle proposes for them, as a Markdown table.

`python -m bench.corpus [FOLDER]` reads the recorded trails beside the checkout. Every policy is put to parliament too.
"""

from __future__ import annotations

import re
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

from service.core.days import WindowAsked
from service.core.errors import MalformedArn
from service.core.iam.document import render
from service.core.principals import Principal, PrincipalQuery, PrincipalType, parse_principal
from service.core.proposal import Proposal
from service.usecases.gather import gather
from service.usecases.reading import Reading
from service.wiring import file_trail, keep, parts

DEFAULT = Path(__file__).parents[2] / "shared" / "corpus" / "real"
COLUMNS = ("set", "principal", "events", "granted", "permissions", "unresolved", "denied", "policies", "characters")
CHECKS = ("parliament", "seconds")
ROLES = frozenset({PrincipalType.ROLE, PrincipalType.IDENTITY_CENTER_ROLE})
USERS = frozenset({PrincipalType.USER})


def sets(folder: Path) -> dict[str, list[Path]]:
    """The recorded files by set: `sans504-003.json.gz` belongs to `sans504`."""
    found: dict[str, list[Path]] = {}
    for file in sorted(folder.glob("*.json.gz")):
        found.setdefault(re.sub(r"-\d+\.json\.gz$", "", file.name), []).append(file)
    return found


def able(reading: Reading, types: frozenset[PrincipalType]) -> Iterator[tuple[Principal, PrincipalQuery]]:
    """Principals of these types that can be asked for, the busiest first; masked accounts cannot."""
    for principal in sorted(reading.principals(), key=lambda each: (-reading.activity([each]).events, each)):
        if principal.type in types:
            kind = "user" if principal.type is PrincipalType.USER else "role"
            try:
                yield (
                    principal,
                    parse_principal(principal.arn or f"arn:aws:iam::{principal.account}:{kind}/{principal.name}"),
                )
            except MalformedArn:
                continue


def parliament_errors(proposal: Proposal) -> list[str]:
    """What parliament has against the policies, in its own words."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import parliament  # type: ignore[import-untyped]  # it has no types
    found = []
    for named in proposal.policies:
        analyzed = parliament.analyze_policy_string(render(named.policy))
        found += [str(finding) for finding in analyzed.findings]
    return found


def propose(reading: Reading, query: PrincipalQuery) -> tuple[Proposal, float]:
    """The proposal, and the seconds that it took without the reading."""
    start = time.perf_counter()
    proposal = parts().proposer.propose(reading, query, WindowAsked())
    return proposal, time.perf_counter() - start


def _line(name: str, principal: Principal, proposal: Proposal, seconds: float) -> str:
    events: Mapping[str, int] = proposal.events
    cells = (
        name,
        f"{principal.type.value} {principal.name[:40]}",
        events["total"],
        events.get("granted", 0),
        len(proposal.permissions),
        events.get("unresolved", 0),
        events.get("denied", 0),
        len(proposal.policies),
        sum(each.characters for each in proposal.policies),
        len(parliament_errors(proposal)),
        f"{seconds:.2f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    print(f"| {' | '.join(COLUMNS + CHECKS)} |")
    print("|---|---|" + "--:|" * (len(COLUMNS + CHECKS) - 2))
    for name, files in sets(folder).items():
        reading = gather(file_trail(files, 1), keep)
        for types in (ROLES, USERS):
            for principal, query in list(able(reading, types))[:1]:
                print(_line(name, principal, *propose(reading, query)))


if __name__ == "__main__":
    main()
