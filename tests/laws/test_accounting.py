"""Laws of the counts: whatever is in a folder, every file, record and event that was met is accounted for."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.adapters.listing import SEEN, SPECIAL
from service.core.days import WindowAsked
from service.core.principals import PrincipalQuery, parse_principal
from service.core.proposal_json import document
from service.core.trail.framing import CUT_OFF
from service.core.trail.inflating import GZIP_CUT_OFF, GZIP_DAMAGED
from service.core.trail.unpacking import UTF16_CUT_OFF
from service.usecases.gather import gather
from service.usecases.ports import UNREADABLE
from service.usecases.reading import Reading
from service.wiring import file_trail, keep, parts

OF_FILES = frozenset({UNREADABLE, SEEN, SPECIAL, CUT_OFF, GZIP_CUT_OFF, GZIP_DAMAGED, UTF16_CUT_OFF})
"""What is said of a file, or of the rest of one; every other count is of records."""

NAMES = ("one", "two")


def record(number: int) -> dict[str, object]:
    name = NAMES[number % 2]
    return {
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::111122223333:user/{name}",
            "accountId": "111122223333",
            "userName": name,
        },
        "eventTime": f"2026-08-{1 + number % 28:02}T10:00:00Z" if number % 5 else "never",
        "eventSource": "s3.amazonaws.com" if number % 7 else "unheard-of.amazonaws.com",
        "eventName": "GetObject" if number % 3 else "ListBuckets",
        "errorCode": "AccessDenied" if number % 4 == 0 else None,
        "eventID": str(number % 20),
        "requestParameters": {"bucketName": "b", "key": str(number)},
    }


RECORDS = st.lists(st.integers(0, 40).map(record) | st.sampled_from([7, None, {}, {"eventName": "x"}]), max_size=8)
CONTENTS = st.one_of(
    RECORDS.map(lambda found: orjson.dumps({"Records": found})),
    RECORDS.map(lambda found: b"\n".join(map(orjson.dumps, found))),
    st.binary(max_size=30),
    st.sampled_from([b"", b'{"Records":7}', b"<html>"]),
)
FILES = st.lists(st.tuples(CONTENTS, st.booleans(), st.integers(0, 12)), min_size=1, max_size=5)


def written(folder: Path, files: list[tuple[bytes, bool, int]]) -> int:
    """Write the files, packed or not and cut short or not, and things that are no files; returns how many names."""
    for number, (content, packed, cut) in enumerate(files):
        whole = gzip.compress(content) if packed else content
        (folder / f"{number}.json").write_bytes(whole[: len(whole) - cut] if cut < len(whole) else whole)
    (folder / "again").hardlink_to(folder / "0.json")
    (folder / "nowhere").symlink_to(folder / "missing")
    # A good record always, so that there is something to read.
    (folder / "z.json").write_bytes(orjson.dumps({"Records": [record(1), record(2)]}))
    return len(files) + 3


def of_records(counts: Mapping[str, int]) -> int:
    return sum(count for what, count in counts.items() if what not in OF_FILES)


@given(FILES)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
def test_every_file_record_and_event_is_accounted_for(files: list[tuple[bytes, bool, int]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        names = written(folder, files)
        everyone = gather(file_trail([folder], 1), keep)
        listing = file_trail([folder], 1).files()
        proposals = list(proposed(folder, everyone))
    inputs, activities = everyone.inputs, [everyone.activity([each]) for each in everyone.principals()]
    assert inputs.files + len(listing.rejected) + len(listing.skipped) == names
    assert inputs.records == inputs.events + of_records(inputs.rejected) + of_records(inputs.skipped)
    assert inputs.events == sum(each.records for each in activities)
    assert inputs.events == sum(each.events + each.duplicates for each in activities)
    for proposal, others in proposals:
        events, read = proposal["summary"]["events"], proposal["inputs"]
        assert events["total"] == sum(count for what, count in events.items() if what != "total")
        assert read["events"] == events["total"] + read["duplicates"] + others
        assert read["records"] == read["events"] + of_records(read["rejected"]) + of_records(read["skipped"])


def proposed(folder: Path, everyone: Reading) -> Iterator[tuple[dict[str, Any], int]]:
    """Every principal's proposal from what was read for it alone, and how many records others made."""
    for name in NAMES:
        query: PrincipalQuery = parse_principal(f"arn:aws:iam::111122223333:user/{name}")
        reading = gather(file_trail([folder], 1), keep, query)
        others = sum(everyone.activity([each]).records for each in reading.gathered.others)
        assert reading.principals() == everyone.principals()
        for asked in (WindowAsked(), WindowAsked(days=9)):
            yield document(parts().proposer.propose(reading, query, asked)), others
