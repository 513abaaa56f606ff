"""From what was seen to suggested conditions.

A condition is only put on needs that calls of the principal itself show, all of whose events meet it. It is safe where
the principal did nothing else for `SUPPORT_DAYS` days and `SUPPORT_EVENTS` events, and what it asks for is not likely
to change tomorrow. Sources of the keys: `condition_keys.tsv`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from service.core.actions import Findings, Need, ReasonKind
from service.core.activity.activity import ByDay
from service.core.activity.collapse import MOST_CHILDREN
from service.core.iam.policy import Condition
from service.core.observed import ShownKeys
from service.core.principals import Principal, PrincipalType
from service.core.secondary import PASSED_TO
from service.core.suggest.bindable import bindable
from service.core.suggest.facts import Facts
from service.core.suggest.model import Advice, Suggested, Suggestion
from service.core.suggest.request_values import carried
from service.core.suggest.seen import Contexts, Seen, days_of, events_by_day, seen_carried, seen_in

SUPPORT_DAYS = 30
"""A condition is safe only if it was met on at least this many distinct days."""

SUPPORT_EVENTS = 100
"""And in at least this many events."""

FEWEST_DAYS = 3
"""What requests carried on fewer days than these is no habit: nothing is suggested of it."""

_TOO_MANY = "different values, too many for a condition"

MAX_REGIONS = 3
MAX_ENDPOINTS = 5
MAX_RANGES = 20
"""More values than these are no rule but a list: suggested for review, and never put into a policy."""

FACTOR_SECONDS = 3600
"""How old a second factor may be in the condition that is offered: an hour, as in AWS's own examples.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
"""

_EC2_REGION = "ec2:Region"

_TLS_VERSIONS = ("s3:TlsVersion", "s3express:TlsVersion", "s3-object-lambda:TlsVersion")

EXPIRY_DAYS = 90
"""How long after the window's end an offered expiry is."""


