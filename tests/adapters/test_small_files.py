"""A small file read in one step: it is the same as read piece by piece, and everything unusual is left to that."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from service.adapters import files
from service.core.activity.folding import native_fold
from service.core.trail.at_once import SMALL, at_once
from service.core.trail.inflating import igzip_lib
from service.usecases.gather import gather
from service.wiring import keep

pytestmark = pytest.mark.skipif(
    native_fold() is None or igzip_lib() is None, reason="only the native core and igzip read at once"
)


def record(number: int, **more: object) -> str:
    event = {
        "eventVersion": "1.08",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ann", "accountId": "111122223333"},
        "eventTime": f"2026-08-01T00:00:{number:02}Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetBucketPolicy",
        "awsRegion": "eu-west-1",
        "requestParameters": {"bucketName": f"b{number}"},
        "eventID": f"00000000-0000-4000-8000-{number:012}",
        "recipientAccountId": "111122223333",
        **more,
    }
    return json.dumps(event, separators=(",", ":"))


def listed(*records: str) -> bytes:
    return f'{{"Records":[{",".join(records)}]}}'.encode()


FEW = [record(number) for number in range(5)]
PLAIN = listed(*FEW)
PACKED = gzip.compress(PLAIN, mtime=0)
FLAGGED = PACKED[:3] + bytes([PACKED[3] | 0x80]) + PACKED[4:]

AT_ONCE = {
    "plain": PACKED,
    "an odd record": gzip.compress(listed(*FEW, '{"eventName":1}', record(7))),
    "an odd name": gzip.compress(listed(record(1, eventName="Get\tit"), *FEW)),
    "not compressed inside": gzip.compress(PLAIN, 0),
    "a name in the header": b"\x1f\x8b\x08\x08\0\0\0\0\0\0name\0" + PACKED[10:],
}
PIECE_BY_PIECE = {
    "no gzip": PLAIN,
    "two members": gzip.compress(PLAIN[:100]) + gzip.compress(PLAIN[100:]),
    "padding": PACKED + b"\0" * 8,
    "rubbish behind": PACKED + b"rubbish",
    "cut off": PACKED[:-20],
    "cut off in its checksum": PACKED[:-3],
    "another checksum": PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:],
    "another size": PACKED[:-4] + b"\0\0\0\1",
    "unknown flags": FLAGGED,
    "twice compressed": gzip.compress(PACKED),
    "nothing in it": gzip.compress(b""),
    "nothing at all": b"",
    "no record": gzip.compress(listed()),
    "space around": gzip.compress(b" " + PLAIN + b"\n"),
    "members beside the list": gzip.compress(PLAIN[:-1] + b',"a":[1]}'),
    "a list that ends early": gzip.compress(b'{"Records":[' + FEW[0].encode() + b'],"more":[{}]}'),
    "a broken record": gzip.compress(listed(*FEW, record(7)[:-5], record(8))),
    "a record that ends early": gzip.compress(listed(FEW[0] + "]}", FEW[1])),
    "lines": gzip.compress("\n".join(FEW).encode()),
    "larger than a slice": gzip.compress(listed(*[record(number % 60) for number in range(900)])),
}


@dataclass
class Told:
    """What a file holds, as a trail tells it."""

    inputs: object
    used: object


def told(path: Path) -> Told:
    try:
        reading = gather(files.FileTrail([path]), keep)
    except Exception as error:  # noqa: BLE001  # compared, whatever it is
        return Told(f"{type(error).__name__}: {error}", None)
    packed = {
        principal: [each.rows + each.keys for each in found] for principal, found in reading.gathered.segments.items()
    }
    return Told(reading.inputs, (packed, reading.spans, reading.principals()))


@pytest.mark.parametrize("name", [*AT_ONCE, *PIECE_BY_PIECE])
def test_both_ways_say_the_same(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.json.gz"
    path.write_bytes({**AT_ONCE, **PIECE_BY_PIECE}[name])
    found = told(path)
    monkeypatch.setattr(files, "SMALL", -1)
    assert found == told(path)


def _counted(data: bytes, begin: int, end: int) -> tuple[int, list[tuple[int, bytes]]] | None:
    try:
        return len(json.loads(b"[" + data[begin:end] + b"]")), []
    except ValueError:
        return None


@pytest.mark.parametrize("name", [*AT_ONCE, *PIECE_BY_PIECE])
def test_what_is_read_at_once(name: str) -> None:
    stored = {**AT_ONCE, **PIECE_BY_PIECE}[name]
    assert (at_once(stored, _counted) is not None) is (name in AT_ONCE)


@pytest.mark.parametrize("at", range(0, len(PACKED), 7))
def test_damage_anywhere_says_the_same_both_ways(at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.json.gz"
    path.write_bytes(PACKED[:at] + bytes([PACKED[at] ^ 0x55]) + PACKED[at + 1 :])
    found = told(path)
    monkeypatch.setattr(files, "SMALL", -1)
    assert found == told(path)


def test_a_bomb_is_not_opened_at_once() -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = bomb.compress(b'{"Records":[' + b" " * (16 << 20)) + bomb.flush()
    assert len(packed) < SMALL
    assert at_once(packed, _counted) is None
