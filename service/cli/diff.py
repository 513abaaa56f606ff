"""`whittle diff`: what changes when policies are replaced by others."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

from service.cli.catalog_choice import refreshed_catalog
from service.cli.files import emit
from service.core.diff.as_json import diff_json
from service.core.diff.markdown import diff_markdown
from service.core.diff.model import PolicyDiff
from service.core.diff.text import diff_text
from service.core.iam.proving.verdict import Holds, Refuted, Unknown, Verdict
from service.core.json_bytes import to_bytes
from service.wiring import compared_policies_in, policy_diffs


def diff(arguments: Namespace) -> int:
    """Compare, and print. The exit code says whether there is new access, for certain."""
    before, after = compared_policies_in(arguments.before), compared_policies_in(arguments.after)
    generation = refreshed_catalog(arguments, whole=True)
    found = policy_diffs(generation.place if generation else None).of(before, after)
    emit(_FORMATS[arguments.format](found))
    return _EXIT[type(found.no_new_access)]


_FORMATS: dict[str, Callable[[PolicyDiff], str | bytes]] = {
    "text": diff_text,
    "json": lambda found: to_bytes(diff_json(found)),
    "markdown": diff_markdown,
}

# Equivalent or narrower; wider or incomparable; not decided.
_EXIT: dict[type[Verdict], int] = {Holds: 0, Refuted: 1, Unknown: 3}
