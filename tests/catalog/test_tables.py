"""The tables of facts: strict to read, and every hand-written row says something true of the catalog."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.load import DATA, load_catalog, read_table
from catalog.tables import MalformedTable, items, parse_table, render_table

CATALOG = load_catalog()


def test_rows_are_keyed_by_the_header() -> None:
    text = "# a comment\nname\tvalue\n\na\t1\n# another\nb\t\n"
    assert parse_table(text, "t.tsv") == ({"name": "a", "value": "1"}, {"name": "b", "value": ""})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# only a comment\n", "t.tsv has no header"),
        ("name\tname\n", "t.tsv, line 1: .*not a header"),
        ("name\tto do\n", "t.tsv, line 1: .*not a header"),
        ("# c\nname\tvalue\na\n", "t.tsv, line 3: 1 cells where the header has 2"),
        ("name\na\tb\n", "t.tsv, line 2: 2 cells where the header has 1"),
    ],
)
def test_a_table_that_does_not_fit_is_an_error_with_its_place(text: str, says: str) -> None:
    with pytest.raises(MalformedTable, match=says):
        parse_table(text, "t.tsv")


def test_what_is_rendered_can_be_read() -> None:
    text = render_table(("name", "value"), [("b", "2"), ("a", "1"), ("b", "2")], "made")
    assert text == "# made\nname\tvalue\na\t1\nb\t2\n"
    assert parse_table(text, "t.tsv") == ({"name": "a", "value": "1"}, {"name": "b", "value": "2"})


def test_a_cell_with_a_tab_is_not_rendered() -> None:
    with pytest.raises(MalformedTable, match="does not fit"):
        render_table(("name",), [("a\tb",)], "made")


def test_a_cell_may_hold_a_list() -> None:
    assert (items(""), items("a"), items("a,b")) == ((), ("a",), ("a", "b"))


def test_every_table_of_the_data_can_be_read() -> None:
    names = sorted(file.name for file in DATA.glob("*.tsv"))
    assert len(names) > 10
    assert all(read_table(name) for name in names)


def test_overrides_name_actions_that_there_are_and_a_source() -> None:
    table = read_table("overrides.tsv")
    named = {action for row in table for action in (*items(row["actions"]), *items(row["conditional"]))}
    assert len(named) > 100
    assert not {action for action in named if (found := CATALOG.action(action)) is None or found.full_name != action}
    by_aws = ("https://docs.aws.amazon.com/", "https://github.com/aws/")
    assert all(row["source"].startswith(by_aws) and row["reason"] for row in table)
    assert all(row["choice"] in ("all", "some") and row["service"] in CATALOG.prefixes() for row in table)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("overrides.tsv", ("service", "operation")),
        ("no_permission.tsv", ("service", "operation")),
        ("event_source_prefixes.tsv", ("event_source",)),
        ("operations.tsv", ("client", "operation")),
        ("event_sources.tsv", ("event_source",)),
        ("pass_role.tsv", ("client", "operation")),
    ],
)
def test_no_row_hides_another(name: str, key: tuple[str, ...]) -> None:
    keys = [tuple(row[column].lower() for column in key) for row in read_table(name)]
    assert len(keys) == len(set(keys)) > 10


def test_every_event_source_has_a_prefix_of_the_catalog() -> None:
    prefixes = {row["prefix"] for row in read_table("event_sources.tsv")}
    assert len(prefixes) > 300
    assert prefixes <= set(CATALOG.prefixes())


def test_the_operation_map_names_actions_that_there_are() -> None:
    named = {action for row in read_table("operations.tsv") for action in items(row["actions"])}
    assert len(named) > 3000
    assert not {action for action in named if CATALOG.action(action) is None}


def test_tables_are_read_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "own.tsv").write_text("a\tb\n1\t2\n", "utf-8")
    assert read_table("own.tsv", tmp_path) == ({"a": "1", "b": "2"},)


def test_alternative_types_are_types_of_their_service() -> None:
    table = read_table("alternative_types.tsv")
    for row in table:
        service = CATALOG.service(row["service"])
        assert service is not None
        named = {*items(row["types"]), *items(row["beside"])}
        assert named <= set(service.resource_types), row
        assert set(items(row["beside"])) <= set(items(row["types"])), row
        assert row["actions"] == "*" or {name.lower() for name in items(row["actions"])} <= set(service.actions), row
        assert row["reason"]
        assert row["source"].startswith("https://docs.aws.amazon.com/")
    assert len(table) > 5


def test_rows_of_request_members_are_about_what_there_is() -> None:
    table = read_table("resource_members.tsv")
    for row in table:
        service = CATALOG.service(row["prefix"])
        assert service is not None
        types = service.resource_types if row["type"] == "*" else {row["type"]: service.resource_types[row["type"]]}
        formats = " ".join(text for kind in types.values() for text in kind.arn_formats)
        assert row["variable"].startswith("@") or f"${{{row['variable']}}}" in formats, row
        assert row["source"].startswith("https://docs.aws.amazon.com/")
    assert len(table) > 50


def test_actions_that_requests_add_are_actions() -> None:
    table = read_table("request_actions.tsv")
    assert len(table) > 50
    for row in table:
        found = CATALOG.action(row["action"])
        assert found is not None, row
        assert found.full_name == row["action"]
