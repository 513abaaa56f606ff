"""One policy for a job function: from what each of several principals did."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from service.core.actions import ReasonKind
from service.core.beside import Beside
from service.core.choices import Choices, Rung
from service.core.current import Current
from service.core.days import Window, WindowAsked, resolve
from service.core.errors import InputError
from service.core.fit.climbing import Wish
from service.core.fit.model import Fit
from service.core.fit.words import fit_sentences
from service.core.group import Asked, Group, Member, SharedPermission, needed_together, shares
from service.core.iam.pattern import parse_pattern
from service.core.principals import PrincipalQuery, PrincipalType, parse_principal
from service.core.quotas import room_for
from service.core.shown import shown
from service.core.synthesis import Grant
from service.usecases.checks import Checks
from service.usecases.making import Wanted
from service.usecases.propose import Proposer, as_asked
from service.usecases.reading import Reading, of_query

CurrentOf = Callable[[PrincipalQuery], Current | None]
"""What a member is granted now, None where that is not known."""

_NAME = re.compile(r"[A-Za-z0-9+=,.@_-]{1,64}")
_GROUPED = frozenset({PrincipalType.ROLE, PrincipalType.USER, PrincipalType.IDENTITY_CENTER_ROLE})
_FITTING = frozenset({ReasonKind.MERGED, ReasonKind.WILDCARD})


def matching(reading: Reading, pattern: str) -> list[PrincipalQuery]:
    """The roles and users of a trail whose ARN matches a pattern with `*` and `?`, sorted.

    Raises:
        InputError: none does.
    """
    arns = sorted({each.arn for each in reading.principals() if each.arn and each.type in _GROUPED})
    wanted = parse_pattern(pattern, variables=False)
    found = [parse_principal(arn) for arn in arns if wanted.matches(arn)]
    if not found:
        raise InputError(f"no role or user of the trail matches `{shown(pattern)}`: `whittle principals` lists them")
    return found


@dataclass(frozen=True, slots=True)
class Grouper:
    """Makes policies for groups, by the maker of the proposals."""

    proposer: Proposer

    def grouped(
        self,
        reading: Reading,
        name: str,
        queries: Sequence[PrincipalQuery],
        asked: WindowAsked,
        choices: Choices,
        current_of: CurrentOf,
    ) -> Group:
        """The group's policies, and what they are to each member.

        Raises:
            NoGroup: the name is none that IAM has, or there is only one member.
            PrincipalNotFound: a member made no call in the trail.
        """
        if not _NAME.fullmatch(name):
            raise NoGroup("name", f"`{shown(name)}` is no name of a policy: letters, digits and +=,.@_- up to 64")
        distinct = _distinct(reading, queries)
        if len(distinct) < _FEWEST:
            raise NoGroup("members", "a group has at least two members: `whittle propose` makes a policy for one")
        window = resolve(asked, reading.spans.covered(Window())[1])
        members = [self._member(reading, each, window, choices, current_of(each)) for each in distinct]
        together = needed_together(Asked(each.principal.label, each.grants) for each in members)
        levels = {need.action: need.access_level for each in members for need in each.needs}
        is_user = all(each.principal.type is PrincipalType.USER for each in members)
        room = room_for(choices.target, is_user=is_user, slots=choices.slots)
        last = min(choices.fit, Rung.MERGED, key=list(Rung).index)  # what is above wants one principal's policies
        words = {action: level.value for action, level in levels.items()}
        fitted = self.proposer.maker.fitter.fitted(together, words, Wish(name, room, last))
        catalog = self.proposer.catalog
        added = {each.grant: () for each in fitted.added}
        levels |= {each.action: found.access_level for each in added if (found := catalog.action(each.action))}
        held = {**added, **together}
        formats = Checks(catalog).arn_formats
        return Group(
            name=name,
            policies=fitted.synthesis.policies,
            fit=fitted.fit,
            permissions=tuple(SharedPermission(grant, levels[grant.action], held[grant]) for grant in sorted(held)),
            shares=tuple(shares(members, held, fitted.synthesis.policies, levels, formats)),
            notes=(*_notes(members, together), *fit_sentences(fitted.fit), *_capped(choices.fit, fitted.fit)),
        )

    def _member(
        self, reading: Reading, query: PrincipalQuery, window: Window, choices: Choices, current: Current | None
    ) -> Member:
        principal, activity = of_query(reading, query)
        beside = Beside(current, replace(choices, fit=Rung.EXACT))
        wanted = Wanted(as_asked(principal, query), window, beside)
        made = self.proposer.maker.made(reading, activity, wanted)
        needs = tuple(sorted(each for each in made.findings.needs if each.reason.kind not in _FITTING))
        return Member(wanted.principal, needs, made.requests, made.current)


_FEWEST = 2


class NoGroup(InputError):
    """What was asked for is no group; `member` is what is wrong, `name` or `members`."""

    def __init__(self, member: str, sentence: str) -> None:
        super().__init__(sentence)
        self.member = member


def _distinct(reading: Reading, queries: Sequence[PrincipalQuery]) -> list[PrincipalQuery]:
    """Each principal once: a role and one of its sessions are the same."""
    found: dict[str, PrincipalQuery] = {}
    for query in sorted(dict.fromkeys(queries), key=lambda each: each.text):
        principal, _ = of_query(reading, query)
        found.setdefault(as_asked(principal, query).label, query)
    return list(found.values())


def _capped(asked: Rung, fit: Fit) -> Iterator[str]:
    if not fit.fits and asked in (Rung.WILDCARDS, Rung.RESOURCES):
        yield f"{asked} was not tried: what is above {Rung.MERGED} is within one principal's current policies"


def _notes(members: Sequence[Member], together: Mapping[Grant, tuple[str, ...]]) -> Iterator[str]:
    accounts = sorted({each.principal.account for each in members})
    if len(accounts) > 1:
        yield f"the members are of {len(accounts)} accounts ({', '.join(accounts)}): a policy is of one account"
    for each in members:
        if not each.needs:
            yield f"{each.principal.label} needs nothing that a policy could grant in the window"
    common = sum(len(whom) == len(members) for whom in together.values())
    yield f"{common} of {len(together)} pairs of action and resource are needed by all {len(members)} members"