@dataclass(frozen=True)
class Suggester:
    """Suggests by the tables."""

    facts: Facts

    def suggested(
        self,
        findings: Findings,
        made: ByDay,
        principal: Principal,
        end: str,
        shown: ShownKeys,
        crowded: Iterable[str] = (),
    ) -> Suggested:
        """Every suggestion. `end` is the window's last day, empty without one; `shown` gives the keys that requests
        show; `crowded` are keys with too many values for any to be kept.
        """
        contexts = list(made.values())
        own = list(_own(findings.needs))
        found: list[tuple[Suggestion, Mapping[Need, Condition]]] = []
        found += self._regions(own, findings, contexts)
        found += self._endpoints(own, findings, contexts)
        found += self._addresses(findings, contexts)
        found += self._second_factor(own, findings, contexts, principal)
        found += self._through_services(findings, contexts)
        found += self._secure(findings, contexts)
        request_values, too_many = self._carried(findings, made, shown)
        found += request_values
        found += ((each, {}) for each in self._passed(findings, contexts))
        found += ((each, {}) for each in self._offered(findings, principal, end))
        ordered = sorted(found, key=lambda each: (each[0].condition, each[0].actions))
        too_many += [f"{key}: more than {MOST_CHILDREN:,} {_TOO_MANY}" for key in sorted(crowded)]
        return Suggested(tuple(ordered), tuple(sorted(too_many)))

    def _regions(
        self, own: Sequence[Need], findings: Findings, contexts: Sequence[Contexts]
    ) -> Iterator[tuple[Suggestion, Mapping[Need, Condition]]]:
        """Service by service, of what is not about resources that name a Region themselves, nor of services with one
        endpoint.
        """
        key = "aws:RequestedRegion"
        needs = [need for need in own if not _names_region(need) and _free(need, key)]
        for service in sorted({_service(need.action) for need in needs} - self.facts.global_services):
            of_service = [need for need in needs if _service(need.action) == service]
            seen = {need: seen_in(findings.needs[need], contexts, key) for need in of_service}
            whole = _bindable(
                {need: each for need, each in seen.items() if each.shown and "" not in each.events}, findings.needs
            )
            if not whole:
                continue
            values = tuple(sorted({value for each in whole.values() for value in each.shown}))
            condition = Condition("StringEquals", key, values)
            steady = "one Region" if len(values) == 1 else f"{len(values)} Regions"
            yield self._weighed(condition, whole, seen, is_steady=len(values) <= MAX_REGIONS, steady=steady)
            if of_ec2 := {need: each for need, each in whole.items() if _EC2_REGION in self.facts.listed(need.action)}:
                condition = Condition("StringEquals", _EC2_REGION, values)
                why = f"EC2's own key for what {key} asks of every service: one of them is enough"
                yield self._said(condition, of_ec2, of_ec2, Advice.REVIEW, why)[0], {}

    def _endpoints(
        self, own: Sequence[Need], findings: Findings, contexts: Sequence[Contexts]
    ) -> Iterator[tuple[Suggestion, Mapping[Need, Condition]]]:
        """Service by service: an endpoint is of one."""
        key = "aws:SourceVpce"
        for service in sorted({_service(need.action) for need in own}):
            needs = [need for need in own if _service(need.action) == service and _free(need, key)]
            seen = {need: seen_in(findings.needs[need], contexts, key) for need in needs}
            if not any(each.shown for each in seen.values()):
                continue
            all_through = all("" not in each.events for each in seen.values())
            whole = _bindable({need: each for need, each in seen.items() if "" not in each.events}, findings.needs)
            values = tuple(sorted({value for each in seen.values() for value in each.shown}))
            condition = Condition("StringEquals", key, values)
            yield self._weighed(
                condition,
                whole,
                seen,
                is_steady=all_through and len(values) <= MAX_ENDPOINTS,
                steady="every call came through it",
            )

    def _addresses(
        self, findings: Findings, contexts: Sequence[Contexts]
    ) -> Iterator[tuple[Suggestion, Mapping[Need, Condition]]]:
        """Never safe: an address belongs to whoever has it. Calls through an endpoint have no public address.

        What services do for the principal comes from addresses of AWS: where the same was seen done by it and for it,
        the one is bound to the address, and the other to be done by a service.
        """
        key = "aws:SourceIp"
        forwarded = _forwarded(findings.needs)
        own = _own(findings.needs, beside=frozenset({ReasonKind.FORWARDED}))
        unnamed = {pair for need in findings.needs if _is_by_another(need) for pair in _pairs(need)}
        plain = [need for need in own if _free(need, key) and unnamed.isdisjoint(_pairs(need))]
        seen = {need: seen_in(findings.needs[need], contexts, key) for need in plain}
        found = {need: each for need, each in seen.items() if each.shown and all(map(_is_public, each.events))}
        whole = _bindable_beside(found, findings.needs, forwarded)
        if not whole:
            return
        ranges = _ranges({value for each in whole.values() for value in each.shown})
        condition = Condition("IpAddress", key, ranges)
        why = f"{len(ranges)} range(s) of addresses; whose they are, no record says"
        bound = whole if len(ranges) <= MAX_RANGES else {}
        by_services = _beside(bound, forwarded)
        if not bound:
            why += "; too many for a condition"
        if by_services:
            why += f"; what services do for it stays allowed to them alone, by {_VIA_SERVICE.key}"
        suggestion, needs = self._said(condition, bound, seen, Advice.REVIEW, why)
        yield suggestion, {**needs, **dict.fromkeys(by_services, _VIA_SERVICE)}

    def _second_factor(
        self, own: Sequence[Need], findings: Findings, contexts: Sequence[Contexts], principal: Principal
    ) -> Iterator[tuple[Suggestion, Mapping[Need, Condition]]]:
        key = "aws:MultiFactorAuthPresent"
        if principal.type not in (PrincipalType.USER, PrincipalType.ROLE):
            return
        seen = {need: seen_in(findings.needs[need], contexts, key) for need in own if _free(need, key)}
        whole = _bindable(
            {need: each for need, each in seen.items() if each.shown == ("true",) and "" not in each.events},
            findings.needs,
        )
        if whole:
            why = "every call of these was made after a second factor"
            yield self._said(Condition("Bool", key, ("true",)), whole, seen, Advice.REVIEW, why)
            age = Condition("NumericLessThan", "aws:MultiFactorAuthAge", (str(FACTOR_SECONDS),))
            actions = tuple(sorted({need.action for need in whole}))
            yield (
                self._offer(age, actions, Advice.REVIEW, "every call was made after one; how long after, is not shown"),
                {},
            )

    def _through_services(
        self, findings: Findings, contexts: Sequence[Contexts]
    ) -> Iterator[tuple[Suggestion, Mapping[Need, Condition]]]:
        """Of what services did for the principal, which service it was: a key of the key service, else the chain."""
        groups: dict[tuple[str, str], list[Need]] = {}
        for need in findings.needs:
            if _is_by_service(need):
                kms = need.action.startswith("kms:")
                groups.setdefault(("kms:ViaService" if kms else "aws:CalledVia", need.reason.via), []).append(need)
        for (key, via), needs in sorted(groups.items()):
            seen = {need: seen_in(findings.needs[need], contexts, "aws:RequestedRegion") for need in needs}
            regions = sorted({value for each in seen.values() for value in each.shown})
            operator = "StringEquals" if key == "kms:ViaService" else "ForAnyValue:StringEquals"
            service = via.removesuffix(".amazonaws.com")
            values = (
                tuple(f"{service}.{region}.amazonaws.com" for region in regions) if key == "kms:ViaService" else (via,)
            )
            if values:
                why = (
                    "only this service was seen calling for the principal; which key or chain AWS saw, no record shows"
                )
                suggestion, _ = self._said(Condition(operator, key, values), seen, seen, Advice.REVIEW, why)
                yield replace(suggestion, values=1), {}

    def _secure(
        self, findings: Findings, contexts: Sequence[Contexts]
    ) -> Iterator[tuple[Suggestion, Mapping[Need, Condition]]]:
        """Of what the principal did itself and what services did for it; records of these show no TLS."""
        needs = [need for need in findings.needs if not need.is_extra and _free(need, _SECURE.key)]
        seen = {need: seen_in(findings.needs[need], contexts, _SECURE.key) for need in needs}
        others = {pair for need in findings.needs if need.is_extra for pair in _pairs(need)}
        others |= {pair for need, each in seen.items() if "" in each.events for pair in _pairs(need)}
        whole = _bindable(
            {need: each for need, each in seen.items() if others.isdisjoint(_pairs(need))}, findings.needs
        )
        if whole:
            yield self._said(_SECURE, whole, seen, Advice.REVIEW, "every call of these came by TLS")
        elif needs:
            actions = tuple(sorted({need.action for need in needs}))
            yield self._offer(_SECURE, actions, Advice.REVIEW, "costs nothing where TLS is used"), {}

    def _carried(
        self, findings: Findings, made: ByDay, shown: ShownKeys
    ) -> tuple[list[tuple[Suggestion, Mapping[Need, Condition]]], list[str]]:
        """What requests themselves carry, action by action; and the keys that had too many values."""
        found: list[tuple[Suggestion, Mapping[Need, Condition]]] = []
        too_many: list[str] = []
        days = list(map(events_by_day, made.values()))
        for each in carried(findings.needs, list(made), shown, self.facts):
            seen = {need: seen_carried(values, days) for need, values in each.values.items()}
            bound = {need: values for need, values in seen.items() if need in each.whole}
            if len(days_of(bound.values())) < FEWEST_DAYS:
                continue
            if each.has_too_many:
                too_many.append(f"{each.key} of {each.action}: {each.distinct:,} {_TOO_MANY}")
            elif each.condition is not None:
                why = "every request for these resources had it, with these values; the next may have another"
                found.append(self._said(each.condition, bound, seen, Advice.REVIEW, why))
        return found, too_many

    def _passed(self, findings: Findings, contexts: Sequence[Contexts]) -> Iterator[Suggestion]:
        """What every PassRole has already."""
        groups: dict[Condition, list[Need]] = {}
        for need in findings.needs:
            for each in need.conditions if not need.is_extra else ():
                if each.key == PASSED_TO:
                    groups.setdefault(each, []).append(need)
        for condition, needs in sorted(groups.items()):
            seen = {need: seen_in(findings.needs[need], contexts, condition.key) for need in needs}
            why = "the role was passed to this service only; always asked for"
            suggestion, _ = self._said(condition, seen, seen, Advice.SAFE, why)
            yield replace(suggestion, met=suggestion.events, values=len(condition.values), is_included=True)

    def _offered(self, findings: Findings, principal: Principal, end: str) -> Iterator[Suggestion]:
        """What no record shows and a reviewer may know."""
        actions = tuple(sorted({need.action for need in findings.needs}))
        if not actions:
            return
        if expiry := _expiry(end):
            condition = Condition("DateLessThan", "aws:CurrentTime", (f"{expiry}T00:00:00Z",))
            yield self._offer(condition, actions, Advice.REVIEW, "for access that is wanted for a time")
        wide = tuple(sorted({need.action for need in findings.needs if _without_account(need)}))
        if wide and principal.account.isdigit():
            condition = Condition("StringEquals", "aws:ResourceAccount", (principal.account,))
            yield self._offer(condition, wide, Advice.REVIEW, "these resources do not name their account")
            organization = Condition("StringEquals", "aws:ResourceOrgID", ("${aws:PrincipalOrgID}",))
            why = "wider than the account: within the principal's own organization, whichever it is"
            yield self._offer(organization, wide, Advice.REVIEW, why)
        for key in _TLS_VERSIONS:
            listing = tuple(action for action in actions if key in self.facts.listed(action))
            if listing:
                condition = Condition("NumericGreaterThanEquals", key, ("1.2",))
                yield self._offer(condition, listing, Advice.REVIEW, "AWS asks for 1.2 at least by itself")
        yield self._offer(
            Condition("StringLike", "aws:UserAgent", ("*",)), actions, Advice.DO_NOT, "it is what the caller says"
        )

    def _offer(self, condition: Condition, actions: tuple[str, ...], advice: Advice, why: str) -> Suggestion:
        return Suggestion(condition, actions, 0, 0, 0, 0, self.facts.risk(condition.key), advice, why)

    def _weighed(
        self,
        condition: Condition,
        whole: Mapping[Need, Seen],
        seen: Mapping[Need, Seen],
        *,
        is_steady: bool,
        steady: str,
    ) -> tuple[Suggestion, Mapping[Need, Condition]]:
        """Safe with enough support, where it is steady."""
        events = sum(each.total for each in whole.values())
        if is_steady and len(days_of(whole.values())) >= SUPPORT_DAYS and events >= SUPPORT_EVENTS:
            return self._said(condition, whole, seen, Advice.SAFE, steady)
        why = (
            f"{steady}; fewer than {SUPPORT_DAYS} days or {SUPPORT_EVENTS} events"
            if is_steady
            else "not every call meets it"
        )
        return self._said(condition, whole, seen, Advice.REVIEW, why)

    def _said(
        self,
        condition: Condition,
        bound: Mapping[Need, Seen],
        seen: Mapping[Need, Seen],
        advice: Advice,
        why: str,
    ) -> tuple[Suggestion, Mapping[Need, Condition]]:
        suggestion = Suggestion(
            condition=condition,
            actions=tuple(sorted({need.action for need in bound})),
            met=sum(each.total for need, each in seen.items() if need in bound),
            events=sum(each.total for each in seen.values()),
            days=len(days_of(seen.values())),
            values=len({value for each in seen.values() for value in each.shown}),
            risk=self.facts.risk(condition.key),
            advice=advice,
            why=why,
        )
        return suggestion, dict.fromkeys(bound, condition)


