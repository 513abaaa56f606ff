"""`whittle catalog` as a user runs it, and what the other commands do with a refreshed catalog."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from catalog.cache import OPERATIONS, Manifest, Stamp, write_generation
from catalog.load import DATA, bundle_digest, load_catalog
from catalog.refresh import refresh
from tests.catalog.reference_server import LIST, QUICK, STAMP, TODAY, Site, answering, path_of, raw, serving

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "trail"
ROLE = "arn:aws:iam::111122223333:role/orders-api"


def whittle(*arguments: str | Path, cache: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "service", *map(str, arguments)]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("WHITTLE_")}
    given = {**inherited, "WHITTLE_CATALOG_DIR": str(cache), **environment}
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    others = [prefix for prefix in load_catalog().prefixes() if prefix not in {"s3", "sqs"}]
    with serving(Site({prefix: raw(DATA, prefix) for prefix in ("s3", "sqs")}, others)) as made:
        yield made


@pytest.fixture(scope="module")
def refreshed(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache as if everything had been read from the site once, and then `s3` again, in which `s3:Invent` is new."""
    cache = tmp_path_factory.mktemp("cache")
    files = {f"services/{file.name}": file.read_text("utf-8") for file in (DATA / "services").glob("*.json")}
    files[OPERATIONS] = (DATA / OPERATIONS).read_text("utf-8")
    stamps = {prefix: Stamp(str(STAMP)) for prefix in site.stamps}
    write_generation(cache, Manifest("1", site.url, TODAY.isoformat(), bundle_digest(), {}, stamps), files)
    actions = site.documents["s3"]["Actions"]
    actions.append({**actions[0], "Name": "Invent"})
    site.publish("s3")
    assert refresh(cache, TODAY, site.url, limits=QUICK).read == 1
    return cache


def test_a_refresh_tells_what_changed_and_where_the_catalog_is_from(site: Site, refreshed: Path) -> None:
    site.forget_requests()
    done = whittle("catalog", "refresh", "--base-url", site.url, cache=refreshed)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"({site.url}, " in done.stdout
    assert "456 services, 0 of them read anew" in done.stdout
    assert "actions: 0 added, 0 removed and kept as retired" in done.stdout
    assert site.requests == {LIST: 1}


def test_a_refresh_as_json_has_the_drift(site: Site, refreshed: Path) -> None:
    site.documents["sqs"]["Actions"].append({**site.documents["sqs"]["Actions"][0], "Name": "Invent"})
    site.publish("sqs")
    done = whittle("catalog", "refresh", "--base-url", site.url, "--format", "json", cache=refreshed)
    answer = orjson.loads(done.stdout)
    assert answer["drift"] == {"added": ["sqs:Invent"], "removed": [], "levels": [], "resource_types": []}
    assert (answer["read"], answer["cache"]) == (1, str(refreshed))
    assert answer["catalog"]["age_days"] == 0


