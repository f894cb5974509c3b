"""Trails and exports that deliver to the buckets of an upstream, which is moto."""

import gzip
import json
import time
from datetime import datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from harness import HOME_REGION
from receivers import Moto

BUCKET = "acme-trail"
WAIT_SECONDS_MAX = 60


def s3_of(moto):
    """A client of the upstream's buckets."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client("s3", region_name=HOME_REGION, endpoint_url=moto.url, **keys)


class World:
    """A server whose buckets are moto's, and a trail with validation."""

    def __init__(self, make_server, moto, root):
        self.server = make_server(options=moto.upstream("s3")).start()
        self.root, self.moto, self.s3 = root, moto, s3_of(moto)
        self.s3.create_bucket(Bucket=BUCKET)
        self.trails = self.server.client("cloudtrail", root)
        self.sns = self.server.client("sns", root)
        self.arn = f"arn:aws:cloudtrail:{HOME_REGION}:{root.key}:trail/main"

    def start(self):
        self.trails.create_trail(Name="main", S3BucketName=BUCKET, EnableLogFileValidation=True)
        self.trails.start_logging(Name="main")

    def now(self):
        return datetime.fromisoformat(self.server.now())

    def advance(self, how_long):
        self.server.move_clock(advance=how_long)

    def objects(self, s3, folder):
        prefix = f"AWSLogs/{self.root.key}/{folder}/"
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return [s3.get_object(Bucket=BUCKET, Key=key) for key in keys if key.endswith(".json.gz")]

    def records(self, s3):
        """All records of all log files."""
        bodies = [found["Body"].read() for found in self.objects(s3, "CloudTrail")]
        return [record for body in bodies for record in json.loads(gzip.decompress(body))["Records"]]

    def until_called_again(self):
        """An upstream that failed several times is left in peace for some seconds of the machine's clock."""
        through = self.server.client("s3", self.root)
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while True:
            try:
                return through.list_buckets()
            except ClientError as refused:
                assert refused.response["Error"]["Code"] == "ServiceUnavailable" and time.monotonic() < deadline, refused

    def validate(self, since):
        """What `aws cloudtrail validate-logs` says, its buckets being the upstream's."""
        times = [at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in (since, self.now() + timedelta(hours=1))]
        bounds = ("--start-time", times[0], "--end-time", times[1])
        arguments = ("cloudtrail", "validate-logs", "--trail-arn", self.arn, *bounds, "--verbose")
        environment = {"AWS_ENDPOINT_URL_S3": self.moto.url}
        ended = self.server.cli(*arguments, credentials=self.root, environment=environment)
        return ended.returncode, ended.stdout + ended.stderr


@pytest.fixture
def world(make_server, moto, root):
    return World(make_server, moto, root)


def test_files_and_digests_are_in_the_upstreams_bucket_and_the_cli_finds_them_valid(world):
    since = world.now() - timedelta(hours=2)
    world.start()
    for number in range(3):
        world.sns.create_topic(Name=f"topic-{number}")
        world.advance("1h")
    names = [record["eventName"] for record in world.records(world.s3)]
    assert names.count("CreateTopic") == 3
    for folder, described in (("CloudTrail", False), ("CloudTrail-Digest", True)):
        for found in world.objects(world.s3, folder):
            assert (found["ContentType"], found["ContentEncoding"]) == ("application/json", "gzip")
            assert found["ServerSideEncryption"] == "AES256"
            assert ("signature" in found["Metadata"]) == described
    code, said = world.validate(since)
    assert code == 0, said
    assert "4/4 digest files valid" in said and "INVALID" not in said
    status = world.trails.get_trail_status(Name="main")
    assert "LatestDeliveryTime" in status and "LatestDeliveryError" not in status


def test_a_bucket_that_the_upstream_has_not_is_refused(world):
    with pytest.raises(ClientError) as refused:
        world.trails.create_trail(Name="main", S3BucketName="no-such-bucket")
    error = refused.value.response["Error"]
    assert error == {"Code": "S3BucketDoesNotExistException", "Message": "S3 bucket no-such-bucket does not exist!"}


def test_what_happened_while_the_upstream_was_away_is_delivered_once(world, tmp_path):
    world.start()
    world.advance("6m")
    world.moto.close()
    for number in range(5):
        world.sns.create_topic(Name=f"topic-{number}")
    world.advance("6m")
    assert world.trails.get_trail_status(Name="main")["LatestDeliveryError"] == "ServiceUnavailable"
    again = Moto(tmp_path, port=world.moto.port)
    try:
        s3 = s3_of(again)
        world.until_called_again()
        world.advance("11m")
        # It came back without its buckets.
        assert world.trails.get_trail_status(Name="main")["LatestDeliveryError"] == "NoSuchBucket"
        s3.create_bucket(Bucket=BUCKET)
        world.advance("11m")
        assert "LatestDeliveryError" not in world.trails.get_trail_status(Name="main")
        names = [record["eventName"] for record in world.records(s3)]
        assert names.count("CreateTopic") == 5
        identities = [record["eventID"] for record in world.records(s3)]
        assert len(set(identities)) == len(identities)
    finally:
        again.close()


def test_log_events_are_exported_to_the_upstreams_bucket(world):
    logs = world.server.client("logs", world.root)
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    at = int(world.now().timestamp() * 1000)
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": at - 1, "message": "hello"}])
    task = logs.create_export_task(logGroupName="g", fromTime=at - 10, to=at + 1, destination=BUCKET)["taskId"]
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while (status := logs.describe_export_tasks(taskId=task)["exportTasks"][0]["status"])["code"] != "COMPLETED":
        assert status["code"] in ("PENDING", "RUNNING") and time.monotonic() < deadline, status
    body = world.s3.get_object(Bucket=BUCKET, Key=f"exportedlogs/{task}/s/000000.gz")["Body"].read()
    assert gzip.decompress(body).decode().endswith(" hello\n")
    with pytest.raises(ClientError) as refused:
        logs.create_export_task(logGroupName="g", fromTime=0, to=at, destination="no-such-bucket")
    assert "The given bucket does not exist" in refused.value.response["Error"]["Message"]
