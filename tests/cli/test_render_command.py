"""`whittle render`, and the flags by which policies are made to fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.core.render.form import Form
from tests.cli.test_commands import SAMPLE, failure, whittle

ROLE = "arn:aws:iam::111122223333:role/platform/deployer"


@pytest.fixture(scope="module")
def proposal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    done = whittle("propose", ROLE, "--trail", SAMPLE, "--format", "json")
    path = tmp_path_factory.mktemp("render") / "proposal.json"
    path.write_bytes(done.stdout)
    return path


@pytest.mark.parametrize("form", list(Form))
def test_every_form_to_standard_output_and_to_a_file(form: Form, proposal: Path, tmp_path: Path) -> None:
    printed = whittle("render", proposal, "--as", form.value)
    assert printed.returncode == 0
    assert printed.stdout
    assert whittle("render", proposal, "--as", form.value, "--output", tmp_path / "out").stdout == b""
    assert (tmp_path / "out").read_bytes() == printed.stdout


def test_a_changed_proposal_is_refused(proposal: Path, tmp_path: Path) -> None:
    changed = json.loads(proposal.read_text())
    changed["policies"][0]["document"]["Statement"][0]["Resource"] = "*"
    (tmp_path / "changed.json").write_text(json.dumps(changed))
    assert "the content is not that of which" in failure("render", tmp_path / "changed.json", "--as", "terraform")
    (tmp_path / "other.json").write_text("{}")
    assert "is no proposal" in failure("render", tmp_path / "other.json", "--as", "json")


def test_what_does_not_fit_is_only_read(tmp_path: Path) -> None:
    done = whittle("propose", ROLE, "--trail", SAMPLE, "--attached", "10", "--format", "json")
    full = json.loads(done.stdout)["fit"]
    assert (full["fits"], full["documents"], len(full["over"])) == (False, 0, 1)
    (tmp_path / "p.json").write_bytes(done.stdout)
    assert "it does not fit: 1 policies, and there is room for 0" in failure(
        "render", tmp_path / "p.json", "--as", "cli"
    )
    assert b"**it does not fit" in whittle("render", tmp_path / "p.json", "--as", "markdown").stdout
    text = whittle("propose", ROLE, "--trail", SAMPLE, "--attached", "10").stdout.decode()
    assert "to fit 0 policies of 6,144 characters:" in text
    assert "no policy can be attached" in text


def test_targets_have_names_and_quotas_of_their_own() -> None:
    for target, ending, characters in (("inline", "least-privilege", 10_240), ("boundary", "boundary", 6_144)):
        done = whittle("propose", ROLE, "--trail", SAMPLE, "--target", target, "--format", "json")
        found = json.loads(done.stdout)
        assert found["policies"][0]["name"] == f"deployer-{ending}"
        assert found["fit"]["characters"] == characters
    assert "give at most 25" in failure("propose", ROLE, "--trail", SAMPLE, "--policy-quota", "26")
