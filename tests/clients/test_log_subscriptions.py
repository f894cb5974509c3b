"""Subscriptions to HTTP endpoints, and to streams and functions of an upstream (logs.md §5)."""

import base64
import gzip
import json

import boto3
import pytest

from harness import HOME_REGION, SERVER_ACCOUNT, SERVER_ROOT
from refusals import refused
from test_log_events import Stream

CONTROL = "CWL CONTROL MESSAGE: Checking health of destination HTTP endpoint."


@pytest.fixture
def receiver(make_receiver):
    return make_receiver()


@pytest.fixture
def stream(server, root):
    return Stream(server, root)


def payload(request):
    return json.loads(gzip.decompress(request.body))


def delivered(receiver, count=1):
    """The first data messages, as soon as they are there."""
    found = receiver.inbox.wait_for(lambda request: payload(request)["messageType"] == "DATA_MESSAGE", count)
    return [payload(request) for request in found]


def subscribe(stream, destination, pattern="", name="f", **more):
    stream.logs.put_subscription_filter(
        logGroupName="g", filterName=name, filterPattern=pattern, destinationArn=destination, **more
    )


def test_a_control_message_comes_first_and_then_what_matches(stream, receiver, root):
    subscribe(stream, f"{receiver.url}/in", "ERROR")
    (control,) = receiver.inbox.wait_for(lambda request: request.path == "/in")
    assert control.headers["content-encoding"] == "gzip"
    assert payload(control)["logEvents"][0]["message"] == CONTROL
    stream.put((-3, "ERROR one"), (-2, "fine"), (-1, "ERROR two"))
    (data,) = delivered(receiver)
    events = data.pop("logEvents")
    assert data == {
        "messageType": "DATA_MESSAGE", "owner": root.key, "logGroup": "g", "logStream": "s", "subscriptionFilters": ["f"]
    }
    assert [(event["timestamp"] - stream.now, event["message"]) for event in events] == [(-3, "ERROR one"), (-1, "ERROR two")]
    assert all(len(event["id"]) == 56 and "extractedFields" not in event for event in events)
    found = stream.logs.filter_log_events(logGroupName="g", filterPattern="ERROR")["events"]
    assert [event["eventId"] for event in found] == [event["id"] for event in events]


def test_fields_of_delimited_patterns_are_extracted(stream, receiver):
    subscribe(stream, receiver.url, "[ip, user, status_code=4*]", emitSystemFields=["@aws.region"])
    stream.put((0, "127.0.0.1 frank 404"))
    (data,) = delivered(receiver)
    assert data["logEvents"][0]["extractedFields"] == {
        "ip": "127.0.0.1", "user": "frank", "status_code": "404", "@aws.region": HOME_REGION
    }


def test_what_was_there_before_is_not_sent(stream, receiver):
    stream.put((-5, "before"))
    subscribe(stream, receiver.url)
    stream.put((0, "after"))
    (data,) = delivered(receiver)
    assert [event["message"] for event in data["logEvents"]] == ["after"]


def test_the_order_of_checks_and_their_words(stream):
    other = f"arn:aws:lambda:{HOME_REGION}:999999999999:function:f"
    with refused("AccessDeniedException", 400) as refusal:
        stream.logs.put_subscription_filter(
            logGroupName="nope", filterName="f", filterPattern="", destinationArn=other
        )
    assert refusal.message.startswith("Cross-account lambda invocation passing is not allowed.")
    for destination, more, text in (
        (f"arn:aws:kinesis:{HOME_REGION}:1:stream/s", {}, "destinationArn for vendor kinesis cannot be used without roleArn"),
        ("http://127.0.0.1:9/", {"roleArn": "arn:aws:iam::1:role/r"}, "destinationArn for vendor http cannot be used with roleArn"),
    ):
        with refused("InvalidParameterException", 400) as refusal:
            subscribe(stream, destination, **more)
        assert refusal.message == text
    with refused("ResourceNotFoundException", 400) as refusal:
        stream.logs.put_subscription_filter(
            logGroupName="nope", filterName="f", filterPattern="", destinationArn="http://127.0.0.1:9/"
        )
    assert refusal.message == "The specified log group does not exist."
    with refused("InvalidParameterException", 400) as refusal:
        subscribe(stream, "http://127.0.0.1:9/")
    assert refusal.message.startswith("Could not deliver test message to specified destination.")
    with refused("InvalidParameterException", 400) as refusal:
        subscribe(stream, "http://127.0.0.1:9/", pattern="a-b")
    assert "Invalid" in refusal.message


def test_two_filters_a_group_and_no_more(stream, receiver):
    for name in ("a", "b"):
        subscribe(stream, receiver.url, name=name)
    with refused("LimitExceededException", 400) as refusal:
        subscribe(stream, receiver.url, name="c")
    assert refusal.message == "Resource limit exceeded."
    subscribe(stream, receiver.url, "x", name="b")
    first, second = stream.logs.describe_subscription_filters(logGroupName="g")["subscriptionFilters"]
    created = second.pop("creationTime")
    assert second == {
        "filterName": "b", "logGroupName": "g", "filterPattern": "x", "destinationArn": receiver.url,
        "distribution": "ByLogStream", "applyOnTransformedLogs": False,
    }
    assert created <= stream.now + 60_000 and first["filterName"] == "a"
    stream.logs.delete_subscription_filter(logGroupName="g", filterName="a")
    with refused("ResourceNotFoundException", 400) as refusal:
        stream.logs.delete_subscription_filter(logGroupName="g", filterName="a")
    assert refusal.message == "The specified subscription filter does not exist."


