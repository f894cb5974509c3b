"""Trails by real clients: boto3, and the AWS CLI's own validation of what was delivered."""

import gzip
import json
from datetime import datetime, timedelta

import pytest
from botocore.exceptions import ClientError

BUCKET = "acme-trail"


def policy(bucket, account, trail_arn):
    """The policy that AWS's guide gives for a bucket of a trail."""
    service = {"Service": "cloudtrail.amazonaws.com"}
    source = {"aws:SourceArn": trail_arn}
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": service,
                    "Action": "s3:GetBucketAcl",
                    "Resource": f"arn:aws:s3:::{bucket}",
                    "Condition": {"StringEquals": source},
                },
                {
                    "Effect": "Allow",
                    "Principal": service,
                    "Action": "s3:PutObject",
                    "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/{account}/*",
                    "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", **source}},
                },
            ],
        }
    )


def now(server):
    """The server's time."""
    return datetime.fromisoformat(server.now())


class Trail:
    """A trail with validation on a server of its own, and what it delivered."""

    def __init__(self, server, root, region="us-east-1"):
        self.server, self.root, self.region = server, root, region
        self.reconnect()
        self.arn = f"arn:aws:cloudtrail:{region}:{root.key}:trail/main"
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(BUCKET, root.key, self.arn))

    def reconnect(self):
        """Finds the server again after it was started anew."""
        self.s3 = self.server.client("s3", self.root)
        self.trails = self.server.client("cloudtrail", self.root)

    def start(self, **more):
        self.trails.create_trail(Name="main", S3BucketName=BUCKET, EnableLogFileValidation=True, **more)
        self.trails.start_logging(Name="main")

    def keys(self, folder):
        prefix = f"AWSLogs/{self.root.key}/{folder}/"
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        found = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return [key for key in found if key.endswith(".json.gz")]

    def records(self):
        """All records of all log files."""
        records = []
        for key in self.keys("CloudTrail"):
            body = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            records += json.loads(gzip.decompress(body))["Records"]
        return records

    def validate(self, since):
        """What `aws cloudtrail validate-logs` says: its exit code and its output."""
        times = [time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in (since, now(self.server) + timedelta(hours=1))]
        bounds = ("--start-time", times[0], "--end-time", times[1])
        arguments = ("cloudtrail", "validate-logs", "--trail-arn", self.arn, *bounds, "--verbose")
        ended = self.server.cli(*arguments, credentials=self.root)
        return ended.returncode, ended.stdout + ended.stderr

    def advance(self, time):
        self.server.move_clock(advance=time)


@pytest.fixture
def trail(make_server, root):
    return Trail(make_server().start(), root)


def test_every_call_is_in_one_log_file(trail):
    trail.start()
    sns = trail.server.client("sns", trail.root)
    for number in range(20):
        sns.create_topic(Name=f"topic-{number}")
    trail.advance("6m")
    for number in range(20):
        sns.delete_topic(TopicArn=f"arn:aws:sns:us-east-1:{trail.root.key}:topic-{number}")
    trail.advance("6m")
    records = trail.records()
    names = [record["eventName"] for record in records]
    assert names.count("CreateTopic") == 20
    assert names.count("DeleteTopic") == 20
    assert len({record["eventID"] for record in records}) == len(records)


def test_the_cli_finds_the_chain_valid_and_every_damage(trail):
    since = now(trail.server) - timedelta(hours=2)
    trail.start()
    for number in range(3):
        trail.server.client("sns", trail.root).create_topic(Name=f"topic-{number}")
        trail.advance("1h")
    code, said = trail.validate(since)
    assert code == 0, said
    assert "4/4 digest files valid" in said and "INVALID" not in said
    log = trail.keys("CloudTrail")[0]
    digest = trail.keys("CloudTrail-Digest")[1]
    kept = {key: trail.s3.get_object(Bucket=BUCKET, Key=key) for key in (log, digest)}
    bodies = {key: answer["Body"].read() for key, answer in kept.items()}

    trail.s3.delete_object(Bucket=BUCKET, Key=log)
    code, said = trail.validate(since)
    assert code == 1 and f"Log file\ts3://{BUCKET}/{log}\tINVALID: not found" in said

    changed = gzip.compress(gzip.decompress(bodies[log]).replace(b"CreateTopic", b"DeleteTopic"))
    trail.s3.put_object(Bucket=BUCKET, Key=log, Body=changed)
    code, said = trail.validate(since)
    assert code == 1 and f"Log file\ts3://{BUCKET}/{log}\tINVALID: hash value doesn't match" in said

    trail.s3.put_object(Bucket=BUCKET, Key=log, Body=bodies[log])
    changed = gzip.compress(gzip.decompress(bodies[digest]).replace(b'"logFiles"', b' "logFiles"'))
    trail.s3.put_object(Bucket=BUCKET, Key=digest, Body=changed, Metadata=kept[digest]["Metadata"])
    code, said = trail.validate(since)
    assert code == 1 and f"Digest file\ts3://{BUCKET}/{digest}\tINVALID: signature verification failed" in said


def test_stopping_and_starting_leaves_a_gap_and_no_damage(trail):
    since = now(trail.server) - timedelta(hours=2)
    trail.start()
    trail.advance("30m")
    trail.trails.stop_logging(Name="main")
    trail.advance("3h")
    trail.trails.start_logging(Name="main")
    trail.advance("1h")
    code, said = trail.validate(since)
    assert code == 0, said
    assert "No log files were delivered by CloudTrail between" in said


def test_a_bucket_whose_policy_does_not_let_trails_in_is_refused(trail):
    trail.s3.delete_bucket_policy(Bucket=BUCKET)
    with pytest.raises(ClientError) as refused:
        trail.start()
    error = refused.value.response["Error"]
    assert error["Code"] == "InsufficientS3BucketPolicyException"
    assert error["Message"] == f"Incorrect S3 bucket policy is detected for bucket: {BUCKET}"


def test_objects_are_in_the_trail_that_selects_them_and_never_in_the_history(trail):
    trail.start()
    trail.s3.create_bucket(Bucket="data")
    selector = {"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::data/in/"]}]}
    trail.trails.put_event_selectors(TrailName="main", EventSelectors=[selector])
    trail.s3.put_object(Bucket="data", Key="in/a", Body=b"a")
    trail.s3.put_object(Bucket="data", Key="out/a", Body=b"a")
    trail.advance("6m")
    put = [record["requestParameters"]["key"] for record in trail.records() if record["eventName"] == "PutObject"]
    assert put == ["in/a"]
    attribute = {"AttributeKey": "EventName", "AttributeValue": "PutObject"}
    assert trail.trails.lookup_events(LookupAttributes=[attribute])["Events"] == []
