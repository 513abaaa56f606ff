"""AWS managed policies in files: a document in each, or lines of JSON with a `name` or `path` and a `policy`."""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from service.core.current import GrantedPolicy
from service.core.errors import InputError, MalformedPolicy
from service.core.shown import shown
from service.usecases.policy_texts import document_of, policies_in, value_of

Files = Sequence[tuple[str, bytes]]

MAX_BYTES = 256 * 1024 * 1024
"""Longer than this no list of managed policies is, unpacked."""


def managed_policies_of(files: Files) -> tuple[tuple[GrantedPolicy, ...], tuple[str, ...]]:
    """The policies by their names, and what of the files could not be used.

    Raises:
        InputError: none of them can be.
    """
    found: dict[str, GrantedPolicy] = {}
    notes: list[str] = []
    for name, content in files:
        for each in _in_file(name, content):
            if not isinstance(each, GrantedPolicy):
                notes.append(each)
            elif found.setdefault(each.name, each).policy != each.policy:
                notes.append(f"{name} has another policy of the name {each.name}: the first is used")
    if not found:
        raise InputError(
            f"there is no managed policy in {', '.join(name for name, _ in files)}: {'; '.join(notes[:1])}"
        )
    attachable = [name for name in sorted(found) if not _OF_A_SERVICE.search(name)]
    if left := len(found) - len(attachable):
        notes.append(f"{left} policies are of service-linked roles, by their names: nobody else can have them")
    return tuple(found[name] for name in attachable), tuple(notes)


# "The policy is attached to a service-linked role ... You can't attach it to your IAM entities", as their pages say:
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/about-managed-policy-reference.html
_OF_A_SERVICE = re.compile(r"(?:ServiceRolePolicy|ServiceLinkedRolePolicy|SLRPolicy)$|^AWSServiceRoleFor")


def _in_file(name: str, content: bytes) -> Iterator[GrantedPolicy | str]:
    try:
        plain = _unpacked(name, content)
    except InputError as error:
        yield str(error)
        return
    if ".jsonl" in name:
        yield from _lines(name, plain)
        return
    try:
        stem = _stem(name)
        found = policies_in(name, plain)
    except MalformedPolicy as error:
        yield str(error)
        return
    for number, each in enumerate(found):
        yield GrantedPolicy(stem if len(found) == 1 else f"{stem}[{number}]", each.policy)


def _unpacked(name: str, content: bytes) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            plain = file.read(MAX_BYTES + 1)
    except (zlib.error, OSError, EOFError) as error:
        raise InputError(f"{name} cannot be unpacked: {error}") from error
    if len(plain) > MAX_BYTES:
        raise InputError(f"{name} is longer than {MAX_BYTES >> 20} MB when unpacked")
    return plain


def _lines(name: str, plain: bytes) -> Iterator[GrantedPolicy | str]:
    for number, line in enumerate(plain.splitlines(), 1):
        if not line.strip():
            continue
        place = f"{name}, line {number}"
        try:
            value = json.loads(line)
            called = value.get("name") or value["path"]
            document = value["policy"]
            yield GrantedPolicy(_stem(str(called)), document_of(place, value_of(place, json.dumps(document))))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            yield f"{place} is not a line with `name` (or `path`) and `policy`"
        except MalformedPolicy as error:
            yield str(error)


def _stem(name: str) -> str:
    return shown(PurePosixPath(name).name.removesuffix(".json"), 128)
