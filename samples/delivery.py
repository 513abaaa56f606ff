"""Records to files, in the layout that CloudTrail keeps in S3; some records arrive late, some twice.

CloudTrail delivers a file per Region about every five minutes and promises no order within or between files. Here
a file holds a week of the main Region or three weeks of another, and in it one group of callers after the other:
a few large files compress well.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

from __future__ import annotations

import gzip
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from samples.account import ACCOUNT, IRELAND
from samples.chance import Dice
from samples.clock import FIRST_DAY, LAST_DAY
from samples.records import Json

_LAST_WEEK = (LAST_DAY - FIRST_DAY).days // 7
_TWICE_EVERY = 151
_LATE_EVERY = 197

# Why a record came late: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
_DELAYED = {"addendum": {"reason": "DELIVERY_DELAY"}}


def log_files(records: Iterable[Json], dice: Dice) -> dict[str, Json]:
    """Path below the bucket -> document. Every record is in at least one file."""
    weeks: dict[tuple[str, str, int], list[Json]] = defaultdict(list)
    for number, record in enumerate(records, 1):
        account, region, week = record["recipientAccountId"], record["awsRegion"], _week(record["eventTime"])
        late = number % _LATE_EVERY == 0 and week < _LAST_WEEK
        weeks[account, region, _file_week(account, region, week + late)].append(
            {**record, **_DELAYED} if late else record
        )
        if number % _TWICE_EVERY == 0:
            weeks[account, region, _file_week(account, region, week + number % 2)].append(record)
    return {
        log_path("CloudTrail", region, last_day(week), dice.child(account, region, week), account): {"Records": found}
        for (account, region, week), found in sorted(weeks.items())
    }


def log_path(kind: str, region: str, day: date, dice: Dice, account: str = ACCOUNT) -> str:
    """`kind` is CloudTrail, CloudTrail-Insight, CloudTrail-NetworkActivity or CloudTrail-Aggregated."""
    name = f"{account}_{kind}_{region}_{day:%Y%m%d}T2359Z_{dice.letters(16)}.json.gz"
    return f"AWSLogs/{account}/{kind}/{region}/{day:%Y/%m/%d}/{name}"


def last_day(week: int) -> date:
    return min(FIRST_DAY + timedelta(days=week * 7 + 6), LAST_DAY)


def text(document: Mapping[str, object]) -> bytes:
    """The file before it is compressed: one line, as CloudTrail writes it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def compressed(content: bytes) -> bytes:
    """Gzip without a time and a name, so that the same content gives the same bytes with the same zlib."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0, compresslevel=9) as file:
        file.write(content)
    return buffer.getvalue()


def _file_week(account: str, region: str, week: int) -> int:
    """The week whose file holds the records of `week`: the last of its three, but where there are many, itself."""
    return min(week if (account, region) == (ACCOUNT, IRELAND) else week // 3 * 3 + 2, _LAST_WEEK)


def _week(event_time: str) -> int:
    return (date.fromisoformat(event_time[:10]) - FIRST_DAY).days // 7
