"""The only module that names concrete adapters: it puts the parts together."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.cache import Current, DamagedCache, open_generation
from catalog.load import SOURCES, load_catalog, load_resolver, read_table
from catalog.model import Catalog, Operation
from catalog.operations import NO_OVERRIDES, UserOverrides
from catalog.resolve import Resolver
from service.adapters.files import FileTrail
from service.adapters.one_event import event_in
from service.adapters.overrides import read_overrides
from service.adapters.policy_files import read_files
from service.core.actions import Mapper
from service.core.alternatives import Alternatives
from service.core.errors import InputError
from service.core.members import Members
from service.core.paths import RequestPaths
from service.core.principals import PrincipalQuery
from service.core.request_keys import RequestKeys
from service.core.resources import Finder
from service.core.secondary import RequestRules, SecondaryActions
from service.core.shown import shown
from service.core.usage import Keep

if TYPE_CHECKING:
    from fastapi import FastAPI

    from service.core.current import Current as CurrentPolicies
    from service.core.current import GrantedPolicy
    from service.core.diff.model import Combination
    from service.core.iam.policy import Policy
    from service.core.patterns.neighbours import Words
    from service.core.suggest.facts import Facts
    from service.core.unseen.logged import Observability
    from service.core.witnesses import Witnesses
    from service.usecases.advising import Adviser, Material
    from service.usecases.explain import Explanation
    from service.usecases.index_port import UsageIndex
    from service.usecases.policy_diffs import PolicyDiffs
    from service.usecases.proposals import ProposalStore
    from service.usecases.propose import Proposer
    from service.usecases.sources import IndexSource, Source, TrailSource


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What the commands and the API work with."""

    catalog: Catalog
    resolver: Resolver
    mapper: Mapper
    overrides: UserOverrides

    @property
    def proposer(self) -> Proposer:
        """What makes proposals; policies and proofs are read about only where it is asked for."""
        return _proposer(self)


def parts(overrides: UserOverrides = NO_OVERRIDES, refreshed: Current | None = None) -> Parts:
    """The catalog, bundled or refreshed, and everything that rests on it: made once in a process for each question."""
    return _parts(overrides, refreshed)


@lru_cache(maxsize=4)
def _parts(overrides: UserOverrides, refreshed: Current | None) -> Parts:
    try:
        generation = open_generation(refreshed) if refreshed else None
        catalog = load_catalog(refreshed=generation, warn=_warn)
        resolver = load_resolver(catalog, overrides.rows, refreshed=generation)
    except DamagedCache as error:  # it was whole when the command began
        raise InputError(f"{error}; give the command again") from error
    paths = RequestPaths(read_table("api_gateway_methods.tsv"))
    alternatives = Alternatives(read_table("alternative_types.tsv"))
    finder = Finder(catalog, Members(read_table("resource_members.tsv")), paths, alternatives)
    secondary = SecondaryActions(catalog, finder, RequestRules(read_table("request_actions.tsv")))
    request_keys = RequestKeys(read_table("request_keys.tsv"), catalog)
    return Parts(catalog, resolver, Mapper(catalog, resolver, finder, secondary, request_keys), overrides)


def _listed_keys(catalog: Catalog, action: str) -> tuple[str, ...]:
    found = catalog.action(action)
    return found.condition_keys if found else ()


@lru_cache(maxsize=4)
def _proposer(made: Parts) -> Proposer:
    from service.core.fit.climbing import Fitter
    from service.core.suggest.suggesting import Suggester
    from service.core.unseen.blind_spots import Examiner
    from service.usecases.making import Maker
    from service.usecases.policy_diffs import PolicyDiffs
    from service.usecases.propose import Proposer
    from service.usecases.unseen import Beholder

    diffs = PolicyDiffs(made.catalog, _combinations())
    exact = frozenset((row["service"], row["type"]) for row in read_table("exact_resources.tsv"))
    beholder = Beholder(made.catalog, Examiner(made.catalog, _observability(made.catalog)))
    plain = frozenset((row["service"], row["type"]) for row in read_table("plain_names.tsv"))
    purposes = {row["service"]: row["purpose"] for row in read_table("purposes.tsv")}
    fitter = Fitter(made.catalog, plain, purposes)
    maker = Maker(
        made.catalog,
        made.mapper,
        exact,
        beholder,
        Suggester(_condition_facts(made.catalog)),
        fitter,
        _words(made.catalog),
    )
    return Proposer(made.catalog, maker, diffs, made.overrides.digest)


def _combinations() -> tuple[Combination, ...]:
    from service.core.diff.escalations import combinations

    return combinations(read_table(_ESCALATIONS))


def _words(catalog: Catalog) -> Words:
    """What only requests bring: not the names that AWS takes where a request says none, or writes otherwise."""
    from service.core.patterns.neighbours import SureWords

    transforms = (row["transform"].partition(":") for row in read_table("resource_members.tsv"))
    constants = {argument for kind, _, argument in transforms if kind == "constant"}
    return SureWords(catalog, constants | {"global", "regional"})


