"""Laws of the native core: whatever bytes a file holds, it gives what the lanes in Python give, to the byte."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.core.activity.collapse import collapsed
from service.core.activity.fold import Fold, Part, Wanted
from service.core.activity.folding import AnyFold, native_fold
from service.core.activity.packing import unpacked as unpacked_segment
from service.core.principals import PrincipalType, parse_principal
from service.core.trail.framing import read
from service.core.trail.tally import Tally
from service.core.trail.unpacking import unpacked
from service.usecases.gather import gather
from service.usecases.indexing import add_trail
from service.wiring import file_trail, keep, usage_index

made = native_fold()
pytestmark = pytest.mark.skipif(made is None, reason="the native core was not built")
SHARED = Path(__file__).parents[2].parent / "shared"
SAMPLE = Path(__file__).parents[2] / "samples" / "trail"
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def folded(fold: AnyFold, files: Sequence[bytes]) -> tuple[Part, list[dict[str, Any]]]:
    """What a fold makes of files of these bytes, and what became of their records."""
    counts = []
    for number, content in enumerate(files):
        tally = Tally(f"{number}.json")
        fold.begin_file(f"{number}.json")
        for batch in tally.taken(read(unpacked(iter([content])), scan=fold.scan)):
            fold.add(batch)
        counts.append(vars(tally))
    return fold.take(), counts


def taken_in(files: Sequence[bytes]) -> tuple[int, int]:
    """How many records the core reads by itself, and how many it leaves."""
    assert made is not None
    fold, left = made(keep, None), 0
    scan = fold.scan
    assert scan is not None
    records = 0
    for content in files:
        found = scan(content, content.index(b"[") + 1, content.rindex(b"]"))
        if found is not None:
            records += found[0]
            left += len(found[1])
    return records - left, left


def assert_same(files: Sequence[bytes], wanted: Wanted | None = None) -> Part:
    """Both lanes, and the native one again after it let go of everything."""
    assert made is not None
    expected = folded(Fold(keep, wanted), files)
    native = made(keep, wanted)
    assert folded(native, files) == expected
    assert folded(native, files) == expected
    return expected[0]


def listed(*records: str | bytes) -> bytes:
    return b'{"Records":[' + b",".join(each.encode() if isinstance(each, str) else each for each in records) + b"]}"


USUAL: dict[str, Any] = {
    "eventVersion": "1.11",
    "userIdentity": {
        "type": "AssumedRole",
        "principalId": "AROA:session",
        "arn": "arn:aws:sts::111122223333:assumed-role/app/session",
        "accountId": "111122223333",
        "accessKeyId": "ASIA",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROA",
                "arn": "arn:aws:iam::111122223333:role/app",
                "accountId": "111122223333",
                "userName": "app",
            },
            "attributes": {"creationDate": "2026-08-01T00:00:00Z", "mfaAuthenticated": "false"},
        },
    },
    "eventTime": "2026-08-01T12:00:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "awsRegion": "eu-west-1",
    "sourceIPAddress": "192.0.2.1",
    "userAgent": "aws-cli",
    "requestParameters": {"bucketName": "reports", "key": "a/b", "Host": "reports.s3.amazonaws.com"},
    "responseElements": None,
    "eventID": "4ac7580d-a716-4ad7-ab18-b8b1803baca2",
    "readOnly": True,
    "resources": [
        {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::reports/a/b"},
        {"accountId": "111122223333", "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::reports"},
    ],
    "eventType": "AwsApiCall",
    "managementEvent": False,
    "recipientAccountId": "111122223333",
    "eventCategory": "Data",
}
RESULT = "arn:aws:s3:::reports/a/b"

# Members, and values of theirs, that decide or that are unusual. A value is JSON as it is written.
VALUES: dict[str, list[str]] = {
    "eventVersion": ['"1.08"', "1.08", "null"],
    "userIdentity": [
        "null",
        "{}",
        "[]",
        '"x"',
        '{"type":"Root","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333"}',
        '{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}',
        '{"type":"AssumedRole","arn":5}',
        '{"type":"AssumedRole","accountId":"1","sessionContext":{"sessionIssuer":{"arn":"no arn"}}}',
        '{"type":"AssumedRole","accountId":"1","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:role/x"}}}',
        '{"type":"AssumedRole","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:role/x","arn":"arn:aws:iam::1:role/y"}}}',
        '{"type":"AssumedRole","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:role/x","userName":null}}}',
        '{"type":"AssumedRole","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:role/x"},"webIdFederationData":{"a":[1]}}}',
        '{"type":"AssumedRole","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:role/x"},"attributes":{"mfaAuthenticated":true}}}',
        '{"type":"AssumedRole","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:role/x"},"attributes":{"mfaAuthenticated":"True"}}}',
        '{"type":"AssumedRole","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:role/x"}},"invokedBy":"cloudformation.amazonaws.com"}',
        '{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/y/s"}',
        '{"type":"IAMUser","arn":"arn:aws:iam::1:user/kiosk","accountId":"1","userName":"kiosk"}',
        '{"type":"IAMUser","userName":"ki\\u006fsk"}',
    ],
    "eventTime": [
        '"2026-08-02T00:00:00Z"',
        '"2026-08-01T12:00:00+01:00"',
        '"2024-02-29T23:59:59Z"',
        '"2026-02-29T00:00:00Z"',
        '"2026-08-01T24:00:00Z"',
        '"2026-08-01T12:00:60Z"',
        '"0999-08-01T12:00:00Z"',
        '"2026-00-01T12:00:00Z"',
        '""',
        "null",
        "7",
    ],
    "eventSource": ['"ec2.amazonaws.com"', '"iam.amazonaws.com"', '"aws:s3"', '""', "null", '"s\\u0033.amazonaws.com"'],
    "eventName": [
        '"PutObject"',
        '"DescribeInstances"',
        '"AddRoleToInstanceProfile"',
        '""',
        '"a\\"b"',
        '"\\ud83d\\ude00"',
    ],
    "awsRegion": ['"us-east-1"', '""', "null"],
    "sourceIPAddress": ['"192.0.2.9"', '"s3.amazonaws.com"', '"::1"', "null"],
    "userAgent": ['"a\\tb"', "null", "5", '"\\ud800"'],
    "errorCode": ['"AccessDenied"', '"NoSuchKey"', '""', "null"],
    "errorMessage": [
        '"User: x is not authorized to perform: s3:GetObject on resource: \\"arn:aws:s3:::reports/a\\""',
        '"x\\u0001"',
    ],
    "requestParameters": [
        "null",
        '"text"',
        "{}",
        "[]",
        '{"bucketName":"reports","key":"a\\u0001b"}',
        '{"key":"\\u0000"}',
        '{"bucketName":"\\u0000","key":"a\\u0000"}',
        '{"bucketName":"reports","key":"\\ud83d\\ude00"}',
        '{"bucketName":"reports","key":"","x-id":"GetObject"}',
        '{"bucketName":"reports","key":"é\U0010ffff"}',
        '{"bucketName":"reports","key":"a","key":"b"}',
        '{"bucketName":["a","b",{"items":["c",{"member":"d"}]}],"key":true}',
        '{"bucketName":{"value":"inner","other":1},"key":-0}',
        '{"bucketName":12,"key":1.50}',
        '{"bucketName":1e3,"key":123456789012345678901234567890}',
        '{"Bucket-Name":"a","KEY":"b","clé":"c"}',
        '{"":{"":{"key":"a"}},"a.b":{"key":"c"}}',
        '{"x":"arn:aws:iam::1:role/y","y":["arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fy","arnold","arn"]}',
        '{"roleArn":"arn","policyArn":"","instanceId":"i-1"}',
        '{"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"},{"instanceId":"i-1"}]}}',
        '{"instanceProfileName":"profile","roleName":"app"}',
        '{"key":' + "[" * 70 + "]" * 70 + "}",
        '{"key":' + "[" * 40 + '"deep"' + "]" * 40 + "}",
    ],
    "responseElements": [
        '{"a":"arn:aws:s3:::x/reports"}',
        '{"a":"arn:aws:s3:::x/reports","a":"no"}',
        '{"a":["arn:aws:s3:::x:a/b","arn:aws:iam::1:role/a","\\u0061rn:aws:s3:::y:reports"]}',
        '{"a":"arn%3Aaws%3As3%3A%3A%3Areports"}',
        '{"n":1e999}',
        '{"n":1.0,"a":"arn:aws:s3:::x/reports"}',
    ],
    "eventID": [
        '"4ac7580d-a716-4ad7-ab18-b8b1803baca3"',
        '"4ac7580d-b716-4ad7-ab18-b8b1803baca3"',
        '"4AC7580D-A716-4AD7-AB18-B8B1803BACA2"',
        '"00000000-0000-0000-0000-000000000000"',
        '"odd"',
        '""',
        "null",
    ],
    "readOnly": ["null", "false", '"true"', "1"],
    "resources": [
        "[]",
        "null",
        "{}",
        '[{"arn":"arn:aws:s3:::reports"}]',
        '[{"ARN":"arn:aws:s3:::b","type":"T"},{"ARN":"arn:aws:s3:::a","type":"T"},{"ARN":"arn:aws:s3:::b","type":"T"}]',
        '[{"ARNPrefix":"arn:aws:s3:::reports/","type":"AWS::S3::Object"},{"ARN":"","type":"x"}]',
        '[{"ARN":"arn:aws:s3:::\\u0062"}]',
        '[{"ARN":null}]',
        "[1]",
        '[{"ARN":"a","ARN":"b"}]',
    ],
    "eventType": ['"AwsServiceEvent"', '"AwsCloudTrailInsight"', '"AwsAggregatedEvent"', '""', "null"],
    "recipientAccountId": ['"000011112222"', '""', "5"],
    "sharedEventID": ['"5c66fffb-ea02-4eb4-8de5-3a9ac0b1b10e"', '"sh\\u0061red"', '""', "null"],
    "vpcEndpointId": ['"vpce-1"', "null"],
    "tlsDetails": [
        "null",
        "{}",
        '"TLSv1.3"',
        '{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"s3.amazonaws.com"}',
        '{"cipherSuite":"\\"tlsVersion\\":\\"TLS","tlsVersion" : \t"TLSv1.2"}',
        '{"cipherSuite":"\\"tlsVersion\\":\\"TLS"}',
        '{"tlsVersion":null}',
        '{"tlsVersion":"SSLv3"}',
        '{"tlsVersion":"TL',
        '[{"tlsVersion":"TLSv1.2"}]',
        '{"tlsVersion":{"tlsVersion":"TLSv1.2"}}',
        '{"\\u0074lsVersion":"TLSv1.2"}',
    ],
    "eventCategory": ['"Management"', '"Insight"', '"Aggregated"', "null"],
    "another": [
        "{}",
        "[1,[2,{}]]",
        "-",
        "01",
        '"\\x"',
        '"\x01"',
        "1.",
        ".5",
        "-1.5e+3",
        "tru",
        '"é"',
        "nul",
        "{,}",
        "[1,]",
    ],
    "eventN\\u0061me": ['"Escaped"'],
}
MEMBERS = [(name, value) for name, values in VALUES.items() for value in values]


def written(members: dict[str, str], order: Sequence[str], more: Sequence[tuple[str, str]] = (), gap: str = "") -> str:
    pairs = [*((name, members[name]) for name in order if name in members), *more]
    return "{" + f",{gap}".join(f'"{name}":{gap}{value}' for name, value in pairs) + f"{gap}}}"


@pytest.mark.parametrize(("name", "value"), MEMBERS, ids=[f"{name}={value[:40]}" for name, value in MEMBERS])
def test_every_value_of_a_member_is_read_alike(name: str, value: str) -> None:
    members = {each: json.dumps(found) for each, found in USUAL.items()}
    order = [*members] if name in members else [*members, name]
    record = written({**members, name: value}, order)
    assert_same([listed(record), listed(written(members, order), record, record)])


def test_usual_records_are_read_by_the_core() -> None:
    usual = json.dumps(USUAL)
    assert taken_in([listed(usual, usual)]) == (2, 0)
    files = [gzip.decompress(path.read_bytes()) for path in sorted(SAMPLE.rglob("*.gz"))]
    read_by_it, left = taken_in([each for each in files if each.startswith(b'{"Records":[')])
    assert read_by_it > 9 * left


@st.composite
def unusual(draw: st.DrawFn) -> bytes:
    """A record with some members changed, left out, written twice, or in another order."""
    members = {name: json.dumps(value) for name, value in USUAL.items()}
    members.update(draw(st.lists(st.sampled_from(MEMBERS), max_size=4)))
    for name in draw(st.lists(st.sampled_from(sorted(members)), max_size=2)):
        members.pop(name, None)
    order = list(members)
    if draw(st.booleans()):
        order = draw(st.permutations(order))
    more = draw(st.lists(st.sampled_from(MEMBERS), max_size=1)) if draw(st.integers(0, 5)) == 0 else []
    return written(members, order, more, draw(st.sampled_from(["", "", " ", "\n\t"]))).encode()


@UNHURRIED
@given(st.lists(st.lists(unusual(), max_size=5), min_size=1, max_size=3), st.booleans())
def test_unusual_records_are_read_alike(files: list[list[bytes]], all_wanted: bool) -> None:
    wanted = None if all_wanted else lambda principal: principal.name == "app"
    assert_same([listed(*records) for records in files], wanted)


scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=6)
arns = st.sampled_from(["arn:aws:s3:::reports", "arn:", "arn%3A", "reports"])
names = st.sampled_from(["bucketName", "key", "items", "value", "", "a.b", "é"]) | st.text(max_size=4)
json_values = st.recursive(
    scalars | arns,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@UNHURRIED
@given(json_values, json_values, st.booleans())
def test_any_request_and_response_are_reduced_alike(request: object, response: object, ascii_only: bool) -> None:
    record = {**USUAL, "requestParameters": request, "responseElements": response}
    assert_same([listed(json.dumps(record, ensure_ascii=ascii_only).encode(errors="surrogatepass"))])


def test_members_of_one_name_in_a_response_are_read_alike() -> None:
    """Of several the last one counts: what an earlier one names was not made."""
    about = {"eventSource": "rds.amazonaws.com", "eventName": "DeleteDBSnapshot"}
    record = json.dumps({**USUAL, **about, "requestParameters": {"dBSnapshotIdentifier": "x"}, "responseElements": 0})
    arn = '"arn:aws:rds:eu-west-1:111122223333:snapshot:x"'
    responses = (f'{{"a":{arn},"a":1}}', f'{{"a":{arn},"b":1}}', f'{{"a":1,"a":{arn}}}')
    part = assert_same(
        [listed(*(record.replace('"responseElements": 0', f'"responseElements":{each}') for each in responses))]
    )
    assert sorted(len(row.family.response) for row in part.segments[0].rows) == [0, 1]


@pytest.mark.parametrize("member", ["requestParameters", "responseElements"])
@pytest.mark.parametrize("source", ["s3", "nobody-knows"])
def test_an_arn_alone_is_read_alike(member: str, source: str) -> None:
    """Of an operation of which nothing is known, ARNs are all that is kept."""
    about = {"eventSource": f"{source}.amazonaws.com", "eventName": "Nothing"}
    request = {"name": "reports"} if member == "responseElements" else {}
    for value in ("arn:aws:s3:::reports", ["arn:aws:s3:::reports"], "reports"):
        assert_same([listed(json.dumps({**USUAL, **about, "requestParameters": request, member: value}))])


OPERATIONS = [("kms", "Decrypt"), ("sqs", "TagQueue"), ("ec2", "RunInstances"), ("s3", "PutBucketTagging")]
own_names = st.sampled_from(
    ["tags", "Tagging", "TagSet", "Tag", "encryptionContext", "items", "value", "key", "Key", "Value", "tagKey", "a=b"]
) | st.text(max_size=3)
own_texts = st.sampled_from(["", "a", "=", "arn:aws:s3:::b", "arn%3Aaws", "x=y", "é", 'quo"te', "\t"]) | st.text(
    max_size=4
)
of_their_own = st.recursive(
    own_texts | scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(own_names, inner, max_size=4),
    max_leaves=14,
)


@UNHURRIED
@given(st.sampled_from(OPERATIONS), st.dictionaries(own_names, of_their_own, max_size=4), st.booleans())
def test_pairs_of_the_callers_own_are_read_alike(
    operation: tuple[str, str], request: dict[str, Any], ascii_only: bool
) -> None:
    source, name = operation
    about = {"eventSource": f"{source}.amazonaws.com", "eventName": name}
    record = {**USUAL, **about, "requestParameters": request}
    assert_same([listed(json.dumps(record, ensure_ascii=ascii_only).encode(errors="surrogatepass"))])


def test_pairs_of_the_callers_own_are_read_by_the_core() -> None:
    contexts = [("kms", "Decrypt", {"encryptionContext": {"purpose": "card", "aws:s3:arn": "arn:aws:s3:::data"}})]
    tags = [("sqs", "TagQueue", {"tags": found}) for found in ({"team": "shop"}, [{"key": "team", "value": "shop"}])]
    records = [
        json.dumps({**USUAL, "eventSource": f"{source}.amazonaws.com", "eventName": name, "requestParameters": request})
        for source, name, request in (*contexts, *tags)
    ]
    assert taken_in([listed(*records)]) == (3, 0)
    part = assert_same([listed(*records)])
    rows = [row for each in part.packed for row in unpacked_segment(each, with_keys=False).rows]
    assert {text for row in rows for text in row.values} >= {"purpose=card", "team=shop"}


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, taken out, or put elsewhere."""
    found = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 5])):
        at = chance.randrange(len(found))
        match chance.randrange(5):
            case 0:
                found[at] = chance.randrange(256)
            case 1:
                found[at] = chance.choice(b'"\\{}[],:0-.eE \n\x00\x80\xf4')
            case 2:
                del found[at : at + chance.randrange(1, 20)]
            case 3:
                other = chance.randrange(len(found))
                found[at:at] = found[other : other + chance.randrange(1, 40)]
            case _:
                found[at] ^= 1 << chance.randrange(8)
    return bytes(found)


