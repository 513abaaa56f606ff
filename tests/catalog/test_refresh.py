"""Refreshing against a real server: what is taken, kept and asked for, and what the cache is afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.cache import Current, current, default_directory, open_generation
from catalog.drift import Drift, LevelChange, TypesChange, compare, snapshot
from catalog.load import DATA, load_catalog, load_resolver, usable_generation
from catalog.model import AccessLevel, ActionResource, ConditionKey, Operation, Resolved
from catalog.refresh import RefreshFailed
from tests.catalog.reference_server import FEW, LIST, TODAY, Place, operation, path_of, placed, raw


def test_all_that_we_know_in_the_format_of_aws_comes_back_as_it_was(tmp_path: Path) -> None:
    some = load_catalog().prefixes()[::8]
    with placed(tmp_path, some) as place:
        report = place.refresh()
        assert (report.drift, report.services, report.read) == (Drift(), len(some), len(some))
        assert sum(place.site.requests.values()) == len(some) + 1 > 50
    bundled, refreshed = load_catalog(place.data), place.catalog
    assert compare(snapshot(bundled), snapshot(refreshed)) == Drift()
    for prefix, service in snapshot(bundled).items():
        again = refreshed.service(prefix)
        assert again
        assert again.resource_types == service.resource_types
        assert again.condition_keys == service.condition_keys
        for name, action in service.actions.items():
            same = replace(again.actions[name], supported_by=None, condition_keys=action.condition_keys)
            assert same == action
            assert set(again.actions[name].condition_keys) == set(action.condition_keys)


def test_what_the_reference_says_counts_and_what_it_lacks_is_kept(place: Place) -> None:
    passing, sqs = raw(place.data, "lambda").actions["createfunction"], place.site.documents["sqs"]
    assert passing.dependent_actions
    of_lambda = {each["Name"]: each for each in place.site.documents["lambda"]["Actions"]}
    of_lambda["CreateFunction"]["Annotations"]["Properties"] |= {"IsPermissionManagement": True}
    of_lambda["CreateFunction"]["ActionConditionKeys"].append("lambda:Brand-New")
    place.site.documents["lambda"]["ConditionKeys"].append({"Name": "lambda:Brand-New", "Types": ["ArrayOfString"]})
    sqs["Resources"][0]["ARNFormats"].append("arn:${Partition}:sqs:${Region}:${Account}:fifo/${QueueName}")
    sqs["Resources"].append({"Name": "Topic", "ARNFormats": ["arn:${Partition}:sqs:::${Topic}"]})
    sqs["Actions"].append({**sqs["Actions"][0], "Name": "Invent", "Resources": [{"Name": "Topic"}]})
    sqs["Actions"] = [each for each in sqs["Actions"] if each["Name"] != "PurgeQueue"]
    next(each for each in sqs["Actions"] if each["Name"] == "SendMessage")["Resources"].append({"Name": "topic"})
    place.site.publish()

    drift = place.refresh().drift

    assert drift == Drift(
        added=("sqs:Invent",),
        removed=("sqs:PurgeQueue",),
        levels=(LevelChange("lambda:CreateFunction", AccessLevel.WRITE, AccessLevel.PERMISSIONS_MANAGEMENT),),
        types=(TypesChange("sqs:SendMessage", ("queue",), ("queue", "topic")),),
    )
    create, purge = place.catalog.action("lambda:createfunction"), place.catalog.action("sqs:PurgeQueue")
    invent, send = place.catalog.action("sqs:Invent"), place.catalog.action("sqs:SendMessage")
    service, functions = place.catalog.service("sqs"), place.catalog.service("lambda")
    assert create
    assert purge
    assert invent
    assert send
    assert service
    assert functions
    assert create.dependent_actions == passing.dependent_actions
    assert create.resources == passing.resources
    assert "lambda:Brand-New" in create.condition_keys
    assert functions.condition_keys["lambda:brand-new"] == ConditionKey("lambda:Brand-New", "ArrayOfString")
    assert create.supported_by == ("IAM Action Last Accessed",)
    assert purge.retired
    assert not invent.retired
    assert invent.resources == (ActionResource("topic", required=True),)
    assert [(each.type, each.required) for each in send.resources] == [("queue", True), ("topic", False)]
    assert len(service.resource_types["queue"].arn_formats) == 2
    marked = [each.name for each in raw(place.data, "cloud9").actions.values() if each.permission_only]
    again = [place.catalog.action(f"cloud9:{name}") for name in marked]
    assert again
    assert all(each is not None and each.permission_only for each in again)


def test_corrections_written_by_hand_stand_over_a_refreshed_service(tmp_path: Path) -> None:
    with placed(tmp_path, ["logs"]) as place:
        place.refresh()
    before, after = load_catalog(place.data).service("logs"), place.catalog.service("logs")
    assert before
    assert after
    assert after.resource_types == before.resource_types
    uncorrected = raw(place.data, "logs").resource_types["log-group"]
    assert after.resource_types["log-group"].arn_formats != uncorrected.arn_formats


def test_a_retired_action_stays_retired_and_one_that_comes_back_is_alive(place: Place) -> None:
    document = place.site.documents["sqs"]
    everything = list(document["Actions"])
    document["Actions"] = everything[1:]
    place.site.publish("sqs")
    assert len(place.refresh().drift.removed) == 1
    place.site.publish("sqs")
    assert place.refresh().drift == Drift()
    gone = place.catalog.action(f"sqs:{everything[0]['Name']}")
    assert gone
    assert gone.retired
    document["Actions"] = everything
    place.site.publish("sqs")
    assert place.refresh().drift.added == (gone.full_name,)


def test_a_resource_type_that_is_gone_is_kept_for_the_retired_actions_that_take_it(place: Place) -> None:
    document, gone = place.site.documents["fis"], "StopExperiment"
    (taken, *_) = raw(place.data, "fis").actions[gone.lower()].resources
    document["Actions"] = [each for each in document["Actions"] if each["Name"] != gone]
    document["Resources"] = [each for each in document["Resources"] if each["Name"].lower() != taken.type]
    for each in document["Actions"]:
        each["Resources"] = [resource for resource in each["Resources"] if resource["Name"] != taken.type]
    place.site.publish("fis")
    assert place.refresh().drift.removed == (f"fis:{gone}",)
    service = place.catalog.service("fis")
    assert service
    assert taken in service.actions[gone.lower()].resources
    assert taken.type in service.resource_types


def test_an_action_that_only_a_refresh_knew_is_kept_too(place: Place) -> None:
    document = place.site.documents["sqs"]
    document["Actions"].append({**document["Actions"][0], "Name": "Invent"})
    place.site.publish("sqs")
    place.refresh()
    document["Actions"].pop()
    place.site.publish("sqs")
    assert place.refresh().drift.removed == ("sqs:Invent",)
    invent = place.catalog.action("sqs:Invent")
    assert invent
    assert invent.retired


def test_a_service_that_is_new_is_taken_and_one_that_is_gone_is_kept_as_retired(place: Place) -> None:
    place.site.documents["mill"] = {**place.site.documents.pop("sqs"), "Name": "mill"}
    place.site.stamps["mill"] = 1
    place.site.publish()
    place.refresh()
    mill, sqs = place.catalog.service("mill"), place.catalog.service("sqs")
    assert mill
    assert sqs
    assert mill.actions.keys() == sqs.actions.keys()
    assert {each.retired for each in mill.actions.values()} == {False}
    assert {each.retired for each in sqs.actions.values()} == {True}
    place.refresh()
    assert place.catalog.service("sqs") == sqs


def test_the_operation_map_is_refreshed_where_the_reference_has_one(place: Place) -> None:
    place.site.documents["lambda"]["Operations"] = [
        operation("Brew", ["lambda:invokefunction", "aws-portal:ViewBilling"], ["lambda"]),
        operation(
            "CreateFunction",
            ["lambda:CreateFunction", "iam:PassRole"],
            ["lambda", "lambda-too"],
            ["lambda.amazonaws.com", "lambda.preprod.amazonaws.com"],
        ),
        {"Name": "NotMapped"},
    ]
    place.site.publish("lambda")
    place.refresh()
    generation = usable_generation(place.cache, place.data)
    assert generation
    rows = generation.read("operations.tsv").splitlines()
    assert "lambda\tBrew\tlambda:InvokeFunction\t" in rows
    assert "lambda-too\tCreateFunction\tiam:PassRole,lambda:CreateFunction\tlambda.amazonaws.com" in rows
    assert not [row for row in rows if "NotMapped" in row]
    kept = {row for row in (place.data / "operations.tsv").read_text("utf-8").splitlines() if row.startswith("acm\t")}
    assert kept
    assert kept <= set(rows)
    resolver = load_resolver(place.catalog, data=place.data, refreshed=generation)
    answer = resolver.resolve(Operation("lambda.amazonaws.com", "Brew"))
    assert isinstance(answer, Resolved)
    assert (answer.actions, answer.rule) == (("lambda:InvokeFunction",), "operation-map")
    create = resolver.resolve(Operation("lambda.amazonaws.com", "CreateFunction20150331"))
    assert isinstance(create, Resolved)
    assert create.passes_role_to == ("lambda.amazonaws.com",)
    place.site.publish("lambda")
    place.refresh()
    again = usable_generation(place.cache, place.data)
    assert again
    assert again.read("operations.tsv") == generation.read("operations.tsv")


def test_only_the_list_is_asked_for_while_no_stamp_changes(place: Place) -> None:
    first = place.refresh()
    place.site.forget_requests()
    report = place.refresh()
    assert place.site.requests == {LIST: 1}
    assert (report.read, report.drift) == (0, Drift())
    assert report.generation.manifest == first.generation.manifest
    place.site.forget_requests()
    place.site.publish("lambda")
    assert place.refresh().read == 0
    assert place.site.requests == {LIST: 1, path_of("lambda"): 1}
    assert place.site.headers[path_of("lambda")][0]["If-None-Match"] == first.generation.manifest.stamps["lambda"].etag


def test_a_list_without_stamps_makes_every_request_conditional(place: Place) -> None:
    place.site.stamps = dict.fromkeys(place.site.stamps)
    place.site.publish()
    assert place.refresh().read == len(FEW)
    place.site.forget_requests()
    place.site.documents["lambda"]["SomethingNew"] = {}
    place.site.publish()
    assert place.refresh().read == 1
    assert sum(place.site.requests.values()) == len(FEW) + 1
    assert place.catalog.version.version == TODAY.isoformat()


def test_stamps_are_of_one_server(place: Place) -> None:
    place.refresh()
    place.site.files |= {f"/copy{path}": content for path, content in place.site.files.items()}
    assert place.refresh(f"{place.site.url}/copy/").read == len(FEW)
    assert place.catalog.version.source == f"{place.site.url}/copy"


def test_a_mirror_may_have_the_list_of_the_original_and_its_password_is_told_to_nobody(place: Place) -> None:
    with_password = place.site.url.replace("http://", "http://miller:secret@")
    report = place.refresh(with_password)
    assert report.read == len(FEW)
    assert place.site.headers[LIST][0]["Authorization"].startswith("Basic ")
    assert place.site.headers[LIST][0]["User-Agent"].startswith("whittle/")
    assert place.catalog.version.source == place.site.url
    place.site.faults[LIST] = [lambda handler: handler.give(404, b"")]
    with pytest.raises(RefreshFailed, match="answered 404") as failed:
        place.refresh(with_password)
    assert "secret" not in str(failed.value)


def test_the_version_is_of_the_reference_and_the_digest_of_the_content(place: Place) -> None:
    before = load_catalog(place.data).version
    place.refresh()
    first = place.catalog.version
    assert (first.version, first.date, first.source) == ("2026-09-21T14:13:20Z", "2026-11-25", place.site.url)
    assert first.digest != before.digest
    place.refresh()
    assert place.catalog.version == first
    with (place.data / "no_permission.tsv").open("a", encoding="utf-8") as table:
        table.write("well\tDrawWater\tnever-checked\tit is free\thttps://example.com\n")
    assert place.catalog.version.digest != first.digest
    place.site.documents["lambda"]["Actions"].pop()
    place.site.publish("lambda")
    place.refresh()
    assert place.catalog.version.version == "2026-09-21T14:14:20Z"


def test_several_refreshes_at_once_leave_a_whole_catalog(place: Place) -> None:
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda _: place.refresh(), range(4)))
    in_force = usable_generation(place.cache, place.data)
    assert in_force
    assert in_force.place in [report.generation.place for report in reports]
    assert len({report.generation.folder for report in reports}) == 4


def test_generations_that_nobody_can_be_using_are_removed(place: Place) -> None:
    for age in range(7):
        old = place.refresh().generation.folder
        os.utime(old, (1_700_000_000 - age, 1_700_000_000 - age))
    orphan = place.cache / ".current-left"
    orphan.touch()
    os.utime(orphan, (1, 1))
    newest = place.refresh().generation
    assert len(list(place.cache.glob("generation-*"))) == 5
    assert not orphan.exists()
    assert current(place.cache) == newest.place


KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from catalog import cache, refresh
if sys.argv[4] == "pointer":
    Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
else:
    write, left = cache._write, [3]
    def dying(file, content):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        write(file, content)
    cache._write = dying
refresh.refresh(Path(sys.argv[1]), date(2026, 11, 26), sys.argv[3], data=Path(sys.argv[2]))
"""


