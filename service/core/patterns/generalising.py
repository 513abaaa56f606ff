"""Needs on patterns in the place of the resources that were seen, where nothing forbids it.

Learned is within one action, resource type, account and Region. A pattern is refused that leaves the current policies
or covers a resource that only another principal was seen using; then the next narrower is tried, and at last each
resource stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from catalog.model import AccessLevel, ActionDefinition, Catalog
from service.core.actions import Findings, Need
from service.core.arn_format import Formats, classify, formats_of, parse_format
from service.core.choices import ResourceChoice
from service.core.iam.pattern import escape
from service.core.patterns.learning import Learned, Names, Rule, learned
from service.core.patterns.neighbours import Covered, Sharing

Within = Callable[[Need], bool]
"""Whether a need is within what is granted now."""

Foreign = Callable[[str], Covered]
"""What a pattern covers that only other principals of the trail were seen using."""

Ahead = Callable[[Iterable[str]], None]
"""Told of patterns that `Foreign` may be asked about, so that it looks once for all of them."""

EXAMPLES = 3
"""How many of the resources behind a pattern are told."""


@dataclass(frozen=True, slots=True, order=True)
class Generalised:
    """One pattern of the policy, the action that has it, and what it was learned of.

    `kinds` are those of the parts that a template leaves open, `sharing` those who draw from the same names: it covers
    what only they were seen using, too.
    """

    action: str
    pattern: str
    rule: Rule
    resources: int
    examples: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    sharing: tuple[Sharing, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Refused:
    """A pattern that was learned and not taken, for how many resources, and why."""

    action: str
    pattern: str
    resources: int
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was generalised, and what was not though it could be."""

    generalised: tuple[Generalised, ...] = ()
    refused: tuple[Refused, ...] = ()


NOTHING_GENERALISED = Report()
"""Every resource as it was seen."""


@dataclass(frozen=True)
class Generaliser:
    """Generalises with one catalog. `never` are types of resources that stay exact: service and type, `*` for all.

    `permissions` says whether Permissions management actions are generalised too.
    """

    catalog: Catalog
    never: frozenset[tuple[str, str]]
    permissions: bool = False

    def generalised(
        self,
        findings: Findings,
        choice: Callable[[str], ResourceChoice],
        within: Within,
        foreign: Foreign,
        ahead: Ahead,
    ) -> tuple[Findings, Report]:
        """The findings on patterns, as far as the choice for each action says. `ahead` is told which patterns may be
        asked about, before the first is.
        """
        plans = list(self._plans(findings, choice))
        lost = [need for need in findings.needs if need.names and choice(need.action) is not ResourceChoice.EXACT]
        patterns = [each.pattern for _, _, alternatives in plans for each in alternatives]
        ahead([*patterns, *(each for need in lost for each in need.patterns)])
        changed: dict[Need, Need] = {}
        taken: list[Generalised] = []
        refused: list[Refused] = []
        for action, asked, alternatives in plans:
            whys = [_refusal(each, asked, within, foreign) for each in alternatives]
            if "" in whys:
                each = alternatives[whys.index("")]
                changed |= {need: _on(need, each) for need in asked}
                taken.append(_taken(action, each, asked, foreign(each.pattern).sharing))
            else:
                refused.append(Refused(action, alternatives[0].pattern, len(alternatives[0].texts), whys[0]))
        noted = replace(findings, notes={**findings.notes, **_shared(findings, lost, foreign)})
        return _replaced(noted, changed), Report(tuple(sorted(taken)), tuple(sorted(refused)))

    def _plans(
        self, findings: Findings, choice: Callable[[str], ResourceChoice]
    ) -> Iterator[tuple[str, list[Need], tuple[Learned, ...]]]:
        """What could be generalised: the action, the needs, and the patterns in their place, the widest first."""
        for (action, kind), needs in sorted(self._groups(findings.needs).items()):
            if choice(action) is ResourceChoice.EXACT:
                continue
            by_text: dict[str, list[Need]] = {}
            for need in needs:
                by_text.setdefault(need.patterns[0], []).append(need)
            for alternatives in _learned(kind, by_text, choice(action)):
                yield action, [need for text in alternatives[0].texts for need in by_text[text]], alternatives

    def _groups(self, needs: Iterable[Need]) -> dict[tuple[str, _Kind], list[Need]]:
        """Needs by action and kind of resource, less those that stay as they are."""
        groups: dict[tuple[str, _Kind], list[Need]] = {}
        for need in needs:
            if self._may_be_generalised(need) and (kind := self._kind(need)) is not None:
                groups.setdefault((need.action, kind), []).append(need)
        return groups

    def _may_be_generalised(self, need: Need) -> bool:
        return (
            need.exact
            and not need.is_extra
            and len(need.patterns) == 1
            and need.request != "*"
            and (self.permissions or need.access_level is not AccessLevel.PERMISSIONS_MANAGEMENT)
        )

    def _formats(self, action: ActionDefinition) -> Formats:
        """The types of resources that an action takes, each with its ARN formats."""
        service = self.catalog.service(action.full_name.split(":", 1)[0])
        types = service.resource_types if service else {}
        return formats_of({each.type: types[each.type] for each in action.resources})

    def _kind(self, need: Need) -> _Kind | None:
        """What kind of resource a need is on; None where it is not known, or such resources stay exact."""
        action = self.catalog.action(need.action)
        service = need.action.split(":", 1)[0]
        if action is None or (service, "*") in self.never:
            return None
        found = classify(need.request, self._formats(action)) or {}
        if len(found) != 1:
            return None
        ((name, described),) = found.items()
        if (service, name) in self.never or not described.format.variables:
            return None
        head, _, _ = described.format.text.partition("${" + described.format.variables[-1] + "}")
        place = need.request.split(":", 5)
        if len(place) < 6 or described.format.open_ended:
            return None
        values = {**described.names, "Partition": place[1], "Region": place[3], "Account": place[4]}
        filled = escape(parse_format(head).filled(values))
        if not need.patterns[0].startswith(filled):
            return None
        return _Kind(name, filled, ":".join(place[:5]), described.format.text, len(described.format.variables) > 1)


