"""One piece of advice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AdviceKind(StrEnum):
    """What it is about; in this order it is told."""

    ROOT_USE = "root use"
    ROOT_CREDENTIALS = "root credentials"
    ESCALATION = "way to more permissions"
    PASS_ROLE = "passing roles"  # noqa: S105 - it is the name of a finding
    WILDCARD = "wildcard resource"
    CONSOLE_WITHOUT_MFA = "console without a second factor"
    OLD_KEY = "old access key"
    UNUSED_KEY = "unused access key"
    TWO_KEYS = "two active access keys"
    UNUSED_PASSWORD = "unused password"  # noqa: S105 - it is the name of a finding
    USER_AS_ROLE = "user that should be a role"
    USER_AS_PERSON = "user that should be a person of the directory"
    DIRECT_POLICIES = "policies of a user that should be a group's"
    INLINE_POLICY = "inline policy that should become managed"
    CLOSEST_MANAGED = "closest AWS managed policy"


@dataclass(frozen=True, slots=True)
class Advice:
    """`summary` is a sentence, `evidence` the figures and names behind it, `link` the page on which AWS says why."""

    kind: AdviceKind
    subject: str
    summary: str
    evidence: tuple[str, ...]
    link: str

    @property
    def order(self) -> tuple[int, str, str]:
        """Where it stands in a list."""
        return tuple(AdviceKind).index(self.kind), self.subject, self.summary


IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
LINKS = {
    AdviceKind.ROOT_USE: f"{IAM}root-user-best-practices.html",
    AdviceKind.ROOT_CREDENTIALS: f"{IAM}root-user-best-practices.html",
    AdviceKind.ESCALATION: f"{IAM}best-practices.html",
    AdviceKind.PASS_ROLE: f"{IAM}id_roles_use_passrole.html",
    AdviceKind.WILDCARD: f"{IAM}reference_policies_elements_resource.html",
    AdviceKind.CONSOLE_WITHOUT_MFA: f"{IAM}id_credentials_mfa.html",
    AdviceKind.OLD_KEY: f"{IAM}id-credentials-access-keys-update.html",
    AdviceKind.UNUSED_KEY: f"{IAM}id_credentials_finding-unused.html",
    AdviceKind.TWO_KEYS: f"{IAM}id-credentials-access-keys-update.html",
    AdviceKind.UNUSED_PASSWORD: f"{IAM}id_credentials_finding-unused.html",
    AdviceKind.USER_AS_ROLE: f"{IAM}best-practices.html#bp-workloads-use-roles",
    AdviceKind.USER_AS_PERSON: f"{IAM}best-practices.html#bp-users-federation-idp",
    AdviceKind.DIRECT_POLICIES: f"{IAM}id_groups.html",
    AdviceKind.INLINE_POLICY: f"{IAM}access_policies-choosing-managed-or-inline.html",
    AdviceKind.CLOSEST_MANAGED: f"{IAM}access_policies_managed-vs-inline.html",
}
"""AWS's page about each kind."""


def advice(kind: AdviceKind, subject: str, summary: str, *evidence: str, link: str = "") -> Advice:
    """One piece, with the page about its kind."""
    return Advice(kind, subject, summary, tuple(filter(None, evidence)), link or LINKS[kind])