def _own(needs: Iterable[Need], beside: frozenset[ReasonKind] = frozenset()) -> Iterator[Need]:
    """What calls of the principal itself show, and nothing else asks for, but for needs of the kinds `beside`: next to
    a grant without it, a condition is none.
    """
    every = list(needs)
    alone = beside | {ReasonKind.OBSERVED}
    others = {pair for need in every if need.reason.kind not in alone for pair in _pairs(need)}
    for need in every:
        if need.reason.kind is ReasonKind.OBSERVED and others.isdisjoint(_pairs(need)):
            yield need


def _bindable(whole: Mapping[Need, Seen], needs: Iterable[Need]) -> dict[Need, Seen]:
    """Those that a condition on all of them binds."""
    kept = bindable(whole, needs)
    return {need: each for need, each in whole.items() if need in kept}


def _bindable_beside(
    whole: Mapping[Need, Seen], needs: Iterable[Need], forwarded: Mapping[tuple[str, str], Sequence[Need]]
) -> Mapping[Need, Seen]:
    """The same where what services did of it has a condition of its own."""
    every = list(needs)
    while True:
        by_services = _beside(whole, forwarded)
        left = _bindable(whole, (need for need in every if need not in by_services))
        if len(left) == len(whole):
            return left
        whole = left


def _beside(bound: Iterable[Need], forwarded: Mapping[tuple[str, str], Sequence[Need]]) -> set[Need]:
    """What services did for the principal of what it did itself."""
    return {each for need in bound for pair in _pairs(need) for each in forwarded.get(pair, ())}


