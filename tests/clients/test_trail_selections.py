"""What trails select, counted: a seeded random mix of calls, and each trail delivers exactly those it should.

TRAIL_MIX_CALLS   how many calls the mix is of (default 300)
TRAIL_MIX_SEED    where it starts (default 7)
"""

import gzip
import json
import os
import random
from collections import Counter

import pytest

from harness import Credentials, Server
from test_trails import policy

CALLS = int(os.environ.get("TRAIL_MIX_CALLS", "300"))
SEED = int(os.environ.get("TRAIL_MIX_SEED", "7"))

MANAGEMENT = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}


def basic(kind, management, *values):
    """A basic selector: what of which kind, and of which objects."""
    selector = {"ReadWriteType": kind, "IncludeManagementEvents": management}
    if values:
        selector["DataResources"] = [{"Type": "AWS::S3::Object", "Values": list(values)}]
    return {"EventSelectors": [selector]}


def advanced(**fields):
    """An advanced selector of data events: what each field must be."""
    wanted = [{"Field": "eventCategory", "Equals": ["Data"]}]
    for name, (operator, values) in fields.items():
        wanted.append({"Field": name.replace("_", "."), operator: values})
    return {"AdvancedEventSelectors": [{"FieldSelectors": wanted}]}


def is_management(call):
    return call[0] == "Management"


def is_object(call):
    return call[0] == "AWS::S3::Object"


# What a trail selects, and which calls it should deliver. A call is its class, name, whether it reads, and its ARN.
SELECTIONS = {
    "reads": (basic("ReadOnly", True), lambda call: is_management(call) and call[2]),
    "writes": (basic("WriteOnly", True), lambda call: is_management(call) and not call[2]),
    "everything-of-a-prefix": (
        basic("All", False, "arn:aws:s3:::mix-one/in/"),
        lambda call: is_object(call) and call[3].startswith("arn:aws:s3:::mix-one/in/"),
    ),
    "reads-of-all-buckets": (basic("ReadOnly", False, "arn:aws:s3"), lambda call: is_object(call) and call[2]),
    "writes-of-two": (
        basic("WriteOnly", False, "arn:aws:s3:::mix-one/in/", "arn:aws:s3:::mix-two/"),
        lambda call: is_object(call)
        and not call[2]
        and call[3].startswith(("arn:aws:s3:::mix-one/in/", "arn:aws:s3:::mix-two/")),
    ),
    "publishes": (
        advanced(resources_type=("Equals", ["AWS::SNS::Topic"])),
        lambda call: call[0] == "AWS::SNS::Topic",
    ),
    "publishes-to-one": (
        advanced(resources_type=("Equals", ["AWS::SNS::Topic"]), resources_ARN=("EndsWith", [":mix-b"])),
        lambda call: call[0] == "AWS::SNS::Topic" and call[3].endswith(":mix-b"),
    ),
    "puts-but-not-of-a-prefix": (
        advanced(
            resources_type=("Equals", ["AWS::S3::Object"]),
            eventName=("Equals", ["PutObject"]),
            resources_ARN=("NotStartsWith", ["arn:aws:s3:::mix-one/in/"]),
        ),
        lambda call: is_object(call) and call[1] == "PutObject" and not call[3].startswith("arn:aws:s3:::mix-one/in/"),
    ),
    "management-and-publishes": (
        {
            "AdvancedEventSelectors": [
                MANAGEMENT,
                *advanced(resources_type=("Equals", ["AWS::SNS::Topic"]))["AdvancedEventSelectors"],
            ]
        },
        lambda call: is_management(call) or call[0] == "AWS::SNS::Topic",
    ),
}


