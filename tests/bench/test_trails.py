"""The generator of large trails: the same bytes for the same seed, and records like those that CloudTrail delivers."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.trails.calls import DATA, MANAGEMENT
from bench.trails.content import Content
from bench.trails.plan import Settings
from bench.trails.shapes import calls
from bench.trails.writing import ABOUT, prepared, write
from catalog.load import load_catalog, load_resolver
from catalog.model import NoPermission, Operation, Resolved
from service.cli.main import run

Json = dict[str, Any]

SETTINGS = Settings(megabytes=3, principals=60, sizes={"large": (0.8, 700, 900), "small": (0.2, 25, 75)})
LOG_FILE = re.compile(
    r"(large|small)/AWSLogs/(\d{12})/CloudTrail/([a-z0-9-]+)/\d{4}/\d\d/\d\d/\2_CloudTrail_\3_\d{8}T\d{4}Z_\w{16}\.json\.gz"
)


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trail")
    write(folder, SETTINGS, 1)
    return folder


@pytest.fixture(scope="module")
def records(trail: Path) -> list[Json]:
    return [record for file in files(trail).values() for record in json.loads(gzip.decompress(file))["Records"]]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.gz"))}


def test_the_same_seed_gives_the_same_bytes_however_many_write(trail: Path, tmp_path: Path) -> None:
    write(tmp_path, SETTINGS, 2)
    assert files(tmp_path) == files(trail)
    assert (tmp_path / ABOUT).read_bytes() == (trail / ABOUT).read_bytes()


def test_another_seed_gives_another_trail() -> None:
    assert first_record(SETTINGS) == first_record(SETTINGS)
    assert first_record(SETTINGS) != first_record(replace(SETTINGS, seed=8))


def first_record(settings: Settings) -> str:
    content = prepared(settings)
    return next(content.records(content.files[0]))


def test_files_lie_where_cloudtrail_puts_them(trail: Path) -> None:
    found = [LOG_FILE.fullmatch(path) for path in files(trail)]
    assert found
    assert all(found)
    assert {each[1] for each in found if each} == {"large", "small"}


def test_what_is_said_of_the_trail_is_so(trail: Path, records: list[Json]) -> None:
    about = json.loads((trail / ABOUT).read_text("utf-8"))
    contents = [gzip.decompress(file) for file in files(trail).values()]
    assert about["events"] == len(records)
    assert about["files"] == len(contents)
    assert about["bytes"] == sum(map(len, contents))
    assert about["gzip_bytes"] == sum(map(len, files(trail).values()))
    assert about["principals"] == counted(records)
    assert about["bytes"] == pytest.approx(SETTINGS.megabytes * 1e6, rel=0.15)


def counted(records: list[Json]) -> dict[str, int]:
    """Distinct events of roles and users, but for roles of services; what another account sees of a call has no ARN."""
    found: Counter[str] = Counter()
    for record in {record["eventID"]: record for record in records}.values():
        identity = record["userIdentity"]
        arn = identity.get("sessionContext", {}).get("sessionIssuer", {}).get("arn") or identity.get("arn", "")
        found[arn] += "/aws-service-role/" not in arn and bool(arn)
    return {arn: events for arn, events in found.items() if events}


def test_whittle_takes_every_record(trail: Path, records: list[Json], capsys: pytest.CaptureFixture[str]) -> None:
    folders = [str(trail / "large"), str(trail / "small")]
    assert run(["principals", "--trail", *folders, "--format", "json"]) == 0
    inputs = json.loads(capsys.readouterr().out)["inputs"]
    assert inputs["records"] == inputs["events"] == len(records)
    assert not inputs["rejected"]
    assert not inputs["skipped"]


def test_records_are_as_large_as_recorded_ones_and_compress_like_them(trail: Path, records: list[Json]) -> None:
    """The recorded trails: 1,420 to 1,670 bytes an event, and seven to twelve times smaller in gzip."""
    large = [file for path, file in files(trail).items() if path.startswith("large")]
    size = sum(len(gzip.decompress(file)) for file in large)
    assert 7 < size / sum(map(len, large)) < 12
    assert 1_200 < sum(len(json.dumps(each)) for each in records) / len(records) < 2_000


def test_some_events_come_twice(records: list[Json]) -> None:
    by_id = Counter(record["eventID"] for record in records)
    twice = sum(count - 1 for count in by_id.values())
    assert 0.002 < twice / len(records) < 0.010
    assert max(by_id.values()) == 2
    assert len({json.dumps(record) for record in records}) == len(by_id), "an event that comes again is the same"


def test_some_calls_are_denied_and_say_so(records: list[Json]) -> None:
    denied = [record for record in records if record.get("errorCode") == "AccessDenied"]
    assert 0.01 < len(denied) / len(records) < 0.03
    assert all("is not authorized to perform: " in record["errorMessage"] for record in denied)
    assert all(record["responseElements"] is None for record in denied)


def test_calls_across_accounts_are_seen_by_both(records: list[Json]) -> None:
    shared: dict[str, list[Json]] = {}
    for record in records:
        if "sharedEventID" in record:
            shared.setdefault(record["sharedEventID"], []).append(record)
    assert shared
    for seen in shared.values():
        assert len(seen) == 2
        assert len({record["eventID"] for record in seen}) == 2
        assert {record["userIdentity"]["type"] for record in seen} >= {"AWSAccount"}


def test_every_operation_is_one_that_the_catalog_knows() -> None:
    made = [*DATA, *MANAGEMENT, *calls()]
    names = {(call.source, call.name) for call in made}
    assert len(names) >= 400
    assert len({source for source, _ in names}) == 60
    resolver = load_resolver(load_catalog())
    unknown = [
        name
        for name in sorted(names)
        if not isinstance(resolver.resolve(Operation(f"{name[0]}.amazonaws.com", name[1])), Resolved | NoPermission)
    ]
    assert not unknown


def test_keys_can_be_distinct_in_nearly_every_event() -> None:
    content = prepared(replace(SETTINGS, keys=1_000_000_000, objects_only=True))
    assert len(keys_of(content)) > 0.9 * sum(1 for _ in content.records(content.files[0]))


def keys_of(content: Content) -> set[str]:
    found = (json.loads(record) for record in content.records(content.files[0]))
    return {record["requestParameters"]["key"] for record in found if "key" in (record["requestParameters"] or {})}
