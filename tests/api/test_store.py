"""Proposal stores: one suite for the real one and the one in memory, and what only files can suffer."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest

from service.adapters.proposal_store import ProposalFiles, ProposalMemory
from service.api.schemas.example import PROPOSAL
from service.core.json_bytes import to_bytes
from service.usecases.proposals import ProposalStore, StoredProposal, StoreUnusable, UnreadableProposal

STORED = StoredProposal.parse(to_bytes(PROPOSAL))

STORES: dict[str, Callable[[Path], ProposalStore]] = {
    "files": lambda folder: ProposalFiles(folder / "data" / "proposals"),
    "memory": lambda _: ProposalMemory(),
}


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ProposalStore:
    return STORES[request.param](tmp_path)


def test_what_was_put_is_got_to_the_byte(store: ProposalStore) -> None:
    store.put(STORED)
    assert store.get(STORED.id) == STORED


def test_putting_again_changes_nothing(store: ProposalStore) -> None:
    store.put(STORED)
    store.put(STORED)
    assert store.get(STORED.id) == STORED


def test_an_empty_store_takes_proposals(store: ProposalStore) -> None:
    store.check()
    assert store.get(STORED.id) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "proposal-",
        "proposal-00000000000000000000",
        f"{STORED.id}\n",
        f"{STORED.id}.json",
        STORED.id.upper(),
        f"../proposals/{STORED.id}",
        f"/{STORED.id}",
        "proposal-\x00",
        "proposal-" + "0" * 100_000,
        "proposal-²²²²²²²²²²²²²²²²²²²²",
    ],
)
def test_any_other_text_is_unknown(store: ProposalStore, text: str) -> None:
    store.put(STORED)
    assert store.get(text) is None


def test_no_unfinished_file_stays(tmp_path: Path) -> None:
    ProposalFiles(tmp_path).put(STORED)
    assert [path.name for path in tmp_path.iterdir()] == [f"{STORED.id}.json"]


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda body: body[:-10], "not JSON"),
        (lambda _: b"", "not JSON"),
        (lambda _: b"[]", "not a JSON object"),
        (
            lambda body: body.replace(b'"s3:GetObject"', b'"s3:PutObject"').replace(b"sts:Assume", b"sts:Other"),
            "digest",
        ),
        (lambda body: b"\xff" + body, "not JSON"),
    ],
    ids=["cut", "empty", "array", "changed", "not utf-8"],
)
def test_a_damaged_file_is_named_and_putting_again_mends_it(
    tmp_path: Path, damage: Callable[[bytes], bytes], why: str
) -> None:
    files = ProposalFiles(tmp_path)
    path = tmp_path / f"{STORED.id}.json"
    path.write_bytes(damage(STORED.body))
    with pytest.raises(UnreadableProposal, match=why) as raised:
        files.get(STORED.id)
    assert str(path) in str(raised.value)
    files.put(STORED)
    assert files.get(STORED.id) == STORED


def test_a_file_under_another_id_is_damaged(tmp_path: Path) -> None:
    other = "proposal-" + "0" * 20
    (tmp_path / f"{other}.json").write_bytes(STORED.body)
    with pytest.raises(UnreadableProposal, match=STORED.id):
        ProposalFiles(tmp_path).get(other)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / f"{STORED.id}.json").mkdir()
    with pytest.raises(UnreadableProposal, match=STORED.id):
        ProposalFiles(tmp_path).get(STORED.id)


def test_a_folder_that_takes_no_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    files = ProposalFiles(tmp_path / "data")
    with pytest.raises(StoreUnusable, match="data"):
        files.put(STORED)
    with pytest.raises(StoreUnusable, match="data"):
        files.check()
    assert files.get(STORED.id) is None


def test_the_digest_covers_every_member() -> None:
    changed = 0
    for name in PROPOSAL:
        body = copy.deepcopy(PROPOSAL)
        body[name] = "something else"
        with pytest.raises(UnreadableProposal):
            StoredProposal.parse(to_bytes(body))
        changed += 1
    assert changed == len(PROPOSAL) > 10
