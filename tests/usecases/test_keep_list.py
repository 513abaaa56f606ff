"""The reviewer's keep list."""

from __future__ import annotations

import pytest

from service.core.actions import ReasonKind
from service.core.errors import InputError
from service.usecases.keep_texts import keep_list_of
from tests.usecases.unseen import extra, granted, proposed


def test_a_keep_list_keeps_what_is_granted() -> None:
    keeping = (
        "action\treason\n# the rest\nec2:Start*\tdisaster recovery\nrds:StartDBInstance\tbreak-glass\nec2:Fly\tx\n"
    )
    proposal = proposed(current=granted("s3:GetObject", "ec2:*", resource="*"), keeping=keeping)
    kept = extra(proposal, ReasonKind.KEEP_LIST)
    assert kept["ec2:StartInstances"] == ("*",)
    assert all(each.startswith("ec2:Start") for each in kept)
    assert {"the current policies do not grant `rds:StartDBInstance`", "the catalog has no action `ec2:Fly`"} == {
        note.removeprefix("keep list: ") for note, _ in proposal.notes if note.startswith("keep list: ")
    }
    reasons = {each.details for each in proposal.permissions if each.reason is ReasonKind.KEEP_LIST}
    assert reasons == {("disaster recovery",)}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ec2:StartInstances\tx", "does not begin with the line"),
        ("action\treason\nec2:StartInstances", "line 2: write an action, a tab, and the reason"),
        ("action\treason\nec2:StartInstances\t ", "line 2: give the reason"),
        ("action\treason\n*\tx", r"`\*` is no action"),
        ("action\treason\nec2:*Instances\tx", "is no action"),
    ],
)
def test_a_keep_list_that_cannot_be_used(text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        keep_list_of("keep.tsv", text.encode())