_SECURE = Condition("Bool", "aws:SecureTransport", ("true",))

# "true if the service uses the credentials of the IAM principal to make a request on behalf of the principal":
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-viaawsservice
_VIA_SERVICE = Condition("Bool", "aws:ViaAWSService", ("true",))


def _is_by_service(need: Need) -> bool:
    """Whether a service that AWS's keys can name did it for the principal."""
    return need.reason.kind is ReasonKind.FORWARDED and need.reason.via.endswith(".amazonaws.com")


def _is_by_another(need: Need) -> bool:
    """Whether something did it that no key names, as `AWS Internal`."""
    return need.reason.kind is ReasonKind.FORWARDED and not _is_by_service(need)


def _forwarded(needs: Iterable[Need]) -> Mapping[tuple[str, str], Sequence[Need]]:
    """What services did for the principal, by action and pattern."""
    found: dict[tuple[str, str], list[Need]] = {}
    for need in needs:
        if _is_by_service(need) and _free(need, _VIA_SERVICE.key):
            for pair in _pairs(need):
                found.setdefault(pair, []).append(need)
    return found


def _pairs(need: Need) -> list[tuple[str, str]]:
    return [(need.action, each) for each in need.patterns]


def _expiry(end: str) -> str:
    """The day on which an offered expiry is; empty without an end, and where there is no such day."""
    last = date.fromisoformat(end) if end else date.max
    return (last + timedelta(days=EXPIRY_DAYS)).isoformat() if last <= date.max - timedelta(days=EXPIRY_DAYS) else ""


def _service(action: str) -> str:
    return action.split(":", 1)[0]


def _free(need: Need, key: str) -> bool:
    """Whether nothing is asked of the key yet."""
    return all(each.key.lower() != key.lower() for each in need.conditions)


def _names_region(need: Need) -> bool:
    """Whether every resource is one of a Region that its pattern names."""
    parts = [pattern.split(":", 5) for pattern in need.patterns]
    return all(len(each) > 3 and each[3] not in ("", "*") for each in parts)  # the Region of an ARN


def _without_account(need: Need) -> bool:
    parts = [pattern.split(":", 5) for pattern in need.patterns]
    return any(len(each) > 4 and each[4] in ("", "*") for each in parts)  # the account of an ARN


def _is_public(address: str) -> bool:
    try:
        return ip_network(address).is_global
    except ValueError:
        return False


def _ranges(addresses: Iterable[str]) -> tuple[str, ...]:
    """The addresses as CIDR ranges, neighbours joined; those of version 4 first."""
    networks = [ip_network(each) for each in addresses]
    fours = [each for each in networks if isinstance(each, IPv4Network)]
    sixes = [each for each in networks if isinstance(each, IPv6Network)]
    return tuple(map(str, (*collapse_addresses(fours), *collapse_addresses(sixes))))
