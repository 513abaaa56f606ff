"""The generated tables about operations: AWS's map, event sources, unsigned calls, roles passed, API Gateway."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from catalog.sources.botocore_models import Models
from catalog.sources.facts import Facts, MappedOperation, RolePassed
from catalog.tables import Row, parse_table, render_table

API_GATEWAY_CLIENTS = frozenset({"apigateway", "apigatewayv2"})
MADE = "Made by `python -m catalog.build`; do not edit."


@dataclass(frozen=True, slots=True)
class OperationSources:
    """What the tables are made from. `actions` is AWS's spelling by lower-case name; `data` has the written tables."""

    facts: Facts
    models: Models
    actions: Mapping[str, str]
    prefixes: frozenset[str]
    data: Path

    def table(self, name: str) -> tuple[Row, ...]:
        """A hand-written table."""
        return parse_table((self.data / name).read_text("utf-8"), name)


def tables(sources: OperationSources) -> dict[str, str]:
    """Every generated table: file name and text."""
    return {
        "operations.tsv": _operations(sources),
        "event_sources.tsv": _event_sources(sources),
        "unsigned_operations.tsv": _unsigned(sources),
        "pass_role.tsv": _pass_role(sources),
        "api_gateway_methods.tsv": _api_gateway(sources),
    }


def _operations(sources: OperationSources) -> str:
    """AWS's operation map, less the members that do not authorise a call that a trail shows."""
    noise = tuple(row["action"] for row in sources.table("noise.tsv"))
    rows = (_operation(each, noise, sources.actions) for each in sources.facts.operations())
    comment = f"{MADE} AWS's map of operations to the actions that a call may be authorised for."
    return render_table(("client", "operation", "actions", "passed_to"), rows, comment)


def _operation(each: MappedOperation, noise: tuple[str, ...], spelling: Mapping[str, str]) -> tuple[str, ...]:
    kept = sorted({spelling.get(action.lower(), action) for action in each.actions if not _is_noise(action, noise)})
    return each.client, each.operation, ",".join(kept), ",".join(each.passed_to)


def _is_noise(action: str, noise: tuple[str, ...]) -> bool:
    return any(action.startswith(n[:-1]) if n.endswith("*") else action == n for n in noise)


def _event_sources(sources: OperationSources) -> str:
    """Event source -> IAM prefix and the boto3 clients whose operations it may record."""
    written = {row["event_source"]: row["prefix"] for row in sources.table("event_source_prefixes.tsv")}
    prefix_of: dict[str, str] = dict(written)
    clients_of: dict[str, set[str]] = defaultdict(set)
    clients_with: dict[str, set[str]] = defaultdict(set)
    for client, prefix, labels in _labelled(sources, written):
        clients_with[prefix].add(client)
        for label in labels:
            prefix_of.setdefault(label, prefix)
            clients_of[label].add(client)
    rows = (
        (label, prefix, ",".join(sorted(clients_of[label] or clients_with[prefix])))
        for label, prefix in prefix_of.items()
    )
    comment = f"{MADE} CloudTrail event sources, less `.amazonaws.com`."
    return render_table(("event_source", "prefix", "clients"), rows, comment)


def _labelled(
    sources: OperationSources, written: Mapping[str, str]
) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Client, IAM prefix, and the names an event source of it may have."""
    known = sources.facts.prefixes()
    for client in sources.models.clients():
        prefix = known.get(client.name, client.signing_name)
        prefix = written.get(prefix, prefix)
        if prefix in sources.prefixes:
            yield client.name, prefix, frozenset({client.endpoint_prefix, client.signing_name, prefix})


def _unsigned(sources: OperationSources) -> str:
    """Calls that carry no signature, by IAM prefix."""
    known = sources.facts.prefixes()
    calls = {*sources.models.unsigned(), *sources.facts.unsigned()}
    rows = ((known[client], operation) for client, operation in calls if client in known)
    return render_table(("service", "operation"), rows, f"{MADE} Calls without a signature: tokens decide, not IAM.")


def _pass_role(sources: OperationSources) -> str:
    """Operations that may hand a role to a service, and where the request holds it."""
    not_passed = {(row["client"], row["operation"]) for row in sources.table("not_passed.tsv")}
    rows = (_role_row(each, sources) for each in sources.facts.roles_passed() if not _excluded(each, not_passed))
    comment = f"{MADE} Operations that may pass a role; members are paths in the request, lists and maps left out."
    return render_table(("client", "operation", "members", "passed_to"), [row for row in rows if row], comment)


def _excluded(each: RolePassed, not_passed: set[tuple[str, str]]) -> bool:
    return not each.official and (each.client, each.operation) in not_passed


def _role_row(each: RolePassed, sources: OperationSources) -> tuple[str, ...] | None:
    members = sources.models.role_members(each.client, each.operation)
    if not members and not each.official:
        return None
    return each.client, each.operation, ",".join(members), ",".join(each.passed_to)


def _api_gateway(sources: OperationSources) -> str:
    """API Gateway authorises by HTTP method, on the path of the resource."""
    comment = f"{MADE} API Gateway's operations: HTTP method and path."
    return render_table(("client", "operation", "method", "uri"), sources.models.http(API_GATEWAY_CLIENTS), comment)
