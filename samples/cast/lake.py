"""The role `lake-pipeline`: every night S3, Glue and Athena, on Mondays a report, with data events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from samples.account import FRANKFURT, LAKE_KEY, LAKE_PIPELINE
from samples.callers import BOTO3, Caller, role_session
from samples.chance import Dice
from samples.clock import at, days
from samples.records import Call, Json, script
from samples.services import analytics, dynamodb, s3, security

LAKE = "fernwell-lake"
RESULTS = "fernwell-athena-results"
MIRROR = "fernwell-lake-mirror"

_ADDRESS = "203.0.113.140"


def records(dice: Dice) -> Iterator[Json]:
    for day in days():
        mine = dice.child(day)
        start = at(day, 2, mine.between(0, 20))
        caller = Caller(role_session(LAKE_PIPELINE, f"nightly-{day:%Y%m%d}", start), _ADDRESS, BOTO3)
        yield from script(_collect(day, mine), caller, start, mine)
        yield from script(_load(day, mine), caller, start + timedelta(minutes=6), mine)
        # Athena calls S3, Glue and KMS on with the caller's own permissions.
        yield from script(_forwarded(day), caller.forwarded("athena"), start + timedelta(minutes=7), mine)
        if day.weekday() == 0:
            yield from script(_report(day, mine), caller, start + timedelta(minutes=30), mine)


def _collect(day: date, dice: Dice) -> Iterator[Call]:
    yield s3.list_objects(LAKE, f"raw/orders/{_partition(day)}/")
    for part in range(dice.between(3, 6)):
        yield s3.get_object(LAKE, f"raw/orders/{_partition(day)}/part-{part:05}.json.gz")
    yield security.decrypt(LAKE_KEY, **{"aws:s3:arn": f"arn:aws:s3:::{LAKE}"})
    yield s3.put_object(LAKE, f"curated/orders/{_partition(day)}/part-00000.parquet", LAKE_KEY)
    yield s3.put_object(LAKE, f"curated/orders/{_partition(day)}/_SUCCESS", LAKE_KEY)
    if day.day % 10 == 0:
        yield s3.delete_objects(LAKE)
        yield s3.put_object(MIRROR, f"orders/{_partition(day)}/part-00000.parquet", region=FRANKFURT)


def _load(day: date, dice: Dice) -> Iterator[Call]:
    job, run = "curate-orders", f"jr_{dice.hex(24)}"
    query = f"{dice.hex(8)}-1f2e-4d3c-9b4a-5c6d7e8f9a0b"
    yield analytics.start_job_run(job, run)
    yield analytics.get_job_run(job, run)
    yield analytics.get_table("sales", "orders")
    partition = analytics.batch_create_partition("sales", "orders", [day.isoformat()], f"s3://{LAKE}/curated/orders/")
    yield analytics.partition_exists(partition) if day.day == 1 else partition
    yield analytics.start_query_execution("nightly", "sales", "SELECT count(*) FROM orders", query)
    yield analytics.get_query_execution(query)
    yield analytics.get_query_results(query)
    yield s3.get_object(RESULTS, f"nightly/{query}.csv")


def _forwarded(day: date) -> list[Call]:
    return [
        analytics.get_database("sales"),
        analytics.get_partitions("sales", "orders", f"day = '{day}'"),
        s3.get_object(LAKE, f"curated/orders/{_partition(day)}/part-00000.parquet"),
        s3.bucket_call("GetBucketLocation", RESULTS, location=""),
    ]


def _report(day: date, dice: Dice) -> list[Call]:
    """The week's report: objects that a weekly window sees and a daily one does not."""
    query = f"{dice.hex(8)}-2a3b-4c5d-8e6f-7a8b9c0d1e2f"
    return [
        s3.head_object(LAKE, "reference/calendar.csv"),
        analytics.start_query_execution("reports", "sales", "SELECT * FROM weekly", query),
        analytics.get_query_execution(query),
        s3.get_object(RESULTS, f"reports/{query}.csv"),
        s3.copy_object("fernwell-reports", f"weekly/{day}.csv", f"{RESULTS}/reports/{query}.csv"),
        s3.of_partner(s3.get_object("partner-exchange-rates", "daily.csv"), dice.uuid()),
        s3.head_bucket("fernwell-reports"),
        s3.list_object_versions("fernwell-reports", "weekly/"),
        dynamodb.update_item("report-runs", "SET done = :d", runId=day.isoformat()),
    ]


def _partition(day: date) -> str:
    return f"day={day}"
