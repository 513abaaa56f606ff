"""Requests of any other operation, made up from botocore's service models as CloudTrail writes them.

Members begin in lower case, lists of EC2 are sets of items, and what is secret is hidden.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from random import Random
from typing import Any

from botocore.loaders import Loader  # type: ignore[import-untyped]  # it has no types

from bench.trails.calls import UUID, Call, Json, Shown
from bench.trails.names import Place
from catalog.load import load_catalog
from catalog.model import ActionDefinition, ServiceDefinition

Model = Mapping[str, Any]

# Event source, botocore's client, how many of its operations are called.
SERVICES: tuple[tuple[str, str, int], ...] = (
    ("iam", "iam", 26),
    ("ec2", "ec2", 40),
    ("ssm", "ssm", 14),
    ("rds", "rds", 12),
    ("logs", "logs", 11),
    ("monitoring", "cloudwatch", 9),
    ("elasticloadbalancing", "elbv2", 10),
    ("autoscaling", "autoscaling", 9),
    ("cloudformation", "cloudformation", 12),
    ("ecs", "ecs", 11),
    ("ecr", "ecr", 10),
    ("eks", "eks", 7),
    ("states", "stepfunctions", 8),
    ("events", "events", 8),
    ("sns", "sns", 8),
    ("sqs", "sqs", 8),
    ("kinesis", "kinesis", 6),
    ("firehose", "firehose", 4),
    ("glue", "glue", 10),
    ("athena", "athena", 7),
    ("redshift", "redshift", 5),
    ("elasticache", "elasticache", 5),
    ("secretsmanager", "secretsmanager", 8),
    ("cloudtrail", "cloudtrail", 6),
    ("config", "config", 6),
    ("guardduty", "guardduty", 5),
    ("securityhub", "securityhub", 4),
    ("organizations", "organizations", 7),
    ("route53", "route53", 6),
    ("apigateway", "apigatewayv2", 4),
    ("acm", "acm", 5),
    ("wafv2", "wafv2", 4),
    ("cognito-idp", "cognito-idp", 5),
    ("codebuild", "codebuild", 6),
    ("codepipeline", "codepipeline", 5),
    ("elasticfilesystem", "efs", 5),
    ("backup", "backup", 5),
    ("batch", "batch", 5),
    ("sagemaker", "sagemaker", 7),
    ("bedrock", "bedrock", 3),
    ("es", "opensearch", 4),
    ("elasticmapreduce", "emr", 5),
    ("dms", "dms", 4),
    ("datasync", "datasync", 3),
    ("transfer", "transfer", 3),
    ("xray", "xray", 3),
    ("servicediscovery", "servicediscovery", 3),
    ("inspector2", "inspector2", 3),
    ("macie2", "macie2", 3),
    ("access-analyzer", "accessanalyzer", 4),
    ("appsync", "appsync", 3),
    ("kafka", "kafka", 3),
    ("lakeformation", "lakeformation", 3),
    ("ses", "ses", 3),
    ("workspaces", "workspaces", 3),
)
# Where the IAM prefix is not the event source.
_PREFIXES = {"monitoring": "cloudwatch"}
_READS = ("Describe", "List", "Get")
_WRITES = ("Create", "Update", "Put", "Start", "Delete", "Stop", "Send", "Tag", "Register", "Attach", "Publish")
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_DEPTH = 3


@cache
def calls() -> tuple[Call, ...]:
    """Calls of every service of the table, the more usual operations of each first."""
    return tuple(_calls())


def _calls() -> Iterator[Call]:
    catalog, models = load_catalog(), Loader()
    for source, client, count in SERVICES:
        service = catalog.service(_PREFIXES.get(source, source))
        if service is None:
            raise LookupError(f"the catalog has no service for the event source `{source}`: correct the table SERVICES")
        model = models.load_service_model(client, "service-2")
        for name in _usual(model["operations"], service)[:count]:
            yield _call(source, name, model, service)


def _usual(operations: Mapping[str, Any], service: ServiceDefinition) -> list[str]:
    """Operations that are actions of the same name: two reads, then a write, and so on; short names first."""
    known = sorted((name for name in operations if name.lower() in service.actions), key=lambda name: (len(name), name))
    reads = [name for name in known if name.startswith(_READS)]
    writes = [name for name in known if name.startswith(_WRITES)]
    return [name for at in range(len(known)) for name in (*reads[2 * at : 2 * at + 2], *writes[at : at + 1])]


def _call(source: str, name: str, model: Model, service: ServiceDefinition) -> Call:
    action = service.actions[name.lower()]
    operation = model["operations"][name]
    write = not name.startswith(_READS)
    maker = Maker(model, sets=source == "ec2", formats=tuple(_formats(service, action)))
    show = partial(maker.shown, operation.get("input"), operation.get("output") if write else None)
    return Call(source, name, action.full_name, show, write)


def _formats(service: ServiceDefinition, action: ActionDefinition) -> Iterator[str]:
    for each in action.resources:
        yield service.resource_types[each.type].arn_formats[0]


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes up values for the shapes of one service model; `formats` are the ARN formats of the action."""

    model: Model
    sets: bool
    formats: Sequence[str]

    def shown(self, asked: Json | None, answered: Json | None, place: Place, dice: Random) -> Shown:
        """A request of these shapes, and its response."""
        request = self._members(asked, place, dice, 0) if asked else None
        response = self._members(answered, place, dice, 1) if answered else None
        return Shown(request or None, response or None, target=self._arn(place, dice))

    def _members(self, reference: Json, place: Place, dice: Random, depth: int) -> Json:
        shape = self.model["shapes"][reference["shape"]]
        required = shape.get("required", ())
        made: Json = {}
        for name, member in shape.get("members", {}).items():
            if name in required or (len(made) < 5 and dice.random() < 0.3 / (1 + depth)):
                key, value = self._member(name, member, place, dice, depth)
                made[key] = value
        return made

    def _member(self, name: str, member: Json, place: Place, dice: Random, depth: int) -> tuple[str, Any]:
        value = self._value(name, member, place, dice, depth)
        key = name[0].lower() + name[1:]
        if self.sets and isinstance(value, list):
            singular = key.removesuffix("s")
            return f"{singular}Set", {"items": [each if isinstance(each, dict) else {singular: each} for each in value]}
        return key, value

    def _value(self, name: str, reference: Json, place: Place, dice: Random, depth: int) -> Any:
        shape = self.model["shapes"][reference["shape"]]
        if shape.get("sensitive"):
            return _HIDDEN
        match shape["type"]:
            case "structure":
                return self._members(reference, place, dice, depth + 1) if depth < _DEPTH else {}
            case "list":
                count = 0 if depth >= _DEPTH else dice.randint(1, 2)
                return [self._value(name, shape["member"], place, dice, depth + 1) for _ in range(count)]
            case "map":
                return {"team": dice.choice(place.names)}
            case "string":
                return self._text(name, shape, place, dice)
            case kind:
                return _PLAIN.get(kind, {})

    def _text(self, name: str, shape: Json, place: Place, dice: Random) -> str:
        if "enum" in shape:
            return str(shape["enum"][dice.randrange(min(3, len(shape["enum"])))])
        if name.lower().endswith("rolearn"):
            return dice.choice(place.roles)
        if name.lower().endswith(("arn", "arns")):
            return self._arn(place, dice)
        if name.lower().endswith("token"):
            return UUID
        return dice.choice(place.instances) if name == "InstanceId" else dice.choice(place.names)

    def _arn(self, place: Place, dice: Random) -> str:
        if not self.formats:
            return "*"
        name = dice.choice(place.names)
        known = {"Partition": "aws", "Region": place.region, "Account": place.account}
        return re.sub(r"\$\{(\w+)\}", lambda found: known.get(found[1], name), self.formats[0])


_PLAIN: Mapping[str, Any] = {
    "integer": 20,
    "long": 20,
    "boolean": True,
    "float": 0.5,
    "double": 0.5,
    "timestamp": "Jun 1, 2026, 8:00:00 AM",
}
