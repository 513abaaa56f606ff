"""Policies as one principal has them: what is the same in all of its requests stands in the place of variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from service.core.iam.arn import SEGMENTS
from service.core.iam.policy import Condition, Policy, Statement


def bound(policy: Policy, known: Mapping[str, str]) -> Policy:
    """The policy with the values of these keys for its variables, where the documentation says that these count.

    `known` has keys in lower case. A value that has a character of the policy language is left out.
    """
    plain = {key: value for key, value in known.items() if _PLAIN.fullmatch(value)}
    if not policy.has_variables or not plain:
        return policy
    return replace(policy, statements=tuple(_statement(each, plain) for each in policy.statements))


_PLAIN = re.compile(r"[A-Za-z0-9+=,.@_/:-]+")
_VARIABLE = re.compile(r"\$\{(?P<key>[^},']*)(,[^}]*)?\}")


def _statement(statement: Statement, known: Mapping[str, str]) -> Statement:
    return replace(
        statement,
        resources=tuple(_resource(each, known) for each in statement.resources),
        not_resources=tuple(_resource(each, known) for each in statement.not_resources),
        conditions=tuple(_condition(each, known) for each in statement.conditions),
    )


def _resource(text: str, known: Mapping[str, str]) -> str:
    """ "You can't use a variable to replace parts of the ARN before the fifth colon": one there is left as it is.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """

    def filled(found: re.Match[str]) -> str:
        before = _VARIABLE.sub("", text[: found.start()])
        return _filled(found, known) if before.count(":") >= SEGMENTS - 1 else found[0]

    return _VARIABLE.sub(filled, text)


def _condition(condition: Condition, known: Mapping[str, str]) -> Condition:
    """ "You can use policy variables in the Condition element ... with any condition that involves the string
    operators or the ARN operators": of ARNs, see `_resource`.
    """
    if "string" not in condition.operator.lower():
        return condition
    values = (_VARIABLE.sub(lambda found: _filled(found, known), each) for each in condition.values)
    return replace(condition, values=tuple(values))


def _filled(found: re.Match[str], known: Mapping[str, str]) -> str:
    return known.get(found["key"].lower(), found[0])
