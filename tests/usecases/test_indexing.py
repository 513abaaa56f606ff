"""Adding a trail to an index: what is read, what is counted, and what a run that ends early leaves to the next."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from service.cli.index_text import added_text
from service.core.errors import IndexUnusable, InputError
from service.core.principals import parse_principal
from service.usecases.following import follow
from service.usecases.gather import gather
from service.usecases.index_checking import findings
from service.usecases.index_port import UsageIndex
from service.usecases.index_reading import IndexReading
from service.usecases.index_upkeep import prune, settle
from service.usecases.indexing import add_trail
from service.usecases.ports import UNREADABLE, FileRead
from service.usecases.reading import of_query
from service.wiring import file_trail, keep, usage_index
from tests.api.site import READER, USER, WRITER, records
from tests.laws.indexed import (
    EVERYTHING,
    add,
    assert_same,
    deliver,
    empty_place,
    said,
    said_by_files,
    said_by_index,
    small_limits,
)
from tests.usecases.index_sites import Site, call, totals, unpacked_day


def test_what_is_known_is_not_read_again(site: Site) -> None:
    folder, place = site
    assert (add(place, folder).files, add(place, folder).files) == (1, 0)
    deliver(folder, "two.json", [call(8, READER, "ec2.amazonaws.com", "DescribeRegions", 6)])
    added = add(place, folder)
    assert (added.new, added.known, added.events) == (1, 1, 1)


@pytest.mark.parametrize("year", [1, 1969, 2400])
def test_a_file_may_have_been_changed_at_any_time(site: Site, year: int) -> None:
    """More nanoseconds than a database has bits for stop nothing, and the file is known afterwards."""
    folder, place = site
    moment = (date(year, 6, 1) - date(1970, 1, 1)).days * 86_400
    os.utime(folder / "one.json.gz", (moment, moment))
    assert (add(place, folder).files, add(place, folder).files) == (1, 0)


def test_a_file_that_grows(site: Site) -> None:
    folder, place = site
    lines = [orjson.dumps(each) + b"\n" for each in records()]
    (folder / "one.json.gz").unlink()
    (folder / "lines.json").write_bytes(b"".join(lines[:-1]))
    add(place, folder)
    (folder / "lines.json").write_bytes(b"".join(lines))
    added = add(place, folder)
    assert (added.grown, added.replaced) == (1, 0)
    assert_same(said_by_index(place), said_by_files(folder))


def test_a_file_that_was_replaced(site: Site) -> None:
    """What a replaced file held before stays known; a record that took another's place is no record more. Compressed
    anew with more in it, it is another file, too.
    """
    folder, place = site
    add(place, folder)
    deliver(folder, "one.json.gz", [*records(), call(8, READER, "ec2.amazonaws.com", "DescribeRegions", 6)])
    added = add(place, folder)
    assert (added.grown, added.replaced) == (0, 1)
    assert "what the replaced one held before stays in the index" in added_text(added)
    assert_same(said_by_index(place), said_by_files(folder))
    deliver(folder, "one.json.gz", [call(9, READER, "ec2.amazonaws.com", "DescribeVpcs", 6)])
    assert add(place, folder).replaced == 1
    with closing(usage_index(place)) as index:
        _, activity = of_query(IndexReading(index, keep), parse_principal(READER))
    assert (activity.events, activity.duplicates) == (6, 0)
    assert totals(place).files.events == 1


def test_an_event_that_two_files_have_counts_once(site: Site) -> None:
    folder, place = site
    add(place, folder)
    deliver(folder, "later.json", records()[:3])
    add(place, folder)
    assert totals(place).events == len(records())
    assert_same(said_by_index(place), said_by_files(folder))


@pytest.mark.parametrize("native", [True, False])
def test_every_record_that_told_of_an_event_again_is_counted(site: Site, native: bool) -> None:
    """Segments that have nothing left are equal, and still each of them had a record."""
    folder, place = site
    for name in "abcd":
        deliver(folder, f"{name}.json", [call(8, WRITER, "sqs.amazonaws.com", "SendMessage", 2)])
    with small_limits(1, 1, 3):
        add(place, folder, native=native)
    assert_same(said_by_index(place), said_by_files(folder))
    assert totals(place).segments == 4  # one more than principals, and not four


# ---- bad input


def test_one_bad_file_among_many(site: Site) -> None:
    folder, place = site
    for number in range(300):
        deliver(folder, f"many/{number}.json", [call(100 + number, WRITER, "sqs.amazonaws.com", "SendMessage", 2)])
    (folder / "many" / "150.json").write_bytes(b'{"Records": [{"eventVersion')
    added = add(place, folder, workers=2)
    assert (added.files, sum(added.rejected.values()), added.events) == (301, 1, 299 + len(records()))
    assert "150.json" in added.examples[0]
    assert_same(said_by_index(place), said_by_files(folder))


def test_a_bad_record_in_each_file(site: Site) -> None:
    folder, place = site
    for number in range(20):
        good = call(100 + number, WRITER, "sqs.amazonaws.com", "SendMessage", 2)
        deliver(folder, f"{number:03}.json", [good, {"eventName": 7, "eventVersion": "1.0"}, {**good, "eventName": ""}])
    added = add(place, folder)
    assert sum(added.rejected.values()) == 40
    assert len(added.examples) == 10
    assert_same(said_by_index(place), said_by_files(folder))


def test_a_file_that_goes_while_it_is_read_and_comes_back(site: Site) -> None:
    folder, place = site
    deliver(folder, "two.json", [call(8, READER, "ec2.amazonaws.com", "DescribeRegions", 6)])
    trail, kept = file_trail([folder], 1), folder.parent / "kept.json"
    trail.files()
    shutil.move(folder / "two.json", kept)
    added = add_trail(partial(usage_index, place), trail, keep)
    assert (added.files, added.rejected) == (2, {UNREADABLE: 1})
    shutil.move(kept, folder / "two.json")  # as it was: the same size and time
    added = add(place, folder)
    assert (added.files, added.new, added.known) == (1, 1, 1)
    assert_same(said_by_index(place), said_by_files(folder))


def test_a_file_that_went_while_it_was_read_is_forgotten(site: Site) -> None:
    folder, place = site
    deliver(folder, "two.json", [call(8, READER, "ec2.amazonaws.com", "DescribeRegions", 6)])
    trail = file_trail([folder], 1)
    trail.files()
    (folder / "two.json").unlink()
    add_trail(partial(usage_index, place), trail, keep)
    add(place, folder)
    assert_same(said_by_index(place), said_by_files(folder))


def test_what_is_left_out_is_told_as_long_as_it_is(site: Site) -> None:
    folder, place = site
    os.mkfifo(folder / "pipe")
    (folder / "link.json.gz").symlink_to(folder / "one.json.gz")
    (folder / "nowhere.json").symlink_to(folder / "absent")
    assert sum(add(place, folder).skipped.values()) == 2
    assert_same(said_by_index(place), said_by_files(folder))
    (folder / "pipe").unlink()
    (folder / "nowhere.json").unlink()
    deliver(folder, "nowhere.json", [call(8, READER, "ec2.amazonaws.com", "DescribeRegions", 6)])
    add(place, folder)
    assert_same(said_by_index(place), said_by_files(folder))


def test_other_folders_keep_what_was_left_out_in_theirs(site: Site) -> None:
    folder, place = site
    for name in ("a", "b"):
        deliver(folder, f"{name}/more.json", records())
        os.mkfifo(folder / name / "pipe")
        add(place, folder / name)
    assert len(totals(place).files.left_out) == 2


def test_files_whose_names_in_reports_are_alike(site: Site) -> None:
    """Names are cut to size: what two such files have without ids are different events, and both links are told."""
    folder, place = site
    add(place, folder)
    before = _events_of(place, READER)
    deep = "/".join(["a-long-name-of-a-folder"] * 9)
    nameless = {**call(8, READER, "ec2.amazonaws.com", "DescribeRegions", 6), "eventID": None}
    for name in ("one", "two"):
        path = deliver(folder, f"{deep}/{name}.json", [nameless])
        (path.parent / f"z-{name}.json").symlink_to(path)
    added = add(place, folder)
    assert sum(added.skipped.values()) == 2
    assert_same(said_by_index(place), said_by_files(folder))
    assert _events_of(place, READER) == before + 2


def _events_of(place: str, arn: str) -> int:
    with closing(usage_index(place)) as index:
        reading = IndexReading(index, keep)
        return reading.activity([each for each in reading.principals() if each.arn == arn]).events


def test_a_file_that_is_now_read_under_another_name_is_one_file(site: Site) -> None:
    folder, place = site
    add(place, folder)
    os.link(folder / "one.json.gz", folder / "another.json.gz")
    add(place, folder)
    with closing(usage_index(place)) as index:
        found = IndexReading(index, keep).inputs
    assert found == gather(file_trail([folder], 1), keep).inputs


def test_times_that_nobody_can_believe(site: Site) -> None:
    """Years apart, yet to come, or none at all."""
    folder, place = site
    times = ("1999-12-31T23:59:59Z", "2026-08-03T00:00:00Z", "2999-01-01T00:00:00Z", "", "yesterday", None, 7)
    odd = [
        {**call(50 + number, READER, "s3.amazonaws.com", "ListBuckets"), "eventTime": time}
        for number, time in enumerate(times)
    ]
    deliver(folder, "odd.json", odd)
    add(place, folder)
    assert_same(said_by_index(place), said_by_files(folder))
    assert (totals(place).first_day, totals(place).last_day) == ("1999-12-31", "2999-01-01")
    with closing(usage_index(place)) as index:
        assert list(findings(index)) == []


def test_an_index_of_another_catalog_is_refused(site: Site) -> None:
    folder, place = site
    add(place, folder)
    with closing(usage_index(place)) as index:
        reading = IndexReading(index, lambda _: frozenset({"other"}))
        with pytest.raises(IndexUnusable, match="another catalog or other overrides"):
            of_query(reading, parse_principal(READER))
        deliver(folder, "two.json", records())
        with pytest.raises(InputError, match="another catalog"):
            add_trail(partial(usage_index, place), file_trail([folder], 1), lambda _: frozenset({"other"}))


def test_an_empty_index_says_so(site: Site) -> None:
    _, place = site
    with closing(usage_index(place)) as index, pytest.raises(InputError, match="no CloudTrail event in the 0 files"):
        IndexReading(index, keep)


# ---- runs that end early


class Looking:
    """Counts, and does something after so many files."""

    def __init__(self, after: int, act: Callable[[], object]) -> None:
        self.begun: list[int] = []
        self.files = 0
        self.settled = 0
        self._after, self._act = after, act

    def begin(self, files: int, size: int) -> None:
        """So many."""
        assert size > 0
        self.begun.append(files)

    def read(self, read: FileRead) -> None:
        """One."""
        assert read.records
        self.files += 1
        if self.files == self._after:
            self._act()

    def settle(self) -> None:
        """All."""
        self.settled += 1


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_that_is_to_finish_leaves_the_rest_to_the_next(site: Site, workers: int) -> None:
    folder, place = site
    for number in range(30):
        deliver(folder, f"{number}.json", [call(100 + number, WRITER, "sqs.amazonaws.com", "SendMessage", 2)])
    trail = file_trail([folder], workers)
    looking = Looking(3, trail.finish)
    added = add_trail(partial(usage_index, place), trail, keep, looking)
    assert added.files + added.left == 31
    assert looking.begun == [31]
    if workers == 1:
        assert (added.files, totals(place).files.files) == (3, 3)
    add(place, folder)
    assert_same(said_by_index(place), said_by_files(folder))


def test_a_run_that_was_called_off_before_it_began_reads_nothing(site: Site) -> None:
    folder, place = site
    for workers in (1, 2):
        trail = file_trail([folder], workers)
        trail.finish()
        assert add_trail(partial(usage_index, place), trail, keep).left == 1
    assert totals(place).files.files == 0


def test_settling_that_is_to_end_is_gone_on_with(site: Site) -> None:
    folder, place = site
    with small_limits(1, 1, 2), closing(usage_index(place)) as index:
        trail = file_trail([folder], 1)
        add_trail(partial(usage_index, place), trail, keep, Looking(1, trail.finish))
        assert index.totals().unsettled > 0
        with index.adding():
            settle(index)
        assert index.totals().unsettled == 0


# ---- following


def test_what_comes_is_added_once_it_is_whole(site: Site) -> None:
    folder, place = site
    steps = iter(_steps(folder))
    told: list[str] = []
    runs = list(
        follow(partial(usage_index, place), file_trail([folder], 1), keep, lambda: next(steps, False), told.append)
    )
    assert [(each.files, each.new, each.replaced, each.events) for each in runs] == [
        (1, 1, 0, 7),
        (1, 1, 0, 2),
        (1, 0, 1, 3),
    ]
    assert told == []
    assert_same(said_by_index(place), said_by_files(folder))


def _steps(folder: Path) -> Iterator[bool]:
    more = [call(8 + number, READER, "ec2.amazonaws.com", name, 6) for number, name in enumerate(("A", "B", "C"))]
    yield True  # nothing new
    deliver(folder, "two.json", more[:1])
    yield True  # seen for the first time
    deliver(folder, "two.json", more[:2])
    yield True  # still being written
    yield True  # as it was: taken
    yield True
    deliver(folder, "two.json", more)
    yield True
    yield True  # taken again


def test_another_run_is_waited_for(site: Site) -> None:
    folder, place = site
    told: list[str] = []
    with closing(usage_index(place)) as other:
        hold = other.adding()

        def steps() -> Iterator[bool]:
            deliver(folder, "two.json", [call(8, READER, "ec2.amazonaws.com", "DescribeRegions", 6)])
            yield True
            with hold:
                yield True
            yield True

        step = steps()
        runs = list(
            follow(partial(usage_index, place), file_trail([folder], 1), keep, lambda: next(step, False), told.append)
        )
    assert [each.files for each in runs] == [1, 1]
    assert len(told) == 1
    assert "is adding to the index" in told[0]


# ---- retention


def test_a_pruned_index_is_that_of_the_days_that_are_kept(site: Site) -> None:
    """All but what was read, and the records that told of an event again."""
    folder, place = site
    add(place, folder)
    deliver(folder, "late.json", [call(8, WRITER, "ec2.amazonaws.com", "DescribeRegions", 1), records()[1]])
    add(place, folder)
    first = "2026-08-03"
    with closing(usage_index(place)) as index:
        with index.adding():
            prune(index, unpacked_day(first))
        deliver(folder, "later.json", [call(9, USER, "ec2.amazonaws.com", "DescribeVpcs", day) for day in (2, 4)])
        add(place, folder)
        assert list(findings(index)) == []
        found = said(IndexReading(index, keep))
    kept = [each for each in records() if each["eventTime"] >= first]
    with empty_place() as (other, _):
        deliver(other, "kept.json", [*kept, call(9, USER, "ec2.amazonaws.com", "DescribeVpcs", 4)])
        expected = said(gather(file_trail([other], 1), keep))
        expected_proposals = _comparable(expected)
    assert _comparable(found) == expected_proposals
    assert totals(place).pruned_before == first


def _comparable(found: dict[str, bytes]) -> dict[str, Any]:
    import json

    out: dict[str, Any] = {"principals": found["principals"]}
    for question, content in found.items():
        if str(EVERYTHING) in question and content:
            proposal = json.loads(content)
            out[question] = {each: proposal[each] for each in proposal if each not in {"id", "digest", "inputs"}}
    return out


def test_a_file_that_grows_after_its_first_days_were_pruned(site: Site) -> None:
    """Its records of these days are neither counted again nor taken away twice."""
    folder, place = site
    old = [call(number, READER, "ec2.amazonaws.com", "DescribeRegions", 1) for number in range(20, 25)]
    new = [call(number, READER, "ec2.amazonaws.com", "DescribeRegions", 9) for number in range(30, 33)]
    deliver(folder, "grows.json", [*old, old[0], new[0]])
    add(place, folder)
    with closing(usage_index(place)) as index:
        with index.adding():
            prune(index, unpacked_day("2026-08-09"))
        before = _records(index)
        deliver(folder, "grows.json", [*old, old[0], new[0], *new[1:]])
        assert add(place, folder).pruned_before == "2026-08-09"
        assert _records(index) == before + 2
        assert findings(index) == []


def _records(index: UsageIndex) -> int:
    return sum(each.packed.records for each in index.segments(with_keys=False))


def test_a_principal_of_old_days_only_is_nobody(site: Site) -> None:
    folder, place = site
    with closing(usage_index(place)) as index, index.adding():
        prune(index, unpacked_day("2026-08-04"))
    add(place, folder)
    with closing(usage_index(place)) as index:
        assert [each.arn for each in index.principals()] == [READER]