class Mix:
    """Calls at random; knows what each was."""

    def __init__(self, server, root):
        self.random = random.Random(SEED)
        self.sns, self.s3 = server.client("sns", root), server.client("s3", root)
        self.iam = server.client("iam", root)
        self.topics = [self.sns.create_topic(Name=f"mix-{name}")["TopicArn"] for name in "ab"]
        names = [f"{folder}/{number}" for folder in ("in", "out") for number in range(3)]
        self.keys = [(bucket, name) for bucket in ("mix-one", "mix-two") for name in names]
        for bucket in ("mix-one", "mix-two"):
            self.s3.create_bucket(Bucket=bucket)
        for bucket, key in self.keys:
            self.s3.put_object(Bucket=bucket, Key=key, Body=b"before")
        self.sent = []

    def call(self):
        kind = self.random.choice(["topic", "list", "user", "put", "get", "head", "delete", "publish", "batch"])
        bucket, key = self.random.choice(self.keys)
        arn, topic = f"arn:aws:s3:::{bucket}/{key}", self.random.choice(self.topics)
        if kind == "topic":
            self.sns.create_topic(Name=f"made-{self.random.randrange(9)}")
            self.note("Management", "CreateTopic", False)
        elif kind == "list":
            self.sns.list_topics()
            self.note("Management", "ListTopics", True)
        elif kind == "user":
            self.iam.list_users()
            self.note("Management", "ListUsers", True)
        elif kind == "put":
            self.s3.put_object(Bucket=bucket, Key=key, Body=b"x")
            self.note("AWS::S3::Object", "PutObject", False, arn)
        elif kind == "get":
            self.s3.put_object(Bucket=bucket, Key=key, Body=b"x")
            self.note("AWS::S3::Object", "PutObject", False, arn)
            self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            self.note("AWS::S3::Object", "GetObject", True, arn)
        elif kind == "head":
            self.s3.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
            self.note("AWS::S3::Object", "PutObjectTagging", False, arn)
            self.s3.head_object(Bucket=bucket, Key=key)
            self.note("AWS::S3::Object", "HeadObject", True, arn)
        elif kind == "delete":
            self.s3.delete_object(Bucket=bucket, Key=f"{key}-gone")
            self.note("AWS::S3::Object", "DeleteObject", False, f"{arn}-gone")
        elif kind == "publish":
            self.sns.publish(TopicArn=topic, Message="m")
            self.note("AWS::SNS::Topic", "Publish", False, topic)
        else:
            entries = [{"Id": "1", "Message": "m"}, {"Id": "2", "Message": "n"}]
            self.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
            self.note("AWS::SNS::Topic", "PublishBatch", False, topic)

    def note(self, kind, name, reads, arn=None):
        self.sent.append((kind, name, reads, arn))


@pytest.fixture(scope="module")
def delivered(tmp_path_factory):
    """What was sent, and by each selection what its trail delivered."""
    # Five trails to a server's account and region, so that there are two accounts.
    server = Server(tmp_path_factory.mktemp("mix") / "data").start()
    try:
        names = list(SELECTIONS)
        found = {}
        for number, part in enumerate((names[:5], names[5:])):
            found.update(deliver(server, Credentials(f"31000000010{number}", "test"), part, f"mix-log-{number}"))
            for bucket in ("mix-one", "mix-two"):
                empty(server.client("s3", Credentials(f"31000000010{number}", "test")), bucket)
        yield found
    finally:
        server.end()


def empty(s3, bucket):
    """Takes a bucket away: its name is needed again."""
    for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=entry["Key"])
    s3.delete_bucket(Bucket=bucket)


def deliver(server, root, names, bucket):
    """Sends the mix under some trails, which deliver below a prefix each; gives what was sent and delivered."""
    trails, s3 = server.client("cloudtrail", root), server.client("s3", root)
    mix = Mix(server, root)
    s3.create_bucket(Bucket=bucket)
    arns = [f"arn:aws:cloudtrail:us-east-1:{root.key}:trail/{name}" for name in names]
    document = json.loads(policy(bucket, root.key, arns))
    # Each trail delivers below a prefix of its own.
    document["Statement"][1]["Resource"] = f"arn:aws:s3:::{bucket}/*"
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
    for name in names:
        trails.create_trail(Name=name, S3BucketName=bucket, S3KeyPrefix=name, IsMultiRegionTrail=True)
    for name in names:
        trails.put_event_selectors(TrailName=name, **SELECTIONS[name][0])
        trails.start_logging(Name=name)
    server.move_clock(advance="6m")
    for _ in range(CALLS):
        mix.call()
    for name in names:
        trails.stop_logging(Name=name)
    server.move_clock(advance="6m")
    found = {}
    for name in names:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{name}/")
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        records = []
        for key in keys:
            if key.endswith(".json.gz"):
                records += json.loads(gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))["Records"]
        found[name] = (mix.sent, records)
    return found


def as_sent(record):
    """A record as the mix notes calls."""
    if record["eventCategory"] == "Management":
        return ("Management", record["eventName"], record["readOnly"], None)
    kinds = {"AWS::S3::Object": "ARN", "AWS::SNS::Topic": "ARN"}
    resource = next(one for one in record["resources"] if one["type"] in kinds)
    return (resource["type"], record["eventName"], record["readOnly"], resource.get("ARN"))


# What the test itself calls to set up trails and to read what they delivered.
OWN = {"PutEventSelectors", "StartLogging", "StopLogging", "CreateTrail", "CreateBucket", "PutBucketPolicy"}


@pytest.mark.parametrize("name", SELECTIONS)
def test_a_trail_delivers_what_it_selects_and_nothing_else(delivered, name):
    sent, records = delivered[name]
    wanted = SELECTIONS[name][1]
    expected = Counter(call for call in sent if wanted(call))
    found = Counter(as_sent(record) for record in records if record["eventName"] not in OWN)
    assert found == expected
    assert sum(expected.values()) >= CALLS // 50, "there was something to select"
    assert len({record["eventID"] for record in records}) == len(records)
