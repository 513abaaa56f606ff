"""Amazon CloudWatch Logs and alarms: names of groups and streams, which hold brackets and dollar signs.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/logging_cw_api_calls_cwl.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/logging_cw_api_calls.html
"""

from __future__ import annotations

from datetime import date

from samples.records import Call


def create_log_group(group: str) -> Call:
    return _logs("CreateLogGroup", {"logGroupName": group}, write=True)


def create_log_stream(group: str, stream: str) -> Call:
    return _logs("CreateLogStream", {"logGroupName": group, "logStreamName": stream}, write=True)


def put_retention_policy(group: str, days: int) -> Call:
    return _logs("PutRetentionPolicy", {"logGroupName": group, "retentionInDays": days}, write=True)


def describe_log_groups(prefix: str) -> Call:
    return _logs("DescribeLogGroups", {"logGroupNamePrefix": prefix, "limit": 50})


def describe_log_streams(group: str) -> Call:
    return _logs("DescribeLogStreams", {"logGroupName": group, "orderBy": "LastEventTime", "descending": True})


def filter_log_events(group: str, pattern: str) -> Call:
    return _logs("FilterLogEvents", {"logGroupName": group, "filterPattern": pattern, "interleaved": True})


def lambda_stream(day: date, number: str) -> str:
    return f"{day:%Y/%m/%d}/[$LATEST]{number}"


def put_metric_alarm(alarm: str, action: str) -> Call:
    asked = {
        "alarmName": alarm,
        "namespace": "Fernwell/Orders",
        "metricName": "CheckoutErrors",
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": 5.0,
        "period": 60,
        "evaluationPeriods": 3,
        "statistic": "Sum",
        "alarmActions": [action],
    }
    return Call("monitoring", "PutMetricAlarm", asked, write=True, api_version="2010-08-01")


def describe_alarms(prefix: str) -> Call:
    return Call("monitoring", "DescribeAlarms", {"alarmNamePrefix": prefix, "maxRecords": 100})


def _logs(name: str, asked: dict[str, object], write: bool = False) -> Call:
    return Call("logs", name, asked, write=write, api_version="20140328")
