"""Advice about a principal and its account, from the trail, its proposal, and what else is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalog.model import Catalog
from service.core.actions import EXTRA
from service.core.advice.closest import ClosestPolicies
from service.core.advice.credentials import Report, credential_advice, in_order
from service.core.advice.model import Advice
from service.core.advice.people import people_advice, signed_in
from service.core.advice.policies import closest_advice, current_advice, policy_advice
from service.core.beside import Beside
from service.core.current import GrantedPolicy
from service.core.days import Window, WindowAsked, resolve
from service.core.diff.model import Combination
from service.core.json_bytes import Json
from service.core.principals import PrincipalQuery, PrincipalType
from service.core.proposal import Proposal
from service.core.synthesis import Grant
from service.usecases.propose import Proposer
from service.usecases.reading import Reading

FORMAT = "whittle-advice/1"


@dataclass(frozen=True, slots=True)
class Material:
    """What advice may rest on beside the trail: managed policies to compare with, a credential report."""

    managed: Sequence[GrantedPolicy] = ()
    report: Report | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advised:
    """The advice, in the order in which it is told, and notes about what it rests on."""

    subject: str
    advice: tuple[Advice, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Adviser:
    """Gives advice with one catalog and the known ways to more permissions."""

    catalog: Catalog
    proposer: Proposer
    combinations: Sequence[Combination]

    def advised(
        self, reading: Reading, query: PrincipalQuery, asked: WindowAsked, beside: Beside, material: Material
    ) -> Advised:
        """All advice about a principal, and about the account's users as far as the trail or a report shows them.

        Raises:
            PrincipalNotFound: it made no call in the trail.
        """
        proposal = self.proposer.propose(reading, query, asked, beside)
        window = resolve(asked, reading.spans.covered(Window())[1])
        found = [
            *policy_advice(proposal, self.catalog, self.combinations),
            *self._current(proposal, beside),
            *self._closest(proposal, material),
            *people_advice(reading.everybody(), window),
            *(credential_advice(material.report, signed_in(reading.everybody(), window)) if material.report else ()),
        ]
        notes = (*material.notes, *(material.report.notes if material.report else ()))
        return Advised(proposal.principal.label, in_order(found), tuple(notes))

    def _current(self, proposal: Proposal, beside: Beside) -> Iterator[Advice]:
        if beside.current is not None:
            is_user = proposal.principal.type is PrincipalType.USER
            yield from current_advice(proposal.principal.label, beside.current, is_user=is_user)

    def _closest(self, proposal: Proposal, material: Material) -> Iterator[Advice]:
        if material.managed:
            used = {
                Grant(each.action, resource, each.conditions)
                for each in proposal.permissions
                if each.reason not in EXTRA
                for resource in each.resources
            }
            yield from closest_advice(
                proposal.principal.label, ClosestPolicies(self.catalog, material.managed).of(used)
            )


def advised_json(advised: Advised) -> Json:
    """The advice as JSON values."""
    return {
        "format": FORMAT,
        "principal": advised.subject,
        "advice": [
            {
                "kind": each.kind.value,
                "subject": each.subject,
                "summary": each.summary,
                "evidence": list(each.evidence),
                "link": each.link,
            }
            for each in advised.advice
        ],
        "notes": list(advised.notes),
    }
