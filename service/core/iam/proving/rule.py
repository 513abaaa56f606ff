"""Statements prepared for proofs: resources as globs, conditions as atoms, and what makes two of them the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from service.core.iam.pattern import Variable, parse_pattern
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.proving.atoms import Atom, atom, present
from service.core.iam.proving.bank import Bank, Word
from service.core.iam.proving.glob import EVERYTHING, Glob, resource_glob


@dataclass(frozen=True, slots=True)
class Region:
    """Resources: those in all globs of the one list and in none of the other."""

    inside: tuple[Glob, ...]
    outside: tuple[Glob, ...] = ()

    def within(self, other: Region) -> Region:
        """What both have."""
        return Region(self.inside + other.inside, self.outside + other.outside)

    def needed(self) -> list[Atom]:
        """What has to hold for a resource of it: variables without a default have values."""
        return [present(each.key) for glob in self.inside for each in glob.variables if each.default is None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One statement. Rules are equal if they differ in Sid and order at most; `scope` is all but effect and actions."""

    effect: Effect
    scope: tuple[frozenset[str], bool, bool, frozenset[Atom]]
    listed: tuple[frozenset[str], bool]
    statement: Statement = field(compare=False, repr=False)
    globs: tuple[Glob, ...] = field(compare=False, repr=False)
    atoms: tuple[Atom, ...] = field(compare=False, repr=False)
    bank: Bank = field(compare=False, repr=False)

    @property
    def excepts(self) -> bool:
        """Whether it lists the resources that it is not about."""
        return bool(self.statement.not_resources)

    def regions(self) -> list[Region]:
        """Where it may match. An exception with a variable takes away only what another rule says with the same one."""
        if self.excepts:
            return [Region((EVERYTHING,), self.globs)]
        return [Region((glob,)) for glob in self.globs]

    def elsewhere(self) -> list[Region]:
        """Of a rule that lists what it is not about: where it may not match. With variables that may be anywhere."""
        if any(glob.variables for glob in self.globs):
            return [Region((EVERYTHING,))]
        return [Region((glob,)) for glob in self.globs]

    def variables(self) -> set[str]:
        """The keys that its policy variables take their values from."""
        patterns = [glob.tokens for glob in self.globs]
        values = [value for each in self.atoms if each.variables for value in each.condition.values]
        found = [*chain.from_iterable(patterns), *chain.from_iterable(parse_pattern(each).parts for each in values)]
        return {each.key for each in found if isinstance(each, Variable)}

    def matches(self, resource: Word) -> bool:
        """Whether it is about the resource; with variables, whether it is whatever their values are."""
        return self.bank.has(resource) is not self.excepts


def rules(policies: Iterable[Policy]) -> list[Rule]:
    """Every statement of the policies, in order."""
    return [_rule(each, variables=policy.has_variables) for policy in policies for each in policy.statements]


@lru_cache(maxsize=4096)
def _rule(statement: Statement, *, variables: bool) -> Rule:
    resources = statement.resources or statement.not_resources
    globs = tuple(dict.fromkeys(resource_glob(each, variables=variables) for each in resources))
    atoms = tuple(dict.fromkeys(atom(each, variables=variables) for each in statement.conditions))
    written = variables and any("${" in each for each in resources)
    actions = frozenset(each.lower() for each in statement.actions or statement.not_actions)
    return Rule(
        statement.effect,
        (frozenset(resources), bool(statement.resources), written, frozenset(atoms)),
        (actions, bool(statement.actions)),
        statement,
        globs,
        atoms,
        Bank(globs),
    )
