"""A proposal as a file, rendered for who keeps it. It is not believed: its digest, documents and names are checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from service.core.errors import InputError, MalformedPolicy
from service.core.iam.document import parse_policy
from service.core.json_bytes import Json
from service.core.proposal_json import id_and_digest
from service.core.quotas import Target
from service.core.render.cloudformation import cdk, cloudformation, documents
from service.core.render.command_line import command_line
from service.core.render.form import Form
from service.core.render.handover import Handover, NamedDocument, handover
from service.core.render.markdown import markdown
from service.core.render.terraform import terraform
from service.core.shown import shown
from service.usecases.said import proposal_in
from service.usecases.verify_requests import principal_of


@dataclass(frozen=True, slots=True)
class _Rendering:
    """How a form is written, and whether it may hold policies that do not fit: to be read, not to be run."""

    write: Callable[[Handover, Json], str]
    media_type: str
    for_reading: bool = False


def _of_documents(write: Callable[[Handover], str]) -> Callable[[Handover, Json], str]:
    def written(given: Handover, proposal: Json) -> str:
        del proposal
        return write(given)

    return written


_RENDERINGS: Mapping[Form, _Rendering] = {
    Form.JSON: _Rendering(_of_documents(documents), "application/json", for_reading=True),
    Form.TERRAFORM: _Rendering(_of_documents(terraform), "text/plain; charset=utf-8"),
    Form.CLOUDFORMATION: _Rendering(_of_documents(cloudformation), "application/json"),
    Form.CDK: _Rendering(_of_documents(cdk), "application/json"),
    Form.CLI: _Rendering(_of_documents(command_line), "text/x-shellscript; charset=utf-8"),
    Form.MARKDOWN: _Rendering(markdown, "text/markdown; charset=utf-8", for_reading=True),
}


def media_type(form: Form) -> str:
    """What the text of a form is on the web."""
    return _RENDERINGS[form].media_type


def rendered(name: str, content: bytes, form: Form) -> str:
    """The proposal in a file, in this form.

    Raises:
        InputError: it is no proposal, was changed after it was made, does not fit, or cannot be written so.
    """
    proposal = proposal_in(name, content)
    rendering = _RENDERINGS[form]
    _check(name, proposal, rendering)
    return rendering.write(_handover(name, proposal), proposal)


def _check(name: str, proposal: Json, rendering: _Rendering) -> None:
    body = {key: value for key, value in proposal.items() if key not in ("id", "digest")}
    if id_and_digest(body) != (proposal["id"], proposal["digest"]):
        raise InputError(f"{name}: the content is not that of which id and digest were taken: make the proposal again")
    fit = proposal["fit"]
    if not rendering.for_reading and not fit["fits"]:
        count, over = len(proposal["policies"]), shown("; ".join(fit["over"]), 400)
        raise InputError(f"{name}: it does not fit: {count} policies, and there is room for {fit['documents']}: {over}")


def _handover(name: str, proposal: Json) -> Handover:
    try:
        target = Target(proposal["choices"]["target"])
    except ValueError:
        raise InputError(f"{name}: choices.target: there is no `{shown(proposal['choices']['target'])}`") from None
    listed = [_document(name, each) for each in proposal["policies"]]
    return handover(proposal["id"], principal_of(proposal["principal"]), target, listed)


def _document(name: str, said: Json) -> NamedDocument:
    try:
        return NamedDocument(said["name"], parse_policy(orjson.dumps(said["document"])))
    except MalformedPolicy as error:
        raise InputError(f"{name}: policy `{shown(said['name'])}`: {error}") from error
