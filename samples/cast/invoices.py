"""The role `invoice-renderer`: a Lambda function whose role has a path, which its session ARN has lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from samples.account import ACCOUNT, INVOICE_RENDERER, INVOICES_KEY, IRELAND
from samples.callers import BOTO3, Caller, role_session
from samples.chance import Dice
from samples.clock import at, moments, on, working_days
from samples.records import ABSENT, Call, Json, record, script
from samples.services import dynamodb, functions, logs, messaging, s3, security

FUNCTION = "invoice-renderer"
BUCKET = "fernwell-invoices"
GROUP = f"/aws/lambda/{FUNCTION}"

_ADDRESS = "203.0.113.88"
_AGENT = BOTO3 + " exec-env/AWS_Lambda_python3.13"


def records(dice: Dice) -> Iterator[Json]:
    for day in working_days():
        mine = dice.child(day)
        yield _new_stream(day, mine)
        for when in moments(mine, day, mine.between(3, 6), 7, 18):
            yield from script(_invoice(day, mine), _caller(when), when, mine)
    yield from _rare(dice.child("rare"))


def _invoice(day: date, dice: Dice) -> list[Call]:
    number = f"F{day:%y%m}-{dice.between(100, 999)}"
    context: Json = {"aws:s3:arn": f"arn:aws:s3:::{BUCKET}"}
    return [
        dynamodb.query("invoices", "invoiceId = :i"),
        s3.get_object(BUCKET, "templates/invoice.html"),
        security.generate_data_key(INVOICES_KEY, context),
        s3.put_object(BUCKET, f"{day:%Y/%m}/{number}.pdf", INVOICES_KEY),
        messaging.publish("invoice-ready", dice.uuid()),
    ]


def _new_stream(day: date, dice: Dice) -> Json:
    """A cold start: the Lambda service signs with the function's role."""
    when = at(day, 6, 58, dice.below(60))
    return record(logs.create_log_stream(GROUP, logs.lambda_stream(day, dice.hex(32))), _caller(when), when, dice)


def _caller(when: datetime) -> Caller:
    started = when.replace(hour=when.hour // 6 * 6, minute=0, second=0)
    return Caller(role_session(INVOICE_RENDERER, FUNCTION, started), _ADDRESS, _AGENT)


def _rare(dice: Dice) -> Iterator[Json]:
    for text, call in _TRAPS:
        when = on(text)
        yield record(call, _caller(when), when, dice)
    when = on("2026-09-16 08:00:00")
    yield record(security.get_parameters("/invoices/footer"), _without_issuer(when, {}), when, dice)
    when = on("2026-09-17 08:00:00")
    yield record(security.get_parameters("/invoices/footer"), _without_issuer(when, None), when, dice)


def _without_issuer(when: datetime, issuer: Json | None) -> Caller:
    """Records exist whose `sessionIssuer` is empty or not there: then only the role's name is known."""
    identity = _caller(when).identity
    context = {**identity["sessionContext"], "sessionIssuer": issuer}
    if issuer is None:
        del context["sessionIssuer"]
    return Caller({**identity, "sessionContext": context}, _ADDRESS, _AGENT)


_TRAPS: tuple[tuple[str, Call], ...] = (
    ("2026-08-05 09:00:00", logs.create_log_group(GROUP)),
    ("2026-08-06 09:00:00", s3.create_multipart_upload(BUCKET, "2026/08/all.zip")),
    ("2026-08-06 09:00:04", s3.upload_part(BUCKET, "2026/08/all.zip", "VXBsb2FkRXhhbXBsZQ", 1)),
    ("2026-08-06 09:00:09", s3.complete_multipart_upload(BUCKET, "2026/08/all.zip", "VXBsb2FkRXhhbXBsZQ")),
    ("2026-08-07 09:00:04", s3.abort_multipart_upload(BUCKET, "2026/08/broken.zip", "QWJvcnRFeGFtcGxl")),
    ("2026-08-10 09:00:00", functions.invoke("pdf-stamper", "live")),
    ("2026-08-12 09:00:00", security.get_secret_value("invoices/signing-key-Zt9")),
    (
        "2026-08-14 09:00:00",
        Call(
            "email",
            "SendRawEmail",
            {"source": "billing@fernwell.example", "destinations": ["customer@example.net"], "rawMessage": {}},
            write=True,
        ).changed(requestParameters={"source": messaging.HIDDEN, "destinations": messaging.HIDDEN}),
    ),
    (
        "2026-08-18 09:00:00",
        dynamodb.put_item("invoices", ("invoiceId",), invoiceId="F2608-101").changed(readOnly="false"),
    ),
    (
        "2026-08-20 09:00:00",
        logs.describe_log_streams(GROUP).changed(requestParameters=messaging.HIDDEN),
    ),
    ("2026-08-24 09:00:00", s3.get_object(BUCKET, "templates/invoice.html").changed(resources=ABSENT)),
    (
        "2026-08-26 09:00:00",
        s3.get_object("fernwell-brand", "logo.svg", region="eu-central-1"),
    ),
    (
        "2026-08-28 09:00:00",
        Call(
            "kms",
            "Sign",
            {"keyId": f"arn:aws:kms:{IRELAND}:{ACCOUNT}:alias/invoice-seal", "signingAlgorithm": "RSASSA_PSS_SHA_256"},
            resources=({"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": INVOICES_KEY},),
        ),
    ),
)