@pytest.mark.parametrize("moment", ["pointer", "files"])
def test_a_refresh_that_is_killed_leaves_the_old_catalog(place: Place, moment: str) -> None:
    old = place.refresh().generation
    place.site.documents["sqs"]["Actions"].pop()
    place.site.publish("sqs")
    command = [sys.executable, "-c", KILLED, str(place.cache), str(place.data), place.site.url, moment]
    assert subprocess.run(command, cwd=DATA.parents[1], check=False, timeout=60).returncode == -9
    assert len(list(place.cache.glob("generation-*"))) == 2
    assert usable_generation(place.cache, place.data) == old
    assert len(place.refresh().drift.removed) == 1


@pytest.mark.parametrize("step", ["replace", "mkdir"])
def test_a_disk_that_fails_leaves_the_old_catalog(place: Place, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    old = place.refresh().generation

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(Path, step, full)
        with pytest.raises(RefreshFailed, match="No space left on device; the catalog stays as it was"):
            place.refresh()
    assert usable_generation(place.cache, place.data) == old


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"WHITTLE_CATALOG_DIR": "/somewhere", "XDG_CACHE_HOME": "/xdg"}, Path("/somewhere")),
        ({"XDG_CACHE_HOME": "/xdg"}, Path("/xdg/whittle/catalog")),
        ({"XDG_CACHE_HOME": "relative"}, Path.home() / ".cache" / "whittle" / "catalog"),
        ({}, Path.home() / ".cache" / "whittle" / "catalog"),
    ],
)
def test_the_cache_is_where_the_environment_says(environment: dict[str, str], expected: Path) -> None:
    assert default_directory(environment) == expected


def test_a_place_can_be_opened_elsewhere(place: Place) -> None:
    generation = place.refresh().generation
    assert open_generation(Current(generation.folder, generation.place.manifest)) == generation
