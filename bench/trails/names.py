"""What a place (an account's part in one Region) owns: the names that its requests and ARNs hold."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

TEAMS = (
    "orders",
    "billing",
    "search",
    "ledger",
    "catalog",
    "media",
    "risk",
    "identity",
    "fleet",
    "reports",
    "ads",
    "lake",
)
THINGS = ("api", "worker", "events", "archive", "stage", "intake", "exports", "index", "profiles", "sessions", "audit")
STAGES = ("prod", "prod", "prod", "staging", "dev")


@dataclass(frozen=True, slots=True)
class Place:
    """One account in one Region, and its resources by kind."""

    account: str
    region: str
    buckets: tuple[str, ...]
    tables: tuple[str, ...]
    functions: tuple[str, ...]
    keys: tuple[str, ...]
    instances: tuple[str, ...]
    roles: tuple[str, ...]
    names: tuple[str, ...]

    def arn(self, service: str, rest: str) -> str:
        """An ARN of this place."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"


def place(account: str, region: str, dice: Random) -> Place:
    """A place with its resources."""
    short = region.replace("-", "")[:6]
    return Place(
        account=account,
        region=region,
        buckets=tuple(f"{name}-{account[-4:]}-{short}" for name in _names(dice, 30)),
        tables=tuple(_names(dice, 24)),
        functions=tuple(_names(dice, 40)),
        keys=tuple(uuid(dice) for _ in range(12)),
        instances=tuple(f"i-0{dice.getrandbits(64):016x}" for _ in range(80)),
        roles=tuple(f"arn:aws:iam::{account}:role/{name}-role" for name in _names(dice, 20)),
        names=tuple(_names(dice, 40)),
    )


def dice_of(*names: object) -> Random:
    """Chance that repeats: the same names give the same rolls."""
    return Random("/".join(map(str, names)))  # noqa: S311  # no secret hangs on it


def uuid(dice: Random) -> str:
    """A version 4 UUID."""
    text = f"{dice.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def unique_id(prefix: str, dice: Random) -> str:
    """An id as IAM gives them, `AROA` and the like, or an access key's."""
    return prefix + "".join(dice.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=20 - len(prefix)))


def _names(dice: Random, count: int) -> list[str]:
    """Distinct names like `orders-archive-prod-2`."""
    found: dict[str, None] = {}
    while len(found) < count:
        name = f"{dice.choice(TEAMS)}-{dice.choice(THINGS)}-{dice.choice(STAGES)}"
        found[name if name not in found else f"{name}-{len(found)}"] = None
    return list(found)
