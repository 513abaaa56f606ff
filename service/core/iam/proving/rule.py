"""Statements prepared for proofs: resources as globs, conditions as atoms, and what makes two of them the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from service.core.iam.pattern import parse_pattern
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
    """One statement. Rules are equal if they differ in Sid and order at most; `scope` is all but effect and actions.

    `expands` says whether the policy that it stands in knows variables; `variables` are the keys that those in it take
    their values from.
    """

    effect: Effect
    scope: tuple[frozenset[str], bool, bool, frozenset[Atom]]
    listed: tuple[frozenset[str], bool]
    statement: Statement = field(compare=False, repr=False)
    globs: tuple[Glob, ...] = field(compare=False, repr=False)
    atoms: tuple[Atom, ...] = field(compare=False, repr=False)
    bank: Bank = field(compare=False, repr=False)
    starts: tuple[str, ...] = field(compare=False, repr=False)
    expands: bool = field(compare=False, repr=False)
    variables: frozenset[str] = field(compare=False, repr=False)

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

    def may_list(self, text: str) -> bool:
        """False only if the beginning of a resource tells that it is none of those that the rule lists."""
        return text.startswith(self.starts)

    def matches(self, resource: Word) -> bool:
        """Whether it is about the resource; with variables, whether it is whatever their values are."""
        return self.bank.has(resource) is not self.excepts


def rules(policies: Iterable[Policy]) -> list[Rule]:
    """Every statement of the policies, in order."""
    return [prepared(each, variables=policy.has_variables) for policy in policies for each in policy.statements]


def effort(policies: Iterable[Policy]) -> int:
    """How many steps it takes to prepare the statements of policies that were never seen."""
    return sum(_letters(each) for policy in policies for each in policy.statements)


def burden(policies: Iterable[Policy]) -> int:
    """How many steps it takes to prepare them again, their patterns and conditions being known."""
    return sum(_burden(each) for policy in policies for each in policy.statements)


def _burden(statement: Statement) -> int:
    patterns = len(statement.resources) + len(statement.not_resources)
    values = sum(len(each.values) for each in statement.conditions)
    actions = len(statement.actions) + len(statement.not_actions)
    return 10 + 4 * patterns + 4 * len(statement.conditions) + (values + actions) // 4


def _letters(statement: Statement) -> int:
    """Of all its texts but the actions, each counted for the work that it is besides."""
    values = (each for condition in statement.conditions for each in (condition.key, *condition.values))
    texts = (*statement.resources, *statement.not_resources, *values)
    actions = len(statement.actions) + len(statement.not_actions)
    return _STATEMENT + _ACTION * actions + sum(_TEXT + _LETTER * len(each) for each in texts)


_STATEMENT, _ACTION, _TEXT, _LETTER = 50, 4, 40, 3


@lru_cache(maxsize=4096)
def prepared(statement: Statement, *, variables: bool) -> Rule:
    """The statement as a rule. `variables` as in `parse_pattern`."""
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
        tuple(dict.fromkeys(each.prefix for each in globs)),
        variables,
        frozenset(_keys(globs, atoms)),
    )


def _keys(globs: Iterable[Glob], atoms: Iterable[Atom]) -> Iterator[str]:
    """The keys that policy variables take their values from."""
    values = (value for each in atoms if each.variables for value in each.condition.values)
    found = chain((glob.variables for glob in globs), (parse_pattern(each).variables for each in values))
    return (each.key for each in chain.from_iterable(found))