def _condition_facts(catalog: Catalog) -> Facts:
    from service.core.suggest.facts import Facts, KeyFact

    rows = read_table(_CONDITION_KEYS)
    keys = {row["key"]: KeyFact(row["key"], row["shown"] == "yes", row["values"], row["risk"]) for row in rows}
    return Facts(
        keys, frozenset(row["service"] for row in read_table("global_services.tsv")), partial(_listed_keys, catalog)
    )


_CONDITION_KEYS = "condition_keys.tsv"


def _observability(catalog: Catalog) -> Observability:
    from service.core.unseen.logged import Observability, data_types_of, never_of

    never = tuple(never_of(read_table("never_logged.tsv")))
    lists = [row["actions"] for row in read_table("operations.tsv")]
    for row in read_table("overrides.tsv"):
        lists += [row["actions"], row["conditional"]]
    lists += [row["action"] for row in read_table("request_actions.tsv")]
    lists += [f"apigateway:{row['method']}" for row in read_table("api_gateway_methods.tsv")]
    rows = read_table("global_services.tsv")
    homes = {row["service"]: row["region"] for row in rows}
    regional = frozenset(row["service"] for row in rows if row["endpoints"] == "regional")
    shown = frozenset(action.lower() for each in lists for action in each.split(",") if action)
    data_types = tuple(data_types_of(read_table("data_events.tsv")))
    reads = frozenset(row["action"].lower() for row in read_table("read_events.tsv"))
    sources = {row["event_source"]: row["prefix"] for row in read_table(SOURCES)}
    return Observability(catalog, data_types, never, shown | {"iam:passrole"}, homes, regional, reads, sources)


@lru_cache(maxsize=8192)
def keep(operation: Operation) -> frozenset[str]:
    """The request members that matter to an operation. It travels to worker processes by name, without the catalog."""
    return parts().mapper.member_names(operation)


@lru_cache(maxsize=8192)
def _keep(overrides: UserOverrides, refreshed: Current | None, operation: Operation) -> frozenset[str]:
    return parts(overrides, refreshed).mapper.member_names(operation)


def keep_with(overrides: UserOverrides, refreshed: Current | None = None) -> Keep:
    """`keep` with the user's overrides or a refreshed catalog; both travel to worker processes with it."""
    return keep if (overrides, refreshed) == (NO_OVERRIDES, None) else partial(_keep, overrides, refreshed)


def overrides_in(path: Path | None, refreshed: Current | None = None) -> UserOverrides:
    """The user's overrides in a file; none without a file.

    Raises:
        InputError: the file cannot be used.
    """
    return read_overrides(path, parts(refreshed=refreshed).catalog) if path is not None else NO_OVERRIDES


def current_in(paths: Sequence[Path], query: PrincipalQuery) -> CurrentPolicies:
    """What a principal is granted now, from files.

    Raises:
        InputError: they cannot be used.
    """
    from service.usecases.current import current_of

    return current_of(read_files(paths, "the current policies"), query)


def tagged_in(paths: Sequence[Path], tag: str) -> list[PrincipalQuery]:
    """The roles and users with a tag (`KEY=VALUE`), by the details of their account.

    Raises:
        InputError: the file cannot be used, or nobody has the tag.
    """
    from service.usecases.current import tagged

    key, equals, value = tag.partition("=")
    if not equals or len(paths) != 1:
        raise InputError("--tag KEY=VALUE needs --current with the details of the account, which have the tags")
    return tagged(shown(str(paths[0])), file_in(paths[0], "the details"), key, value)


def witnesses_in(
    last_accessed: Sequence[Path], selectors: Sequence[Path], keep: Path | None, query: PrincipalQuery
) -> Witnesses:
    """What is known beside the trail, from files; each may be missing.

    Raises:
        InputError: one cannot be used.
    """
    from service.core.witnesses import Witnesses
    from service.usecases.keep_texts import keep_list_of
    from service.usecases.last_accessed_texts import last_accessed_of
    from service.usecases.selector_texts import trails_of

    return Witnesses(
        last_accessed_of(read_files(last_accessed, "the last accessed data"), query.arn) if last_accessed else None,
        trails_of(read_files(selectors, "the settings of the trail")) if selectors else None,
        keep_list_of(str(keep), file_in(keep, "the keep list")) if keep is not None else (),
    )


def material_in(managed: Sequence[Path], report: Path | None, query: PrincipalQuery) -> Material:
    """What advice rests on beside the trail, from files; each may be missing.

    Raises:
        InputError: one cannot be used.
    """
    from service.usecases.advising import Material
    from service.usecases.credential_texts import report_of
    from service.usecases.managed_texts import managed_policies_of

    policies, notes = managed_policies_of(read_files(managed, "the managed policies")) if managed else ((), ())
    content = file_in(report, "the credential report") if report is not None else None
    read = report_of(shown(str(report)), content, query.account) if content is not None else None
    return Material(policies, read, notes)