def test_a_refresh_that_fails_is_one_sentence_and_changes_nothing(site: Site, refreshed: Path, tmp_path: Path) -> None:
    before = sorted(refreshed.iterdir())
    site.publish("sqs")
    site.faults[path_of("sqs")] = [answering(200, content=site.files[path_of("s3")])]
    done = whittle("catalog", "refresh", "--base-url", site.url, "--cache-dir", refreshed, cache=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "whittle: the file of `sqs` says that it is of `s3`; the catalog stays as it was\n"
    assert sorted(refreshed.iterdir()) == before
    assert list(tmp_path.iterdir()) == []


def test_status_says_which_catalog_is_in_force(site: Site, refreshed: Path, tmp_path: Path) -> None:
    status = orjson.loads(whittle("catalog", "status", "--format", "json", cache=refreshed).stdout)
    assert (status["in_force"], status["source"], status["cache"]) == ("refreshed", site.url, str(refreshed))
    assert status["cache_state"] == "every digest is right"
    assert status["services"] == 456
    assert status["actions"] > 22_000
    assert status["resource_types"] > 2_300
    nothing = orjson.loads(whittle("catalog", "status", "--format", "json", cache=tmp_path / "none").stdout)
    assert (nothing["in_force"], nothing["cache_state"]) == ("bundled", "never refreshed")
    assert nothing["age_days"] >= 0
    off = whittle("catalog", "status", "--bundled-catalog", cache=refreshed).stdout
    assert "in force: bundled\n" in off
    assert "cache state: switched off\n" in off


def test_show_prints_an_action_with_everything_known(refreshed: Path) -> None:
    done = whittle("catalog", "show", "S3:getobject", cache=refreshed)
    for part in (
        "s3:GetObject (Read, Amazon S3)\n",
        "  resource object\n    arn:${Partition}:s3:::${BucketName}/${ObjectName}\n",
        "s3:ExistingObjectTag/<key>",
        "  known to: IAM Action Last Accessed\n",
    ):
        assert part in done.stdout
    passing = orjson.loads(whittle("catalog", "show", "*:PassRole", "--format", "json", cache=refreshed).stdout)
    (action,) = passing["actions"]
    assert (action["action"], action["permission_only"], action["retired"]) == ("iam:PassRole", True, False)
    assert "  resource: takes only *\n" in whittle("catalog", "show", "s3:ListAllMyBuckets", cache=refreshed).stdout


@pytest.mark.parametrize(("pattern", "names"), [("s3:Inv*", ["s3:Invent"]), ("sqs:?endMessage", ["sqs:SendMessage"])])
def test_show_takes_the_wildcards_of_iam(refreshed: Path, pattern: str, names: list[str]) -> None:
    done = whittle("catalog", "show", pattern, "--format", "json", cache=refreshed)
    assert [each["action"] for each in orjson.loads(done.stdout)["actions"]] == names


@pytest.mark.parametrize(
    ("pattern", "code", "says"),
    [
        ("s3:GetObjct", 4, "no action of `s3` matches `GetObjct`; nearest: s3:GetObject"),
        ("dynamdb:GetItem", 4, "nothing in the catalog matches `dynamdb:GetItem`; service prefixes like it: dynamodb"),
        ("[:x", 4, "nothing in the catalog matches `[:x`"),
        ("s3:Get[A-Z]*", 4, "no action of `s3` matches"),
        ("GetObject", 2, "`GetObject` is not an action; write it like `s3:GetObject`"),
    ],
)
def test_what_matches_nothing_is_said(tmp_path: Path, pattern: str, code: int, says: str) -> None:
    done = whittle("catalog", "show", pattern, cache=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr


def test_every_command_uses_the_refreshed_catalog_unless_told_otherwise(refreshed: Path, site: Site) -> None:
    named = ("resolve", "s3.amazonaws.com", "Invent")
    assert whittle(*named, cache=refreshed).stdout.startswith("s3:Invent\n")
    assert whittle(*named, "--bundled-catalog", cache=refreshed).stdout.startswith("unresolved")
    assert whittle(*named, cache=refreshed, WHITTLE_BUNDLED_CATALOG="1").stdout.startswith("unresolved")
    propose = ("propose", ROLE, "--trail", SAMPLE, "--format", "json")
    done = whittle(*propose, "--workers", "2", cache=refreshed)
    proposal = orjson.loads(done.stdout)
    assert (proposal["catalog"]["source"], done.stderr) == (site.url, "")
    bundled = orjson.loads(whittle(*propose, "--bundled-catalog", cache=refreshed).stdout)
    assert bundled["catalog"]["source"].startswith("npm:")
    assert bundled["policies"] == proposal["policies"]


def test_a_damaged_cache_is_told_of_once_and_not_used(refreshed: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    subprocess.run(["cp", "-r", refreshed, cache], check=True)
    name, _ = (cache / "current").read_text().split()
    rotten = cache / name / "services" / "sqs.json"
    rotten.write_bytes(rotten.read_bytes().replace(b"Write", b"Wrote", 1))
    done = whittle("propose", ROLE, "--trail", SAMPLE, "--format", "json", "--workers", "2", cache=cache)
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert f"`{rotten}` is not what was written there; `whittle catalog refresh` makes it again" in done.stderr
    assert orjson.loads(done.stdout)["catalog"]["source"].startswith("npm:")
    of_sqs = whittle("resolve", "sqs.amazonaws.com", "SendMessage", cache=cache)
    assert of_sqs.stdout.startswith("sqs:SendMessage\n")
    assert "the bundled copy of this service is used" in of_sqs.stderr
    assert whittle("resolve", "s3.amazonaws.com", "Invent", cache=cache).stderr == ""
    assert "cache state: cannot be used: " in whittle("catalog", "status", cache=cache).stdout


def test_the_readme_names_every_command_and_flag(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for command in ("refresh", "status", "show"):
        assert f"whittle catalog {command}" in readme
        words = whittle("catalog", command, "--help", cache=tmp_path).stdout.split()
        flags = {word.strip("[],") for word in words if word.startswith(("--", "[--"))}
        assert {flag for flag in flags if flag != "--help" and flag not in readme} == set()


def test_resolving_with_a_refreshed_catalog_loads_no_network_code(refreshed: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "service", "resolve", "s3.amazonaws.com", "GetObject"]
    environment = {**os.environ, "WHITTLE_CATALOG_DIR": str(refreshed), "WHITTLE_BUNDLED_CATALOG": ""}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True)
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert loaded & {"httpx", "asyncio", "msgspec", "ssl", "fastapi", "boto3"} == set()
