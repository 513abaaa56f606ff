"""Events delivered more than once, and the records that only look like it."""

from __future__ import annotations

from catalog.model import Operation
from service.core.days import Window
from service.core.events import Event
from service.core.outcome import Outcome
from service.core.principals import Principal, PrincipalType
from service.core.sightings import Sightings
from service.core.usage import Call

OWN, OTHER = "222233334444", "111122223333"
ROLE = Principal(PrincipalType.ROLE, OWN, "app", f"arn:aws:iam::{OWN}:role/app")


def event(event_id: str, second: int = 0, shared: str = "") -> Event:
    return Event("kms.amazonaws.com", "Decrypt", id=event_id, time=f"2026-08-01T00:00:{second:02d}Z", shared_id=shared)


def call(account: str = OWN, name: str = "Decrypt") -> Call:
    operation = Operation("kms.amazonaws.com", name)
    return Call(ROLE, operation, "AwsApiCall", account, "eu-west-1", Outcome.ALLOWED)


def test_copies_of_two_accounts_are_one_event_that_of_the_caller() -> None:
    sightings = Sightings()
    sightings.add(event("a", shared="s"), call(OTHER))
    sightings.add(event("b", shared="s"), call(OWN))
    ((made, evidence),) = sightings.usage(Window()).items()
    assert (made.account, evidence.count, sightings.duplicates) == (OWN, 1, 1)
    assert evidence.event_ids == ("b",), "an example is looked up by its own id, not by the shared one"


def test_one_id_at_two_times_is_two_events() -> None:
    """A trail that was masked before it was shared may have one id everywhere."""
    sightings = Sightings()
    sightings.add(event("<masked>", 1), call())
    sightings.add(event("<masked>", 2), call(name="Encrypt"))
    assert {made.operation.name for made in sightings.usage(Window())} == {"Decrypt", "Encrypt"}
    assert sightings.duplicates == 0


def test_equal_calls_are_held_once() -> None:
    """Ten thousand files of the same calls must not take the memory of ten thousand."""
    whole = Sightings()
    for number in range(3):
        part = Sightings()
        part.add(event(f"{number}"), call())
        part.add(Event("kms.amazonaws.com", "Decrypt"), call())
        whole.merge(part)
    held = {id(made) for _, _, made in whole._all()}
    assert len(held) == 1
    assert whole.events == 6
