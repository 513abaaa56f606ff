"""Which members of a request name a resource: from `queueUrl` to the `${QueueName}` of an ARN format."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from service.core.iam.pattern import escape

CALLER = "@caller"
"""The member under which a table asks for the IAM user that makes the call."""

QUALIFIER = "@qualifier"
"""The variable of rows for the member that AWS puts behind a resource's ARN, after a colon."""


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """One resource's name: `literal` as the request means it, `patterns` as a policy writes it.

    `place` is what the name says of the ARN's Region and account where they are not those of the event.
    """

    literal: str
    patterns: tuple[str, ...]
    place: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MemberRule:
    """A row: request member `member`, put through `transform`, is the variable's text for a resource `type`.

    No `operations` means all of them; several `members` are taken together.
    """

    member: str
    transform: str
    type: str
    operations: frozenset[str] = frozenset()

    @property
    def members(self) -> tuple[str, ...]:
        """The members that the row reads: `name`, or `parent.name`."""
        return tuple(self.member.split("+"))

    @property
    def claims(self) -> frozenset[str]:
        """The names of the members that no other rule may read for the variable."""
        return frozenset(name for name in self.members if "." not in name)

    @property
    def is_default(self) -> bool:
        """Whether the row says what AWS takes where the request does not."""
        return self.transform.startswith(f"{CONSTANT}:")

    @property
    def kept(self) -> frozenset[str]:
        """The names of members that must be kept of a request."""
        return frozenset(name.rsplit(".", 1)[-1] for name in self.members if not name.startswith("@"))

    def holds_for(self, kind: str, operation: str) -> bool:
        """Whether the row is about a resource type and an operation; an empty text stands for any."""
        return (not kind or self.type in (kind, "*")) and (
            not operation or not self.operations or operation in self.operations
        )


class Members:
    """The table of request members, by service prefix and variable."""

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        self._rules: dict[tuple[str, str], list[MemberRule]] = defaultdict(list)
        for row in rows:
            operations = frozenset(filter(None, row["operations"].split(",")))
            rule = MemberRule(row["member"], row["transform"], row["type"], operations)
            transform_named(rule.transform)
            self._rules[row["prefix"], row["variable"]].append(rule)

    def rules(self, prefix: str, variable: str, kind: str = "", operation: str = "") -> Sequence[MemberRule]:
        """The rows for a variable of a service, in the table's order, for a resource type and operation if given."""
        return [rule for rule in self._rules.get((prefix, variable), ()) if rule.holds_for(kind, operation)]


Transform = Callable[[str], Name | None]


CONSTANT = "constant"
"""The kind of transform that gives what AWS takes where the request does not say: the member only shows the request."""


def completion(transform: str) -> Transform | None:
    """What makes the name inside an ARN whole, where a request may cut an ARN short."""
    return _COMPLETIONS.get(transform)


def as_is(text: str) -> Name:
    """The text itself, made literal."""
    return Name(text, (escape(text),))


def transform_named(name: str) -> Transform:
    """The transform of a row. Raises KeyError for a name that there is not."""
    kind, _, argument = name.partition(":")
    if kind == "starting":
        return lambda text: as_is(text) if text.startswith(argument) else None
    if kind == "after":
        return lambda text: as_is(text.removeprefix(argument)) if text.startswith(argument) else None
    if kind == CONSTANT:
        return lambda _: as_is(argument)
    if kind == "unless":
        return lambda text: None if text == argument else as_is(text)
    return _TRANSFORMS[name]


def _last_segment(text: str) -> Name:
    """`https://sqs.eu-west-1.amazonaws.com/111122223333/orders` -> `orders`."""
    return as_is(text.rstrip("/").rsplit("/", 1)[-1])


_QUEUE = re.compile(r"https?://(?:sqs\.)?(?P<region>[a-z0-9-]+)\.[^/]+/(?P<account>[0-9]{12})/(?P<name>[^/]+)/?")


def _queue(text: str) -> Name:
    """`https://sqs.eu-west-1.amazonaws.com/111122223333/orders` -> `orders`, in that Region and account.

    The oldest form of the host, `queue.amazonaws.com`, and the one that begins with the Region are still in use.
    """
    found = _QUEUE.fullmatch(text)
    if found is None:
        return _last_segment(text)
    region = (("Region", found["region"]),) if "-" in found["region"] else ()
    return Name(found["name"], (escape(found["name"]),), (("Account", found["account"]), *region))


def _parameter(text: str) -> Name:
    """A parameter's name without its first slash and its `:version`; those of AWS belong to no account."""
    name = text.partition(":")[0].removeprefix("/")
    return Name(name, (escape(name),), _NO_ACCOUNT if name.startswith("aws/service/") else ())


def _document(text: str) -> Name:
    """An SSM document; those that AWS publishes have reserved names and belong to no account.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html
    """
    return Name(text, (escape(text),), _NO_ACCOUNT if text.lower().startswith(("aws", "amazon", "amzn")) else ())


