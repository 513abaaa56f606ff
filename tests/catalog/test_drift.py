"""Differences between two snapshots: laws, and where a removal is too much to be believed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.drift import Drift, Loss, Services, compare, losses, snapshot, with_retired
from catalog.load import load_catalog
from catalog.model import AccessLevel, ActionDefinition, ActionResource, ServiceDefinition


def action(name: str, level: AccessLevel = AccessLevel.READ, types: tuple[str, ...] = ()) -> ActionDefinition:
    resources = tuple(ActionResource(each, required=False) for each in types)
    return ActionDefinition("mill", name, level, resources, (), ())


def service(*actions: ActionDefinition, prefix: str = "mill") -> ServiceDefinition:
    named = {each.name.lower(): replace(each, prefix=prefix) for each in actions}
    return ServiceDefinition(prefix, prefix, named, {}, {})


def numbered(count: int, prefix: str = "mill") -> ServiceDefinition:
    return service(*(action(f"Do{number}") for number in range(count)), prefix=prefix)


ACTIONS = st.builds(
    ActionDefinition,
    prefix=st.just("mill"),
    name=st.sampled_from(["Grind", "grind", "Sift", "Tag", "Open", "Shut"]),
    access_level=st.sampled_from(AccessLevel),
    resources=st.lists(st.sampled_from(["stone", "sieve"]), unique=True).map(
        lambda names: tuple(ActionResource(name, required=False) for name in names)
    ),
    condition_keys=st.just(()),
    dependent_actions=st.just(()),
    retired=st.booleans(),
)
SNAPSHOTS = st.dictionaries(
    st.sampled_from(["mill", "well"]), st.lists(ACTIONS, max_size=5).map(lambda actions: service(*actions))
).map(lambda found: {prefix: service(*each.actions.values(), prefix=prefix) for prefix, each in found.items()})


@given(SNAPSHOTS)
def test_nothing_drifts_from_itself(one: Services) -> None:
    assert compare(one, one) == Drift()
    assert losses(one, one) == ()


@given(SNAPSHOTS, SNAPSHOTS)
def test_the_way_back_is_the_mirror(one: Services, other: Services) -> None:
    assert compare(other, one) == compare(one, other).mirrored()
    assert compare(one, other).mirrored().mirrored() == compare(one, other)


@given(SNAPSHOTS, SNAPSHOTS)
def test_what_is_kept_as_retired_is_still_removed(one: Services, other: Services) -> None:
    both = one.keys() & other.keys()
    plain = {prefix: other[prefix] for prefix in both}
    kept = {prefix: with_retired(other[prefix], one[prefix]) for prefix in both}
    before = {prefix: one[prefix] for prefix in both}
    assert compare(before, kept) == compare(before, plain)
    assert all(kept[prefix].actions.keys() >= one[prefix].actions.keys() for prefix in both)


def test_every_kind_of_difference_is_told() -> None:
    old = {"mill": service(action("Grind", types=("stone",)), action("Sift"), action("Open"))}
    new = {"mill": service(action("grind", AccessLevel.WRITE, ("sieve", "stone")), action("Sift"), action("Shut"))}
    drift = compare(old, new)
    assert drift
    assert tuple(drift.lines()) == (
        "added: mill:Shut",
        "removed: mill:Open",
        "access level: mill:Grind: Read, now Write",
        "resource types: mill:Grind: stone, now sieve, stone",
    )


def test_the_bundled_catalog_does_not_drift_from_itself() -> None:
    whole = snapshot(load_catalog())
    assert sum(len(each.actions) for each in whole.values()) > 22_000
    assert not compare(whole, whole)


@pytest.mark.parametrize(
    ("known", "left", "too_much"),
    [
        (100, 95, False),
        (100, 94, True),
        (40, 38, False),
        (40, 37, True),
        (39, 38, False),
        (39, 37, True),
        (5, 4, False),
        (5, 3, True),
        (2, 1, False),
        (1, 0, True),
        (1, 1, False),
    ],
)
def test_one_action_in_twenty_may_go_and_one_alone_always_if_others_stay(known: int, left: int, too_much: bool) -> None:
    found = losses({"mill": numbered(known)}, {"mill": numbered(left)})
    expected = Loss("" if left == 0 else "mill", 1 if left == 0 else known - left, known)
    assert found == ((expected,) if too_much else ())


@pytest.mark.parametrize(("left", "too_much"), [(40, False), (38, False), (37, True), (0, True)])
def test_so_with_services(left: int, too_much: bool) -> None:
    old = {f"s{number}": numbered(1, f"s{number}") for number in range(40)}
    new = dict(list(old.items())[:left])
    assert losses(old, new) == ((Loss("", 40 - left, 40),) if too_much else ())


def test_retired_actions_are_not_lost_again() -> None:
    retired = with_retired(numbered(1), numbered(10))
    assert losses({"mill": retired}, {"mill": numbered(1)}) == ()
