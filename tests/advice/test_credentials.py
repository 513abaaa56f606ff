"""Credential reports: what is told of each row, and what becomes of rows that cannot be read."""

from __future__ import annotations

import base64
import json

import pytest

from service.core.advice.credentials import credential_advice, in_order
from service.core.advice.model import AdviceKind
from service.core.errors import InputError
from service.usecases.credential_texts import report_of

COLUMNS = [
    column
    for line in (
        "user arn user_creation_time password_enabled password_last_used password_last_changed",
        "password_next_rotation mfa_active access_key_1_active access_key_1_last_rotated",
        "access_key_1_last_used_date access_key_1_last_used_region access_key_1_last_used_service",
        "access_key_2_active access_key_2_last_rotated access_key_2_last_used_date access_key_2_last_used_region",
        "access_key_2_last_used_service cert_1_active cert_1_last_rotated cert_2_active cert_2_last_rotated",
    )
    for column in line.split()
]
FRESH, OLD = "2026-09-20T00:00:00+00:00", "2026-01-01T00:00:00+00:00"
NOW = "2026-10-01T00:00:00+00:00"
QUIET = {
    "user": "dana",
    "arn": "arn:aws:iam::111122223333:user/dana",
    "user_creation_time": OLD,
    "password_enabled": "false",
    "password_last_used": "N/A",
    "password_last_changed": "N/A",
    "password_next_rotation": "N/A",
    "mfa_active": "false",
    "access_key_1_active": "false",
    "access_key_2_active": "false",
    "cert_1_active": "false",
    "cert_2_active": "false",
}


def csv_of(*rows: dict[str, str], columns: list[str] = COLUMNS) -> str:
    lines = [",".join(columns), *(",".join(each.get(column, "N/A") for column in columns) for each in rows)]
    return "\n".join(lines) + "\n"


def answered(text: str) -> bytes:
    content = base64.b64encode(text.encode()).decode()
    return json.dumps({"Content": content, "ReportFormat": "text/csv", "GeneratedTime": NOW}).encode()


ROOT = {"user": "<root_account>", "arn": "arn:aws:iam::111122223333:root", "password_enabled": "not_supported"}
CASES = [
    ({}, []),
    ({"password_enabled": "true", "password_last_used": FRESH}, [AdviceKind.CONSOLE_WITHOUT_MFA]),
    ({"password_enabled": "true", "password_last_used": FRESH, "mfa_active": "true"}, []),
    ({"password_enabled": "true", "password_last_used": OLD, "mfa_active": "true"}, [AdviceKind.UNUSED_PASSWORD]),
    (
        {"password_enabled": "true", "password_last_used": "no_information", "mfa_active": "true"},
        [AdviceKind.UNUSED_PASSWORD],
    ),
    (
        {
            "password_enabled": "true",
            "password_last_used": "no_information",
            "password_last_changed": FRESH,
            "mfa_active": "true",
        },
        [],
    ),
    ({"access_key_1_active": "true", "access_key_1_last_rotated": FRESH, "access_key_1_last_used_date": FRESH}, []),
    (
        {"access_key_1_active": "true", "access_key_1_last_rotated": OLD, "access_key_1_last_used_date": FRESH},
        [AdviceKind.OLD_KEY],
    ),
    (
        {"access_key_1_active": "true", "access_key_1_last_rotated": OLD, "access_key_1_last_used_date": "N/A"},
        [AdviceKind.OLD_KEY, AdviceKind.UNUSED_KEY],
    ),
    ({"access_key_1_active": "false", "access_key_1_last_rotated": OLD}, []),
    (
        {
            "access_key_1_active": "true",
            "access_key_1_last_rotated": FRESH,
            "access_key_1_last_used_date": FRESH,
            "access_key_2_active": "true",
            "access_key_2_last_rotated": FRESH,
            "access_key_2_last_used_date": FRESH,
        },
        [AdviceKind.TWO_KEYS],
    ),
    ({**ROOT, "mfa_active": "true"}, []),
    (ROOT, [AdviceKind.ROOT_CREDENTIALS]),
    (
        {**ROOT, "access_key_1_active": "true", "access_key_1_last_rotated": OLD},
        [AdviceKind.ROOT_CREDENTIALS, AdviceKind.ROOT_CREDENTIALS],
    ),
]


@pytest.mark.parametrize(("members", "kinds"), CASES)
def test_what_is_told(members: dict[str, str], kinds: list[AdviceKind]) -> None:
    report = report_of("report.json", answered(csv_of({**QUIET, **members})))
    found = in_order(credential_advice(report))
    assert [each.kind for each in found] == kinds
    assert all(each.link.startswith("https://docs.aws.amazon.com/") for each in found)
    assert not report.notes


