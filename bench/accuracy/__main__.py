"""`make accuracy`: measure, print, and write docs/accuracy.md. The same code and data give the same bytes."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.accuracy import operations, recorded, roles
from bench.accuracy.report import render
from bench.accuracy.sources import SHARED
from service.wiring import parts

TITLE = "How right the mapping is"
REPORT = Path(__file__).parents[2] / "docs" / "accuracy.md"


def report() -> str:
    """Every measurement, as Markdown."""
    version = parts().catalog.version
    about = (
        f"Written by `make accuracy`. Catalog {version.version} ({version.date}). Everything that is missed is listed. "
        "The tables and trails measured on are beside the checkout where Whittle is developed, not in it."
    )
    sections = (
        operations.section(),
        recorded.denied_section(),
        recorded.decided_section(),
        recorded.resources_section(),
        roles.section(),
        operations.undecided(),
    )
    return render(TITLE, about, sections)


def main() -> int:
    if not SHARED.is_dir():
        sys.stderr.write(f"there is nothing to measure on: no folder `{SHARED.name}` beside the checkout\n")
        return 2
    text = report()
    REPORT.write_text(text, "utf-8")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
