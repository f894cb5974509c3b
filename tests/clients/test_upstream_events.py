"""What the server itself does through upstreams, in the trail and in the metrics (docs/gateway.md)."""

import gzip
import json
import time
from datetime import datetime, timedelta

import boto3
import pytest

from harness import HOME_REGION, SERVER_ACCOUNT, SERVER_ROOT, Credentials
from metrics import dimensions
from policies import allow, document
from receivers import WAIT_SECONDS_MAX, free_port
from test_alarm_actions import AUTOMATE, breach, launch, put_alarm, state_of
from test_log_events import Stream
from test_log_subscriptions import subscribe
from test_sns_delivery import made_queue, queues, received
from test_trail_selections import advanced
from test_trails import policy

BUCKET = "upstream-events"


def of_moto(moto, service):
    """A client of moto, around the server."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, region_name=HOME_REGION, endpoint_url=moto.url, **keys)


class DataTrail:
    """A trail of the data events on one type of resource."""

    def __init__(self, server, root, resource_type, **more):
        self.server, self.account = server, root.key if root is not SERVER_ROOT else SERVER_ACCOUNT
        self.s3, self.trails = server.client("s3", root), server.client("cloudtrail", root)
        arn = f"arn:aws:cloudtrail:{HOME_REGION}:{self.account}:trail/main"
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(BUCKET, self.account, arn))
        self.trails.create_trail(Name="main", S3BucketName=BUCKET, **more)
        self.trails.put_event_selectors(
            TrailName="main", **advanced(resources_type=("Equals", [resource_type]))
        )
        self.trails.start_logging(Name="main")

    def records(self, name, count):
        """The records of this name in all files, oldest first, as soon as there are so many."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while True:
            # What waits is delivered first.
            self.server.move_clock(advance="6m")
            found = sorted((one for one in self._delivered() if one["eventName"] == name), key=lambda one: one["eventTime"])
            if len(found) >= count or time.monotonic() > deadline:
                assert len(found) == count
                return found

    def _delivered(self):
        entries = self.s3.list_objects_v2(Bucket=BUCKET, Prefix="AWSLogs/").get("Contents", [])
        for entry in entries:
            if entry["Key"].endswith(".json.gz"):
                body = self.s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
                yield from json.loads(gzip.decompress(body))["Records"]


def is_by(record, service, source):
    """Asserts what all events of services have in common."""
    assert record["userIdentity"] == {"type": "AWSService", "invokedBy": service}
    assert (record["sourceIPAddress"], record["userAgent"]) == (service, service)
    assert record["eventType"] == "AwsServiceEvent" and record["responseElements"] is None
    assert record.get("serviceEventDetails") == (source and {"sourceArn": source})
    assert "tlsDetails" not in record


@pytest.fixture
def server(make_server, moto):
    """A server with moto's instances behind it."""
    return make_server(options=moto.upstream("ec2")).start()


