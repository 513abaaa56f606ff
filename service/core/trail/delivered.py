"""Of which account, Region and day a log file is, as CloudTrail names it.

"AccountID_CloudTrail_RegionName_YYYYMMDDTHHmmZ_UniqueString.FileNameFormat"
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html#cloudtrail-log-filename-format
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple


class Delivered(NamedTuple):
    """The account and Region of which there are files, and a day of them as a count of days (`date.toordinal`); 0 where
    it is not known on which days.
    """

    account: str
    region: str
    day: int = 0


UNSAID = Delivered("", "")
"""That there are files with events whose names do not say whose they are."""

Stretch = tuple[str, str]
"""The first and the last of some days in a row (`2026-08-01`)."""


def delivered_of(files: Iterable[tuple[str, int]]) -> frozenset[Delivered]:
    """What files say, each by its name and its number of events."""
    return frozenset(each for name, events in files for each in _said(name, events))


def holes(delivered: Collection[Delivered], account: str, region: str, first: str, last: str) -> tuple[Stretch, ...]:
    """The stretches of days of a window, its ends included, in which there is no file of an account and a Region (empty
    for any), if they are not due to how little happens there; none where the days are not known.

    CloudTrail delivers no file where nothing was done, so that a stretch says something only where files are usual: it
    is much longer than three of four of those between other days with files, and together they are a tenth of the
    window. Where there are files of other days and none of the window, all of it is one.
    """
    days = {each.day for each in delivered if each.account == account and region in ("", each.region)}
    begin, end = date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal()
    if not days or 0 in days:
        return ()
    inside = sorted(day for day in days if begin <= day <= end)
    if not inside:
        return ((first, last),)
    if len(inside) < _FEWEST:
        return ()
    between = sorted(one - other - 1 for other, one in pairwise(inside))
    usual = between[(len(between) - 1) * 3 // 4]
    found = [(other + 1, one - 1) for other, one in pairwise([begin - 1, *inside, end + 1]) if one - other > 1]
    long = [(start, stop) for start, stop in found if stop - start + 1 >= _TIMES * (usual + 1)]
    if sum(stop - start + 1 for start, stop in long) * _SHARE < end - begin + 1:
        return ()
    return tuple((date.fromordinal(start).isoformat(), date.fromordinal(stop).isoformat()) for start, stop in long)


_FEWEST, _SHARE, _TIMES = 2, 10, 3

# "CloudTrail typically delivers logs within an average of about 5 minutes of an API call."
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
_LATE = "0020"
"""A file of so early may hold events of the day before."""


def _said(name: str, events: int) -> Iterator[Delivered]:
    found = _NAME.search(name)
    if found is None:
        yield from [UNSAID] if events else ()
        return
    account, region, day, minute = found.groups()
    number = _number(day)
    yield Delivered(account, region, number)
    if number and minute < _LATE:
        yield Delivered(account, region, number - 1)


@lru_cache(maxsize=4096)
def _number(day: str) -> int:
    try:
        return date(int(day[:4]), int(day[4:6]), int(day[6:])).toordinal()
    except ValueError:
        return 0


_NAME = re.compile(r"(?:^|/)(\d{12})_CloudTrail_([a-z]{2,5}(?:-[a-z]+)+-\d)_(\d{8})T(\d{4})Z_[^/]*$")
