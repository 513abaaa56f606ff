"""The ladder: exact policies if there is room for them, else what the next rung makes of them, each rung proved.

1. exact: grouped and split over as many policies as there may be.
2. merged: statements joined where no request can meet what that adds; from here on also without statement ids, where
   that saves a policy.
3. wildcards: actions by a wildcard that the current policies have; asked for.
4. resources: all of a type in the place of those that were seen; asked for, and made before conditions are suggested,
   so it is climbed by whoever makes the grants (`usecases.making`).

Where the last rung that may be climbed does not do either, the exact policies stand, and what there is no room for is
named: nothing is widened for nothing, and nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from catalog.model import AccessLevel, Catalog
from service.core.choices import Rung
from service.core.fit.judging import added_beside, by_level, judged, level_of
from service.core.fit.merging import Impossible, merged
from service.core.fit.model import Added, Fit, Step
from service.core.fit.wildcards import Wildcards, expanded, expanded_grants
from service.core.iam.policy import Policy, Statement
from service.core.iam.proving.verdict import Holds
from service.core.proof import no_new_access
from service.core.quotas import Room
from service.core.synthesis import (
    NO_PURPOSES,
    Grant,
    NamedPolicy,
    Synthesis,
    grants_of,
    grouped,
    packed,
    service_of,
    synthesize,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to fit where: `name` is the principal's, `last` the highest rung that may be climbed.

    `current` are the identity policies that are in force now, None where they are not known.
    """

    name: str
    room: Room
    last: Rung
    current: tuple[Policy, ...] | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """The policies that are proposed, how they were made to fit, and the grants in them that no call asked for."""

    synthesis: Synthesis
    fit: Fit
    added: tuple[Added, ...] = ()


@dataclass(frozen=True)
class Fitter:
    """Makes policies fit with one catalog; `plain_names` as in `Impossible`, `purposes` as in `synthesize`."""

    catalog: Catalog
    plain_names: frozenset[tuple[str, str]]
    purposes: Mapping[str, str] = field(default_factory=lambda: NO_PURPOSES)
    _impossible: list[Impossible] = field(default_factory=list)

    def fitted(self, grants: Iterable[Grant], levels: Mapping[str, str], wish: Wish) -> Fitted:
        """The policies for the grants, by the lowest rung on which they fit."""
        exact = synthesize(grants, wish.name, levels, wish.room, self.purposes)
        first = _Climb(exact, (), _step(Rung.EXACT, exact, wish.room, {}))
        if not first.step.fits:
            first = replace(first, step=self.judged(first.step, exact, exact, wish.current))
        climbs = [first]
        for climb in self._higher(exact, levels, wish) if not first.step.fits else ():
            climbs.append(climb)
            if climb.step.fits:
                break
        chosen = climbs[-1] if climbs[-1].step.fits else first
        over = () if chosen.step.fits else tuple(left_over(chosen.synthesis.policies, wish.room))
        notes = tuple(_notes(wish, chosen.step.fits))
        steps = tuple(each.step for each in climbs)
        return Fitted(chosen.synthesis, Fit(wish.room, chosen.step.rung, steps, over, notes), chosen.added)

    def _higher(self, exact: Synthesis, levels: Mapping[str, str], wish: Wish) -> Iterator[_Climb]:
        """The rungs above the first, as far as they may be climbed."""
        asked = set(_grants(exact))
        statements = grouped(asked)
        if wish.last is Rung.EXACT or not statements:
            return
        within = _Within(wish.current, wish.room)
        statements, merging = merged(statements, self._never, within.holds)
        added = tuple(Added(Rung.MERGED, each, _NEVER_MET) for each in merging)
        yield self._climbed(Rung.MERGED, exact, statements, added, levels, wish)
        if wish.last is Rung.MERGED or wish.current is None:
            return
        wildcards = Wildcards.of(self.catalog, wish.current)
        statements = tuple(wildcards.applied(each, within.holds) for each in statements)
        held = set(expanded_grants(self.catalog, [Policy(statements)]))
        behind = dict.fromkeys(held - asked - set(merging), _BY_WILDCARD)
        added += tuple(Added(Rung.WILDCARDS, each, why) for each, why in sorted(behind.items()))
        yield self._climbed(Rung.WILDCARDS, exact, statements, added, levels, wish)

    @property
    def _never(self) -> Impossible:
        if not self._impossible:
            self._impossible.append(Impossible(self.catalog, self.plain_names))
        return self._impossible[0]

    def _climbed(
        self,
        rung: Rung,
        exact: Synthesis,
        statements: Sequence[Statement],
        added: tuple[Added, ...],
        levels: Mapping[str, str],
        wish: Wish,
    ) -> _Climb:
        """A rung, and what the prover says of it."""
        named = self._levels(levels, statements, added)
        packing = packed(statements, wish.name, named, wish.room, self.purposes)
        if len(packing.policies) > wish.room.documents:
            without = packed(statements, wish.name, named, wish.room, self.purposes, with_ids=False)
            packing = min(packing, without, key=lambda each: len(each.policies))
        made = replace(packing, too_large=exact.too_large)
        step = _step(rung, made, wish.room, by_level(self.catalog, (each.grant for each in added)))
        return _Climb(made, added, self.judged(step, made, exact, wish.current))

    def judged(self, step: Step, made: Synthesis, exact: Synthesis, current: Sequence[Policy] | None) -> Step:
        """A step with what the prover says of it, beside the exact policies and those that are in force."""
        return judged(step, self.catalog, _policies(made), _policies(exact), current)

    def widened(self, step: Step, made: Synthesis, exact: Synthesis, current: Sequence[Policy] | None) -> Step:
        """The step as that of the last rung, which no grant is named for that it adds."""
        added = added_beside(self.catalog, _policies(made), _policies(exact))
        return self.judged(replace(step, rung=Rung.RESOURCES, added=added), made, exact, current)

    def _levels(
        self, levels: Mapping[str, str], statements: Iterable[Statement], added: Iterable[Added]
    ) -> dict[str, str]:
        """Levels of actions; of a wildcard, the highest of those behind it."""
        known = {**levels, **{each.grant.action: level_of(self.catalog, each.grant.action) for each in added}}
        wild = {action for each in statements for action in each.actions if action not in known}
        behind = ((each, expanded(self.catalog, each)) for each in sorted(wild))
        heights = ((each, [level_of(self.catalog, action) for action in meant]) for each, meant in behind)
        return known | {each: max(levels, key=_HEIGHTS.index) for each, levels in heights if levels}