def test_an_alarm_that_stops_an_instance_is_in_the_history(server, moto):
    ec2 = of_moto(moto, "ec2")
    instance = launch(ec2)
    dims = dimensions(InstanceId=instance)
    put_alarm(server, dims=dims, AlarmActions=[f"{AUTOMATE}stop"])
    breach(server, dims)
    assert state_of(ec2, instance) == "stopped"
    (record,) = server.records(EventName="StopInstances")
    is_by(record, "cloudwatch.amazonaws.com", f"arn:aws:cloudwatch:{HOME_REGION}:{SERVER_ACCOUNT}:alarm:busy")
    assert record["eventSource"] == "ec2.amazonaws.com" and record["awsRegion"] == HOME_REGION
    assert record["requestParameters"] == {"instancesSet": {"items": [{"instanceId": instance}]}}
    assert record["managementEvent"] is True and record["readOnly"] is False and "errorCode" not in record
    assert record["recipientAccountId"] == SERVER_ACCOUNT and record["requestID"]
    (event,) = server.events(LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": instance}])
    assert event["EventId"] == record["eventID"] and "Username" not in event
    assert event["Resources"] == [{"ResourceType": "AWS::EC2::Instance", "ResourceName": instance}]


def test_what_the_upstream_refuses_is_recorded_with_its_error(server):
    dims = dimensions(InstanceId="i-0123456789abcdef0")
    put_alarm(server, dims=dims, AlarmActions=[f"{AUTOMATE}stop"])
    breach(server, dims)
    (record,) = server.records(EventName="StopInstances")
    assert record["errorCode"] == "Client.InvalidInstanceID.NotFound"
    assert "i-0123456789abcdef0" in record["errorMessage"]


def test_an_upstream_that_is_away_is_recorded_once_however_often_it_is_tried(make_server):
    port = free_port()
    server = make_server(options=("--upstream", f"ec2=http://test:test@127.0.0.1:{port}")).start()
    dims = dimensions(InstanceId="i-0123456789abcdef0")
    put_alarm(server, dims=dims, AlarmActions=[f"{AUTOMATE}stop"])
    breach(server, dims)
    for _ in range(8):
        server.move_clock(advance="1m")
    tries = server.client("cloudwatch").describe_alarm_history(AlarmName="busy", HistoryItemType="Action")
    assert len(tries["AlarmHistoryItems"]) == 4
    (record,) = server.records(EventName="StopInstances")
    assert record["errorCode"] == "ServiceUnavailable" and "requestID" not in record
    assert total(server, "UpstreamFailures", Upstream=f"127.0.0.1:{port}") == 4


def test_without_an_upstream_nothing_is_called_and_nothing_recorded(make_server):
    server = make_server().start()
    dims = dimensions(InstanceId="i-0123456789abcdef0")
    put_alarm(server, dims=dims, AlarmActions=[f"{AUTOMATE}stop"])
    breach(server, dims)
    tries = server.client("cloudwatch").describe_alarm_history(AlarmName="busy", HistoryItemType="Action")
    assert "no upstream is configured" in tries["AlarmHistoryItems"][0]["HistoryData"]
    assert server.records(EventName="StopInstances") == []


def test_messages_to_queues_are_in_the_files_of_a_trail_without_their_text(make_server, moto):
    sqs = queues(moto)
    url, arn = made_queue(sqs, "orders")
    root = Credentials(arn.split(":")[4], "test")
    server = make_server(options=moto.upstream("sqs")).start()
    trail = DataTrail(server, root, "AWS::SQS::Queue")
    sns = server.client("sns", root)
    topic = sns.create_topic(Name="orders")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="confidential")
    server.move_clock(advance="1s")
    assert len(received(sqs, url)) == 1
    (record,) = trail.records("SendMessage", 1)
    is_by(record, "sns.amazonaws.com", topic)
    assert record["requestParameters"] == {"queueUrl": url}
    assert record["resources"] == [{"accountId": root.key, "type": "AWS::SQS::Queue", "ARN": arn}]
    assert record["managementEvent"] is False and record["eventCategory"] == "Data"
    assert "confidential" not in json.dumps(record)
    (asked,) = trail.records("GetQueueUrl", 1)
    assert asked["readOnly"] is True
    assert server.records(root, EventName="SendMessage") == [], "data events are not in the history"


def test_payloads_of_subscriptions_are_in_the_files_of_a_trail(make_server, moto):
    of_moto(moto, "kinesis").create_stream(StreamName="logs", ShardCount=1)
    server = make_server(options=moto.upstream("kinesis")).start()
    trail = DataTrail(server, SERVER_ROOT, "AWS::Kinesis::Stream")
    stream = Stream(server, SERVER_ROOT)
    destination = f"arn:aws:kinesis:{HOME_REGION}:{SERVER_ACCOUNT}:stream/logs"
    subscribe(stream, destination, roleArn=f"arn:aws:iam::{SERVER_ACCOUNT}:role/r")
    stream.put((0, "confidential"))
    # Files of a trail have no order.
    tested, sent = sorted(trail.records("PutRecord", 2), key=lambda one: "serviceEventDetails" in one)
    is_by(tested, "logs.amazonaws.com", None)
    is_by(sent, "logs.amazonaws.com", f"arn:aws:logs:{HOME_REGION}:{SERVER_ACCOUNT}:log-group:g")
    assert sent["eventSource"] == "kinesis.amazonaws.com"
    assert sent["requestParameters"].keys() == {"streamName", "partitionKey"}
    assert sent["requestParameters"]["streamName"] == "logs"
    assert [one["ARN"] for one in sent["resources"]] == [destination]