_NO_ACCOUNT = (("Account", ""),)


def _scope(text: str) -> Name:
    """`CLOUDFRONT` is `global` in ARNs, and CloudFront's are in us-east-1."""
    return Name("global", ("global",), (("Region", "us-east-1"),)) if text == "CLOUDFRONT" else as_is(text.lower())


_SECRET_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")


def _secret_suffix(text: str) -> Name:
    """Secrets Manager ends a secret's ARN with a hyphen and six random characters, which the name lacks."""
    return Name(f"{text}-??????", (f"{escape(text)}-??????",))


def _whole_secret(text: str) -> Name:
    """The name inside an ARN, which may lack the suffix; what looks like a suffix is read as one."""
    return as_is(text) if _SECRET_SUFFIX.search(text) else _secret_suffix(text)


IAM_PATH = "iam-path"
"""The transform of names whose ARN has a path that the name lacks."""


def _iam_path(text: str) -> Name:
    """The request has the name, the ARN has its path too. Names are unique in an account whatever the path."""
    return Name(text, (escape(text), f"*/{escape(text)}"))


def _service_linked(text: str) -> Name:
    """`config.amazonaws.com` -> the service-linked roles of that service, whose names the service chooses."""
    path = f"aws-service-role/{text}/"
    return Name(f"{path}AWSServiceRole", (f"{escape(path)}*",))


def _key_id(text: str) -> Name | None:
    """A key id, not an alias: which key an alias stands for is not in the request."""
    return None if text.startswith("alias/") else as_is(text)


def _alias(text: str) -> Name:
    return as_is(text.removeprefix("alias/"))


_FUNCTION = re.compile(r"(?:(?P<account>[0-9]{12}):)?(?:function:)?(?P<name>.+)", re.DOTALL)


def _lambda_name(text: str) -> Name | None:
    """`name`, `name:qualifier` or `111122223333:function:name`: the name, with its qualifier where there is one."""
    found = _FUNCTION.fullmatch(text)
    if found is None:
        return None
    place = (("Account", found["account"]),) if found["account"] else ()
    return Name(found["name"], (escape(found["name"]),), place)


def _optional(text: str) -> Name:
    """What may stand behind an ARN: AWS does not say whether the longer one is checked."""
    return Name(text, ("", escape(text)))


def _account(text: str) -> Name | None:
    """An account's id; a Glue catalog's id may be more than that."""
    return as_is(text) if re.fullmatch("[0-9]{12}", text) else None


_ACCESS_POINT_ALIAS = re.compile(r"(?P<stem>.+)-[a-z0-9]{34}-s3alias")


def _bucket(text: str) -> Name | None:
    """A bucket's name; S3 takes the alias of an access point in its place, and checks the access point then."""
    return None if _ACCESS_POINT_ALIAS.fullmatch(text) else as_is(text)


def _access_point_alias(text: str) -> Name | None:
    """An alias begins as the access point's name does, which may be cut.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
    """
    found = _ACCESS_POINT_ALIAS.fullmatch(text)
    return Name(found["stem"], (f"{escape(found['stem'])}*",)) if found else None


_GEOGRAPHY = re.compile(r"(?:apac|au|ca|eu|global|jp|us|us-gov)\.(?P<model>.+)", re.DOTALL)


def _inference_profile(text: str) -> Name | None:
    """`eu.anthropic.claude-v2` is an inference profile of Europe."""
    return as_is(text) if _GEOGRAPHY.fullmatch(text) else None


def _model(text: str) -> Name:
    """A Bedrock model's id. An inference profile needs its model in every Region that it leads to.

    https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
    """
    found = _GEOGRAPHY.fullmatch(text)
    return Name(found["model"], (escape(found["model"]),), (("Region", "*"),)) if found else as_is(text)


def _before_colon(text: str) -> Name:
    return as_is(text.partition(":")[0])


def _after_colon(text: str) -> Name | None:
    after = text.partition(":")[2]
    return as_is(after) if after else None


_TRANSFORMS: Mapping[str, Transform] = {
    "as-is": as_is,
    "last-segment": _last_segment,
    "queue": _queue,
    "bucket": _bucket,
    "access-point-alias": _access_point_alias,
    "optional": _optional,
    "account": _account,
    "model": _model,
    "inference-profile": _inference_profile,
    "parameter": _parameter,
    "document": _document,
    "scope": _scope,
    "secret-suffix": _secret_suffix,
    IAM_PATH: _iam_path,
    "service-linked": _service_linked,
    "key-id": _key_id,
    "alias": _alias,
    "lambda-name": _lambda_name,
    "before-colon": _before_colon,
    "after-colon": _after_colon,
}

_COMPLETIONS: Mapping[str, Transform] = {"secret-suffix": _whole_secret}
