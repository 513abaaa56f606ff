"""Amazon SQS and Amazon SNS data events, and CloudWatch metrics: bodies are hidden.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/logging-using-cloudtrail.html
https://docs.aws.amazon.com/sns/latest/dg/logging-using-cloudtrail.html
"""

from __future__ import annotations

from samples.account import ACCOUNT, IRELAND, regional
from samples.records import Call, Json

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


def send_message(queue: str, message_id: str) -> Call:
    answer = {"mD5OfMessageBody": "9b74c9897bac770ffc029102a200c5de", "messageId": message_id}
    return _queue("SendMessage", queue, {"messageBody": HIDDEN}, answer)


def send_message_batch(queue: str, message_id: str) -> Call:
    entries = [{"id": "0", "messageBody": HIDDEN}, {"id": "1", "messageBody": HIDDEN}]
    answer = {"successful": [{"id": "0", "messageId": message_id}], "failed": []}
    return _queue("SendMessageBatch", queue, {"entries": entries}, answer)


def receive_message(queue: str) -> Call:
    return _queue("ReceiveMessage", queue, {"maxNumberOfMessages": 10, "waitTimeSeconds": 20}, None, write=False)


def delete_message(queue: str, handle: str) -> Call:
    return _queue("DeleteMessage", queue, {"receiptHandle": f"AQEB{handle}=="}, None)


def get_queue_url(queue: str) -> Call:
    return Call("sqs", "GetQueueUrl", {"queueName": queue}, {"queueUrl": _url(queue)})


def publish(topic: str, message_id: str) -> Call:
    arn = regional("sns", IRELAND, topic)
    asked = {"topicArn": arn, "message": HIDDEN, "subject": HIDDEN, "messageAttributes": HIDDEN}
    return Call(
        "sns",
        "Publish",
        asked,
        {"messageId": message_id},
        write=True,
        data=True,
        resources=({"accountId": ACCOUNT, "type": "AWS::SNS::Topic", "ARN": arn},),
    )


def put_metric_data(namespace: str) -> Call:
    """A data event whose resource has a type and no ARN."""
    return Call(
        "monitoring",
        "PutMetricData",
        {"namespace": namespace},
        write=True,
        data=True,
        resources=({"accountId": ACCOUNT, "type": "AWS::CloudWatch::Metric"},),
        api_version="2010-08-01",
    )


def _queue(name: str, queue: str, asked: Json, answer: Json | None, write: bool = True) -> Call:
    arn = regional("sqs", IRELAND, queue)
    return Call(
        "sqs",
        name,
        {"queueUrl": _url(queue), **asked},
        answer,
        write=write,
        data=True,
        resources=({"accountId": ACCOUNT, "type": "AWS::SQS::Queue", "ARN": arn},),
    )


def _url(queue: str) -> str:
    return f"https://sqs.{IRELAND}.amazonaws.com/{ACCOUNT}/{queue}"
