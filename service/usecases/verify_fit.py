"""What a proposal says of how its policies fit, against the policies themselves."""

from __future__ import annotations

from collections.abc import Sequence

from service.core.iam.document import characters
from service.core.iam.policy import Policy
from service.core.json_bytes import Json
from service.core.quotas import Room
from service.usecases.checked import Checked, agreed
from service.usecases.differences import differences

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
    over = [each["name"] for each in proposal["policies"][room.documents :]]
    told = [each.partition(":")[0] for each in said["over"]]
    wrong = [
        *differences({name: said[name] for name in found}, found, "fit"),
        *differences({name: rung[name] for name in sizes}, sizes, f"fit.{said['rung']}"),
        *differences({"over": told}, {"over": over}, "fit"),
    ]
    return agreed("fit", wrong, f"{len(policies)} of {room.documents} policies of at most {room.characters} characters")