_HEIGHTS = ("", *(each.value for each in AccessLevel))
_NEVER_MET = "no request can meet it: the action takes no such resource"
_BY_WILDCARD = "a wildcard of the current policies brings it, in the place of actions that were used"


@dataclass(frozen=True, slots=True)
class _Climb:
    synthesis: Synthesis
    added: tuple[Added, ...]
    step: Step


@dataclass(frozen=True)
class _Within:
    """Whether a statement may be written: it is within what is granted now, and a policy can hold any part of it."""

    current: tuple[Policy, ...] | None
    room: Room
    _known: dict[Statement, bool] = field(default_factory=dict)

    def holds(self, statement: Statement) -> bool:
        """The answer, which is kept."""
        if statement not in self._known:
            self._known[statement] = self._found(statement)
        return self._known[statement]

    def _found(self, statement: Statement) -> bool:
        longest = max(map(len, statement.actions)) + max(map(len, statement.resources))
        if longest > self.room.characters // 2:
            return False
        if self.current is None:
            return True
        return isinstance(no_new_access(self.current, [Policy((statement,))]), Holds)


def _step(rung: Rung, made: Synthesis, room: Room, added: Mapping[str, int]) -> Step:
    return Step(
        rung,
        len(made.policies),
        sum(len(each.policy.statements) for each in made.policies),
        sum(each.characters for each in made.policies),
        len(made.policies) <= room.documents,
        dict(sorted(added.items())),
    )


def left_over(policies: Sequence[NamedPolicy], room: Room) -> Iterator[str]:
    """The policies that there is no room for, in words."""
    for named in policies[room.documents :]:
        services = sorted({service_of(each.action) for each in grants_of([named.policy])})
        yield f"{named.name}: {named.characters:,} characters, for {', '.join(services)}"


def _notes(wish: Wish, fits: bool) -> Iterator[str]:
    if fits:
        return
    if wish.room.documents < 1:
        yield "no policy can be attached: as many stay attached as the quota allows"
    if wish.current is None and wish.last in (Rung.WILDCARDS, Rung.RESOURCES):
        yield "it is not known what is granted now, so nothing above merged was tried: give the current policies"


def _grants(made: Synthesis) -> Iterator[Grant]:
    return grants_of(_policies(made))


def _policies(made: Synthesis) -> list[Policy]:
    return [each.policy for each in made.policies]
