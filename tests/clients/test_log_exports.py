"""Exports of log events to buckets (logs.md §6)."""

import gzip
import json
import time

import pytest

from buckets import body_of
from harness import HOME_REGION, SERVER_ACCOUNT, SERVER_ROOT
from refusals import refused
from test_log_events import Stream

WAIT_SECONDS_MAX = 60


@pytest.fixture
def world(make_server):
    server = make_server().start()
    stream = Stream(server, SERVER_ROOT)
    stream.server = server
    stream.s3 = server.client("s3")
    for name in ("my-logs", "closed"):
        stream.s3.create_bucket(Bucket=name)
    service = {"Service": f"logs.{HOME_REGION}.amazonaws.com"}
    acl = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceAccount": SERVER_ACCOUNT}}
    statements = [
        {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::my-logs"},
        {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::my-logs/*",
         "Condition": acl},
    ]
    policy = {"Version": "2012-10-17", "Statement": statements}
    stream.s3.put_bucket_policy(Bucket="my-logs", Policy=json.dumps(policy))
    return stream


def export(stream, **how):
    given = {"logGroupName": "g", "fromTime": stream.now - 10_000, "to": stream.now + 1, "destination": "my-logs"} | how
    return stream.logs.create_export_task(**given)["taskId"]


def described(stream, task):
    (found,) = stream.logs.describe_export_tasks(taskId=task)["exportTasks"]
    return found


def completed(stream, task):
    """What is said of the task once it has ended: it is worked on beside the calls."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while described(stream, task)["status"]["code"] in ("PENDING", "RUNNING"):
        assert time.monotonic() < deadline
    return described(stream, task)


def test_events_become_lines_of_an_object_a_stream(world):
    world.logs.create_log_stream(logGroupName="g", logStreamName="a/b")
    world.put((-3, "one"), (-2, "two"), (1, "after the end"))
    event = {"timestamp": world.now - 1, "message": "three"}
    world.logs.put_log_events(logGroupName="g", logStreamName="a/b", logEvents=[event])
    task = export(world, taskName="mine")
    found = completed(world, task)
    assert found["status"] == {"code": "COMPLETED", "message": "Completed successfully"}
    assert (found["taskName"], found["destinationPrefix"]) == ("mine", "exportedlogs")
    assert found["executionInfo"]["completionTime"] >= found["executionInfo"]["creationTime"]
    assert body_of(world.s3, "my-logs", "aws-logs-write-test") == b"Permission Check Successful"
    lines = gzip.decompress(body_of(world.s3, "my-logs", f"exportedlogs/{task}/s/000000.gz")).decode().splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["one", "two"]
    assert len(lines[0].split(" ")[0]) == len("2026-01-01T00:00:00.000Z")
    other = gzip.decompress(body_of(world.s3, "my-logs", f"exportedlogs/{task}/a-b/000000.gz")).decode()
    assert other.endswith(" three\n")


def test_what_cannot_be_exported_is_refused_in_the_services_words(world):
    for how, code, text in (
        ({"destination": "none"}, "InvalidParameterException",
         "The given bucket does not exist. Please make sure the bucket is valid."),
        ({"destination": "closed"}, "InvalidParameterException",
         "GetBucketAcl call on the given bucket failed. Please check if CloudWatch Logs has been granted permission "
         "to perform this operation."),
        ({"logGroupName": "none"}, "ResourceNotFoundException", "The specified log group does not exist."),
        ({"to": 5, "fromTime": 5}, "InvalidParameterException",
         "The specified time range is invalid: from must be before to."),
        ({"destinationPrefix": "../x"}, "InvalidParameterException", "The destination prefix is invalid."),
    ):
        with refused(code, 400) as refusal:
            export(world, **how)
        assert refusal.message == text
    assert world.logs.describe_export_tasks()["exportTasks"] == []


def test_finished_and_unknown_tasks_cannot_be_cancelled(world):
    task = export(world)
    completed(world, task)
    with refused("InvalidOperationException", 400) as refusal:
        world.logs.cancel_export_task(taskId=task)
    assert refusal.message == "The specified export task has already finished"
    with refused("ResourceNotFoundException", 400) as refusal:
        world.logs.cancel_export_task(taskId="nope")
    assert refusal.message == "The specified export task does not exist."
    assert world.logs.describe_export_tasks(taskId="nope")["exportTasks"] == []
    assert world.logs.describe_export_tasks(statusCode="COMPLETED")["exportTasks"][0]["taskId"] == task

