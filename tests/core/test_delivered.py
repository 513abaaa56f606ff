"""Of which accounts and Regions there are files, and on which days, by CloudTrail's names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pytest

from service.core.trail.delivered import UNSAID, Delivered, delivered_of, holes

NAME = "111122223333_CloudTrail_eu-west-1_20260801T0020Z_aB3.json.gz"
DAY = date(2026, 8, 1).toordinal()
HERE = Delivered("111122223333", "eu-west-1", DAY)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (NAME, HERE),
        (f"trail/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/08/01/{NAME}", HERE),
        (NAME.replace("eu-west-1", "us-gov-west-1"), Delivered("111122223333", "us-gov-west-1", DAY)),
        (NAME.replace("eu-west-1", "ap-southeast-2"), Delivered("111122223333", "ap-southeast-2", DAY)),
        (NAME.removesuffix(".gz"), HERE),
        (NAME.replace("20260801", "20261399"), Delivered("111122223333", "eu-west-1")),  # no day of any month
        (NAME.replace("CloudTrail", "CloudTrail-Insight"), UNSAID),
        (NAME.replace("eu-west-1", "Europe"), UNSAID),
        (NAME.replace("111122223333", "1"), UNSAID),
        (f"x{NAME}", UNSAID),
        (f"{NAME}/events.json", UNSAID),
        ("events.json", UNSAID),
    ],
)
def test_a_name_says_whose_the_file_is(name: str, found: Delivered) -> None:
    assert delivered_of([(name, 1)]) == {found}


def test_a_file_without_events_need_not_say() -> None:
    assert delivered_of([("about.json", 0), (NAME, 0)]) == {HERE}
    assert delivered_of([]) == frozenset()


def test_a_file_of_the_first_minutes_may_hold_events_of_the_day_before() -> None:
    assert delivered_of([(NAME.replace("T0020Z", "T0019Z"), 1)]) == {HERE, HERE._replace(day=DAY - 1)}


_SIX = [
    ("2026-08", 7, 10),
    ("2026-08", 17, 20),
    ("2026-08", 27, 30),
    ("2026-09", 6, 9),
    ("2026-09", 16, 19),
    ("2026-09", 26, 29),
]


@pytest.mark.parametrize(
    ("days", "found"),
    [
        (range(60), ()),
        ([*range(10), *range(50, 60)], (("2026-08-11", "2026-09-19"),)),  # a hole
        (range(11), (("2026-08-12", "2026-09-29"),)),  # it stops
        (range(40, 60), (("2026-08-01", "2026-09-09"),)),  # it begins late
        ([day for day in range(60) if day % 7 < 5], ()),  # at rest on Sundays
        ([day for day in range(60) if day % 7 < 5 and not 20 < day < 30], (("2026-08-20", "2026-08-30"),)),
        (range(0, 60, 7), ()),  # once a week
        ([30], ()),  # one day says nothing of the others
        # two outages, of which neither hides the other, and six short ones
        ([*range(10), *range(25, 40), *range(50, 60)], (("2026-08-11", "2026-08-25"), ("2026-09-10", "2026-09-19"))),
        (
            [day for day in range(60) if day % 10 < 6],
            tuple((f"{month}-{first:02}", f"{month}-{last:02}") for month, first, last in _SIX),
        ),
        (range(-20, 0), (("2026-08-01", "2026-09-29"),)),  # before the window alone
        ([3, 4, 11, 19, 20, 33, 37, 52], ()),  # seldom
        ([day for day in range(60) if not 20 < day < 26], ()),  # five of sixty days
        ([], ()),
    ],
)
def test_a_stretch_without_files_that_is_not_of_the_usual_kind(days: Iterable[int], found: tuple[object, ...]) -> None:
    delivered = {HERE._replace(day=DAY + day) for day in days}
    for region in ("eu-west-1", ""):
        assert holes(delivered, "111122223333", region, "2026-08-01", "2026-09-29") == found
    assert holes({*delivered, HERE._replace(day=0)}, "111122223333", "eu-west-1", "2026-08-01", "2026-09-29") == ()
    assert holes(delivered, "444455556666", "", "2026-08-01", "2026-09-29") == ()
    assert holes(delivered, "111122223333", "us-east-1", "2026-08-01", "2026-09-29") == ()
