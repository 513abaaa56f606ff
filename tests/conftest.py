"""Options and fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[1].parent / "shared"
"""Recorded trails, policies and tables beside the checkout; not part of the repository."""


def pytest_configure() -> None:
    """What is proposed here must not hang on a catalog that the user of this machine has refreshed."""
    os.environ["WHITTLE_BUNDLED_CATALOG"] = "1"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write the golden files instead of comparing")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if SHARED.is_dir():
        return
    skip = pytest.mark.skip(reason=f"no recorded data: there is no folder `{SHARED.name}` beside the checkout")
    for item in items:
        if "corpus" in item.keywords:
            item.add_marker(skip)


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written again."""
    return bool(request.config.getoption("--rewrite-golden"))
