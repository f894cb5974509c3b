"""Calls of S3 that make several data events: objects that are deleted together, or are in another account's bucket."""

import gzip
import json

import pytest

from harness import Credentials
from test_trails import policy

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


class DataTrail:
    """A trail of an account that takes all data events of objects."""

    def __init__(self, server, root, bucket):
        self.server, self.root, self.bucket = server, root, bucket
        self.s3, trails = server.client("s3", root), server.client("cloudtrail", root)
        self.s3.create_bucket(Bucket=bucket)
        arn = f"arn:aws:cloudtrail:us-east-1:{root.key}:trail/data"
        self.s3.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, root.key, arn))
        trails.create_trail(Name="data", S3BucketName=bucket)
        self.select(trails, "arn:aws:s3")
        trails.start_logging(Name="data")
        self.trails = trails

    def select(self, trails, *values):
        resources = [{"Type": "AWS::S3::Object", "Values": list(values)}]
        selector = {"ReadWriteType": "All", "IncludeManagementEvents": False, "DataResources": resources}
        trails.put_event_selectors(TrailName="data", EventSelectors=[selector])

    def records(self, bucket):
        """The delivered records about a bucket's objects, oldest first."""
        self.server.move_clock(advance="6m")
        found = []
        for entry in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", []):
            if entry["Key"].endswith(".json.gz"):
                body = self.s3.get_object(Bucket=self.bucket, Key=entry["Key"])["Body"].read()
                found += json.loads(gzip.decompress(body))["Records"]
        about = [record for record in found if record["requestParameters"].get("bucketName") == bucket]
        return sorted(about, key=lambda record: record["eventTime"])


def key_of(record):
    return record["requestParameters"].get("key")


@pytest.fixture
def trail(make_server, root):
    return DataTrail(make_server().start(), root, "trail-one")


