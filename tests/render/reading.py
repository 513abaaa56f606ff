"""Renderings read back by the tools that they are for, to the policies that they mean."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2

from service.core.iam.document import parse_policy
from service.core.iam.policy import Condition, Effect, Policy, Statement


def _hcl_text(written: str) -> str:
    """What a quoted template without expressions stands for."""
    assert written[0] == written[-1] == '"'
    inner = written[1:-1]
    assert not re.search(r"(?<![$%])(\$|%)\{", inner), f"an expression begins in {inner}"
    plain = inner.replace("$${", "${").replace("%%{", "%{")
    assert not re.search(_NO_ESCAPE, plain.replace("\\\\", "")), f"no escape of HCL: {plain}"
    return _ESCAPE.sub(_unescaped, plain)


# https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#template-literals
_ESCAPE = re.compile(r'\\(n|r|t|"|\\|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})')
_NO_ESCAPE = r'\\(?!n|r|t|"|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})'
_PLAIN = {"n": "\n", "r": "\r", "t": "\t"}


def _unescaped(found: re.Match[str]) -> str:
    named = found[1]
    if named[0] in "uU" and len(named) > 1:
        letter = chr(int(named[1:], 16))
        assert not "\ud800" <= letter <= "\udfff", "half of a pair is no letter"
        return letter
    return _PLAIN.get(named, named)


def _texts(values: list[str]) -> tuple[str, ...]:
    return tuple(map(_hcl_text, values))


def from_terraform(text: str) -> dict[str, Policy]:
    """The documents by the names of their policies."""
    module: dict[str, Any] = hcl2.loads(text)
    data = {
        name.strip('"'): _hcl_policy(body)
        for block in module.get("data", ())
        for kind, named in block.items()
        if kind == '"aws_iam_policy_document"'
        for name, body in named.items()
        if name != "__is_block__"
    }
    return dict(_hcl_documents(module, data))


def _hcl_documents(module: dict[str, Any], data: dict[str, Policy]) -> Iterator[tuple[str, Policy]]:
    for block in module["resource"]:
        for named in block.values():
            for name, body in named.items() if isinstance(named, dict) else ():
                reference = body.get("policy") or body.get("inline_policy")
                if reference is None:
                    continue
                found = re.fullmatch(r"\$\{data\.aws_iam_policy_document\.(\w+)\.json\}", reference)
                own = data[found[1]] if found else parse_policy(_hcl_text(reference))
                yield (_hcl_text(body["name"]) if "name" in body else name), own


def _hcl_policy(body: dict[str, Any]) -> Policy:
    statements = tuple(_hcl_statement(each) for each in body["statement"])
    return Policy(statements, _hcl_text(body["version"]))


def _hcl_statement(body: dict[str, Any]) -> Statement:
    conditions = tuple(
        Condition(_hcl_text(each["test"]), _hcl_text(each["variable"]), _texts(each["values"]))
        for each in body.get("condition", ())
    )
    effect = Effect(_hcl_text(body["effect"]))
    sid = _hcl_text(body["sid"]) if "sid" in body else ""
    return Statement(effect, _texts(body["actions"]), _texts(body["resources"]), conditions, sid=sid)


def from_cloudformation(text: str) -> dict[str, Policy]:
    """The documents by the names of their policies."""
    found = {}
    for name, resource in json.loads(text)["Resources"].items():
        own = resource["Properties"]
        named = own.get("ManagedPolicyName") or own.get("PolicyName") or name
        found[named] = parse_policy(json.dumps(own.get("PolicyDocument") or own["InlinePolicy"]))
    return found


def from_json(text: str) -> dict[str, Policy]:
    """The documents by their names: also what CDK reads."""
    return {name: parse_policy(json.dumps(document)) for name, document in json.loads(text).items()}


AWS = """#!{python}
import json, os, sys
with open(os.environ["CALLS"], "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
calls = sum(1 for _ in open(os.environ["CALLS"]))
if calls == int(os.environ.get("FAILS_AT", "0")):
    sys.exit(254)
if "get-caller-identity" in sys.argv:
    print(os.environ.get("ACCOUNT", "111122223333"))
elif "get-role" in sys.argv or "get-user" in sys.argv:
    print(os.environ.get("BOUNDARY", "None"))
elif "list-role-policies" in sys.argv or "list-user-policies" in sys.argv:
    print(os.environ.get("INLINE", "0"))
elif "get-inline-policy-for-permission-set" in sys.argv:
    print(os.environ.get("EXISTING", ""))
"""


def run_script(text: str, folder: Path, *arguments: str, **environment: str) -> tuple[int, list[list[str]], str]:
    """The exit code, what `aws` was called with, and standard error, of a script in a folder of its own."""
    folder.mkdir(exist_ok=True)
    tool, calls, script = folder / "aws", folder / "calls", folder / "policies.sh"
    tool.write_text(AWS.replace("{python}", sys.executable))
    tool.chmod(0o755)
    calls.write_text("")
    script.write_text(text)
    found = subprocess.run(
        ["bash", str(script), *arguments],
        cwd=folder,
        env={"PATH": f"{folder}:/usr/bin:/bin", "CALLS": str(calls), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    made = [json.loads(line) for line in calls.read_text().splitlines()]
    return found.returncode, made, found.stderr


def from_calls(calls: list[list[str]]) -> dict[str, Policy]:
    """The documents by the names that they were created under."""
    found = {}
    for each in calls:
        options = dict(word.removeprefix("--").split("=", 1) for word in each if word.startswith("--") and "=" in word)
        document = options.get("policy-document") or options.get("inline-policy")
        if document is not None:
            found[options.get("policy-name", "")] = parse_policy(document)
    return found
