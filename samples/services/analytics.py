"""AWS Glue and Amazon Athena.

https://docs.aws.amazon.com/glue/latest/dg/monitor-cloudtrail.html
https://docs.aws.amazon.com/athena/latest/ug/monitor-with-cloudtrail.html
"""

from __future__ import annotations

from samples.account import ACCOUNT
from samples.records import Call, Json


def start_job_run(job: str, run: str) -> Call:
    asked = {"jobName": job, "arguments": {"--day": "HIDDEN_DUE_TO_SECURITY_REASONS"}}
    return Call("glue", "StartJobRun", asked, {"jobRunId": run}, write=True)


def get_job_run(job: str, run: str) -> Call:
    return Call("glue", "GetJobRun", {"jobName": job, "runId": run, "predecessorsIncluded": False})


def get_database(database: str) -> Call:
    return Call("glue", "GetDatabase", {"name": database})


def get_table(database: str, table: str) -> Call:
    return Call("glue", "GetTable", {"databaseName": database, "name": table}, more=_lake_formation())


def get_partitions(database: str, table: str, expression: str) -> Call:
    asked = {"databaseName": database, "tableName": table, "expression": expression}
    return Call("glue", "GetPartitions", asked, more=_lake_formation())


def batch_create_partition(database: str, table: str, values: list[str], location: str) -> Call:
    partition = {"values": values, "storageDescriptor": {"location": location}}
    asked = {"databaseName": database, "tableName": table, "partitionInputList": [partition]}
    return Call("glue", "BatchCreatePartition", asked, {"errors": []}, write=True)


def partition_exists(call: Call) -> Call:
    return call.failing("AlreadyExistsException", "Partition already exists.")


def start_query_execution(group: str, database: str, query: str, run: str) -> Call:
    asked = {
        "clientRequestToken": run,
        "queryString": query,
        "queryExecutionContext": {"database": database, "catalog": "AwsDataCatalog"},
        "workGroup": group,
    }
    return Call("athena", "StartQueryExecution", asked, {"queryExecutionId": run}, write=True)


def get_query_execution(run: str) -> Call:
    """The request has no work group, which is what the permission is about."""
    return Call("athena", "GetQueryExecution", {"queryExecutionId": run})


def get_query_results(run: str) -> Call:
    return Call("athena", "GetQueryResults", {"queryExecutionId": run, "maxResults": 1000})


def _lake_formation() -> Json:
    return {
        "insufficientLakeFormationPermissions": ["sales:orders"],
        "lakeFormationPrincipal": f"arn:aws:iam::{ACCOUNT}:role/data/lake-pipeline",
    }
