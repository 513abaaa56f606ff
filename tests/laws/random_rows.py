"""Random rows of one principal, many of them alike, and segments of them."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from service.core.activity.moment import key, moment
from service.core.activity.row import Family, Row
from service.core.activity.segment import Entry, Segment, added
from service.core.principals import Principal, PrincipalType

ROLE = Principal(PrincipalType.ROLE, "111122223333", "app", "arn:aws:iam::111122223333:role/app")
NO_DENIAL = ("", "", False, "")
FAMILIES = tuple(
    Family("s3.amazonaws.com", name, "AwsApiCall", "1", "eu-west-1", "allowed", "", NO_DENIAL, "", paths, (), ())
    for name, paths in (("One", ("a",)), ("Two", ("a", "b")), ("None", ()))
)

parts = st.sampled_from(["a/", "b/", "c:", "d:", "e/", "f", "g", "h", "/", ":"])
names = st.lists(parts, max_size=4).map("".join) | st.lists(parts, min_size=9, max_size=13).map("".join)
few_names = st.sampled_from(
    ["", "a", "b", "a/", "a/x", "a/y", "a/z", "a/x:", "a/x:1", "a/x:2", "a/x:3", "b/x", "c", "d"]
)
values = few_names | names
contexts = st.dictionaries(
    st.sampled_from(["aws:SourceIp", "aws:SourceVpce"]), st.sampled_from("12345"), max_size=2
).map(lambda found: tuple(sorted(found.items())))


@st.composite
def rows(draw: st.DrawFn) -> Row:
    family = draw(st.sampled_from(FAMILIES))
    texts = tuple(draw(values) for _ in (*family.parameters, "the resource of a denial"))
    return Row(family, draw(contexts), texts, draw(st.sampled_from(["", "", "", "shared"])))


many_rows = st.lists(rows(), max_size=25)


def uuid(number: int) -> str:
    return f"{number:08x}-aaaa-bbbb-cccc-{number:012x}"


def segment_of(events: Iterable[tuple[int, Row]]) -> Segment:
    """An event for each row, on one of two days; numbers tell them apart."""
    entries: dict[Row, list[Entry]] = {}
    for number, row in events:
        one = key(moment("2026-08-01T00:00:01Z", uuid(number)), row.mark)
        entries.setdefault(row, []).append(Entry(1 + number % 2, 1, 1, 1, uuid(number), (one,)))
    together = {row: added(found) for row, found in entries.items()}
    return Segment(ROLE, together, sum(map(len, entries.values())), {})
