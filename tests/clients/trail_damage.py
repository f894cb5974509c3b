"""What somebody may do to a trail's bucket, and what verifications say of it."""

import gzip
import os
import re
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta

from harness import HOME_REGION, binary

INVALID = re.compile(r"^(Digest|Log) file\ts3://[^/]+/(\S+)\tINVALID: (.+)$", re.MULTILINE)


def invalid(said):
    """The damaged objects that the CLI or verify-trail names, with what it says of each."""
    return sorted((f"{kind} file", key, words) for kind, key, words in INVALID.findall(said))


def verify_trail(*arguments, server=None, credentials=None, region=HOME_REGION):
    """Runs `trailwatch verify-trail`; gives the finished process with text output."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TRAILWATCH_"))}
    if credentials:
        kept.update(AWS_ACCESS_KEY_ID=credentials.key, AWS_SECRET_ACCESS_KEY=credentials.secret)
    if server:
        kept.update(AWS_ENDPOINT_URL=server.url, AWS_REGION=region)
    command = [binary(), "verify-trail", *map(str, arguments)]
    return subprocess.run(command, env=kept, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)


class Bucket:
    """A bucket as it was, which damage can be undone in."""

    def __init__(self, s3, name):
        self.s3, self.name = s3, name
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=name)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        self.kept = {}
        for key in keys:
            answer = s3.get_object(Bucket=name, Key=key)
            self.kept[key] = (answer["Body"].read(), answer["Metadata"])
        self.touched = set()

    def keys(self, text):
        """The keys of files with a text in them, in order."""
        return sorted(key for key in self.kept if text in key and key.endswith(".json.gz"))

    def put(self, key, body, metadata):
        self.touched.add(key)
        self.s3.put_object(Bucket=self.name, Key=key, Body=body, Metadata=metadata)

    def delete(self, key):
        self.touched.add(key)
        self.s3.delete_object(Bucket=self.name, Key=key)

    def restore(self):
        """Everything as it was."""
        for key in self.touched:
            if key in self.kept:
                body, metadata = self.kept[key]
                self.s3.put_object(Bucket=self.name, Key=key, Body=body, Metadata=metadata)
            else:
                self.s3.delete_object(Bucket=self.name, Key=key)
        self.touched = set()


@dataclass(frozen=True)
class Damage:
    """A damage, and what is to be said of it: by the AWS CLI, and by verify-trail where that says more."""

    name: str
    do: object
    cli: object
    ours: object = None

    def expected(self, bucket, log, digest):
        """What the two say: lists of kind, key and words."""
        cli = sorted(self.cli(bucket, log, digest))
        return cli, sorted(self.ours(bucket, log, digest)) if self.ours else cli


def byte_changed(bucket, log, _):
    body, metadata = bucket.kept[log]
    content = bytearray(gzip.decompress(body))
    # A letter of a name, so that it is still JSON.
    at = content.index(b'"eventName"') + 13
    content[at] ^= 0x20
    bucket.put(log, gzip.compress(bytes(content)), metadata)


def digest_byte_changed(bucket, _, digest):
    body, metadata = bucket.kept[digest]
    bucket.put(digest, gzip.compress(gzip.decompress(body).replace(b'"logFiles"', b' "logFiles"')), metadata)


def signature_changed(bucket, _, digest):
    body, metadata = bucket.kept[digest]
    first = "0" if metadata["signature"][0] != "0" else "1"
    bucket.put(digest, body, {**metadata, "signature": first + metadata["signature"][1:]})


def following(bucket, digest):
    """The digest after one, in time."""
    digests = bucket.keys("CloudTrail-Digest")
    return digests[digests.index(digest) + 1]


def reordered(bucket, _, digest):
    other = following(bucket, digest)
    bucket.put(digest, *bucket.kept[other])
    bucket.put(other, *bucket.kept[digest])


def elsewhere(digest):
    """The key of a digest in whose place none is: a second earlier."""
    start, time, end = re.fullmatch(r"(.*_)(\d{8}T\d{6}Z)(\.json\.gz)", digest).groups()
    earlier = datetime.strptime(time, "%Y%m%dT%H%M%SZ") - timedelta(seconds=1)
    return f"{start}{earlier:%Y%m%dT%H%M%SZ}{end}"


def moved(bucket, _, digest):
    bucket.put(elsewhere(digest), *bucket.kept[digest])
    bucket.delete(digest)


def another_log(log):
    """The key of a log file of the same slot that nobody delivered."""
    return re.sub(r"_[A-Za-z0-9]{16}\.json\.gz$", "_0000000000000000.json.gz", log)


MOVED = "has been moved from its original location"

DAMAGES = [
    Damage("a byte of a log file", byte_changed, lambda _b, log, _d: [("Log file", log, "hash value doesn't match")]),
    Damage(
        "a log file deleted",
        lambda b, log, _d: b.delete(log),
        lambda _b, log, _d: [("Log file", log, "not found")],
    ),
    Damage(
        "a log file cut in half",
        lambda b, log, _d: b.put(log, b.kept[log][0][: len(b.kept[log][0]) // 2], b.kept[log][1]),
        lambda _b, log, _d: [("Log file", log, "hash value doesn't match")],
        lambda _b, log, _d: [("Log file", log, "invalid format")],
    ),
    # The CLI does not miss the checksum that a packed file ends with.
    Damage(
        "a log file without its end",
        lambda b, log, _d: b.put(log, b.kept[log][0][:-9], b.kept[log][1]),
        lambda _b, _l, _d: [],
        lambda _b, log, _d: [("Log file", log, "invalid format")],
    ),
    Damage(
        "a digest deleted",
        lambda b, _l, digest: b.delete(digest),
        lambda _b, _l, digest: [("Digest file", digest, "not found")],
    ),
    Damage(
        "a byte of a digest",
        digest_byte_changed,
        lambda _b, _l, digest: [("Digest file", digest, "signature verification failed")],
    ),
    Damage(
        "a digest's signature",
        signature_changed,
        lambda _b, _l, digest: [("Digest file", digest, "signature verification failed")],
    ),
    Damage(
        "digests reordered",
        reordered,
        lambda b, _l, digest: [("Digest file", digest, MOVED), ("Digest file", following(b, digest), MOVED)],
    ),
    Damage(
        "a digest moved",
        moved,
        lambda _b, _l, digest: [("Digest file", digest, "not found"), ("Digest file", elsewhere(digest), MOVED)],
    ),
    Damage(
        "a log file more",
        lambda b, log, _d: b.put(another_log(log), *b.kept[log]),
        lambda _b, _l, _d: [],
        lambda _b, log, _d: [("Log file", another_log(log), "is in no digest, so that nobody delivered it")],
    ),
    Damage(
        "a log file renamed",
        lambda b, log, _d: (b.put(another_log(log), *b.kept[log]), b.delete(log)),
        lambda _b, log, _d: [("Log file", log, "not found")],
        lambda _b, log, _d: [
            ("Log file", log, f"not found; what it held is at {another_log(log)}"),
            ("Log file", another_log(log), f"is in no digest; it holds what was delivered as {log}"),
        ],
    ),
]
