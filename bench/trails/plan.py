"""Which files a trail has, and which of their events come again in another file.

CloudTrail delivers a file per account and Region about every five minutes, and an event at least once.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

from bench.trails.names import Place, dice_of, place, unique_id
from bench.trails.principals import Actor, actor
from bench.trails.shapes import calls

ACCOUNTS = ("111122223333", "222233334444", "333344445555", "444455556666", "555566667777", "666677778888")
REGIONS = ("eu-west-1", "us-east-1", "ap-southeast-2")
FIRST = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 30


@dataclass(frozen=True, slots=True)
class Settings:
    """What a trail is made of. The same settings give the same bytes with the same zlib."""

    megabytes: int = 1000
    seed: int = 7
    principals: int = 500
    keys: int = 300
    """Of how many object keys a use of a bucket picks one."""
    objects_only: bool = False
    sizes: Mapping[str, tuple[float, int, int]] | None = None
    """Folder -> its share of the events, and the least and most events of its files."""

    @property
    def folders(self) -> Mapping[str, tuple[float, int, int]]:
        return self.sizes or {"large": (0.8, 5_000, 10_000), "small": (0.2, 25, 75)}


@dataclass(frozen=True, slots=True)
class World:
    """Who acts where: the actors of each place, with their running weights."""

    by_place: tuple[tuple[Actor, ...], ...]
    weights: tuple[tuple[float, ...], ...]

    @property
    def actors(self) -> tuple[Actor, ...]:
        """All of them, in order of their numbers."""
        return tuple(sorted((each for found in self.by_place for each in found), key=lambda each: each.number))


@dataclass(frozen=True, slots=True)
class File:
    """One log file. `again` is the file whose late events come here too, `partner` the one that shares calls."""

    number: int
    path: str
    place: int
    start: datetime
    events: int
    again: int | None
    partner: int | None


def world(settings: Settings) -> World:
    """All principals, each in one account and Region, by Zipf's law the first far busier than the last."""
    dice = dice_of(settings.seed, "world")
    general = calls()
    places = [place(account, region, dice) for account in ACCOUNTS for region in REGIONS]
    found: list[list[Actor]] = [[] for _ in places]
    for number in range(settings.principals):
        at = number if number < len(places) else dice.choices(range(len(places)), _falling(len(places)))[0]
        found[at].append(actor(number, places[at], general, settings.objects_only, dice))
    weights = [tuple(accumulate(1 / (each.number + 1) for each in actors)) for actors in found]
    return World(tuple(map(tuple, found)), tuple(weights))


def files(settings: Settings, made: World, mean: float) -> list[File]:
    """Every file of the trail, `mean` being how many bytes an event has."""
    dice = dice_of(settings.seed, "files")
    found: list[File] = []
    for folder, (share, least, most) in settings.folders.items():
        sizes = list(_sizes(int(settings.megabytes * 1e6 / mean * share), least, most, dice))
        found += _folder(folder, sizes, made, len(found), dice)
    return found


def _folder(folder: str, sizes: Sequence[int], made: World, first: int, dice: Random) -> Iterator[File]:
    """The files of a folder in order of time. What is late comes with the next file of the same place."""
    busy = [weights[-1] for weights in made.weights]
    before: dict[int, int] = {}
    previous: int | None = None
    for number, events in enumerate(sizes, first):
        at = dice.choices(range(len(busy)), busy)[0]
        start = FIRST + timedelta(days=DAYS) * ((number - first) / len(sizes))
        where = made.by_place[at][0].place
        partner = previous if previous is not None and number % 2 else None
        yield File(number, f"{folder}/{_path(where, start, dice)}", at, start, events, before.get(at), partner)
        before[at] = previous = number


def _path(where: Place, start: datetime, dice: Random) -> str:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html"""
    stem = f"{where.account}_CloudTrail_{where.region}_{start:%Y%m%dT%H%M}Z_{unique_id('', dice)[:16]}"
    return f"AWSLogs/{where.account}/CloudTrail/{where.region}/{start:%Y/%m/%d}/{stem}.json.gz"


def _sizes(events: int, least: int, most: int, dice: Random) -> Iterator[int]:
    """Sizes between two bounds that together are `events`; the last file has what is left."""
    while events > 0:
        size = min(events, dice.randint(least, most))
        yield size
        events -= size


def _falling(count: int) -> list[float]:
    return [1 / (rank + 1) for rank in range(count)]