def test_a_password_of_one_who_was_seen_signing_in_is_used() -> None:
    row = {**QUIET, "password_enabled": "true", "mfa_active": "true", "password_last_used": "no_information"}
    report = report_of("report.json", answered(csv_of(row)))
    (told,) = credential_advice(report)
    assert told.summary == "its password has no known use, 273 days after the user was made: take it away"
    assert not list(credential_advice(report, {("111122223333", "dana")}))
    assert len(list(credential_advice(report, {("444455556666", "dana"), ("111122223333", "kim")}))) == 1


def test_what_the_report_does_not_say_is_not_missing() -> None:
    row = {**QUIET, "password_enabled": "true", "mfa_active": "N/A", "password_last_used": FRESH}
    assert not list(credential_advice(report_of("report.json", answered(csv_of(row)))))


def test_the_days_are_counted_to_the_report() -> None:
    row = {**QUIET, "access_key_1_active": "true", "access_key_1_last_rotated": OLD, "access_key_1_last_used_date": OLD}
    (old, unused) = in_order(credential_advice(report_of("r", answered(csv_of(row)))))
    assert old.summary.startswith("access key 1 is 273 days old")
    assert unused.summary.startswith("access key 1 was last used 273 days before the report")


def test_a_bare_csv_is_of_the_last_moment_in_it() -> None:
    report = report_of("report.csv", csv_of({**QUIET, "password_last_used": FRESH}).encode())
    assert report.as_of.isoformat() == FRESH
    assert any("does not say when it was made" in each for each in report.notes)


def test_a_bare_csv_takes_no_moment_of_a_row_that_is_left_out() -> None:
    rows = [
        {**QUIET, "password_last_used": FRESH},
        {**QUIET, "user": "other", "arn": "arn:aws:iam::444455556666:user/other", "user_creation_time": NOW},
        {**QUIET, "user": "bad", "mfa_active": "perhaps", "user_creation_time": NOW},
        {**QUIET, "user": "first", "user_creation_time": "1970-01-01T00:00:00Z"},
    ]
    report = report_of("report.csv", csv_of(*rows).encode(), "111122223333")
    assert report.as_of.isoformat() == FRESH
    assert [each.user for each in report.rows] == ["dana"]


@pytest.mark.parametrize(
    ("generated", "as_of", "notes"),
    [(NOW, NOW, 0), (1790812800, NOW, 0), (OLD, FRESH, 1), (None, FRESH, 1), (True, FRESH, 1), ("soon", FRESH, 1)],
)
def test_when_a_report_was_made(generated: object, as_of: str, notes: int) -> None:
    content = base64.encodebytes(csv_of({**QUIET, "password_last_used": FRESH}).encode()).decode()
    answer = json.dumps({"Content": content, "GeneratedTime": generated}).encode()
    report = report_of("report.json", answer)
    assert (report.as_of.isoformat(), len(report.notes)) == (as_of, notes)


def test_bad_rows_are_left_out_and_named() -> None:
    rows = [
        {**QUIET, "user": "good"},
        {**QUIET, "user": "bad", "mfa_active": "perhaps"},
        {**QUIET, "user": "late", "user_creation_time": "yesterday"},
        {**QUIET, "user": "other", "arn": "arn:aws:iam::444455556666:user/other"},
    ]
    text = csv_of(*rows) + "short,row\n\n"
    report = report_of("report.csv", text.encode(), "111122223333")
    assert [each.user for each in report.rows] == ["good"]
    told = "\n".join(report.notes)
    assert "line 3, mfa_active: `perhaps` is neither true nor false; the row is left out" in told
    assert "line 4, user_creation_time: `yesterday` is no time" in told
    assert "line 6 has 2 columns" in told
    assert "1 rows are of other accounts" in told


def test_unknown_columns_are_told() -> None:
    columns = [*COLUMNS, "passkey_active"]
    report = report_of("r", csv_of({**QUIET, "passkey_active": "true"}, columns=columns).encode())
    assert len(report.rows) == 1
    assert any("passkey_active" in each for each in report.notes)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it has no column user, arn"),
        (b"a,b\n1,2\n", "it has no column user, arn"),
        (b"{}", "is no answer of get-credential-report"),
        (b'{"Content": "%%%"}', "is no answer of get-credential-report"),
        (b'{"Content": 7}', "is no answer of get-credential-report"),
        (b"\xff\xfe", "is not UTF-8"),
        (csv_of().encode(), "has no row that can be read"),
        (csv_of({**QUIET, "arn": "arn:aws:iam::444455556666:user/x"}).encode(), "has no row of account 111122223333"),
        (b'"' + b"x" * 200_000, "is no CSV"),
    ],
)
def test_what_is_no_report(content: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        report_of("report.csv", content, "111122223333")
