"""What a credential report says of users: second factors, keys, passwords.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from service.core.advice.model import Advice, AdviceKind, advice

OLD_DAYS = 90
"""A key is old, and what was not used for so long unused, from this many days on.

https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-3
"""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key of a user, by its number in the report; moments are None where the report has none."""

    number: int
    is_active: bool
    rotated: datetime | None
    used: datetime | None


@dataclass(frozen=True, slots=True)
class Credentials:
    """A row of the report. `created` is the user's; `password_used` None where no use is known, `has_mfa` where the
    report does not say it.
    """

    user: str
    arn: str
    is_root: bool
    created: datetime | None
    has_password: bool
    password_used: datetime | None
    password_changed: datetime | None
    has_mfa: bool | None
    keys: tuple[AccessKey, ...]

    @property
    def account(self) -> str:
        """The account of the ARN, empty where that is none."""
        return self.arn.split(":")[4] if self.arn.count(":") > 4 else ""


@dataclass(frozen=True, slots=True)
class Report:
    """The rows of a report as of a moment; `notes` say what could not be read."""

    as_of: datetime
    rows: tuple[Credentials, ...]
    notes: tuple[str, ...] = ()


def credential_advice(report: Report, signed_in: Collection[tuple[str, str]] = ()) -> Iterator[Advice]:
    """About every row. `signed_in` are users whose passwords are in use, whatever a report says: account and name."""
    for each in report.rows:
        if each.is_root:
            yield from _root(each)
        else:
            yield from _user(each, report.as_of)
            if (each.account, each.user) not in signed_in:
                yield from _password(each, report.as_of)


def _root(each: Credentials) -> Iterator[Advice]:
    if each.has_mfa is False:
        yield advice(AdviceKind.ROOT_CREDENTIALS, each.arn, "the root user has no second factor: give it one")
    active = [str(key.number) for key in each.keys if key.is_active]
    if active:
        summary = "the root user has an active access key: delete it, and use a role"
        yield advice(AdviceKind.ROOT_CREDENTIALS, each.arn, summary, f"key {' and '.join(active)}")


def _user(each: Credentials, now: datetime) -> Iterator[Advice]:
    if each.has_password and each.has_mfa is False:
        summary = "it may sign in to the console with a password alone"
        yield advice(
            AdviceKind.CONSOLE_WITHOUT_MFA, each.arn, summary, _since("the password was last used", each.password_used)
        )
    active = [key for key in each.keys if key.is_active]
    for key in active:
        yield from _key(each, key, now)
    if len(active) > 1:
        summary = "two access keys are active: one is enough, the other is there to change it"
        yield advice(AdviceKind.TWO_KEYS, each.arn, summary)


def _password(each: Credentials, now: datetime) -> Iterator[Advice]:
    if each.has_password and (idle := _idle(each.password_used, _begun(each, each.password_changed), now)):
        yield advice(AdviceKind.UNUSED_PASSWORD, each.arn, f"its password {idle}: take it away")


def _key(each: Credentials, key: AccessKey, now: datetime) -> Iterator[Advice]:
    if key.rotated is not None and (age := (now - key.rotated).days) >= OLD_DAYS:
        summary = f"access key {key.number} is {age:,} days old: change it, or use a role"
        yield advice(
            AdviceKind.OLD_KEY, each.arn, summary, _since("changed", key.rotated), _since("last used", key.used)
        )
    if idle := _idle(key.used, _begun(each, key.rotated), now):
        yield advice(AdviceKind.UNUSED_KEY, each.arn, f"access key {key.number} {idle}: take it away")


@dataclass(frozen=True, slots=True)
class _Begun:
    """Since when something could be used, and what happened then."""

    moment: datetime
    what: str


def _begun(each: Credentials, changed: datetime | None) -> _Begun | None:
    if changed is not None:
        return _Begun(changed, "it was last changed")
    return _Begun(each.created, "the user was made") if each.created is not None else None


def _idle(used: datetime | None, begun: _Begun | None, now: datetime) -> str:
    """That it was not used for long, in words; empty where it was, or where that cannot be said."""
    if used is not None:
        days = (now - used).days
        return f"was last used {days:,} days before the report" if days >= OLD_DAYS else ""
    if begun is None:
        return ""
    days = (now - begun.moment).days
    return f"has no known use, {days:,} days after {begun.what}" if days >= OLD_DAYS else ""


def _since(what: str, moment: datetime | None) -> str:
    return f"{what} on {moment.date().isoformat()}" if moment else ""


def in_order(found: Iterable[Advice]) -> tuple[Advice, ...]:
    """Each piece once, in the order in which it is told."""
    return tuple(sorted(dict.fromkeys(found), key=lambda each: each.order))