def adviser(proposer: Proposer) -> Adviser:
    """Gives advice beside the proposals of this one."""
    from service.usecases.advising import Adviser

    return Adviser(proposer.catalog, proposer, _combinations())


def policies_in(paths: Sequence[Path]) -> tuple[GrantedPolicy, ...]:
    """Every policy document of the files, in their order.

    Raises:
        InputError: one cannot be used.
    """
    from service.usecases.current import policies_of

    return tuple(policies_of(read_files(paths, "the policies")))


def compared_policies_in(paths: Sequence[Path]) -> list[Policy]:
    """Every policy of the files, of proposals too.

    Raises:
        InputError: one cannot be used.
    """
    from service.usecases.policy_diffs import policies_of_files

    return policies_of_files(read_files(paths, "the policies"))


@lru_cache(maxsize=2)
def policy_diffs(refreshed: Current | None = None) -> PolicyDiffs:
    """Comparisons of policies over the bundled or a refreshed catalog."""
    from service.usecases.policy_diffs import PolicyDiffs

    return PolicyDiffs(parts(refreshed=refreshed).catalog, _combinations())


_ESCALATIONS = "escalations.tsv"


def file_in(path: Path, what: str) -> bytes:
    """The content of one file; `what` it is is for the message.

    Raises:
        InputError: it cannot be read.
    """
    ((_, content),) = read_files([path], what)
    return content


def explained(
    path: Path | None, overrides: UserOverrides = NO_OVERRIDES, refreshed: Current | None = None
) -> Explanation:
    """The one event of a file, or of standard input where no file is given, explained.

    Raises:
        InputError: it cannot be read, or holds no event, or several.
    """
    from service.usecases.explain import Explainer

    event, made = event_in(path), parts(overrides, refreshed)
    return Explainer(made.catalog, made.resolver, made.mapper).explain(event)


def file_trail(paths: Sequence[Path], workers: int, besides: frozenset[str] = frozenset()) -> FileTrail:
    """A trail of files and folders, read by this many processes, without the files at some absolute paths."""
    return FileTrail(paths, workers, besides)


def usage_index(place: str, *, create: bool = True) -> UsageIndex:
    """The usage index in a file, in a folder, or on a server (`postgresql://...`). Without `create` it has to be there.

    Raises:
        InputError: it cannot be opened.
    """
    from service.adapters.usage_index.index import SqlUsageIndex

    return SqlUsageIndex(place, create=create)


def rebuilt_index(place: str) -> AbstractContextManager[str]:
    """The place of a new index, which takes that of the one at `place` unless it is left with an error.

    Raises:
        InputError: there can be none.
    """
    from service.adapters.usage_index.rebuilding import rebuilding

    return rebuilding(place)


def index_files(place: str) -> frozenset[str]:
    """The files of an index on this machine: no logs, wherever they are."""
    from service.adapters.usage_index.opening import files_of

    return files_of(place)


def trail_source(
    paths: Sequence[Path], workers: int, overrides: UserOverrides = NO_OVERRIDES, refreshed: Current | None = None
) -> TrailSource:
    """Files and folders as what a server's proposals are made from."""
    from service.usecases.sources import TrailSource

    return TrailSource(partial(file_trail, paths, workers), keep_with(overrides, refreshed))


def index_source(place: str, overrides: UserOverrides, refreshed: Current | None = None) -> IndexSource:
    """A usage index as what a server's proposals are made from.

    Raises:
        InputError: it cannot be opened.
    """
    from service.usecases.sources import IndexSource

    return IndexSource(usage_index(place, create=False), keep_with(overrides, refreshed))


def api(
    source: Source,
    data_dir: Path,
    allowed_hosts: Sequence[str],
    overrides: UserOverrides = NO_OVERRIDES,
    refreshed: Current | None = None,
) -> FastAPI:
    """The HTTP API, with proposals kept in a folder."""
    from service.adapters.proposal_store import ProposalFiles

    return _app(source, ProposalFiles(data_dir), allowed_hosts, overrides, refreshed)


def api_description() -> str:
    """`openapi.yaml`; nothing is read for it."""
    from service.adapters.proposal_store import ProposalMemory
    from service.api.openapi import openapi_yaml

    return openapi_yaml(_app(trail_source((), 1), ProposalMemory(), ()))


def _app(
    source: Source,
    store: ProposalStore,
    allowed_hosts: Sequence[str],
    overrides: UserOverrides = NO_OVERRIDES,
    refreshed: Current | None = None,
) -> FastAPI:
    from service.api.app import create_app
    from service.usecases.proposals import ProposalDesk

    made = parts(overrides, refreshed)
    desk = ProposalDesk(source, made.proposer, store)
    return create_app(desk, made.catalog, allowed_hosts, _combinations())


def _warn(sentence: str) -> None:
    sys.stderr.write(f"whittle: {sentence}\n")
