"""The text of one record: what every event of a use shares is made once, what differs is put in."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from random import Random
from typing import Any

from bench.trails.calls import HOST_ID, KEY, SIZE, UUID, Call
from bench.trails.names import Place, uuid

Json = dict[str, Any]

_SLOTS = {KEY: "%(key)s", HOST_ID: "%(host)s", f'"{SIZE}"': "%(size)d", UUID: "%(uuid)s"}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_DENIED = (
    "User: %(who)s is not authorized to perform: {0} on resource: {1} because no identity-based policy allows the "
    "{0} action"
)
_REQUEST_ID = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"


@dataclass(frozen=True, slots=True)
class Use:
    """A call with its resources, rendered: `head` is up to the agent, `body` up to the request id, `tail` the rest."""

    call: Call
    head: str
    body: str
    failed: str
    tail: str
    keyed: bool
    """Whether an object's key, or anything else but the ids, differs from event to event."""


def use(call: Call, place: Place, dice: Random) -> Use:
    """One of the ways in which a principal makes a call."""
    shown = call.show(place, dice)
    host = f"{call.source}.{place.region}.amazonaws.com"
    head = {"eventSource": f"{call.source}.amazonaws.com", "eventName": call.name, "awsRegion": place.region}
    body: Json = {"requestParameters": shown.request, "responseElements": shown.response}
    more: Json = {"additionalEventData": shown.more} if shown.more else {}
    error = {"errorCode": "AccessDenied", "errorMessage": _DENIED.format(call.action, shown.target)}
    tail: Json = {"readOnly": not call.write}
    if shown.resources:
        tail["resources"] = list(shown.resources)
    tail |= {"eventType": "AwsApiCall", "managementEvent": not call.data, "recipientAccountId": place.account}
    tail |= {"eventCategory": "Data" if call.data else "Management"}
    tls = {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": host}
    rendered, rest = _slotted(_members({**body, **more})), _slotted(_members({**tail, "tlsDetails": tls}))
    return Use(
        call=call,
        head=_members(head),
        body=rendered,
        failed=_slotted(_members({**error, **body, "responseElements": None, **more}), "%(who)s"),
        tail=rest,
        keyed="%" in rendered + rest,
    )


def record(
    made: Use, identity: str, when: str, caller: str, failed_for: str, keys: int, shared: str, dice: Random
) -> str:
    """One record. `caller` is the address and the agent; `failed_for` an ARN where the call was denied to it."""
    body, tail = (made.failed if failed_for else made.body), made.tail
    if made.keyed or failed_for:
        slots = _slots(keys, failed_for, dice)
        body, tail = body % slots, tail % slots
    asked = "".join(dice.choices(_REQUEST_ID, k=16)) if made.call.source == "s3" else uuid(dice)
    return (
        f'{{"eventVersion":"1.11","userIdentity":{identity},"eventTime":"{when}",{made.head},{caller},{body},'
        f'"requestID":"{asked}","eventID":"{uuid(dice)}",{shared}{tail}}}'
    )


def _slots(keys: int, who: str, dice: Random) -> Json:
    number = int(keys * dice.random())
    return {
        "key": f"{number % 28 + 1:02d}/part-{number:07d}.parquet",
        "host": b64encode(dice.randbytes(57)).decode(),
        "size": dice.randrange(1 << 20),
        "uuid": uuid(dice),
        "who": who,
    }


def text(value: object) -> str:
    """JSON without spaces, as CloudTrail writes it."""
    return json.dumps(value, separators=(",", ":"))


def _members(members: Json) -> str:
    return text(members)[1:-1]


def _slotted(rendered: str, *slots: str) -> str:
    """Text for `%`, with the slots in it."""
    rendered = rendered.replace("%", "%%")
    for slot in slots:
        rendered = rendered.replace(f"%{slot}", slot)
    for mark, slot in _SLOTS.items():
        rendered = rendered.replace(mark, slot)
    return rendered
