"""The flags by which a reviewer chooses how a proposal is made."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _ActionsContainer
from enum import StrEnum

from service.cli.argument_types import policies
from service.core.choices import (
    DEFAULT_CHOICES,
    Choices,
    ConditionChoice,
    ResourceChoice,
    Rung,
    SharedNames,
    UnobservableChoice,
)
from service.core.quotas import Target

_FLAGS = (
    ("resources", ResourceChoice, "resources as they were seen, generalised to patterns, or all of their type"),
    ("conditions", ConditionChoice, "which suggested conditions are put into the policy"),
    ("unobservable", UnobservableChoice, "what becomes of permissions of which no evidence can show the use"),
    ("shared_names", SharedNames, "names under a pattern that only another uses, who uses many of the same"),
    ("target", Target, "as what the principal is given the policies, each of which has a quota of its own"),
    ("fit", Rung, "how far policies that do not fit may be changed; the last two only as the current policies allow"),
)


def add_choices(parser: ArgumentParser) -> None:
    """The flags, in a group of their own."""
    group = parser.add_argument_group("choices")
    for name, choice, what in _FLAGS:
        _flag(group, name, choice, what)
    quota = DEFAULT_CHOICES.policy_quota
    group.add_argument(
        "--policy-quota",
        type=policies,
        default=quota,
        metavar="N",
        help=f"how many managed policies the principal may have (default: {quota})",
    )
    group.add_argument(
        "--attached",
        type=policies,
        default=0,
        metavar="N",
        help="how many managed policies stay attached to the principal (default: 0)",
    )
    group.add_argument(
        "--permissions-patterns",
        action="store_true",
        help="generalise resources of Permissions management actions too; roles, keys and the like never are",
    )


def resources_flag(parser: ArgumentParser) -> None:
    """The first of them alone, where the others do not matter."""
    _flag(parser, *_FLAGS[0])


def _flag(group: _ActionsContainer, name: str, choice: type[StrEnum], what: str) -> None:
    default = getattr(DEFAULT_CHOICES, name).value
    values = [each.value for each in choice]
    group.add_argument(
        f"--{name.replace('_', '-')}", choices=values, default=default, help=f"{what} (default: {default})"
    )


def choices_of(arguments: Namespace) -> Choices:
    """What the flags say."""
    return Choices(
        ResourceChoice(arguments.resources),
        ConditionChoice(arguments.conditions),
        UnobservableChoice(arguments.unobservable),
        Target(arguments.target),
        Rung(arguments.fit),
        arguments.policy_quota,
        arguments.attached,
        arguments.permissions_patterns,
        SharedNames(arguments.shared_names),
    )