def test_what_goes_on_from_the_log_group_of_a_trail_is_not_the_reason_for_more(make_server, moto):
    kinesis = of_moto(moto, "kinesis")
    kinesis.create_stream(StreamName="logs", ShardCount=1)
    server = make_server(options=moto.upstream("kinesis")).start()
    iam, logs = server.client("iam"), server.client("logs")
    service = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="trail", AssumeRolePolicyDocument=document(service))["Role"]["Arn"]
    writes = allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"arn:aws:logs:*:{SERVER_ACCOUNT}:log-group:trail:*")
    iam.put_role_policy(RoleName="trail", PolicyName="writes", PolicyDocument=document(writes))
    logs.create_log_group(logGroupName="trail")
    group = f"arn:aws:logs:{HOME_REGION}:{SERVER_ACCOUNT}:log-group:trail:*"
    destination = f"arn:aws:kinesis:{HOME_REGION}:{SERVER_ACCOUNT}:stream/logs"
    trail = DataTrail(
        server, SERVER_ROOT, "AWS::Kinesis::Stream", CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role
    )
    logs.put_subscription_filter(
        logGroupName="trail", filterName="f", filterPattern="", destinationArn=destination, roleArn=role
    )
    logs.create_log_group(logGroupName="other")
    for probe in ("probe-1", "probe-2"):
        # The test of a destination is recorded, comes to the trail's group, and goes on from there to the stream.
        kinesis.create_stream(StreamName=probe, ShardCount=1)
        destination = f"arn:aws:kinesis:{HOME_REGION}:{SERVER_ACCOUNT}:stream/{probe}"
        logs.put_subscription_filter(
            logGroupName="other", filterName="f", filterPattern="", destinationArn=destination, roleArn=role
        )
        sent = records_sent_on(kinesis, probe)
    assert {one["eventName"] for one in sent} == {"PutRecord"}
    assert {one["requestParameters"]["partitionKey"] for one in sent} == {"control"}
    assert {one["requestParameters"]["partitionKey"] for one in trail.records("PutRecord", 3)} == {"control"}


def records_sent_on(kinesis, last):
    """The records of a trail in the stream, as soon as one of the stream `last` is there."""
    shard = kinesis.list_shards(StreamName="logs")["Shards"][0]["ShardId"]
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        start = kinesis.get_shard_iterator(StreamName="logs", ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        records = kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]
        payloads = [json.loads(gzip.decompress(record["Data"])) for record in records]
        data = [payload for payload in payloads if payload["messageType"] == "DATA_MESSAGE"]
        found = [json.loads(event["message"]) for payload in data for event in payload["logEvents"]]
        if any(one["requestParameters"]["streamName"] == last for one in found):
            return found
        assert time.monotonic() < deadline, payloads


def total(server, name, **dims):
    """The sum of a metric of the server's own, over the last hour."""
    server.move_clock(advance="2m")
    end = datetime.fromisoformat(server.now())
    answer = server.client("cloudwatch").get_metric_statistics(
        Namespace="Trailwatch",
        MetricName=name,
        Dimensions=dimensions(**dims),
        StartTime=end - timedelta(hours=1),
        EndTime=end,
        Period=3600,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in answer["Datapoints"])


def test_calls_to_an_upstream_are_counted_by_upstream_and_service(server, moto):
    instance = launch(of_moto(moto, "ec2"))
    dims = dimensions(InstanceId=instance)
    put_alarm(server, dims=dims, AlarmActions=[f"{AUTOMATE}stop"])
    breach(server, dims)
    upstream = f"127.0.0.1:{moto.port}"
    assert total(server, "UpstreamCalls", Upstream=upstream) == 1
    assert total(server, "UpstreamCalls", Service="ec2", Upstream=upstream) == 1
    assert total(server, "UpstreamFailures", Upstream=upstream) == 0
    assert total(server, "UpstreamLatency", Service="ec2", Upstream=upstream) > 0
    assert total(server, "UpstreamBytesOut", Upstream=upstream) > 0
    page = server.page("/_trailwatch/metrics")[1]
    assert f'trailwatch_upstream_service_calls_total{{upstream="{upstream}",service="ec2"}} 1' in page
