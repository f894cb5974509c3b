"""Encryption with keys of the server's by boto3: what clients are told, what policies can demand, what lies on disk."""

import json

import pytest
from boto3.s3.transfer import TransferConfig

from buckets import body_of, make_bucket
from harness import MEBIBYTE, Credentials, StartFailed
from policies import allow, deny, document
from refusals import refused
from test_trails import BUCKET, Trail
from test_trails import policy as bucket_policy

SECRET = b"a sentence that would be found again"


@pytest.fixture
def s3(server, root):
    return server.client("s3", root)


@pytest.fixture
def bucket(s3):
    return make_bucket(s3)


def aes(more=None):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, **(more or {})}
    return {"Rules": [rule]}


def test_objects_say_that_they_are_encrypted(s3, bucket):
    asked = s3.put_object(Bucket=bucket, Key="asked", Body=b"x", ServerSideEncryption="AES256")
    silent = s3.put_object(Bucket=bucket, Key="silent", Body=b"x")
    for answer in (
        asked,
        silent,
        s3.head_object(Bucket=bucket, Key="silent"),
        s3.get_object(Bucket=bucket, Key="silent"),
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "silent"}),
        s3.create_multipart_upload(Bucket=bucket, Key="parts", ServerSideEncryption="AES256"),
    ):
        assert answer["ServerSideEncryption"] == "AES256"
    for refused_way in ("aws:kms", "aws:kms:dsse"):
        with refused("NotImplemented", 501):
            s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption=refused_way)


def test_a_buckets_encryption_as_terraform_puts_it(s3, bucket):
    def shown():
        return s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]

    assert shown() == aes({"BucketKeyEnabled": False})
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=aes({"BucketKeyEnabled": True}))
    assert shown() == aes({"BucketKeyEnabled": True})
    kms = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
    with refused("NotImplemented", 501):
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=kms)
    s3.delete_bucket_encryption(Bucket=bucket)
    assert shown() == aes({"BucketKeyEnabled": False})


def test_a_policy_demands_the_header(server, root, s3, bucket):
    iam = server.client("iam", root)
    iam.create_user(UserName="writer")
    iam.put_user_policy(UserName="writer", PolicyName="p", PolicyDocument=document(allow("s3:*")))
    writer = server.client("s3", Credentials.of(iam.create_access_key(UserName="writer")["AccessKey"]))
    without = {"Null": {"s3:x-amz-server-side-encryption": "true"}}
    demand = deny("s3:PutObject", f"arn:aws:s3:::{bucket}/*", Principal="*", Condition=without)
    demand["Resource"] = f"arn:aws:s3:::{bucket}/*"
    s3.put_bucket_policy(Bucket=bucket, Policy=document(demand))
    with refused("AccessDenied", 403):
        writer.put_object(Bucket=bucket, Key="k", Body=b"x")
    writer.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")


def test_a_trail_delivers_where_the_header_is_demanded(make_server, root):
    server = make_server().start()
    trail = Trail(server, root)
    demanded = json.loads(bucket_policy(BUCKET, root.key, trail.arn))
    demanded["Statement"].append(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
            "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}},
        }
    )
    trail.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(demanded))
    trail.start()
    server.client("iam", root).create_user(UserName="alice")
    server.move_clock(advance="20m")
    assert "CreateUser" in [record["eventName"] for record in trail.records()]


def test_nothing_that_was_sent_is_on_disk(make_server, root):
    server = make_server().start()
    s3 = server.client("s3", root)
    bucket = make_bucket(s3)
    body = SECRET * 40_000
    s3.put_object(Bucket=bucket, Key="whole", Body=body)
    parts = TransferConfig(multipart_threshold=6 * MEBIBYTE, multipart_chunksize=6 * MEBIBYTE)
    large = server.data.parent / "large"
    large.write_bytes(SECRET * 400_000)
    s3.upload_file(str(large), bucket, "parts", Config=parts)
    assert server.stop() == 0
    files = [path for path in (server.data / "objects").rglob("*") if path.is_file()]
    assert len(files) == 4
    assert not any(SECRET in path.read_bytes() for path in files)
    server.start()
    s3 = server.client("s3", root)
    assert body_of(s3, bucket, "whole") == body
    assert body_of(s3, bucket, "parts") == large.read_bytes()
    across = body_of(s3, bucket, "parts", Range=f"bytes={6 * MEBIBYTE - 5}-{6 * MEBIBYTE + 4}")
    assert across == large.read_bytes()[6 * MEBIBYTE - 5 : 6 * MEBIBYTE + 5]


def test_the_master_key_is_needed_and_enough(make_server, root):
    server = make_server().start()
    s3 = server.client("s3", root)
    bucket = make_bucket(s3)
    s3.put_object(Bucket=bucket, Key="k", Body=SECRET)
    assert server.stop() == 0
    key = server.data.with_name(server.data.name + ".key")
    kept = key.read_text()
    key.unlink()
    with pytest.raises(StartFailed, match="the master key"):
        server.start()
    key.write_text(kept)
    key.chmod(0o600)
    server.start()
    assert body_of(server.client("s3", root), bucket, "k") == SECRET