def test_a_failing_endpoint_gets_everything_once_it_works(make_server, make_receiver):
    statuses = iter([200, 500, 500])
    receiver = make_receiver(answer=lambda _: next(statuses, 200))
    server = make_server().start()
    stream = Stream(server, SERVER_ROOT)
    subscribe(stream, receiver.url)
    stream.put((0, "kept"))
    receiver.inbox.wait_for(lambda _: True, 2)
    for _ in range(4):
        server.move_clock(advance="10s")
    assert [event["message"] for event in delivered(receiver, 3)[-1]["logEvents"]] == ["kept"]


def test_what_was_not_delivered_is_sent_after_a_crash(make_server, make_receiver):
    works = []
    receiver = make_receiver(answer=lambda request: 200 if works or payload(request)["messageType"] != "DATA_MESSAGE" else 503)
    server = make_server(clock="system").start()
    stream = Stream(server, SERVER_ROOT)
    subscribe(stream, receiver.url)
    stream.put((0, "survives"))
    delivered(receiver)
    server.kill()
    works.append(True)
    server.start()
    assert [event["message"] for event in delivered(receiver, 2)[-1]["logEvents"]] == ["survives"]


def test_kinesis_streams_get_records_of_their_stream(make_server, moto):
    kinesis = boto3.client(
        "kinesis", endpoint_url=moto.url, region_name=HOME_REGION, aws_access_key_id="test", aws_secret_access_key="test"
    )
    kinesis.create_stream(StreamName="logs", ShardCount=1)
    server = make_server(options=moto.upstream("kinesis")).start()
    stream = Stream(server, SERVER_ROOT)
    role = {"roleArn": f"arn:aws:iam::{SERVER_ACCOUNT}:role/r"}
    subscribe(stream, f"arn:aws:kinesis:{HOME_REGION}:{SERVER_ACCOUNT}:stream/logs", "{ $.n = 1 }", **role)
    stream.put((0, '{"n": 1}'), (0, '{"n": 2}'))
    server.move_clock(advance="1s")
    shard = kinesis.list_shards(StreamName="logs")["Shards"][0]["ShardId"]
    at = kinesis.get_shard_iterator(StreamName="logs", ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    records = kinesis.get_records(ShardIterator=at)["Records"]
    control, data = [json.loads(gzip.decompress(record["Data"])) for record in records]
    assert control["logEvents"][0]["message"] == "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."
    assert [event["message"] for event in data["logEvents"]] == ['{"n": 1}']
    with refused("InvalidParameterException", 400) as refusal:
        subscribe(stream, f"arn:aws:kinesis:{HOME_REGION}:{SERVER_ACCOUNT}:stream/none", name="b", **role)
    assert refusal.message == (
        "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE state."
    )


def test_functions_are_invoked_with_the_packed_payload(make_server, make_receiver):
    lambdas = make_receiver(answer=lambda request: 204 if request.headers["x-amz-invocation-type"] == "DryRun" else 202)
    host = lambdas.url.removeprefix("http://")
    server = make_server(options=("--upstream", f"lambda=http://test:test@{host}")).start()
    stream = Stream(server, SERVER_ROOT)
    subscribe(stream, f"arn:aws:lambda:{HOME_REGION}:{SERVER_ACCOUNT}:function:f")
    stream.put((0, "hello"))
    (call,) = lambdas.inbox.wait_for(lambda request: request.headers["x-amz-invocation-type"] == "Event")
    data = json.loads(gzip.decompress(base64.b64decode(call.json()["awslogs"]["data"])))
    assert [event["message"] for event in data["logEvents"]] == ["hello"]


def test_destinations_are_subscribed_to_by_name(stream, receiver, root, server, other_root):
    role = f"arn:aws:iam::{root.key}:role/r"
    made = stream.logs.put_destination(destinationName="d", targetArn=receiver.url, roleArn=role)["destination"]
    assert made["arn"] == f"arn:aws:logs:{HOME_REGION}:{root.key}:destination:d" and "accessPolicy" not in made
    subscribe(stream, made["arn"])
    stream.put((0, "by name"))
    assert [event["message"] for event in delivered(receiver)[0]["logEvents"]] == ["by name"]
    other = Stream(server, other_root)
    with refused("AccessDeniedException", 400):
        subscribe(other, made["arn"])
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": other_root.key}, "Action": "logs:PutSubscriptionFilter", "Resource": made["arn"],
    }]})
    stream.logs.put_destination_policy(destinationName="d", accessPolicy=policy)
    (described,) = stream.logs.describe_destinations(DestinationNamePrefix="d")["destinations"]
    assert described["accessPolicy"] == policy
    subscribe(other, made["arn"])
    other.put((0, "from elsewhere"))
    data = delivered(receiver, 2)[-1]
    assert (data["owner"], data["logEvents"][0]["message"]) == (other_root.key, "from elsewhere")
    stream.logs.delete_destination(destinationName="d")
    with refused("ResourceNotFoundException", 400):
        stream.logs.delete_destination(destinationName="d")
