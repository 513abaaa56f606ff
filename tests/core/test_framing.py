"""A stream of bytes to records, whatever they are framed in and wherever it breaks."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from service.core.events import Aside, Drifted, Event, Malformed
from service.core.trail import framing, inflating
from service.core.trail.framing import TOO_LONG, read
from service.core.trail.inflating import GZIP_CUT_OFF, GZIP_DAMAGED
from service.core.trail.unpacking import UTF16_CUT_OFF, unpacked
from service.core.trail.window import Fault
from tests.tables import Row, rows


class FramingRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`text` in; the names of the events, the reasons and the kinds, in their order, out."""

    text: str
    events: list[str]
    rejected: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    fault: str | None = None


@dataclass
class Got:
    """What came out of a stream."""

    events: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    fault: str | None = None


def record(name: str, **more: object) -> str:
    return json.dumps({"eventSource": "s", "eventName": name, **more}, separators=(",", ":"))


def filled(text: str) -> bytes:
    for name in "ABCD":
        text = text.replace(f"@{name}@", record(name)).replace(f'@"{name}"@', json.dumps(record(name)))
    return text.encode()


def got(content: bytes, size: int = 1 << 16, longest: int = framing.MAX_RECORD) -> Got:
    result = Got()
    for found in read(unpacked(pieces(content, size), lambda: pieces(content, size)), longest):
        if isinstance(found, Fault):
            assert result.fault is None
            result.fault = found.reason
            continue
        for parsed in found:
            match parsed:
                case Event(name=name) | Drifted(event=Event(name=name)):
                    result.events.append(name)
                case Malformed(reason=reason):
                    result.rejected.append(reason)
                case Aside(kind=kind):
                    result.kinds.append(kind)
    return result


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