DAMAGED = 1000


def test_damaged_records_are_read_alike() -> None:
    chance = random.Random(7)
    records = [record for path in sorted(SAMPLE.rglob("*.gz"))[:6] for record in records_of(path)]
    for _ in range(DAMAGED):
        some = [json.dumps(record, separators=(",", ":")).encode() for record in chance.sample(records, 3)]
        some[1] = mutated(some[1], chance)
        assert_same([listed(*some)])


def records_of(path: Path) -> list[Any]:
    content = json.loads(gzip.decompress(path.read_bytes()))
    records: list[Any] = content.get("Records", [])
    return records


def test_too_many_names_for_one_prefix_collapse_alike() -> None:
    def record(number: int) -> str:
        changed = {
            "requestParameters": {"bucketName": "reports", "key": f"logs/{number}"},
            "resources": [],
            "eventID": f"{number:08x}-a716-4ad7-ab18-b8b1803baca2",
            "sourceIPAddress": f"10.0.{number % 9}.{number % 250}",
        }
        return json.dumps({**USUAL, **changed})

    part = assert_same([listed(*map(record, range(2100)))])
    assert any(segment.sketches for segment in part.segments)


FEW = 12


@pytest.mark.parametrize("seed", range(12))
def test_rows_of_every_shape_collapse_alike(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names below several prefixes, in two places, on several days and in several contexts; some events come twice."""
    monkeypatch.setattr("service.core.activity.fold.collapsed", partial(collapsed, most=FEW))
    monkeypatch.setattr("service.core.activity.native_fold.MOST_CHILDREN", FEW)
    chance = random.Random(seed)
    folders = chance.choice([["logs/", ""], ["a/b/", "a/c:", "a/d"], ["1/2/3/4/5/6/7/8/9/10/11/", "x/"]])

    def record(number: int) -> str:
        bucket = f"b{chance.choice([0] * 9 + [1, number % 99])}"
        key = chance.choice(folders) + chance.choice(
            ["", f"{number}", f"{number}", f"{number % 9}/{number}", f"{number}/data"]
        )
        changed = {
            "requestParameters": {"bucketName": bucket, "key": key + chance.choice(["", "", "é", "\x01"])},
            "resources": [{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"}] * chance.choice([0, 1]),
            "eventID": f"{number - chance.choice([0, 0, 1]):08x}-a716-4ad7-ab18-b8b1803baca2",
            "eventTime": f"2026-08-0{chance.randrange(1, 4)}T12:00:{chance.randrange(60):02}Z",
            "sourceIPAddress": f"10.0.0.{chance.randrange(3)}",
            "sharedEventID": chance.choice(["", f"shared-{number}"]),
        }
        return json.dumps({**USUAL, **changed}, ensure_ascii=chance.random() < 0.1)

    part = assert_same([listed(*map(record, range(chance.choice([150, 300, 900]))))])
    assert any(segment.sketches for segment in part.segments)


def test_the_sample_trail_is_read_alike() -> None:
    part = assert_same([path.read_bytes() for path in sorted(SAMPLE.rglob("*.gz"))])
    assert len(part.packed) > 5


def test_a_reading_of_the_sample_trail_is_the_same() -> None:
    everyone = gather(file_trail([SAMPLE], 1), keep)
    role = max(each.arn for each in everyone.principals() if each.type is PrincipalType.ROLE)
    for asked in (None, parse_principal(role)):
        native = gather(file_trail([SAMPLE], 1), keep, asked)
        reference = gather(file_trail([SAMPLE], 1), keep, asked, native=False)
        assert native.gathered.segments
        assert (native.gathered, native.inputs) == (reference.gathered, reference.inputs)


def test_an_index_of_the_sample_trail_is_the_same(tmp_path: Path) -> None:
    found = []
    for name, is_native in (("native", True), ("reference", False)):
        place = partial(usage_index, str(tmp_path / name))
        added = add_trail(place, file_trail([SAMPLE], 1), keep, native=is_native)
        index = place()
        segments = sorted((each.packed for each in index.segments(with_keys=True)), key=lambda each: each.principal)
        found.append((added, segments, index.known_files().keys()))
        index.close()
    assert found[0] == found[1]


def corpora() -> list[Path]:
    root = SHARED / "corpus"
    return sorted(root.iterdir()) if root.is_dir() else [root]


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.parametrize("corpus", corpora(), ids=lambda path: path.name)
def test_the_corpus_is_read_alike(corpus: Path) -> None:
    if not corpus.exists():
        pytest.skip(f"no recorded trails at {corpus}")
    files = sorted(path for path in corpus.rglob("*") if path.is_file())[:300]
    assert_same([path.read_bytes() for path in files])
