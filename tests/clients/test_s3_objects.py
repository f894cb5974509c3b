"""Objects of S3 by boto3: put, read in parts, copied, listed, deleted."""

import base64
import hashlib
import os
import re
import threading
import urllib.error
import urllib.request
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from boto3.s3.transfer import TransferConfig

from buckets import body_of, keys_of, make_bucket
from harness import MEBIBYTE
from refusals import refused

AWKWARD_KEYS = [
    "plain",
    "a/b/c",
    "a//b",
    "/leading",
    "trailing/",
    "../../etc/passwd",
    "./here",
    "a b+c%20d",
    "üñí/文字/😀",
    "q?a=b&c#d",
    "*'()!~:@$,;=",
    'quote"<>&\\',
    "x" * 1024,
]
SIZES = [0, 1, 1023, 256 * 1024, MEBIBYTE, MEBIBYTE + 1, 3 * MEBIBYTE + 17]


@pytest.fixture
def s3(server, root):
    return server.client("s3", root)


@pytest.fixture
def bucket(s3):
    return make_bucket(s3)


def test_awkward_keys_come_back_as_they_were_put(s3, bucket):
    for number, key in enumerate(AWKWARD_KEYS):
        s3.put_object(Bucket=bucket, Key=key, Body=f"body {number}".encode())
    for number, key in enumerate(AWKWARD_KEYS):
        assert body_of(s3, bucket, key) == f"body {number}".encode(), key
    assert keys_of(s3, bucket) == sorted(AWKWARD_KEYS, key=str.encode)
    with refused("KeyTooLongError", 400):
        s3.put_object(Bucket=bucket, Key="x" * 1025)


@pytest.mark.parametrize("size", SIZES)
def test_every_size_comes_back(s3, bucket, size):
    body = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="k", Body=body)
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="k")
    assert (got["ContentLength"], got["Body"].read()) == (size, body)


def test_what_is_said_about_an_object_is_kept(s3, bucket):
    said = {
        "ContentType": "text/x",
        "ContentEncoding": "gzip",
        "ContentDisposition": 'attachment; filename="x"',
        "ContentLanguage": "de",
        "CacheControl": "max-age=1",
        "Metadata": {"one": "1", "two": "zwei"},
    }
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1", **said)
    head = s3.head_object(Bucket=bucket, Key="k")
    assert {name: head[name] for name in said} == said
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a", "Value": "1"}]
    got = s3.get_object(Bucket=bucket, Key="k", ResponseContentType="other/type")
    assert (got["ContentType"], got["TagCount"]) == ("other/type", 1)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_checksums_are_computed_kept_and_compared(s3, bucket, algorithm):
    member = f"Checksum{algorithm}"
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"bytes", ChecksumAlgorithm=algorithm)
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert put[member] == got[member]
    assert got["Body"].read() == b"bytes"
    with refused("BadDigest", 400):
        wrong = base64.b64encode(bytes(len(base64.b64decode(put[member])))).decode()
        s3.put_object(Bucket=bucket, Key="k", Body=b"bytes", **{member: wrong})
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum", "ObjectSize", "ETag"])
    assert (attributes["Checksum"][member], attributes["ObjectSize"]) == (put[member], 5)


def test_crc32_is_the_usual_one(s3, bucket):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"bytes", ChecksumAlgorithm="CRC32")
    assert put["ChecksumCRC32"] == base64.b64encode(zlib.crc32(b"bytes").to_bytes(4)).decode()


def test_ranges_and_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")["ETag"]
    assert body_of(s3, bucket, "k", Range="bytes=2-4") == b"234"
    assert body_of(s3, bucket, "k", Range="bytes=-3") == b"789"
    with refused("InvalidRange", 416):
        s3.get_object(Bucket=bucket, Key="k", Range="bytes=10-")
    assert body_of(s3, bucket, "k", IfMatch=etag) == b"0123456789"
    with refused("PreconditionFailed", 412):
        s3.get_object(Bucket=bucket, Key="k", IfMatch='"other"')
    with refused("304", 304):
        s3.get_object(Bucket=bucket, Key="k", IfNoneMatch=etag)
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", IfNoneMatch="*")
    s3.put_object(Bucket=bucket, Key="k", Body=b"new", IfMatch=etag)
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=bucket, Key="k", Body=b"newer", IfMatch=etag)
    with refused("NoSuchKey", 404):
        s3.put_object(Bucket=bucket, Key="none", Body=b"x", IfMatch=etag)


def test_a_hundred_mebibytes_go_up_in_parts_and_come_down(s3, bucket, tmp_path):
    block = os.urandom(MEBIBYTE)
    path = tmp_path / "big"
    with path.open("wb") as file:
        for number in range(100):
            file.write(number.to_bytes(4) + block[4:])
    config = TransferConfig(multipart_chunksize=8 * MEBIBYTE, max_concurrency=4)
    s3.upload_file(str(path), bucket, "big", Config=config)
    head = s3.head_object(Bucket=bucket, Key="big")
    assert (head["ContentLength"], head["ETag"][-4:]) == (100 * MEBIBYTE, '-13"')
    down = tmp_path / "down"
    s3.download_file(bucket, "big", str(down), Config=config)
    assert hashlib.sha256(down.read_bytes()).digest() == hashlib.sha256(path.read_bytes()).digest()
    last = s3.get_object(Bucket=bucket, Key="big", PartNumber=13)
    assert (last["ContentLength"], last["PartsCount"]) == (4 * MEBIBYTE, 13)
    s3.copy({"Bucket": bucket, "Key": "big"}, bucket, "copy", Config=config)
    assert s3.head_object(Bucket=bucket, Key="copy")["ETag"] == head["ETag"]


