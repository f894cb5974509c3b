"""Buckets: their configuration, versions and locks, and who may do what."""

import json
import urllib.error
import urllib.request

import pytest

from buckets import body_of, bucket_name, make_bucket, open_to_policies
from harness import Credentials
from policies import allow, deny, document
from refusals import refused


@pytest.fixture
def s3(server, root):
    return server.client("s3", root)


@pytest.fixture
def bucket(s3):
    return make_bucket(s3)


def anonymous(server, path, method="GET", data=None):
    """Status and body of a request that nobody signs."""
    request = urllib.request.Request(f"{server.url}/{path}", method=method, data=data)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


def test_buckets_are_made_found_listed_and_deleted(server, root, other_root, s3):
    name = make_bucket(s3, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "eu-west-1"
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == [name]
    other = server.client("s3", other_root)
    assert other.list_buckets()["Buckets"] == []
    with refused("BucketAlreadyExists", 409):
        other.create_bucket(Bucket=name)
    with refused("403", 403):
        other.head_bucket(Bucket=name)
    with refused("BucketAlreadyOwnedByYou", 409):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    with refused("InvalidBucketName", 400):
        s3.create_bucket(Bucket="xn--no")
    s3.delete_bucket(Bucket=name)
    with refused("404", 404):
        s3.head_bucket(Bucket=name)
    with refused("NoSuchBucket", 404):
        s3.list_objects_v2(Bucket=name)


def test_what_terraform_asks_a_new_bucket_is_answered(s3, bucket):
    assert s3.get_bucket_versioning(Bucket=bucket).get("Status") is None
    assert s3.get_bucket_acl(Bucket=bucket)["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    assert s3.get_bucket_accelerate_configuration(Bucket=bucket).get("Status") is None
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    rules = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    for operation, code in (
        ("get_bucket_policy", "NoSuchBucketPolicy"),
        ("get_bucket_cors", "NoSuchCORSConfiguration"),
        ("get_bucket_website", "NoSuchWebsiteConfiguration"),
        ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
        ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
        ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError"),
        ("get_bucket_tagging", "NoSuchTagSet"),
    ):
        with refused(code, 404):
            getattr(s3, operation)(Bucket=bucket)


def test_what_is_not_built_is_refused_and_never_taken(s3, bucket):
    with refused("NotImplemented", 501):
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket,
            LifecycleConfiguration={"Rules": [{"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]},
        )
    with refused("NotImplemented", 501):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")
    with refused("NotImplemented", 501):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass="GLACIER")
    with refused("AccessControlListNotSupported", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="public-read")
    with refused("AccessControlListNotSupported", 400):
        s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    s3.put_bucket_acl(Bucket=bucket, ACL="private")


def test_tags_of_buckets(s3, bucket):
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
    with refused("InvalidTag", 400):
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [tags[0], tags[0]]})
    s3.delete_bucket_tagging(Bucket=bucket)
    with refused("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket=bucket)


def test_versions_are_kept_listed_and_brought_back(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    ids = [s3.put_object(Bucket=bucket, Key="k", Body=str(n).encode())["VersionId"] for n in range(5)]
    marker = s3.delete_object(Bucket=bucket, Key="k")
    assert marker["DeleteMarker"]
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="k")
    assert body_of(s3, bucket, "k", VersionId=ids[1]) == b"1"
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2})
    versions, markers = [], []
    for page in pages:
        versions += page.get("Versions", [])
        markers += page.get("DeleteMarkers", [])
    assert [one["VersionId"] for one in versions] == ids[::-1]
    assert [(one["VersionId"], one["IsLatest"]) for one in markers] == [(marker["VersionId"], True)]
    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker["VersionId"])
    assert body_of(s3, bucket, "k") == b"4"
    with refused("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket=bucket)


def test_a_compliance_lock_holds_against_root_until_its_time(make_server):
    server = make_server().start()
    s3 = server.client("s3")
    bucket = make_bucket(s3, ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    assert s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]["Rule"] == rule
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"kept")["VersionId"]
    assert s3.get_object_retention(Bucket=bucket, Key="k")["Retention"]["Mode"] == "COMPLIANCE"
    for bypass in ({}, {"BypassGovernanceRetention": True}):
        with refused("AccessDenied", 403) as refusal:
            s3.delete_object(Bucket=bucket, Key="k", VersionId=version, **bypass)
        assert "object lock" in refusal.message
    with refused("AccessDenied", 403):
        s3.put_object_retention(Bucket=bucket, Key="k", Retention={}, BypassGovernanceRetention=True)
    with refused("InvalidBucketState", 409):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k", "VersionId": version}]})
    assert answer["Errors"][0]["Code"] == "AccessDenied"
    s3.delete_object(Bucket=bucket, Key="k")
    server.kill()
    server.start()
    s3 = server.client("s3")
    assert body_of(s3, bucket, "k", VersionId=version) == b"kept"
    server.move_clock(advance="23h")
    with refused("AccessDenied", 403):
        s3.delete_object(Bucket=bucket, Key="k", VersionId=version)
    server.move_clock(advance="2h")
    s3.delete_object(Bucket=bucket, Key="k", VersionId=version)


