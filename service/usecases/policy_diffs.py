"""Policies of two sets of files compared; a file of either may be a proposal, whose policies are meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog.model import Catalog
from service.core.diff.compare import Comparer
from service.core.diff.model import Combination, PolicyDiff
from service.core.errors import MalformedPolicy
from service.core.iam.policy import Policy
from service.core.iam.strict_json import Json, Members, items, members
from service.core.shown import shown
from service.usecases.current import Files
from service.usecases.policy_texts import document_of, policies_in, text_of, value_of


class PolicyDiffs:
    """Comparisons over one catalog, all of whose services are read when the first is asked for."""

    def __init__(self, catalog: Catalog, known: Sequence[Combination]) -> None:
        self._comparer = Comparer(catalog, tuple(known))

    def of(self, current: Sequence[Policy], proposed: Sequence[Policy]) -> PolicyDiff:
        """What changes when the proposed policies take the place of the current ones."""
        return self._comparer.compare(current, proposed)


def policies_of_files(files: Files) -> list[Policy]:
    """The policies of policy documents, lists of them, answers of AWS's tools, and proposals.

    Raises:
        MalformedPolicy: a file holds none; the message names file and place.
    """
    return [each for name, content in files for each in _policies(name, content)]


def _policies(name: str, content: bytes) -> Iterator[Policy]:
    value = value_of(name, text_of(name, content))
    if _is_proposal(value):
        yield from _of_proposal(name, value)
    else:
        yield from (each.policy for each in policies_in(name, content))


def _is_proposal(value: Json) -> bool:
    pairs = value.pairs if isinstance(value, Members) else ()
    return any(name == "format" and isinstance(each, str) and each.startswith(_PROPOSALS) for name, each in pairs)


_PROPOSALS = "whittle-proposal/"


def _of_proposal(name: str, proposal: Json) -> Iterator[Policy]:
    """An empty list is an answer too: nothing that was seen needs a permission."""
    listed = members(proposal, name).get("policies")
    if not isinstance(listed, list):
        raise MalformedPolicy(f"{name} is a proposal without its policies: give the whole of it")
    for place, each in items(listed, f"{name}, policies"):
        named = members(each, place)
        if "document" not in named:
            raise MalformedPolicy(f"{place} has no `document` but {shown(', '.join(named))}: give the whole proposal")
        yield document_of(f"{place}, document", named["document"])
