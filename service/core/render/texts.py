"""Text as a format writes it: each of these is read back by the format as the same text, whatever it is."""

from __future__ import annotations

import re
import shlex

from service.core.errors import InputError
from service.core.shown import shown


def hcl_text(text: str) -> str:
    """A quoted template of HCL that is nothing but text: neither `${` nor `%{` begins anything.

    They are doubled; behind another such sign, where doubling would be read otherwise, and where no brace closes what
    would begin, which not every reader takes for text, the sign is written as a number.
    https://developer.hashicorp.com/terraform/language/expressions/strings
    """
    return _BEGINNING.sub(_not_beginning, f'"{"".join(map(_hcl_letter, text))}"')


_HCL_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_LAST_OF_FOUR = 0xFFFF


def _hcl_letter(letter: str) -> str:
    """HCL has these escapes, and numbers of four or eight digits for every other letter; no pairs of surrogates.

    https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#template-literals
    """
    if letter in _HCL_ESCAPES:
        return _HCL_ESCAPES[letter]
    if letter.isascii() and letter.isprintable():
        return letter
    number = ord(letter)
    return f"\\u{number:04x}" if number <= _LAST_OF_FOUR else f"\\U{number:08x}"


_BEGINNING = re.compile(r"([$%]*)([$%])\{(?=([^{}\"\\]*\})?)")


def _not_beginning(found: re.Match[str]) -> str:
    before, sign, closed = found.groups()
    return f"{sign}{sign}{{" if closed and not before else f"{before}\\u{ord(sign):04x}{{"


def shell_text(text: str) -> str:
    """One word of a POSIX shell, in which nothing is expanded."""
    return shlex.quote(text)


# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
_RESOLVED = "{{resolve:"
# https://docs.aws.amazon.com/cdk/v2/guide/tokens.html
_TOKEN = "${Token["  # noqa: S105 - it is how CDK marks what it fills in later


def check_for_cloudformation(text: str) -> None:
    """CloudFormation has no escape for what it resolves itself, so such a text cannot be written there.

    Raises:
        InputError: it holds a dynamic reference, or what CDK takes for a value to come.
    """
    for mark in (_RESOLVED, _TOKEN):
        if mark in text:
            sentence = (
                f"`{shown(text)}` holds `{mark}`, which CloudFormation or CDK would replace and no escape prevents"
            )
            raise InputError(f"{sentence}: use terraform, cli or json")