def test_governance_is_bypassed_by_who_may_and_a_legal_hold_by_nobody(server, root, s3, people):
    bucket = make_bucket(s3, ObjectLockEnabledForBucket=True)
    arn = f"arn:aws:s3:::{bucket}"
    user = server.client("s3", people.make("u", document(allow("s3:*Object*", f"{arn}/*"), deny("s3:BypassGovernanceRetention"))))
    version = s3.put_object(
        Bucket=bucket, Key="k", Body=b"x", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate="2099-01-01T00:00:00Z"
    )["VersionId"]
    for client, bypass in ((user, {"BypassGovernanceRetention": True}), (user, {}), (s3, {})):
        with refused("AccessDenied", 403):
            client.delete_object(Bucket=bucket, Key="k", VersionId=version, **bypass)
    s3.put_object_legal_hold(Bucket=bucket, Key="k", LegalHold={"Status": "ON"})
    with refused("AccessDenied", 403):
        s3.delete_object(Bucket=bucket, Key="k", VersionId=version, BypassGovernanceRetention=True)
    s3.put_object_legal_hold(Bucket=bucket, Key="k", LegalHold={"Status": "OFF"})
    s3.delete_object(Bucket=bucket, Key="k", VersionId=version, BypassGovernanceRetention=True)


def test_policies_of_users_and_buckets_are_weighed(server, root, other_root, s3, people, bucket):
    arn = f"arn:aws:s3:::{bucket}"
    s3.put_object(Bucket=bucket, Key="in/k", Body=b"x")
    nobody = server.client("s3", people.make("nobody"))
    reader = server.client("s3", people.make("reader", document(allow("s3:GetObject", f"{arn}/in/*"))))
    with refused("AccessDenied", 403) as refusal:
        nobody.get_object(Bucket=bucket, Key="in/k")
    assert "is not authorized to perform: s3:GetObject" in refusal.message
    assert body_of(reader, bucket, "in/k") == b"x"
    with refused("AccessDenied", 403):
        reader.put_object(Bucket=bucket, Key="in/k", Body=b"y")
    # Who may not list is not told what is missing.
    with refused("AccessDenied", 403):
        reader.get_object(Bucket=bucket, Key="in/none")
    user = f"arn:aws:iam::{people.account}:user/nobody"
    grant = {"Sid": "a", **allow("s3:GetObject"), "Resource": f"{arn}/*", "Principal": {"AWS": user}}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [grant]}))
    assert body_of(nobody, bucket, "in/k") == b"x"
    ban = {"Sid": "b", **deny("s3:GetObject"), "Resource": f"{arn}/in/*", "Principal": "*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [grant, ban]}))
    for client in (nobody, reader, s3):
        with refused("AccessDenied", 403):
            client.get_object(Bucket=bucket, Key="in/k")
    lists = {**allow("s3:ListBucket"), "Resource": arn, "Principal": {"AWS": other_root.key},
             "Condition": {"StringEquals": {"s3:prefix": "in/"}}}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [lists]}))
    other = server.client("s3", other_root)
    assert other.list_objects_v2(Bucket=bucket, Prefix="in/")["KeyCount"] == 1
    with refused("AccessDenied", 403):
        other.list_objects_v2(Bucket=bucket, Prefix="")


