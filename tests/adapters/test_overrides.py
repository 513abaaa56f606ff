"""A user's own answers: what is read, what is refused, and that they win and are told of."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import pytest

from catalog.load import load_catalog, load_resolver
from catalog.model import NoPermission, Operation, Resolved
from catalog.operations import NO_OVERRIDES, UserOverride, UserOverrides
from service.adapters.overrides import read_overrides
from service.core.days import WindowAsked
from service.core.errors import InputError
from service.core.principals import parse_principal
from service.core.proposal import Proposal
from service.core.proposal_json import document
from service.usecases.gather import gather
from service.wiring import file_trail, keep, keep_with, parts

CATALOG = load_catalog()
SAMPLE = Path(__file__).parents[2] / "samples" / "trail"
ROLE = "arn:aws:iam::111122223333:role/orders-api"
HEADER = "event_source\tevent_name\tactions\treason\n"
GET, TAGS = Operation("s3.amazonaws.com", "GetObject"), Operation("tagging.amazonaws.com", "GetResources")


def _file(folder: Path, text: str | bytes) -> Path:
    file = folder / "own.tsv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_rows_become_answers_in_the_spelling_of_aws(tmp_path: Path) -> None:
    text = f"# ours\n{HEADER}s3.amazonaws.com\tGetObject\tS3:getobject, s3:GetObjectTagging\twe use tags\n"
    text += "tagging.amazonaws.com\tGetResources\t\ta boundary does it\n"
    found = read_overrides(_file(tmp_path, text), CATALOG)
    assert found.rows == {
        GET: UserOverride(("s3:GetObject", "s3:GetObjectTagging"), "we use tags"),
        TAGS: UserOverride((), "a boundary does it"),
    }
    assert found.digest == hashlib.sha256(text.encode()).hexdigest()
    assert read_overrides(None, CATALOG) is NO_OVERRIDES


def test_files_of_other_systems_are_read(tmp_path: Path) -> None:
    text = f"\ufeff{HEADER}s3\tGetObject\ts3:GetObject\tso\n".replace("\n", "\r\n")
    assert list(read_overrides(_file(tmp_path, text), CATALOG).rows) == [Operation("s3", "GetObject")]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("s3.amazonaws.com\tGetObject\ts3:GetObjekt\tso\n", ("line 2", "`s3:GetObjekt`", "perhaps `s3:GetObject`")),
        ("s3.amazonaws.com\tGetObject\ts4:GetObject\tso\n", ("line 2", "`s4:GetObject`", "no service has that prefix")),
        ("s3.amazonaws.com\tGetObject\tGetObject\tso\n", ("line 2", "no service has that prefix")),
        ("s3.amazonaws.com\tGetObject\ts3:Get*\tso\n", ("line 2", "`s3:Get*` is a pattern", "write out")),
        ("\n\ns3.amazonaws.com\t\ts3:GetObject\tso\n", ("line 4", "event name is missing")),
        ("s3 amazon\tGetObject\ts3:GetObject\tso\n", ("line 2", "is not an event source", "`s3.amazonaws.com`")),
        ("s3.amazonaws.com\tGetObject\ts3:GetObject\t\n", ("line 2", "reason is missing")),
        ("s3.amazonaws.com\tGetObject\ts3:GetObject\n", ("line 2", "3 cells where the header has 4", "tabs")),
        (
            "s3.amazonaws.com\tGetObject\ts3:GetObject\tso\nS3.amazonaws.com\tgetobject\t\tno\n",
            ("line 3", "line 2", "keep one"),
        ),
    ],
)
def test_what_cannot_be_used_is_told_by_line(tmp_path: Path, rows: str, words: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as refused:
        read_overrides(_file(tmp_path, HEADER + rows), CATALOG)
    sentence = str(refused.value)
    assert sentence.startswith("own.tsv, line ")
    assert "\n" not in sentence
    assert all(word in sentence for word in words), sentence


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no header"),
        (b"source\tname\nx\ty\n", "the header must be"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"x" * ((4 << 20) + 1), "4 MB"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_overrides(_file(tmp_path, content), CATALOG)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_overrides(tmp_path / "absent.tsv", CATALOG)


def test_they_win_over_every_other_rule_and_say_so() -> None:
    own = {GET: UserOverride(("s3:GetObjectAcl",), "a proxy asks"), TAGS: UserOverride((), "a boundary does it")}
    resolver = load_resolver(CATALOG, own)
    answer = resolver.resolve(GET, denied_action="s3:GetObject")
    assert answer == Resolved(("s3:GetObjectAcl",), "user-override", notes=("your overrides say so: a proxy asks",))
    none = resolver.resolve(TAGS)
    assert none == NoPermission(
        "your overrides say that none is needed: a boundary does it", "no-permission:user-override"
    )


def test_a_proposal_names_the_file_and_is_otherwise_the_same(tmp_path: Path) -> None:
    text = f"{HEADER}dynamodb.amazonaws.com\tPutItem\tdynamodb:UpdateItem\tour proxy\n"
    overrides = read_overrides(_file(tmp_path, text), CATALOG)
    plain, own = document(_proposed(NO_OVERRIDES)), document(_proposed(overrides))
    assert (plain["catalog"]["overrides"], own["catalog"]["overrides"]) == (None, overrides.digest)
    reasons = {permission["action"]: permission["reason"] for permission in own["permissions"]}
    assert "dynamodb.amazonaws.com PutItem" not in reasons.get("dynamodb:PutItem", {"operations": []})["operations"]
    assert "user-override" in reasons["dynamodb:UpdateItem"]["rules"]
    unrelated = UserOverrides("0" * 64, {Operation("nowhere.amazonaws.com", "Nothing"): UserOverride((), "unused")})
    same = document(_proposed(unrelated))
    for found in (plain, same):
        del found["catalog"]["overrides"], found["digest"], found["id"]
    assert same == plain


def _proposed(overrides: UserOverrides) -> Proposal:
    query = parse_principal(ROLE)
    reading = gather(file_trail([SAMPLE], 1), keep_with(overrides), query)
    return parts(overrides).proposer.propose(reading, query, WindowAsked())


def test_the_members_that_an_override_needs_are_kept_in_worker_processes_too() -> None:
    own = {Operation("x.amazonaws.com", "Y"): UserOverride(("s3:GetObject",), "so")}
    kept = pickle.loads(pickle.dumps(keep_with(UserOverrides("1" * 64, own))))
    assert {"bucketname", "key"} <= kept(Operation("x.amazonaws.com", "Y"))
    assert keep_with(NO_OVERRIDES) is keep
