"""Who is in a trail: a line for each principal."""

from __future__ import annotations

from dataclasses import dataclass

from service.core.activity.activity import Activity
from service.core.days import Window
from service.core.principals import Principal
from service.core.usage import total
from service.usecases.reading import Reading


@dataclass(frozen=True, slots=True)
class PrincipalSummary:
    """One principal. `operations` counts distinct API calls, `services` are event sources, sorted."""

    principal: Principal
    events: int
    operations: int
    services: tuple[str, ...]
    first_seen: str
    last_seen: str


def summaries(reading: Reading) -> tuple[PrincipalSummary, ...]:
    """Every principal of the trail, the busiest first."""
    found = [_summary(principal, reading.activity([principal])) for principal in reading.principals()]
    return tuple(sorted(found, key=lambda each: (-each.events, each.principal)))


def summary_json(summary: PrincipalSummary) -> dict[str, object]:
    """The line as JSON values."""
    principal = summary.principal
    return {
        "arn": principal.arn or None,
        "name": principal.name,
        "type": principal.type.value,
        "account": principal.account,
        "events": summary.events,
        "operations": summary.operations,
        "services": list(summary.services),
        "first_seen": summary.first_seen or None,
        "last_seen": summary.last_seen or None,
    }


def _summary(principal: Principal, activity: Activity) -> PrincipalSummary:
    usage = activity.used(Window()).usage
    seen = total(usage.values())
    return PrincipalSummary(
        principal=principal,
        events=activity.events,
        operations=len({call.operation for call in usage}),
        services=tuple(sorted({call.operation.source for call in usage})),
        first_seen=seen.first_seen,
        last_seen=seen.last_seen,
    )
