"""Of which account and Region a log file is, as CloudTrail names it.

"AccountID_CloudTrail_RegionName_YYYYMMDDTHHmmZ_UniqueString.FileNameFormat"
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html#cloudtrail-log-filename-format
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple


class Delivered(NamedTuple):
    """The account and Region of which there are files."""

    account: str
    region: str


UNSAID = Delivered("", "")
"""That there are files with events whose names do not say whose they are."""


def delivered_of(files: Iterable[tuple[str, int]]) -> frozenset[Delivered]:
    """What files say, each by its name and its number of events."""
    said = ((_NAME.search(name), events) for name, events in files)
    return frozenset(Delivered(*name.groups()) if name else UNSAID for name, events in said if name or events)


_NAME = re.compile(r"(?:^|/)(\d{12})_CloudTrail_([a-z]{2,5}(?:-[a-z]+)+-\d)_\d{8}T\d{4}Z_[^/]*$")