def _learned(kind: _Kind, texts: Iterable[str], choice: ResourceChoice) -> Iterator[tuple[Learned, ...]]:
    if choice is ResourceChoice.SERVICE:
        if pattern := _of_the_type(kind):
            yield (Learned(pattern, Rule.SERVICE, tuple(sorted(texts))),)
    else:
        folders = kind.type in _FOLDERS
        yield from learned(Names(kind.head, frozenset(texts), folders, kind.has_parent and not folders))


def _taken(action: str, each: Learned, needs: Iterable[Need], sharing: tuple[Sharing, ...]) -> Generalised:
    examples = tuple(sorted({need.request for need in needs}))[:EXAMPLES]
    return Generalised(action, each.pattern, each.rule, len(each.texts), examples, each.kinds, sharing)


_FOLDERS = ("object",)
"""Types whose names have folders: what a `/` in a name of another type means is that service's own."""


@dataclass(frozen=True, slots=True, order=True)
class _Kind:
    """A type of resource in one place; `head` is the pattern of all that stands before the last part of the name.

    `has_parent` says that a name stands in it, as that of a task definition before its revision.
    """

    type: str
    head: str
    place: str
    format: str
    has_parent: bool


def _shared(findings: Findings, lost: Iterable[Need], foreign: Foreign) -> Mapping[str, frozenset[int]]:
    """What is said of wildcards for names that were too many to be kept, where others' are among these: to leave them
    out would deny what was seen.
    """
    notes: dict[str, frozenset[int]] = {}
    for need in lost:
        for pattern in need.patterns:
            if covered := foreign(pattern).foreign:
                told = f"{need.action} on {pattern} covers {covered}, which another principal uses: {_NOT_KEPT}"
                notes[told] = notes.get(told, frozenset()) | findings.needs[need]
    return notes


_NOT_KEPT = "whether this one does was not kept"


def _refusal(each: Learned, needs: Iterable[Need], within: Within, foreign: Foreign) -> str:
    """Why a pattern is not taken; empty where it may be."""
    if not all(within(replace(need, patterns=(each.pattern,))) for need in _representatives(needs)):
        return "it is not within the current policies"
    covered = foreign(each.pattern).foreign
    return f"it covers {covered}, which only another principal was seen using" if covered else ""


def _representatives(needs: Iterable[Need]) -> Iterator[Need]:
    """One need of those that differ in nothing but the resource."""
    yield from {(need.conditions, need.reason.kind): need for need in needs}.values()


def _on(need: Need, pattern: Learned) -> Need:
    return replace(need, patterns=(pattern.pattern,), siblings=len(pattern.texts))


def _of_the_type(kind: _Kind) -> str:
    """All of the type in the account. Of one whose ARNs name no account, as those of S3, all within what it is part of;
    empty where it is part of nothing.
    """
    _, partition, _, region, account = kind.place.split(":")
    if not account:
        return f"{kind.head}*" if kind.has_parent else ""
    return parse_format(kind.format).filled({"Partition": partition, "Region": region, "Account": account})


def _replaced(findings: Findings, changed: Mapping[Need, Need]) -> Findings:
    needs: dict[Need, frozenset[int]] = {}
    for need, calls in findings.needs.items():
        now = changed.get(need, need)
        needs[now] = needs.get(now, frozenset()) | calls
    return replace(findings, needs=needs)
