"""Terraform: the documents as data, the policies, and what attaches them.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from service.core.iam.document import render
from service.core.iam.policy import Policy, Statement
from service.core.quotas import Target
from service.core.render.handover import Handover, NamedDocument, identifiers
from service.core.render.texts import hcl_text


def terraform(given: Handover) -> str:
    """One module.

    Raises:
        InputError: the principal cannot be given such policies.
    """
    given.check_target()
    return "\n".join(_lines(given))


def _lines(given: Handover) -> Iterator[str]:
    yield f"# {given.title}"
    if given.target in _VARIABLES:
        yield from _VARIABLES[given.target]
    for name, document in zip(identifiers(given.documents), given.documents, strict=True):
        yield ""
        if _can_be_data(document.policy):
            yield from _data(name, document.policy)
            yield ""
            reference = f"data.aws_iam_policy_document.{name}.json"
        else:
            reference = hcl_text(render(document.policy))
        yield from _RESOURCES[given.target](given, name, document, reference)
    yield ""


def _can_be_data(policy: Policy) -> bool:
    """The provider takes `&{` for `${` in the document's data, and has no escape for it: then it is written as text."""
    return "&{" not in render(policy)


def _data(name: str, policy: Policy) -> Iterator[str]:
    yield f'data "aws_iam_policy_document" "{name}" {{'
    yield f"  version = {hcl_text(policy.version)}"
    for statement in policy.statements:
        yield ""
        yield from (f"  {line}".rstrip() for line in _statement(statement))
    yield "}"


def _statement(statement: Statement) -> Iterator[str]:
    yield "statement {"
    if statement.sid:
        yield f"  sid    = {hcl_text(statement.sid)}"
    yield f"  effect = {hcl_text(statement.effect.value)}"
    yield ""
    yield from _list("actions", statement.actions)
    yield ""
    yield from _list("resources", statement.resources)
    for condition in statement.conditions:
        yield ""
        yield "  condition {"
        yield f"    test     = {hcl_text(condition.operator)}"
        yield f"    variable = {hcl_text(condition.key)}"
        yield from (f"  {line}" for line in _list("values  ", condition.values))
        yield "  }"
    yield "}"


def _list(name: str, texts: Iterable[str]) -> Iterator[str]:
    listed = [hcl_text(each) for each in texts]
    if len(listed) == 1:
        yield f"  {name} = [{listed[0]}]"
        return
    yield f"  {name} = ["
    yield from (f"    {each}," for each in listed)
    yield "  ]"


def _managed(given: Handover, name: str, document: NamedDocument, reference: str) -> Iterator[str]:
    yield from _policy(given, name, document, reference)
    yield ""
    kind = "user" if given.is_user else "role"
    if not given.can_be_attached:
        yield f"# {given.not_attached}"
        return
    yield f'resource "aws_iam_{kind}_policy_attachment" "{name}" {{'
    yield f"  {kind:<10} = {hcl_text(given.principal.name)}"
    yield f"  policy_arn = aws_iam_policy.{name}.arn"
    yield "}"


def _policy(given: Handover, name: str, document: NamedDocument, reference: str) -> Iterator[str]:
    yield f'resource "aws_iam_policy" "{name}" {{'
    yield f"  name        = {hcl_text(document.name)}"
    yield f"  description = {hcl_text(given.description)}"
    yield f"  policy      = {reference}"
    yield "}"


def _inline(given: Handover, name: str, document: NamedDocument, reference: str) -> Iterator[str]:
    kind = "user" if given.is_user else "role"
    yield f'resource "aws_iam_{kind}_policy" "{name}" {{'
    yield f"  name   = {hcl_text(document.name)}"
    yield f"  {kind}   = {hcl_text(given.principal.name)}"
    yield f"  policy = {reference}"
    yield "}"


def _boundary(given: Handover, name: str, document: NamedDocument, reference: str) -> Iterator[str]:
    yield from _policy(given, name, document, reference)
    yield ""
    yield "# Set it as `permissions_boundary` where the role or user is declared."
    yield f'output "{name}_arn" {{'
    yield f"  value = aws_iam_policy.{name}.arn"
    yield "}"


def _permission_set(given: Handover, name: str, document: NamedDocument, reference: str) -> Iterator[str]:
    del given, document
    yield f'resource "aws_ssoadmin_permission_set_inline_policy" "{name}" {{'
    yield "  instance_arn       = var.instance_arn"
    yield "  permission_set_arn = var.permission_set_arn"
    yield f"  inline_policy      = {reference}"
    yield "}"


_RESOURCES = {
    Target.MANAGED: _managed,
    Target.INLINE: _inline,
    Target.BOUNDARY: _boundary,
    Target.PERMISSION_SET: _permission_set,
}
_VARIABLES: Mapping[Target, tuple[str, ...]] = {
    Target.PERMISSION_SET: (
        "",
        'variable "instance_arn" {',
        "  type = string",
        "}",
        "",
        'variable "permission_set_arn" {',
        "  type = string",
        "}",
    )
}
