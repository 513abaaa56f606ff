"""The flags by which a reviewer chooses how a proposal is made."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from service.core.choices import DEFAULT_CHOICES, Choices, ConditionChoice, ResourceChoice, UnobservableChoice

_FLAGS = (
    ("resources", ResourceChoice, "resources as they were seen, generalised to patterns, or all of their type"),
    ("conditions", ConditionChoice, "which suggested conditions are put into the policy"),
    ("unobservable", UnobservableChoice, "what becomes of permissions of which no evidence can show the use"),
)


def add_choices(parser: ArgumentParser) -> None:
    """The flags, in a group of their own."""
    group = parser.add_argument_group("choices")
    for name, choice, what in _FLAGS:
        default = getattr(DEFAULT_CHOICES, name).value
        values = [each.value for each in choice]
        group.add_argument(f"--{name}", choices=values, default=default, help=f"{what} (default: {default})")


def choices_of(arguments: Namespace) -> Choices:
    """What the flags say."""
    return Choices(
        ResourceChoice(arguments.resources),
        ConditionChoice(arguments.conditions),
        UnobservableChoice(arguments.unobservable),
    )