def test_a_policy_that_denies_all_can_be_taken_back_by_the_owners_root(s3, bucket):
    arn = f"arn:aws:s3:::{bucket}"
    ban = {**deny("s3:*"), "Resource": [arn, f"{arn}/*"], "Principal": "*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [ban]}))
    with refused("AccessDenied", 403):
        s3.list_objects_v2(Bucket=bucket)
    s3.delete_bucket_policy(Bucket=bucket)
    s3.list_objects_v2(Bucket=bucket)


def test_who_does_not_sign_is_judged_by_the_bucket_policy(server, s3, bucket):
    arn = f"arn:aws:s3:::{bucket}"
    s3.put_object(Bucket=bucket, Key="public/k", Body=b"shown")
    s3.put_object(Bucket=bucket, Key="private/k", Body=b"hidden")
    assert anonymous(server, f"{bucket}/public/k")[0] == 403
    policy = {"Version": "2012-10-17",
              "Statement": [{**allow("s3:GetObject"), "Resource": f"{arn}/public/*", "Principal": "*"}]}
    with refused("AccessDenied", 403):
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    open_to_policies(s3, bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]
    assert anonymous(server, f"{bucket}/public/k") == (200, b"shown")
    assert anonymous(server, f"{bucket}/private/k")[0] == 403
    assert anonymous(server, f"{bucket}/public/k", "PUT", b"x")[0] == 403
    assert anonymous(server, f"{bucket}/public/k", "DELETE")[0] == 403
    assert anonymous(server, f"{bucket_name()}/k")[0] == 404


def test_a_policy_that_is_none_is_refused(s3, bucket):
    for text in ("{", '{"Version": "x"}', json.dumps({
        "Version": "2012-10-17",
        "Statement": [{**allow("s3:GetObject"), "Resource": "arn:aws:s3:::another/*", "Principal": "*"}],
    })):
        with refused("MalformedPolicy", 400):
            s3.put_bucket_policy(Bucket=bucket, Policy=text)


def test_sessions_use_buckets_too(server, root, s3, bucket):
    credentials = server.client("sts", root).get_session_token()["Credentials"]
    session = server.client("s3", Credentials.of(credentials))
    session.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert body_of(session, bucket, "k") == b"x"
    stolen = server.client("s3", Credentials(credentials["AccessKeyId"], credentials["SecretAccessKey"], "other"))
    with refused("InvalidToken", 400):
        stolen.get_object(Bucket=bucket, Key="k")


def test_bucket_calls_enter_the_event_history_and_object_calls_do_not(server, root, s3, bucket):
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with refused("NoSuchBucketPolicy", 404):
        s3.get_bucket_policy(Bucket=bucket)
    records = {one["eventName"]: one for one in server.records(root) if one["eventSource"] == "s3.amazonaws.com"}
    assert set(records) == {"CreateBucket", "PutBucketTagging", "GetBucketPolicy"}
    tagging = records["PutBucketTagging"]
    assert tagging["requestParameters"]["bucketName"] == bucket
    assert tagging["requestParameters"]["tagging"] == ""
    assert tagging["requestParameters"]["Tagging"]["TagSet"] == {"Tag": {"Key": "k", "Value": "v"}}
    assert tagging["additionalEventData"]["AuthenticationMethod"] == "AuthHeader"
    assert tagging["resources"][0]["ARN"] == f"arn:aws:s3:::{bucket}"
    assert tagging["userIdentity"]["type"] == "Root" and tagging["readOnly"] is False
    assert records["GetBucketPolicy"]["errorCode"] == "NoSuchBucketPolicy"
    assert server.records(root, ResourceName=bucket)
