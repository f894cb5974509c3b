"""A server that is killed while objects are put: what was acknowledged is there, whole, and nothing is half there."""

import hashlib
import itertools
import threading

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from buckets import body_of, keys_of, make_bucket
from harness import MEBIBYTE

WRITERS = 4
ROUNDS = 3
PUTS = 15
WAIT_SECONDS_MAX = 60


def body(number):
    """Bytes that tell their number, and whether they are whole."""
    text = f"{number}:".encode() * (1 + number % 5) * 20_000
    return text + hashlib.sha256(text).digest()


def is_whole(found):
    return hashlib.sha256(found[:-32]).digest() == found[-32:]


def put_until_killed(server, bucket, numbers, acknowledged, news):
    s3 = server.client("s3", read_timeout=10)
    for number in numbers:
        try:
            s3.put_object(Bucket=bucket, Key=f"own/{number}", Body=body(number))
            acknowledged.append(number)
            news.release()
            s3.put_object(Bucket=bucket, Key="shared", Body=body(number))
        except (BotoCoreError, ClientError):
            return


@pytest.mark.parametrize("versioning", ["Off", "Enabled"])
def test_kills_lose_nothing_that_was_acknowledged_and_leave_no_half(make_server, versioning):
    server = make_server().start()
    s3 = server.client("s3")
    bucket = make_bucket(s3)
    if versioning == "Enabled":
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    numbers = itertools.count()
    acknowledged, news = [], threading.Semaphore(0)
    for _ in range(ROUNDS):
        writers = [
            threading.Thread(target=put_until_killed, args=(server, bucket, numbers, acknowledged, news))
            for _ in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        for _ in range(PUTS):
            assert news.acquire(timeout=WAIT_SECONDS_MAX)
        server.kill()
        for writer in writers:
            writer.join()
        server.start()
        s3 = server.client("s3")
        keys = keys_of(s3, bucket, Prefix="own/")
        assert {f"own/{number}" for number in acknowledged} <= set(keys)
        for key in keys:
            assert body_of(s3, bucket, key) == body(int(key.split("/")[1])), key
        assert is_whole(body_of(s3, bucket, "shared"))
    named = s3.list_object_versions(Bucket=bucket)["Versions"]
    files = [path for path in (server.data / "objects").rglob("*") if path.is_file()]
    # Each version has one file, and no other file is left.
    assert len(files) == len(named)


def test_a_restart_keeps_objects_and_uploads(make_server):
    server = make_server().start()
    s3 = server.client("s3")
    bucket = make_bucket(s3)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"m": "1"})
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
    first = s3.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=1, Body=bytes(5 * MEBIBYTE))
    assert server.stop() == 0
    server.start()
    s3 = server.client("s3")
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {"m": "1"}
    second = s3.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=2, Body=b"end")
    parts = [
        {"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}
        for number, part in ((1, first), (2, second))
    ]
    s3.complete_multipart_upload(Bucket=bucket, Key="big", UploadId=upload, MultipartUpload={"Parts": parts})
    assert body_of(s3, bucket, "big") == bytes(5 * MEBIBYTE) + b"end"
