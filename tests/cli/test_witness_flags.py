"""`whittle propose` with what is known beside the trail."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.test_commands import SAMPLE, failure, whittle

ROLE = "arn:aws:iam::111122223333:role/orders-api"


def written(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_all_witnesses_together(tmp_path: Path) -> None:
    statement = {"Effect": "Allow", "Action": ["s3:*", "dynamodb:*", "backup:*", "sns:*", "sqs:*"], "Resource": "*"}
    current = written(tmp_path, "current.json", {"Version": "2012-10-17", "Statement": [statement]})
    tracked = [{"ActionName": "PutBucketPolicy", "LastAccessedTime": "2026-08-20T00:00:00Z"}]
    service = {
        "ServiceNamespace": "s3",
        "LastAuthenticated": "2026-09-01T00:00:00Z",
        "TrackedActionsLastAccessed": tracked,
    }
    last = written(tmp_path, "last.json", {"JobStatus": "COMPLETED", "ServicesLastAccessed": [service]})
    selectors = written(tmp_path, "selectors.json", {"EventSelectors": [{"ReadWriteType": "All"}]})
    keep = written(tmp_path, "keep.tsv", "action\treason\nbackup:StartRestoreJob\tdisaster recovery\n")
    flags = ("--current", current, "--last-accessed", last, "--event-selectors", selectors, "--keep", keep)
    done = whittle("propose", ROLE, "--trail", SAMPLE, *flags, "--format", "json", "--requests", tmp_path / "requests")
    proposal = json.loads(done.stdout)
    kinds = {each["action"]: each["reason"]["kind"] for each in proposal["permissions"]}
    assert (kinds["s3:PutBucketPolicy"], kinds["backup:StartRestoreJob"]) == ("last accessed", "keep list")
    assert kinds["s3:PutObjectTagging"] == "unobservable"
    assert proposal["blind_spots"]["trail_settings"] == "given"
    text = whittle("propose", ROLE, "--trail", SAMPLE, *flags).stdout.decode()
    assert "kept, though no event could have shown it:" in text
    services = {action.partition(":")[0] for action, kind in kinds.items() if kind in ("observed", "derived")}
    told = f"last accessed: observed in the trail {len(services)}, accessed, but not in the trail 1"
    assert told in text  # of the services that the answer does not name, too

    saved = written(tmp_path, "proposal.json", done.stdout.decode())
    checked = whittle("verify", saved, "--current", current, "--requests", tmp_path / "requests")
    assert checked.returncode == 0, checked.stdout.decode()


def test_a_witness_that_cannot_be_used(tmp_path: Path) -> None:
    text = failure("propose", ROLE, "--trail", SAMPLE, "--last-accessed", written(tmp_path, "last.json", "{"))
    assert "last.json, line 1 is not JSON" in text