@pytest.fixture(params=["zlib", "igzip"])
def inflater(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the two that may read gzip."""
    if request.param == "zlib":
        monkeypatch.setattr(inflating, "igzip_lib", lambda: None)
    elif inflating.igzip_lib() is None:
        pytest.skip("the extra `fast` is not installed")


@pytest.mark.parametrize("size", [1 << 16, 5])
@pytest.mark.parametrize("slice_", [1 << 16, 100])
@pytest.mark.parametrize("row", rows("framing", FramingRow))
def test_framing(row: FramingRow, size: int, slice_: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "SLICE", slice_)
    assert got(filled(row.text), size) == Got(row.events, [*row.rejected], [*row.kinds], row.fault)


@pytest.mark.usefixtures("inflater")
@pytest.mark.parametrize("row", rows("framing", FramingRow))
def test_framing_in_gzip(row: FramingRow) -> None:
    """Also in several members, with padding after them."""
    content = filled(row.text)
    whole, half = gzip.compress(content), len(content) // 2
    members = gzip.compress(content[:half]) + gzip.compress(content[half:]) + b"\0" * 512
    assert got(whole) == got(members) == got(gzip.compress(whole)) == got(content)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize(("begin", "end"), [('{"Records":[', "]}"), ("[", "]")])
def test_encodings(encoding: str, mark: str, begin: str, end: str) -> None:
    content = mark + begin + record("A", userAgent="…😀") + "," + record("B") + end
    for size in (1, 3, 1 << 16):
        assert got(content.encode(encoding), size) == Got(["A", "B"])


def test_half_a_utf16_pair_costs_its_record() -> None:
    content = '{"Records":[' + record("A") + ',{"eventSource":"\ud800","eventName":"X"},' + record("B") + "]}"
    assert got(content.encode("utf-16", "surrogatepass")) == Got(["A", "B"], ["invalid UTF-8"])


def test_utf16_cut_within_a_character() -> None:
    assert got(record("A").encode("utf-16") + b"\n") == Got(["A"], fault=UTF16_CUT_OFF)


@pytest.mark.parametrize("place", ["eventName", "requestParameters", "\\u0041"])
def test_invalid_utf8_costs_its_record(place: str) -> None:
    for joint, begin, end in (",", '{"Records":[', "]}"), ("\n", "", "\n"):
        bad = record("X", **{place: "@"}).encode().replace(b"@", b"\xff")
        content = begin.encode() + joint.encode().join([record("A").encode(), bad, record("B").encode()]) + end.encode()
        assert got(content) == Got(["A", "B"], ["invalid UTF-8"])


@pytest.mark.usefixtures("inflater")
def test_a_truncated_gzip_gives_what_came_before() -> None:
    """Every whole record before the cut, and one fault for the file's end."""
    text = b'{"Records":[' + b",".join(record(str(n), userAgent=str(n * 7919)).encode() for n in range(2000)) + b"]}"
    packed = gzip.compress(text)
    for cut in (len(packed) // 3, len(packed) // 2, len(packed) - 1, len(packed) - 9):
        result = got(packed[:cut], 1000)
        assert result.fault == GZIP_CUT_OFF
        assert result.rejected == []
        assert result.events == [str(n) for n in range(len(result.events))]
        assert len(result.events) > 2000 * cut / len(packed) * 0.8


@pytest.mark.usefixtures("inflater")
def test_damaged_gzip_gives_what_came_before() -> None:
    packed = gzip.compress(b"[" + record("A").encode() + b"]")
    assert got(packed + b"rubbish") == Got(["A"], fault=GZIP_DAMAGED)
    assert got(packed[:-6] + b"\0" * 6) == Got(["A"], fault=GZIP_DAMAGED)
    assert got(packed[:12] + b"\xff\xff\xff" + packed[15:]).fault == GZIP_DAMAGED


LISTED = ('{"Records":[', ",", "]}")
LINES = ("", "\n", "\n")


@pytest.mark.parametrize(("begin", "joint", "end"), [LISTED, LINES])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_record_that_is_too_long_is_not_held(begin: str, joint: str, end: str, place: int) -> None:
    """Neither while it is skipped nor after, and its neighbours count."""
    size, longest = 8 << 20, 1 << 18
    long = ['{"eventSource":"s","eventName":"', *["x" * (1 << 16)] * (size >> 16), '"}']
    parts: list[list[str]] = [[record("A")], [record("B")]]
    parts.insert(place, long)
    text = [piece for part in parts for piece in (joint, *part)][1:]
    tracemalloc.start()
    result = Got()
    for found in read((piece.encode() for piece in [begin, *text, end]), longest):
        assert not isinstance(found, Fault)
        for parsed in found:
            result.events.extend([parsed.name] if isinstance(parsed, Event) else [])
            result.rejected.extend([parsed.reason] if isinstance(parsed, Malformed) else [])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert result == Got(["A", "B"], [TOO_LONG])
    assert peak < 4 * longest + (1 << 20)


@pytest.mark.usefixtures("inflater")
def test_a_gzip_bomb_is_met_in_pieces() -> None:
    content = gzip.compress(record("A").encode() + b"\n" + b" " * (64 << 20) + b"\n" + record("B").encode())
    tracemalloc.start()
    assert got(content, 1 << 16) == Got(["A", "B"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_nesting_beyond_reason_costs_its_record() -> None:
    deep = '{"eventSource":"s","eventName":"X","requestParameters":' + "[" * 200_000 + "]" * 200_000 + "}"
    content = '{"Records":[' + record("A") + "," + deep + "," + record("B") + "]}"
    assert got(content.encode()) == Got(["A", "B"], ["nested too deeply"])


def test_many_broken_records_take_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slow search for a value's end is given up when it keeps finding none."""
    walks = counted(monkeypatch, "value_end")
    broken = '{"eventSource":"s","eventName":"X","requestParameters":{"a":[1,2'
    content = '{"Records":[' + ",".join([broken, record("A")] * 1000) + "]}"
    assert got(content.encode()) == Got(["A"] * 1000, ["invalid JSON"] * 1000)
    assert 100 <= len(walks) < 150


def test_joined_files_go_by_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the first, which may be the only one."""
    values = counted(monkeypatch, "parse_value")
    content = ('{"Records":[' + ",".join([record("A")] * 20) + "]}") * 50
    assert got(content.encode()) == Got(["A"] * 1000)
    assert len(values) < 50


def counted(monkeypatch: pytest.MonkeyPatch, name: str) -> list[None]:
    """One entry for each call of a function of the module."""
    calls: list[None] = []
    real = getattr(framing, name)

    def call(*args: object, **options: object) -> object:
        calls.append(None)
        return real(*args, **options)

    monkeypatch.setattr(framing, name, call)
    return calls
