"""Amazon DynamoDB data events: values are not logged, keys are.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/logging-using-cloudtrail.html
"""

from __future__ import annotations

from typing import Any

from samples.account import ACCOUNT, IRELAND, regional
from samples.records import Call, Json


def get_item(table: str, **key: str) -> Call:
    return _call("GetItem", (table,), {"tableName": table, "key": key, "consistentRead": False})


def put_item(table: str, members: tuple[str, ...], **key: str) -> Call:
    return _call("PutItem", (table,), {"tableName": table, "key": key, "items": list(members)}, write=True)


def update_item(table: str, expression: str, **key: str) -> Call:
    asked = {"tableName": table, "key": key, "updateExpression": expression, "returnValues": "UPDATED_NEW"}
    return _call("UpdateItem", (table,), asked, write=True)


def put_if_new(table: str, members: tuple[str, ...], **key: str) -> Call:
    """The table held the item already: the caller was allowed, the condition was not met."""
    asked: Json = {"tableName": table, "key": key, "items": list(members)}
    asked["conditionExpression"] = "attribute_not_exists(orderId)"
    call = _call("PutItem", (table,), asked, write=True)
    return call.failing("ConditionalCheckFailedException", "The conditional request failed")


def query(table: str, expression: str, index: str = "") -> Call:
    asked: Json = {"tableName": table, "keyConditionExpression": expression, "scanIndexForward": False}
    if index:
        asked["indexName"] = index
    return _call("Query", (table,), asked)


def transact_write(first: str, second: str, **key: str) -> Call:
    asked = {
        "requestItems": [
            {"operation": "Put", "tableName": first, "key": key, "items": ["orderId", "lines"]},
            {"operation": "Update", "tableName": second, "key": key, "updateExpression": "SET reserved = :r"},
        ]
    }
    return _call("TransactWriteItems", (first, second), asked, write=True)


def execute_statement(table: str, statement: str) -> Call:
    """PartiQL: the operation is ExecuteStatement, the action is dynamodb:PartiQLSelect and its kin."""
    return _call("ExecuteStatement", (table,), {"statement": statement}, write=True)


def describe_table(table: str) -> Call:
    """A management event, which DynamoDB logs with the table in `resources`."""
    return Call(
        "dynamodb",
        "DescribeTable",
        {"tableName": table},
        resources=(_table(table, IRELAND),),
        api_version="2012-08-10",
    )


def throttled(call: Call) -> Call:
    message = (
        "The level of configured provisioned throughput for the table was exceeded. "
        "Consider increasing your provisioning level with the UpdateTable API."
    )
    return call.failing("ProvisionedThroughputExceededException", message)


def _call(name: str, tables: tuple[str, ...], asked: Json, write: bool = False, **more: Any) -> Call:
    return Call(
        "dynamodb",
        name,
        asked,
        write=write,
        data=True,
        resources=tuple(_table(table, IRELAND) for table in tables),
        api_version="2012-08-10",
        **more,
    )


def _table(table: str, region: str) -> Json:
    return {
        "accountId": ACCOUNT,
        "type": "AWS::DynamoDB::Table",
        "ARN": regional("dynamodb", region, f"table/{table}"),
    }