def test_the_etag_of_parts_is_the_md5_of_their_md5s(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="CRC32")["UploadId"]
    bodies = [os.urandom(5 * MEBIBYTE), b"end"]
    parts = []
    for number, body in enumerate(bodies, 1):
        put = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": put["ETag"], "ChecksumCRC32": put["ChecksumCRC32"]})
    listed = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]
    assert [(part["PartNumber"], part["Size"]) for part in listed] == [(1, 5 * MEBIBYTE), (2, 3)]
    done = s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    of_all = hashlib.md5(b"".join(hashlib.md5(body).digest() for body in bodies)).hexdigest()
    assert done["ETag"] == f'"{of_all}-2"'
    assert done["ChecksumType"] == "COMPOSITE" and done["ChecksumCRC32"].endswith("-2")
    assert body_of(s3, bucket, "k") == b"".join(bodies)


def test_an_aborted_upload_leaves_nothing(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    assert [one["UploadId"] for one in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload]
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    with refused("NoSuchUpload", 404):
        s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=2, Body=b"x")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    assert keys_of(s3, bucket) == []


def test_a_part_may_be_copied_from_an_object(s3, bucket):
    s3.put_object(Bucket=bucket, Key="source", Body=b"0123456789")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    copied = s3.upload_part_copy(
        Bucket=bucket, Key="k", UploadId=upload, PartNumber=1,
        CopySource={"Bucket": bucket, "Key": "source"}, CopySourceRange="bytes=2-5",
    )["CopyPartResult"]
    part = {"PartNumber": 1, "ETag": copied["ETag"]}
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": [part]})
    assert body_of(s3, bucket, "k") == b"2345"


def test_writers_of_one_key_leave_one_whole_object(server, root, s3, bucket):
    bodies = [bytes([number]) * (MEBIBYTE + number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda body: s3.put_object(Bucket=bucket, Key="k", Body=body), bodies))
    assert body_of(s3, bucket, "k") in bodies


def test_one_of_many_creators_wins(s3, bucket):
    def create(number):
        with_number = str(number).encode()
        try:
            s3.put_object(Bucket=bucket, Key="k", Body=with_number, IfNoneMatch="*")
        except s3.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "PreconditionFailed"
            return None
        return with_number

    with ThreadPoolExecutor(8) as pool:
        won = [body for body in pool.map(create, range(16)) if body]
    assert won == [body_of(s3, bucket, "k")]


def test_a_reader_sees_one_version_whole_while_it_is_replaced(s3, bucket):
    bodies = [bytes([number]) * (2 * MEBIBYTE) for number in range(4)]
    s3.put_object(Bucket=bucket, Key="k", Body=bodies[0])
    ended = threading.Event()

    def write():
        for _ in range(5):
            for body in bodies:
                s3.put_object(Bucket=bucket, Key="k", Body=body)
        ended.set()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not ended.is_set() and not writing.done():
            assert body_of(s3, bucket, "k") in bodies
        writing.result()


def test_ten_thousand_keys_are_listed_and_deleted(s3, bucket):
    keys = [f"{number // 100:03}/{number:05}" for number in range(10_000)]
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=b""), keys))
    assert keys_of(s3, bucket) == keys
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 7})
    groups = [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", [])]
    assert groups == [f"{number:03}/" for number in range(100)]
    after = s3.list_objects_v2(Bucket=bucket, StartAfter=keys[4_999], MaxKeys=2)
    assert [one["Key"] for one in after["Contents"]] == keys[5_000:5_002]
    first = s3.list_objects(Bucket=bucket, Prefix="010/", MaxKeys=10)
    assert first["IsTruncated"] and first["Contents"][0]["Key"] == "010/01000"
    for start in range(0, len(keys), 1000):
        named = [{"Key": key} for key in keys[start:start + 1000]]
        assert "Errors" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": named, "Quiet": True})
    assert keys_of(s3, bucket) == []
    s3.delete_bucket(Bucket=bucket)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_requests_need_no_keys_and_say_no_more_than_was_signed(server, root, s3, bucket, version):
    s3 = server.client("s3", root, signature_version=version)
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "a b"}, ExpiresIn=60)
    plain = {"Content-Type": ""}
    request = urllib.request.Request(put, data=b"bytes", method="PUT", headers=plain)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200
    get = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b"}, ExpiresIn=60)
    with urllib.request.urlopen(get, timeout=60) as answer:
        assert answer.read() == b"bytes"
    for changed, headers in (
        (get.replace("a%20b", "other"), {}),
        (re.sub(r"Expires=(\d+)", lambda found: f"Expires={int(found[1]) + 1}", get), {}),
        (put, {"x-amz-acl": "private"}),
    ):
        method = "PUT" if changed == put else "GET"
        request = urllib.request.Request(
            changed, method=method, headers={**plain, **headers}, data=b"x" if headers else None
        )
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(request, timeout=60)
        assert refusal.value.code == 403, changed


def test_a_copy_takes_what_is_said_of_the_source_or_what_is_said_anew(s3, bucket):
    s3.put_object(Bucket=bucket, Key="ä", Body=b"x", Metadata={"m": "1"}, ContentType="text/x", Tagging="t=1")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "ä"})
    head = s3.head_object(Bucket=bucket, Key="copy")
    assert (head["Metadata"], head["ContentType"]) == ({"m": "1"}, "text/x")
    assert s3.get_object_tagging(Bucket=bucket, Key="copy")["TagSet"] == [{"Key": "t", "Value": "1"}]
    s3.copy_object(
        Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "copy"},
        MetadataDirective="REPLACE", Metadata={"m": "2"}, ContentType="text/y",
    )
    head = s3.head_object(Bucket=bucket, Key="copy")
    assert (head["Metadata"], head["ContentType"]) == ({"m": "2"}, "text/y")
