"""What is handed over: policies, to whom, as what. Names are checked here, so that no rendering has to doubt them.

What stands in the documents is text of anybody: resources, condition values. Each rendering writes it so that its own
format takes it for nothing but text, or refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.core.errors import InputError
from service.core.iam.policy import Policy, Statement
from service.core.principals import Principal, PrincipalType
from service.core.quotas import Target
from service.core.shown import shown


@dataclass(frozen=True, slots=True)
class NamedDocument:
    """A policy, and the name that it is created under."""

    name: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class Handover:
    """The policies of a proposal, whole: `identifier` is the proposal's, `principal` whom they are for."""

    identifier: str
    principal: Principal
    target: Target
    documents: tuple[NamedDocument, ...]

    def check_target(self) -> None:
        """That the principal can be given policies as the target says, by what is run.

        Raises:
            InputError: it cannot.
        """
        if self.principal.type not in _TAKES[self.target]:
            kind, target = self.principal.type.value, self.target.value
            raise InputError(f"nobody can give this {kind} policies as `{target}`: use json, or another `--target`")

    @property
    def can_be_attached(self) -> bool:
        """Whether somebody can give the principal policies: roles and users that AWS does not keep."""
        return self.principal.type in (PrincipalType.ROLE, PrincipalType.USER)

    @property
    def not_attached(self) -> str:
        """What is told where the policies are attached to nobody."""
        return f"Nobody can attach a policy to this {self.principal.type.value}: attach it to what stands behind it."

    @property
    def is_user(self) -> bool:
        """Whether it is a user; else it is some kind of role."""
        return self.principal.type is PrincipalType.USER

    @property
    def permission_set(self) -> str:
        """The name of the Identity Center permission set that the role belongs to; of another, its own name.

        https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
        """
        found = _RESERVED.fullmatch(self.principal.name)
        return found[1] if found else self.principal.name

    @property
    def title(self) -> str:
        """One line that says what this is, of characters that mean nothing in any of the formats."""
        return f"Whittle {self.identifier} for {self.principal.type.value} {self.principal.name}"

    @property
    def description(self) -> str:
        """That of the policies. It is the same for every proposal: another one makes Terraform and CloudFormation
        replace the policy in the place of changing it.
        """
        return f"Least privilege for {self.principal.type.value} {self.principal.name}, made by Whittle"


_EDITABLE = frozenset({PrincipalType.ROLE, PrincipalType.USER})
_TAKES = {
    Target.MANAGED: frozenset(PrincipalType),  # to whom they are not attached, they are made for
    Target.INLINE: _EDITABLE,
    Target.BOUNDARY: _EDITABLE,
    Target.PERMISSION_SET: _EDITABLE | {PrincipalType.IDENTITY_CENTER_ROLE},
}
"""Who can be given what: of other roles AWS keeps the policies, and others have none.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

_RESERVED = re.compile(r"AWSReservedSSO_(.+)_[0-9a-f]{16}")

# "alphanumeric, including the following common characters: plus (+), equals (=), comma (,), period (.), at (@),
# underscore (_), and hyphen (-)": https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_NAME = re.compile(r"[A-Za-z0-9+=,.@_-]{1,128}")
_IDENTIFIER = re.compile(r"[a-z0-9-]{1,100}")
_ACCOUNT = re.compile(r"[0-9]{12}")


def handover(identifier: str, principal: Principal, target: Target, documents: Sequence[NamedDocument]) -> Handover:
    """What can be handed over.

    Raises:
        InputError: a name is none that IAM has, or there is nothing to hand over.
    """
    if not documents:
        raise InputError("the proposal has no policy: there is nothing to hand over")
    for what, text, pattern in _names(identifier, principal, documents):
        if not pattern.fullmatch(text):
            raise InputError(f"{what} `{shown(text)}` is none that IAM takes: {pattern.pattern}")
    twice = next((each.name for each in documents if [one.name for one in documents].count(each.name) > 1), None)
    if twice is not None:
        raise InputError(f"two policies are called `{shown(twice)}`")
    return Handover(identifier, principal, target, tuple(documents))


def _names(
    identifier: str, principal: Principal, documents: Sequence[NamedDocument]
) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    yield "the proposal's id", identifier, _IDENTIFIER
    yield "the principal's name", principal.name, _NAME
    yield "the account", principal.account, _ACCOUNT
    yield from (("the policy name", each.name, _NAME) for each in documents)
    yield from (("the Sid", each, _SID) for named in documents for each in _sids(named.policy.statements))


_SID = re.compile(r"[A-Za-z0-9]*")


def _sids(statements: Sequence[Statement]) -> Iterator[str]:
    return (each.sid for each in statements)


def identifier_of(name: str, separator: str = "_") -> str:
    """The name as an identifier: a letter, then letters, digits and the separator; others are lost, so it is not
    unique by itself.
    """
    words = re.findall(r"[A-Za-z0-9]+", name)
    joined = separator.join(words) if separator else "".join(each[0].upper() + each[1:] for each in words)
    return joined if joined[:1].isalpha() else f"p{separator}{joined}" if separator else f"P{joined}"


def identifiers(documents: Sequence[NamedDocument], separator: str = "_") -> list[str]:
    """An identifier for each document, numbered where two would be the same."""
    taken: set[str] = set()
    found = []
    for each in documents:
        own = identifier_of(each.name, separator)
        number = 2
        unique = own
        while unique in taken:
            unique, number = f"{own}{separator}{number}", number + 1
        taken.add(unique)
        found.append(unique)
    return found
