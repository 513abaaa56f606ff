"""Servers that fail, drip, lie or forget, and caches that rot: the catalog in force stays, and a sentence says why."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from catalog.cache import DamagedCache, current
from catalog.drift import Drift
from catalog.fetch import Limits
from catalog.load import load_catalog, usable_generation
from catalog.refresh import RefreshFailed
from tests.catalog.reference_server import FEW, LIST, Fault, Place, Site, answering, dripping, path_of, truncated

LAMBDA = path_of("lambda")
IMPATIENT = Limits(pause=0.01, longest_pause=0.05, read=0.3, total=0.4, tries=2, size=2_000_000)


@pytest.mark.parametrize("path", [LIST, LAMBDA])
@pytest.mark.parametrize(
    "faults",
    [
        [answering(500), answering(503)],
        [answering(429, {"Retry-After": "0"})],
        [truncated],
        [truncated, answering(502)],
    ],
)
def test_what_passes_is_waited_for(place: Place, path: str, faults: list[Fault]) -> None:
    place.site.faults[path] = list(faults)
    assert place.refresh().read == len(FEW)
    assert place.site.requests[path] == len(faults) + 1


def in_an_hour() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)


# The header is made when the test runs: a test's name holds no clock, since each process must collect the same names.
@pytest.mark.parametrize("header", [lambda: "60", in_an_hour], ids=["seconds", "date"])
def test_a_server_may_ask_for_a_pause_within_reason(place: Place, header: Callable[[], str]) -> None:
    place.site.faults[LAMBDA] = [answering(429, {"Retry-After": header()})]
    started = time.monotonic()
    place.refresh(limits=Limits(pause=0.001, longest_pause=0.4))
    assert 0.4 <= time.monotonic() - started < 3


@pytest.mark.parametrize("path", [LIST, LAMBDA])
@pytest.mark.parametrize(
    ("fault", "says", "tries"),
    [
        (answering(500), "answered 500, 2 times in a row; try later", 2),
        (answering(429), "answered 429, 2 times in a row", 2),
        (truncated, r"could not be read \(.*\), 2 times in a row", 2),
        (dripping, "was not complete after 0.4 seconds, 2 times in a row", 2),
        (answering(404), "answered 404; check the base URL", 1),
        (answering(302, {"Location": "http://127.0.0.1:9/v1/elsewhere.json"}), "redirects, which is not followed", 1),
        (answering(200, content=b"{" + b" " * 2_000_001), "is larger than 2,000,000 bytes", 1),
        (answering(200, content=b'{"Name": "lambda"'), "not in the documented format", 1),
        (answering(200, content=b"<html>Sign in to the network</html>"), "not in the documented format", 1),
        (answering(200, content=b"\xff\xfe[]"), "not in the documented format", 1),
        (answering(200, {"Content-Encoding": "gzip"}, b"not gzip"), "compressed body that cannot be unpacked", 1),
    ],
    ids=lambda value: getattr(value, "__name__", str(value))[:24],
)
def test_what_does_not_pass_is_refused(place: Place, path: str, fault: Fault, says: str, tries: int) -> None:
    old = place.refresh().generation
    place.site.publish("lambda")
    place.site.forget_requests()
    place.site.faults[path], place.site.forever = [fault], True
    with pytest.raises(RefreshFailed, match=says) as failed:
        place.refresh(limits=IMPATIENT)
    assert str(failed.value).endswith("; the catalog stays as it was")
    assert place.site.requests[path] == tries
    assert usable_generation(place.cache, place.data) == old
    assert len(list(place.cache.glob("generation-*"))) == 1


def test_no_server_is_said_in_one_sentence(place: Place) -> None:
    with pytest.raises(RefreshFailed, match=r"could not be read \(.*\), 2 times in a row; try later"):
        place.refresh("http://127.0.0.1:9", limits=IMPATIENT)
    assert current(place.cache) is None


@pytest.mark.parametrize(
    "url", ["", "servicereference", "ftp://example.com", "http://", "http://x/?a=b", "file:///etc/passwd"]
)
def test_only_web_addresses_are_read(place: Place, url: str) -> None:
    with pytest.raises(RefreshFailed, match="give one like `https://servicereference"):
        place.refresh(url or " ")


Change = Callable[[Site], object]


def _of(prefix: str, **members: object) -> Change:
    return lambda site: site.documents[prefix].update(members)


def _first(kind: str, **members: object) -> Change:
    return lambda site: site.documents["lambda"][kind][0].update(members)


def _without(kind: str, name: str) -> Change:
    return lambda site: site.documents["lambda"][kind][0].pop(name)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_of("lambda", Name="sqs"), "the file of `lambda` says that it is of `sqs`"),
        (_of("lambda", Name="Lambda"), "not in the documented format"),
        (_of("lambda", Version="v2.0"), "has format version `v2.0`; this release reads version 1"),
        (_of("lambda", Version=12), "has format version `12`"),
        (_of("lambda", Version=None), "not in the documented format"),
        (lambda site: site.documents["lambda"].pop("Version"), "not in the documented format"),
        (lambda site: site.documents["lambda"].pop("Actions"), "not in the documented format"),
        (_of("lambda", Actions={}), "not in the documented format"),
        (_of("lambda", Actions=[]), r"\d+ of \d+ services|\d+ of \d+ actions|1 of 6 services"),
        (_first("Actions", Name="Get\tObject"), r"not in the documented format .*\$\.Actions\[0\]"),
        (_first("Actions", Name="*"), "not in the documented format"),
        (_first("Actions", Resources=[{"Name": "nowhere"}]), "takes `nowhere`, which is no resource type"),
        (_without("Actions", "Annotations"), "not in the documented format"),
        (_first("Resources", ARNFormats=[]), "not in the documented format"),
        (_first("Resources", ARNFormats=["*"]), "not in the documented format"),
        (_first("Resources", ARNFormats=["arn:aws:s3:::x\n"]), "not in the documented format"),
        (_first("ConditionKeys", Types=[]), "not in the documented format"),
        (_of("lambda", Operations=[{"Name": "a,b"}]), "not in the documented format"),
    ],
)
def test_a_file_that_is_not_what_was_promised_is_refused(place: Place, change: Change, says: str) -> None:
    old = place.refresh().generation
    change(place.site)
    place.site.publish("lambda")
    if says.startswith(r"\d+"):
        place.site.documents["sqs"]["Actions"] = []
        place.site.publish("lambda", "sqs")
    with pytest.raises(RefreshFailed, match=says):
        place.refresh()
    assert usable_generation(place.cache, place.data) == old


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'[{"service": "../../etc"}]', "not in the documented format"),
        (b'[{"service": "lambda"}, {"service": "lambda"}]', "names one of them twice"),
        (b'[{"url": "x"}]', "not in the documented format"),
        (b"[]", "6 of 6 services are gone"),
    ],
)
def test_a_list_that_is_not_one_is_refused(place: Place, content: bytes, says: str) -> None:
    place.site.faults[LIST] = [answering(200, content=content)]
    with pytest.raises(RefreshFailed, match=says):
        place.refresh()
    assert current(place.cache) is None


def test_a_mass_removal_is_refused_unless_it_is_accepted(place: Place) -> None:
    actions = place.site.documents["lambda"]["Actions"]
    known = len(actions)
    del actions[: known // 20]
    place.site.publish("lambda")
    assert len(place.refresh().drift.removed) == known // 20
    del actions[:10]
    place.site.publish("lambda")
    with pytest.raises(
        RefreshFailed, match=r"10 of \d+ actions of `lambda` are gone.*accept it with --accept-removals"
    ):
        place.refresh()
    assert len(place.refresh(accept_removals=True).drift.removed) == 10
    assert place.refresh().drift == Drift()


@pytest.mark.parametrize("gone", [2, 5])
def test_so_are_services(place: Place, gone: int) -> None:
    for prefix in FEW[:gone]:
        del place.site.documents[prefix]
    place.site.publish()
    with pytest.raises(RefreshFailed, match=f"{gone} of 6 services are gone"):
        place.refresh()


def _flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("damage", [_flipped, Path.unlink, lambda file: file.write_bytes(b"")])
@pytest.mark.parametrize("name", ["current", "manifest.json", "operations.tsv", "services/lambda.json"])
def test_a_byte_that_changed_is_noticed_and_the_next_refresh_starts_anew(
    place: Place, name: str, damage: Callable[[Path], None]
) -> None:
    generation = place.refresh().generation
    damage(place.cache / name if name == "current" else generation.folder / name)
    if (name, damage) == ("current", Path.unlink):
        assert usable_generation(place.cache, place.data) is None
        return
    with pytest.raises(DamagedCache, match=r"(is not what was written there|cannot be read)"):
        usable_generation(place.cache, place.data)
    report = place.refresh()
    assert report.read == len(FEW)
    assert report.damaged
    assert usable_generation(place.cache, place.data) == report.generation


def test_a_service_that_rotted_is_answered_by_the_bundled_copy(place: Place) -> None:
    generation = place.refresh().generation
    _flipped(generation.folder / "services" / "lambda.json")
    told: list[str] = []
    catalog = load_catalog(place.data, usable_generation(place.cache, place.data, whole=False), told.append)
    assert catalog.service("sqs")
    assert told == []
    assert catalog.service("lambda") == load_catalog(place.data).service("lambda")
    assert catalog.service("lambda") is catalog.service("LAMBDA")
    (sentence,) = told
    assert "lambda.json` is not what was written there; the bundled copy of this service is used" in sentence


def test_a_cache_of_another_bundled_copy_is_not_used(place: Place) -> None:
    place.refresh()
    with (place.data / "SOURCES.toml").open("a", encoding="utf-8") as sources:
        sources.write("# another release\n")
    with pytest.raises(DamagedCache, match="refreshed over the bundled catalog of another release"):
        usable_generation(place.cache, place.data)
    assert place.refresh().read == len(FEW)
