"""What was generalised as JSON."""

from __future__ import annotations

from service.core.json_bytes import Json
from service.core.patterns.generalising import Report


def generalised_json(report: Report) -> Json:
    """The patterns that were taken, and those that were not."""
    return {
        "patterns": [
            {
                "action": each.action,
                "pattern": each.pattern,
                "rule": each.rule.value,
                "open_parts": list(each.kinds),
                "resources": each.resources,
                "examples": list(each.examples),
                "also_of_others": [
                    {
                        "principal": other.principal,
                        "in_common": other.in_common,
                        "alone": other.alone,
                        "example": other.example,
                    }
                    for other in each.sharing
                ],
            }
            for each in report.generalised
        ],
        "refused": [
            {"action": each.action, "pattern": each.pattern, "resources": each.resources, "why": each.why}
            for each in report.refused
        ],
    }