def test_each_object_of_several_that_are_deleted_has_an_event(trail):
    trail.s3.create_bucket(Bucket="data")
    trail.s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    versions = [trail.s3.put_object(Bucket="data", Key=key, Body=b"x")["VersionId"] for key in ("a/1", "a/2", "b/1")]
    objects = [{"Key": "a/1", "VersionId": versions[0]}, {"Key": "a/2"}, {"Key": "b/1"}]
    trail.s3.delete_objects(Bucket="data", Delete={"Objects": objects})
    records = [record for record in trail.records("data") if record["eventName"].startswith("Delete")]
    together = [record for record in records if record["eventName"] == "DeleteObjects"]
    single = sorted((record for record in records if record["eventName"] == "DeleteObject"), key=key_of)
    assert len(together) == 1 and together[0]["eventType"] == "AwsApiCall"
    assert "a/1" not in json.dumps(together[0]), "the keys are in the events of their own"
    assert [key_of(record) for record in single] == ["a/1", "a/2", "b/1"]
    for record in single:
        assert record["eventType"] == "AwsServiceEvent"
        assert record["requestID"] == together[0]["requestID"]
        assert record["userIdentity"] == together[0]["userIdentity"]
        assert {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::data/{key_of(record)}"} in record["resources"]
        assert "sharedEventID" not in record
    assert single[0]["requestParameters"]["versionId"] == versions[0]
    assert "versionId" not in single[1]["requestParameters"]
    assert len({record["eventID"] for record in records}) == 4


def test_a_prefix_selects_among_objects_that_are_deleted_together(trail):
    trail.s3.create_bucket(Bucket="data")
    trail.select(trail.trails, "arn:aws:s3:::data/a/")
    trail.s3.delete_objects(Bucket="data", Delete={"Objects": [{"Key": "a/1"}, {"Key": "b/1"}]})
    single = [record for record in trail.records("data") if record["eventName"] == "DeleteObject"]
    assert [key_of(record) for record in single] == ["a/1"]


def test_what_could_not_be_deleted_has_no_event_of_its_own(trail):
    trail.s3.create_bucket(Bucket="data")
    iam = trail.server.client("iam", trail.root)
    iam.create_user(UserName="half")
    statement = {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::data/a/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="half", PolicyName="inline", PolicyDocument=document)
    half = Credentials.of(iam.create_access_key(UserName="half")["AccessKey"])
    s3 = trail.server.client("s3", half)
    answer = s3.delete_objects(Bucket="data", Delete={"Objects": [{"Key": "a/1"}, {"Key": "b/1"}]})
    assert [error["Key"] for error in answer["Errors"]] == ["b/1"]
    single = [record for record in trail.records("data") if record["eventName"] == "DeleteObject"]
    assert [key_of(record) for record in single] == ["a/1"]
    assert single[0]["userIdentity"]["userName"] == "half"


def test_the_owner_of_a_bucket_and_who_calls_get_a_copy_each(make_server, root, other_root):
    server = make_server().start()
    caller, owner = DataTrail(server, root, "trail-one"), DataTrail(server, other_root, "trail-two")
    owner.s3.create_bucket(Bucket="shared")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{root.key}:root"},
        "Action": ["s3:PutObject", "s3:GetObject"],
        "Resource": "arn:aws:s3:::shared/*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    owner.s3.put_bucket_policy(Bucket="shared", Policy=document)
    caller.s3.put_object(Bucket="shared", Key="k", Body=b"x")
    caller.s3.get_object(Bucket="shared", Key="k")["Body"].read()
    with pytest.raises(caller.s3.exceptions.ClientError):
        caller.s3.delete_object(Bucket="shared", Key="k")
    owner.s3.delete_object(Bucket="shared", Key="k")

    at_caller = {record["eventName"]: record for record in caller.records("shared")}
    of_owner = owner.records("shared")
    assert set(at_caller) == {"PutObject", "GetObject", "DeleteObject"}
    assert sorted(record["eventName"] for record in of_owner) == [
        "DeleteObject",
        "DeleteObject",
        "GetObject",
        "PutObject",
    ]
    own = next(record for record in of_owner if record["userIdentity"]["type"] == "Root")
    assert "sharedEventID" not in own and own["recipientAccountId"] == other_root.key
    at_owner = {record["eventName"]: record for record in of_owner if record is not own}
    for name, seen in at_caller.items():
        told = at_owner[name]
        assert seen["sharedEventID"] == told["sharedEventID"] and seen["requestID"] == told["requestID"]
        assert seen["eventID"] != told["eventID"]
        assert (seen["recipientAccountId"], told["recipientAccountId"]) == (root.key, other_root.key)
        assert seen["userIdentity"]["type"] == "Root" and seen["userIdentity"]["arn"].endswith(":root")
        assert told["userIdentity"] == {"type": "AWSAccount", "principalId": root.key, "accountId": root.key}
        accounts = [record["resources"][0]["accountId"] for record in (seen, told)]
        assert accounts == [HIDDEN, other_root.key]
        assert seen.get("errorCode") == told.get("errorCode")
    assert at_caller["DeleteObject"]["errorCode"] == "AccessDenied", "both hear of a refusal"
    assert len({record["sharedEventID"] for record in at_caller.values()}) == 3


def test_an_owner_without_a_trail_of_its_own_costs_nothing_and_gets_nothing(make_server, root, other_root):
    server = make_server().start()
    caller, owner = DataTrail(server, root, "trail-one"), server.client("s3", other_root)
    owner.create_bucket(Bucket="shared")
    with pytest.raises(caller.s3.exceptions.ClientError):
        caller.s3.get_object(Bucket="shared", Key="k")
    record = caller.records("shared")[0]
    assert (record["eventName"], record["errorCode"]) == ("GetObject", "AccessDenied")
    assert server.client("cloudtrail", other_root).lookup_events()["Events"] != []
    names = [event["EventName"] for event in server.events(other_root)]
    assert "GetObject" not in names
