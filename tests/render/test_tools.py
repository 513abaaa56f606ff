"""Every rendering is taken by its own tool, and means what the proposal says."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from functools import cache
from pathlib import Path

import pytest

from service.core.beside import Beside
from service.core.choices import Choices
from service.core.days import WindowAsked
from service.core.iam.document import parse_policy
from service.core.iam.policy import Policy
from service.core.iam.proving.verdict import Holds
from service.core.json_bytes import to_bytes
from service.core.principals import parse_principal
from service.core.proof import equivalent
from service.core.proposal_json import document
from service.core.quotas import Target
from service.core.render.form import Form
from service.usecases.gather import gather
from service.usecases.rendering import rendered
from service.wiring import file_trail, keep, parts
from tests.render.reading import from_calls, from_cloudformation, from_json, from_terraform, run_script

SAMPLE = Path(__file__).parents[2] / "samples" / "trail"
ACCOUNT = "arn:aws:iam::111122223333"
ARNS = {
    "deployer": f"{ACCOUNT}:role/platform/deployer",
    "dana": f"{ACCOUNT}:user/people/dana",
    "lake-pipeline": f"{ACCOUNT}:role/data/lake-pipeline",
    "sso": f"{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_PowerUser_4f1c9d2a7b3e8c60",
}
CASES = [
    ("deployer", Target.MANAGED),
    ("dana", Target.MANAGED),
    ("lake-pipeline", Target.INLINE),
    ("deployer", Target.BOUNDARY),
    ("dana", Target.BOUNDARY),
    ("sso", Target.PERMISSION_SET),
]


@cache
def proposal(name: str, target: Target) -> bytes:
    reading = gather(file_trail([SAMPLE], 1), keep)
    beside = Beside(choices=Choices(target=target))
    made = parts().proposer.propose(reading, parse_principal(ARNS[name]), WindowAsked(), beside)
    return to_bytes(document(made))


def policies(content: bytes) -> dict[str, Policy]:
    return {each["name"]: parse_policy(json.dumps(each["document"])) for each in json.loads(content)["policies"]}


def same(found: dict[str, Policy], content: bytes) -> None:
    """The same policies by the same names, equal in meaning as the prover has it."""
    wanted = policies(content)
    assert len(found) == len(wanted)
    for one, other in zip(found.values(), wanted.values(), strict=True):
        assert isinstance(equivalent([one], [other]), Holds)
    if all(found):
        assert set(found) == set(wanted)


@pytest.mark.parametrize(("name", "target"), CASES)
def test_terraform(name: str, target: Target) -> None:
    content = proposal(name, target)
    found = from_terraform(rendered("p", content, Form.TERRAFORM))
    same(found if target is not Target.PERMISSION_SET else dict.fromkeys([""], *found.values()), content)


@pytest.mark.parametrize(("name", "target"), CASES)
def test_cloudformation(name: str, target: Target, tmp_path: Path) -> None:
    content = proposal(name, target)
    text = rendered("p", content, Form.CLOUDFORMATION)
    found = from_cloudformation(text)
    same(found if target is not Target.PERMISSION_SET else dict.fromkeys([""], *found.values()), content)
    template = tmp_path / "template.json"
    template.write_text(text)
    tool = Path(sys.executable).with_name("cfn-lint")
    checked = subprocess.run([tool, str(template)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(("name", "target"), CASES)
def test_documents(name: str, target: Target) -> None:
    content = proposal(name, target)
    for form in (Form.JSON, Form.CDK):
        same(from_json(rendered("p", content, form)), content)


@pytest.mark.parametrize(("name", "target"), CASES)
def test_parliament_has_nothing_against_the_documents(name: str, target: Target) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import parliament  # type: ignore[import-untyped]  # it has no types
    for written in json.loads(rendered("p", proposal(name, target), Form.JSON)).values():
        found = parliament.analyze_policy_string(json.dumps(written)).findings
        assert not [each for each in found if each.issue in ("MALFORMED", "JSON_PARSE", "INVALID_ARN", "INVALID_SID")]


@pytest.mark.parametrize(("name", "target"), CASES)
def test_script(name: str, target: Target, tmp_path: Path) -> None:
    content = proposal(name, target)
    text = rendered("p", content, Form.CLI)
    script = tmp_path / "policies.sh"
    script.write_text(text)
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    checked = subprocess.run(
        [Path(sys.executable).with_name("shellcheck"), "--severity=style", str(script)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    wanted = {"instance_arn": "arn:i", "permission_set_arn": "arn:p"} if target is Target.PERMISSION_SET else {}
    code, calls, told = run_script(text, tmp_path / "run", **wanted)
    assert code == 0, told
    same(from_calls(calls), content)


def verbs(calls: list[list[str]]) -> list[str]:
    return [each[1] for each in calls]


@pytest.mark.parametrize(
    ("target", "fails_at", "undone"),
    [
        (Target.MANAGED, 2, []),
        (Target.MANAGED, 3, ["detach-role-policy", "delete-policy"]),
        (Target.INLINE, 3, []),
        (Target.BOUNDARY, 4, ["get-role", "delete-policy"]),
    ],
)
def test_what_was_made_is_taken_back(target: Target, fails_at: int, undone: list[str], tmp_path: Path) -> None:
    text = rendered("p", proposal("deployer", target), Form.CLI)
    code, calls, told = run_script(text, tmp_path, FAILS_AT=str(fails_at))
    assert code == 1
    assert "taking back what was made" in told
    assert verbs(calls)[fails_at:] == undone


def test_rollback_takes_back_what_was_made_and_once(tmp_path: Path) -> None:
    text = rendered("p", proposal("deployer", Target.MANAGED), Form.CLI)
    assert run_script(text, tmp_path)[0] == 0
    again, calls, told = run_script(text, tmp_path)
    assert (again, calls) == (1, [])
    assert "made already" in told
    code, calls, _ = run_script(text, tmp_path, "rollback")
    assert code == 0
    assert verbs(calls) == ["get-caller-identity", "detach-role-policy", "delete-policy"]
    assert run_script(text, tmp_path, "rollback")[:2] == (1, [])


def test_what_could_not_be_taken_back_stays_noted(tmp_path: Path) -> None:
    text = rendered("p", proposal("deployer", Target.MANAGED), Form.CLI)
    run_script(text, tmp_path)
    assert run_script(text, tmp_path, "rollback", FAILS_AT="3")[0] == 1
    code, calls, _ = run_script(text, tmp_path, "rollback")
    assert (code, verbs(calls)[1:]) == (0, ["detach-role-policy", "delete-policy"])


@pytest.mark.parametrize(
    ("name", "target", "there"),
    [
        ("deployer", Target.MANAGED, {"FAILS_AT": "2"}),
        ("lake-pipeline", Target.INLINE, {"INLINE": "1"}),
        ("lake-pipeline", Target.INLINE, {"FAILS_AT": "2"}),
        ("deployer", Target.BOUNDARY, {"FAILS_AT": "3"}),
        ("sso", Target.PERMISSION_SET, {"EXISTING": "{}"}),
    ],
    ids=[
        "a policy of the name",
        "an inline policy of the name",
        "no answer",
        "a boundary of the name",
        "another policy",
    ],
)
def test_what_was_there_before_is_not_touched(name: str, target: Target, there: dict[str, str], tmp_path: Path) -> None:
    """Neither by making the policies, which fails, nor by taking back what was made, which is nothing."""
    text = rendered("p", proposal(name, target), Form.CLI)
    wanted = {"instance_arn": "arn:i", "permission_set_arn": "arn:p"} if target is Target.PERMISSION_SET else {}
    code, calls, _ = run_script(text, tmp_path, **wanted, **there)
    assert code == 1
    assert not [each for each in verbs(calls) if each.startswith(("put-", "delete-", "detach-", "attach-"))]
    code, calls, told = run_script(text, tmp_path, "rollback", **wanted)
    assert (code, calls) == (1, [])
    assert "made nothing that it knows of" in told


def test_a_boundary_that_is_there_is_kept(tmp_path: Path) -> None:
    text = rendered("p", proposal("deployer", Target.BOUNDARY), Form.CLI)
    code, calls, told = run_script(text, tmp_path, BOUNDARY="arn:aws:iam::111122223333:policy/limits")
    assert code == 1
    assert "there is a boundary already" in told
    assert "create-policy" not in verbs(calls)


def test_credentials_of_another_account(tmp_path: Path) -> None:
    text = rendered("p", proposal("deployer", Target.MANAGED), Form.CLI)
    code, calls, told = run_script(text, tmp_path, ACCOUNT="444455556666")
    assert (code, verbs(calls)) == (1, ["get-caller-identity"])
    assert "are of account 444455556666" in told


def test_a_wrong_word_does_nothing(tmp_path: Path) -> None:
    text = rendered("p", proposal("deployer", Target.MANAGED), Form.CLI)
    code, calls, told = run_script(text, tmp_path, "destroy")
    assert (code, calls) == (2, [])
    assert told.startswith("usage:")
