"""The generated tables about operations: AWS's map, event sources, unsigned calls, roles passed, API Gateway."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from catalog.sources.botocore_models import Models
from catalog.sources.facts import Facts, MappedOperation, RolePassed
from catalog.tables import Row, parse_table, render_table

OPERATION_COLUMNS = ("client", "operation", "actions", "passed_to")
API_GATEWAY_CLIENTS = frozenset({"apigateway", "apigatewayv2"})
MADE = "Made by `python -m catalog.build`; do not edit."


@dataclass(frozen=True, slots=True)
class Written:
    """The hand-written tables of the data folder."""

    folder: Path

    def table(self, name: str) -> tuple[Row, ...]:
        return parse_table((self.folder / name).read_text("utf-8"), name)

    def prefix_by_event_source(self) -> dict[str, str]:
        """Event sources that do not follow from a client's names."""
        return {row["event_source"]: row["prefix"] for row in self.table("event_source_prefixes.tsv")}


def client_prefixes(facts: Facts, models: Models, written: Written) -> dict[str, str]:
    """IAM prefix of each boto3 client: as the facts have it, else its signing name, either one put right."""
    known, right = facts.prefixes(), written.prefix_by_event_source()
    found = {client.name: known.get(client.name, client.signing_name) for client in models.clients()} | known
    return {client: right.get(prefix, prefix) for client, prefix in found.items()}


@dataclass(frozen=True, slots=True)
class OperationSources:
    """What the tables are made from. `actions` is AWS's spelling by lower-case name."""

    facts: Facts
    models: Models
    written: Written
    actions: Mapping[str, str]

    @property
    def prefixes(self) -> frozenset[str]:
        """The IAM prefixes that there are."""
        return frozenset(action.partition(":")[0] for action in self.actions)

    @property
    def prefix_by_event_source(self) -> Mapping[str, str]:
        return self.written.prefix_by_event_source()

    @property
    def prefix_by_client(self) -> Mapping[str, str]:
        return client_prefixes(self.facts, self.models, self.written)


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
    noise = tuple(row["action"] for row in sources.written.table("noise.tsv"))
    rows = (_operation(each, noise, sources.actions) for each in sources.facts.operations())
    comment = f"{MADE} AWS's map of operations to the actions that a call may be authorised for."
    return render_table(OPERATION_COLUMNS, rows, comment)


def _operation(each: MappedOperation, noise: tuple[str, ...], spelling: Mapping[str, str]) -> tuple[str, ...]:
    kept = sorted({spelling.get(action.lower(), action) for action in each.actions if not is_noise(action, noise)})
    return each.client, each.operation, ",".join(kept), ",".join(each.passed_to)


def is_noise(action: str, noise: Iterable[str]) -> bool:
    """Whether the map lists the action without a call ever being checked for it."""
    return any(action.startswith(n[:-1]) if n.endswith("*") else action == n for n in noise)


def _event_sources(sources: OperationSources) -> str:
    """Event source -> IAM prefix and the boto3 clients whose operations it may record."""
    written = sources.prefix_by_event_source
    prefixes = {client: prefix for client, prefix in sources.prefix_by_client.items() if prefix in sources.prefixes}
    prefix_of = dict(written)
    clients_of: dict[str, set[str]] = defaultdict(set)
    for client in sources.models.clients():
        if (prefix := prefixes.get(client.name)) is not None:
            for label in {client.endpoint_prefix, client.signing_name, prefix}:
                prefix_of.setdefault(label, prefix)
                clients_of[label].add(client.name)
    for label, prefix in written.items():
        clients_of[label] = clients_of[label] or {name for name, of_client in prefixes.items() if of_client == prefix}
    rows = ((label, prefix, ",".join(sorted(clients_of[label]))) for label, prefix in prefix_of.items())
    comment = f"{MADE} CloudTrail event sources, less `.amazonaws.com`."
    return render_table(("event_source", "prefix", "clients"), rows, comment)


def _unsigned(sources: OperationSources) -> str:
    """Calls that carry no signature, by IAM prefix."""
    calls = {*sources.models.unsigned(), *sources.facts.unsigned()}
    prefixes = sources.prefix_by_client
    rows = ((prefixes[client], operation) for client, operation in calls)
    return render_table(("service", "operation"), rows, f"{MADE} Calls without a signature: tokens decide, not IAM.")


def _pass_role(sources: OperationSources) -> str:
    """Operations that may hand a role to a service, and where the request holds it."""
    not_passed = {(row["client"], row["operation"]) for row in sources.written.table("not_passed.tsv")}
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
