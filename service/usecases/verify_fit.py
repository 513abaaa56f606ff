"""What a proposal says of how its policies fit, against the policies themselves."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.model import Catalog
from service.core.actions import ReasonKind
from service.core.choices import Rung
from service.core.fit.climbing import left_over
from service.core.fit.judging import by_level
from service.core.iam.document import characters
from service.core.iam.policy import Policy
from service.core.iam.proving.verdict import Verdict
from service.core.json_bytes import Json
from service.core.proof import no_new_access, universe_of
from service.core.quotas import Room
from service.core.shown import shown
from service.core.synthesis import Grant, NamedPolicy, grouped
from service.usecases.checked import Checked, State, agreed
from service.usecases.differences import differences
from service.usecases.verify_requests import conditions_of


def ladder_check(
    proposal: Json, policies: Sequence[Policy], current: Sequence[Policy] | None, catalog: Catalog
) -> Checked:
    """That the rungs are those of the ladder in their order, and that the one whose policies are proposed added what
    the permissions say it did, with the verdicts that the prover gives.

    The exact policies are made again of the permissions that no rung added; of the last rung they cannot be.
    """
    said = proposal["fit"]
    names = [each["rung"] for each in said["rungs"]]
    ladder = [each.value for each in Rung]
    last = ladder.index(proposal["choices"]["fit"])
    if said["rung"] not in names or names != ladder[: len(names)] or len(names) > last + 1:
        return Checked(
            "ladder", State.WRONG, f"fit.rungs: {', '.join(map(shown, names))} are not climbed in this order"
        )
    step = said["rungs"][names.index(said["rung"])]
    added, exact = _apart(proposal["permissions"])
    found: Json = {"added": by_level(catalog, added)}
    if said["rung"] == Rung.EXACT.value and len(names) == 1 and step["fits"]:
        found |= dict.fromkeys(("keeps", "adds_nothing", "within_current"))
    elif said["rung"] == Rung.RESOURCES.value:
        found = {}
    else:
        before = [Policy(grouped(exact))]
        universe = universe_of(catalog)
        found |= {"keeps": _short(no_new_access(policies, before, universe))}
        found |= {"adds_nothing": _short(no_new_access(before, policies, universe))}
    if current is not None and step["within_current"] is not None:
        found["within_current"] = _short(no_new_access(current, policies, universe_of(catalog)))
    told = {key: step[key] if key == "added" else _verdict_of(step[key]) for key in found}
    return agreed("ladder", differences(told, found, f"fit.{said['rung']}"), said["rung"])


def _apart(permissions: Sequence[Json]) -> tuple[set[Grant], set[Grant]]:
    """What rungs added, and all else."""
    added: set[Grant] = set()
    others: set[Grant] = set()
    for each in permissions:
        grants = {Grant(each["action"], resource, conditions_of(each)) for resource in each["resources"]}
        (added if each["reason"]["kind"] in _BY_RUNGS else others).update(grants)
    return added - others, others


def _short(verdict: Verdict) -> str:
    return type(verdict).__name__.lower()


def _verdict_of(said: Json | None) -> str | None:
    return None if said is None else str(said["verdict"])


_BY_RUNGS = frozenset({ReasonKind.MERGED.value, ReasonKind.WILDCARD.value})
_SIZES = ("policies", "statements", "characters", "fits")


def fit_check(proposal: Json, policies: Sequence[Policy], room: Room) -> Checked:
    """That the room is AWS's, that the policies fit where it says so, and that its rung is one that was climbed.

    How large the policies of other rungs would be cannot be told from these.
    """
    said = proposal["fit"]
    found = {
        "documents": room.documents,
        "characters": room.characters,
        "source": room.source,
        "fits": len(policies) <= room.documents,
    }
    rung = next((each for each in said["rungs"] if each["rung"] == said["rung"]), dict.fromkeys(_SIZES))
    sizes = {
        "policies": len(policies),
        "statements": sum(len(each.statements) for each in policies),
        "characters": sum(map(characters, policies)),
        "fits": found["fits"],
    }
    named = [
        NamedPolicy(each["name"], policy, each["characters"])
        for each, policy in zip(proposal["policies"], policies, strict=True)
    ]
    wrong = [
        *differences({name: said[name] for name in found}, found, "fit"),
        *differences({name: rung[name] for name in sizes}, sizes, f"fit.{said['rung']}"),
        *differences({"over": said["over"]}, {"over": list(left_over(named, room))}, "fit"),
    ]
    return agreed("fit", wrong, f"{len(policies)} of {room.documents} policies of at most {room.characters} characters")
