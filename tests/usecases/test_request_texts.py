"""Requests read from JSON."""

from __future__ import annotations

import pytest

from service.core.errors import InputError
from service.usecases.request_texts import requests_in
from tests.tables import Row, rows


class Case(Row, frozen=True, kw_only=True):
    text: str
    actions: tuple[str, ...] = ()
    error: str = ""


@pytest.mark.parametrize("case", rows("requests", Case))
def test_requests(case: Case) -> None:
    if case.error:
        with pytest.raises(InputError) as raised:
            requests_in("r.jsonl", case.text.encode())
        assert case.error in str(raised.value)
    else:
        assert tuple(each.action for each in requests_in("r.jsonl", case.text.encode())) == case.actions


def test_values_become_text() -> None:
    text = b'{"action":"a:b","context":{"x:Bool":true,"x:Number":7,"x:Many":["a","b"]},"unknown_keys":["x:*"]}'
    (request,) = requests_in("r.json", text)
    assert request.context == {"x:Bool": ("true",), "x:Number": ("7",), "x:Many": ("a", "b")}
    assert (request.resource, request.unknown_keys) == ("*", frozenset({"x:*"}))
