"""What the trail does not show, as JSON."""

from __future__ import annotations

from service.core.json_bytes import Json
from service.core.unseen.last_accessed import Testimony
from service.core.unseen.report import BlindSpots


def testimony_json(said: Testimony) -> Json:
    """Every service and action of the answer."""
    return {
        "witnessed": [
            {
                "name": each.name,
                "settled": each.settled.value,
                "last_accessed": each.last or None,
                "region": each.region or None,
                "why": each.why or None,
            }
            for each in said.witnessed
        ],
    }


def blind_spots_json(found: BlindSpots) -> Json:
    """What could not have been seen, first; then what is unused, by service, and what is used."""
    return {
        "trail_settings": "assumed" if found.assumed else "given",
        "data_events_logged": list(found.data),
        "unobservable": [
            {
                "service": each.service,
                "why": each.why,
                "kept": each.is_kept,
                "detail": each.detail,
                "actions": list(each.actions),
            }
            for each in found.unobservable
        ],
        "unused": [
            {"service": each.service, "count": each.count, "actions": list(each.actions)} for each in found.unused
        ],
        "used": list(found.used),
        "gaps": [{"from": first, "to": last} for first, last in found.gaps],
        "quiet_hours": [{"from": first, "to": end} for first, end in found.quiet],
    }
