"""Case tables: YAML files under tests/cases/<topic>, each row one test. Add a row, not a test."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
import yaml
from _pytest.mark.structures import ParameterSet

CASES = Path(__file__).parent / "cases"


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row of a table: `name` is unique in its topic, `why` says which rule it holds."""

    name: str
    why: str


R = TypeVar("R", bound=Row)


class BrokenTable(Exception):
    """A table that would test nothing or something else than it says."""


def rows(topic: str, row: type[R], folder: Path = CASES) -> list[ParameterSet]:
    """Every row of a topic, as pytest parameters. An unknown key, an empty table or a repeated name is an error."""
    found: dict[str, R] = {}
    for file in sorted((folder / topic).glob("*.yaml")):
        for each in _table(file, row):
            if each.name in found:
                raise BrokenTable(f"{file.name}: the name `{each.name}` is there twice in {topic}")
            found[each.name] = each
    if not found:
        raise BrokenTable(f"no rows for {topic} under {folder}")
    return [pytest.param(each, id=each.name) for each in found.values()]


def _table(file: Path, row: type[R]) -> list[R]:
    try:
        table = msgspec.convert(yaml.safe_load(file.read_text("utf-8")), list[row])  # type: ignore[valid-type]
    except (msgspec.ValidationError, yaml.YAMLError, ValueError) as error:
        raise BrokenTable(f"{file.name}: {error}") from error
    if not table:
        raise BrokenTable(f"{file.name} holds no rows")
    return table
