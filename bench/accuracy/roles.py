"""PassRole: whether the operations that hand over a role show where the request has it."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from bench.accuracy.report import Line, Listing, Section, share
from bench.accuracy.sources import event_source_of, facts, models
from catalog.load import read_table


class Place(StrEnum):
    """Where the role of an operation is found, the surest first."""

    MEMBER = "a member for a role"
    PROFILE = "a member for an instance profile"
    ROW = "a row of request_actions.tsv"
    TWIN = "a member of the same operation of another client, which has the same event source"
    OPEN = "a map of text or the value of a setting, where a role's ARN is found as every ARN is"
    NOWHERE = "nowhere"


def places() -> dict[tuple[str, str], Place]:
    """Where each operation that AWS's map lists with `iam:PassRole` has its role."""
    members = {(row["client"], row["operation"]): row["members"] for row in read_table("pass_role.tsv")}
    by_row = {
        (row["source"], row["operation"])
        for row in read_table("request_actions.tsv")
        if row["action"] == "iam:PassRole"
    }
    official = [row for row in facts("passrole_operations.tsv") if row["official"] == "1"]
    return {
        (row["boto_service"], row["operation"]): _place(row["boto_service"], row["operation"], members, by_row)
        for row in official
    }


def _place(client: str, operation: str, members: dict[tuple[str, str], str], by_row: set[tuple[str, str]]) -> Place:
    own = members.get((client, operation), "")
    if own:
        return Place.PROFILE if all("instanceprofile" in each.lower() for each in own.split(",")) else Place.MEMBER
    if (event_source_of()[client], operation) in by_row:
        return Place.ROW
    if any(members.get((twin, operation)) for twin in _twins(client)):
        return Place.TWIN
    return Place.OPEN if models().open_members(client, operation) else Place.NOWHERE


def _twins(client: str) -> list[str]:
    """The clients whose calls have the same event source."""
    source = event_source_of()[client]
    return sorted(other for other, its in event_source_of().items() if its == source and other != client)


def section() -> Section:
    """The share of official operations whose role is found; the rest is listed."""
    found = places()
    counts = Counter(found.values())
    lost = tuple(sorted(key for key, place in found.items() if place is Place.NOWHERE))
    missing: tuple[Line, ...] = lost
    return Section(
        "PassRole",
        f"Each of the {len(found):,} operations for which AWS's map lists `iam:PassRole`: where the request holds the "
        "role, by the input shapes of botocore. What has it nowhere takes no role in the request.",
        ("found in", "operations"),
        tuple((place.value, f"{counts[place]:,} ({share(counts[place], len(found))})") for place in Place),
        (Listing("No place for a role", ("client", "operation"), missing),),
    )
