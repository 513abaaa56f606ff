"""The records of one file: its own, those that come twice, and calls that two accounts see."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

from bench.trails.calls import Call, assume_role
from bench.trails.names import dice_of, unique_id, uuid
from bench.trails.plan import File, Settings, World
from bench.trails.principals import Actor, identity
from bench.trails.records import record, text, use

SPAN = timedelta(minutes=5)
DENIED = 0.022
"""Of all calls but those of services, which are never denied."""

TWICE = 0.005
SHARED = 0.003
_ASSUME = Call("sts", "AssumeRole", "sts:AssumeRole", assume_role)


@dataclass(slots=True)
class Content:
    """Makes the records of files, and counts whose events they are, each once. They depend on nothing but the seed."""

    settings: Settings
    world: World
    files: Sequence[File]
    counts: Counter[int] = field(default_factory=Counter)

    def records(self, file: File) -> Iterator[str]:
        """Every record of a file, in the order of writing."""
        yield from self._own(file)
        twice = list(self._twice(file, self.counts))
        yield from twice
        yield from twice[::2]
        if file.again is not None:
            yield from list(self._twice(self.files[file.again], Counter()))[1::2]
        yield from self._shared(file)

    def _own(self, file: File) -> Iterator[str]:
        dice = self._dice("own", file)
        cast = _Cast(self.world, file, self.settings.keys, dice)
        for number in range(file.events):
            yield _counted(self.counts, cast, number / file.events, dice)

    def _twice(self, file: File, counts: Counter[int]) -> Iterator[str]:
        """Events that this file and the next one of the place deliver twice, in turn."""
        dice = self._dice("twice", file)
        cast = _Cast(self.world, file, self.settings.keys, dice)
        for _ in range(int(file.events * TWICE + dice.random())):
            yield _counted(counts, cast, dice.random(), dice)

    def _shared(self, file: File) -> Iterator[str]:
        """Roles of another account that this one assumed, as this account's trail sees it or as the other's does.

        "The sharedEventID field ... for events that are delivered to more than one account".
        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
        """
        if file.partner is not None:
            yield from self._seen(file, self.files[file.partner], of_caller=True)
        if file.number + 1 < len(self.files) and self.files[file.number + 1].partner == file.number:
            yield from self._seen(self.files[file.number + 1], file, of_caller=False)

    def _seen(self, file: File, partner: File, of_caller: bool) -> Iterator[str]:
        dice = self._dice("shared", file)
        cast = _Cast(self.world, file, self.settings.keys, dice)
        theirs = self.world.by_place[partner.place][0].place
        for _ in range(int(file.events * SHARED + dice.random())):
            actor, when, shared = cast.actor(dice), cast.when(dice.random()), f'"sharedEventID":"{uuid(dice)}",'
            made = use(_ASSUME, theirs, dice)
            outside = {"type": "AWSAccount", "principalId": actor.id, "accountId": actor.place.account}
            who = cast.identity(actor) if of_caller else text(outside)
            mine = dice_of(uuid(dice), of_caller)  # each account's record has an id of its own
            line = record(made, who, when, cast.caller(actor), "", 0, shared, mine)
            ours = (f'"recipientAccountId":"{theirs.account}"', f'"recipientAccountId":"{actor.place.account}"')
            self.counts[actor.number] += of_caller
            yield line.replace(*ours) if of_caller else line

    def _dice(self, part: str, file: File) -> Random:
        return dice_of(self.settings.seed, part, file.number)


class _Cast:
    """Who is active in a file, with their sessions."""

    def __init__(self, world: World, file: File, keys: int, dice: Random) -> None:
        self._start, self._keys = file.start, keys
        actors, weights = world.by_place[file.place], world.weights[file.place]
        few = max(3, file.events // 12)
        chosen = {bisect(weights, dice.random() * weights[-1]) for _ in range(few)}
        self._actors = tuple(actors[at] for at in sorted(chosen))
        self._weights = tuple(accumulate(1 / (each.number + 1) for each in self._actors))
        self._identities: dict[tuple[int, int], str] = {}

    def actor(self, dice: Random) -> Actor:
        return self._actors[bisect(self._weights, dice.random() * self._weights[-1])]

    def when(self, at: float) -> str:
        return _stamp(self._start + SPAN * at)

    def record(self, actor: Actor, at: float, dice: Random) -> str:
        """The next call of an actor; one in fifty is denied."""
        denied = dice.random() < DENIED and actor.kind != "service"
        failed_for = self._speaker(actor) if denied else ""
        made = actor.next_use(dice)
        return record(
            made, self.identity(actor, dice), self.when(at), self.caller(actor), failed_for, self._keys, "", dice
        )

    def identity(self, actor: Actor, dice: Random | None = None) -> str:
        """One of an actor's sessions as JSON; an hour long, so that it is the same in files close by."""
        session = dice.randrange(actor.sessions) if dice else 0
        found = self._identities.get((actor.number, session))
        if found is None:
            hour = self._start.replace(minute=0, second=0, microsecond=0)
            key = unique_id("", dice_of(actor.arn, session, hour))[:16]
            found = text(identity(actor, session, _stamp(hour), key))
            self._identities[actor.number, session] = found
        return found

    def caller(self, actor: Actor) -> str:
        return f'"sourceIPAddress":"{actor.address}","userAgent":"{actor.agent}"'

    def _speaker(self, actor: Actor) -> str:
        """The ARN that a denial names."""
        if actor.kind == "user":
            return actor.arn
        return f"arn:aws:sts::{actor.place.account}:assumed-role/{actor.name}/session"


def _counted(counts: Counter[int], cast: _Cast, at: float, dice: Random) -> str:
    actor = cast.actor(dice)
    counts[actor.number] += 1
    return cast.record(actor, at, dice)


def _stamp(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
