"""Imports of what a trail delivered into an event data store, by boto3."""

import gzip
import json

import pytest
from botocore.exceptions import ClientError

from test_lake_queries import Lake
from test_trails import BUCKET, Trail

TRUST = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def make_role(server, root, name, *statements):
    iam = server.client("iam", root)
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(TRUST))
    iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document(*statements))
    return made["Role"]["Arn"]


@pytest.fixture
def trail(make_server, root):
    """A trail that has delivered some files."""
    trail = Trail(make_server().start(), root)
    trail.start()
    sns = trail.server.client("sns", root)
    for number in range(10):
        sns.create_topic(Name=f"topic-{number}")
        trail.advance("3m")
    trail.advance("6m")
    return trail


@pytest.fixture
def reader(trail):
    """A role that may read the bucket."""
    bucket = f"arn:aws:s3:::{BUCKET}"
    allowed = (allow("s3:ListBucket", bucket), allow("s3:GetObject", f"{bucket}/*"))
    return make_role(trail.server, trail.root, "reader", *allowed)


def make_store(trail, name="lake"):
    made = trail.trails.create_event_data_store(Name=name, StartIngestion=False, TerminationProtectionEnabled=False)
    return made["EventDataStoreArn"]


def start(trail, store, role, location=f"s3://{BUCKET}/"):
    source = {"S3LocationUri": location, "S3BucketRegion": trail.region, "S3BucketAccessRoleArn": role}
    started = trail.trails.start_import(Destinations=[store], ImportSource={"S3": source})
    return started["ImportId"]


def ended(trail, import_id):
    """The import once it is over: it runs by itself, and at the latest when the clock moves."""
    trail.advance("2m")
    got = trail.trails.get_import(ImportId=import_id)
    assert got["ImportStatus"] not in ("INITIALIZING", "IN_PROGRESS")
    return got


def test_an_import_counts_what_the_trail_delivered(trail, reader):
    store = make_store(trail)
    keys = trail.keys("CloudTrail")
    records = trail.records()
    got = ended(trail, start(trail, store, reader))
    assert got["ImportStatus"] == "COMPLETED"
    # Files that were delivered after the listing above may be among them.
    counted = got["ImportStatistics"]
    assert counted["FilesCompleted"] >= len(keys) > 1
    assert counted["EventsCompleted"] >= len(records)
    assert counted["PrefixesFound"] == counted["PrefixesCompleted"] >= 1
    assert counted["FailedEntries"] == 0
    pages = trail.trails.get_paginator("list_imports").paginate(Destination=store)
    listed = [one for page in pages for one in page["Imports"]]
    assert [(one["ImportId"], one["ImportStatus"]) for one in listed] == [(got["ImportId"], "COMPLETED")]


def test_imported_events_are_found_by_queries_each_once(trail, reader):
    store = make_store(trail)
    trail.trails.stop_logging(Name="main")
    trail.advance("6m")
    records = {record["eventID"]: record["eventName"] for record in trail.records()}
    assert "CreateTopic" in records.values()
    got = ended(trail, start(trail, store, reader))
    lake = Lake(trail.server, trail.root)
    rows = lake.rows(f"SELECT eventID, eventName FROM {store.rsplit('/', 1)[1]}")
    assert len(rows) == got["ImportStatistics"]["EventsCompleted"]
    assert dict(rows) == records


def test_a_file_that_is_no_log_file_fails_alone_until_it_is_one(trail, reader):
    store = make_store(trail)
    folder = trail.keys("CloudTrail")[0].rsplit("/", 1)[0]
    bad = f"{folder}/bad.json.gz"
    trail.s3.put_object(Bucket=BUCKET, Key=bad, Body=b"no gzip")
    trail.trails.stop_logging(Name="main")
    trail.advance("6m")
    import_id = start(trail, store, reader)
    got = ended(trail, import_id)
    assert (got["ImportStatus"], got["ImportStatistics"]["FailedEntries"]) == ("FAILED", 1)
    assert got["ImportStatistics"]["EventsCompleted"] == sum(
        len(json.loads(gzip.decompress(trail.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()))["Records"])
        for key in trail.keys("CloudTrail")
        if key != bad
    )
    failures = trail.trails.list_import_failures(ImportId=import_id)["Failures"]
    assert [(one["Location"], one["Status"]) for one in failures] == [(f"s3://{BUCKET}/{bad}", "FAILED")]
    trail.s3.put_object(Bucket=BUCKET, Key=bad, Body=gzip.compress(b'{"Records": []}'))
    assert trail.trails.start_import(ImportId=import_id)["ImportId"] == import_id
    assert ended(trail, import_id)["ImportStatus"] == "COMPLETED"
    failures = trail.trails.list_import_failures(ImportId=import_id)["Failures"]
    assert [one["Status"] for one in failures] == ["SUCCEEDED"]


def test_a_role_that_may_not_read_imports_nothing(trail, reader):
    store = make_store(trail)
    nobody = make_role(trail.server, trail.root, "nobody", allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*"))
    with pytest.raises(ClientError) as refused:
        start(trail, store, nobody)
    assert refused.value.response["Error"]["Code"] == "InvalidImportSourceException"
    lists = make_role(trail.server, trail.root, "lists", allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"))
    import_id = start(trail, store, lists)
    got = ended(trail, import_id)
    assert got["ImportStatus"] == "FAILED"
    assert got["ImportStatistics"]["EventsCompleted"] == 0
    errors = {one["ErrorType"] for one in trail.trails.list_import_failures(ImportId=import_id)["Failures"]}
    assert errors == {"AccessDenied"}
