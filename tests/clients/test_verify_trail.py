"""`trailwatch verify-trail` over a server, the folder of a stopped one, and copies; and what it says of damage."""

import gzip
import json
from collections import Counter

import pytest

from harness import Credentials, Server
from test_trails import BUCKET, Trail
from trail_damage import DAMAGES, Bucket, invalid, verify_trail


class Delivered:
    """A trail of two regions that delivered for some hours."""

    def __init__(self, server, root):
        self.server, self.root = server, root
        self.trail = Trail(server, root)
        self.trail.start(IsMultiRegionTrail=True)
        for number in range(4):
            server.client("sns", root).create_topic(Name=f"topic-{number}")
            if number:
                server.client("sns", root, region="eu-west-1").create_topic(Name=f"topic-{number}")
            self.trail.advance("1h")
        self.bucket = Bucket(self.trail.s3, BUCKET)

    def verify(self, *arguments, online=True):
        server, credentials = (self.server, self.root) if online else (None, None)
        ended = verify_trail(*arguments, server=server, credentials=credentials)
        return ended.returncode, ended.stdout + ended.stderr

    def keys(self, text, region="us-east-1"):
        """Keys of a region's digests or log files, in the order of their times."""
        return [key for key in self.bucket.keys(text) if f"/{region}/" in key]


@pytest.fixture(scope="module")
def delivered(tmp_path_factory):
    """The trail; every test leaves it as it was."""
    server = Server(tmp_path_factory.mktemp("delivered") / "data").start()
    try:
        yield Delivered(server, Credentials("310000000001", "test"))
    finally:
        server.end()


def test_a_trail_is_verified_in_all_its_regions(delivered):
    code, said = delivered.verify("--trail", delivered.trail.arn)
    assert code == 0, said
    for region in ("us-east-1", "eu-west-1"):
        assert f"Trail {delivered.trail.arn}, events of {region}" in said
    digests = len(delivered.keys("_CloudTrail-Digest_"))
    assert f"{digests}/{digests} digest files valid" in said
    by_name = delivered.verify("--trail", "main")
    assert by_name == (code, said)
    assert delivered.verify("--bucket", BUCKET) == (code, said), "the trails that have digests in a bucket"
    code, said = delivered.verify("--trail", "main", "--source-region", "eu-west-1")
    assert code == 0 and "events of us-east-1" not in said


def test_what_is_said_in_json_is_counted(delivered):
    code, said = delivered.verify("--trail", "main", "--json", "--verbose")
    assert code == 0, said
    trails = {trail["region"]: trail for trail in json.loads(said)["trails"]}
    assert set(trails) == {"us-east-1", "eu-west-1"}
    for region, trail in trails.items():
        assert trail["valid"] and trail["conclusive"] and trail["cutOff"] is None
        # What was delivered after the newest digest is in none yet.
        files = [file["key"] for file in trail["files"] if file["standing"] in ("valid", "uncovered")]
        expected = delivered.keys("_CloudTrail-Digest_", region) + delivered.keys("_CloudTrail_", region)
        assert sorted(files) == sorted(expected)
        assert trail["digests"]["valid"] == len(delivered.keys("_CloudTrail-Digest_", region))


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_the_touched_file_is_named_and_no_other(delivered, damage):
    log, digest = delivered.keys("_CloudTrail_")[1], delivered.keys("_CloudTrail-Digest_")[1]
    _, expected = damage.expected(delivered.bucket, log, digest)
    damage.do(delivered.bucket, log, digest)
    try:
        code, said = delivered.verify("--trail", "main")
        assert (code, invalid(said)) == (1, expected), said
        code, said = delivered.verify("--trail", "main", "--source-region", "eu-west-1")
        assert code == 0, said
    finally:
        delivered.bucket.restore()


def test_a_chain_without_its_end_is_found_by_what_the_trail_remembers(delivered):
    for digest in delivered.keys("_CloudTrail-Digest_")[-2:]:
        delivered.bucket.delete(digest)
    try:
        code, said = delivered.verify("--trail", "main")
        assert code == 1 and "INVALID: the trail delivered a digest at" in said, said
    finally:
        delivered.bucket.restore()


def test_files_that_another_trail_without_validation_delivers_can_be_allowed(delivered):
    log = delivered.keys("_CloudTrail_")[1]
    delivered.bucket.put(log.replace(".json.gz", "0.json.gz"), *delivered.bucket.kept[log])
    try:
        assert delivered.verify("--trail", "main")[0] == 1
        code, said = delivered.verify("--trail", "main", "--allow-extra")
        assert code == 0 and "is in no digest" in said
    finally:
        delivered.bucket.restore()


def test_a_saved_copy_is_verified_without_any_server(delivered, tmp_path):
    copy = tmp_path / "copy"
    code, said = delivered.verify("--trail", "main", "--save", copy, "--verbose")
    assert code == 0, said
    assert delivered.verify(copy, "--verbose", online=False) == (code, said)
    log = delivered.keys("_CloudTrail_")[1]
    path = copy / "objects" / BUCKET / log
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"topic-1", b"topic-2")))
    code, said = delivered.verify(copy, online=False)
    assert (code, invalid(said)) == (1, [("Log file", log, "hash value doesn't match")])
    code, said = delivered.verify("--trail", "main", "--save", copy)
    assert code == 2 and "is not empty" in said


def test_keys_are_told_by_their_fingerprints(delivered):
    _, said = delivered.verify("--trail", "main", "--source-region", "eu-west-1")
    lists = delivered.server.client("cloudtrail", delivered.root, region="eu-west-1").list_public_keys()
    fingerprints = [key["Fingerprint"] for key in lists["PublicKeyList"]]
    assert f"keys: {', '.join(sorted(fingerprints))}\n" in said


def test_a_copy_keeps_damage(delivered, tmp_path):
    log = delivered.keys("_CloudTrail_")[1]
    delivered.bucket.delete(log)
    delivered.bucket.put(log.rsplit("/", 1)[0] + "/notes.txt", b"x", {})
    try:
        code, said = delivered.verify("--trail", "main", "--save", tmp_path / "copy")
        assert code == 1
        assert len(invalid(said)) == 2
        assert delivered.verify(tmp_path / "copy", online=False) == (code, said)
    finally:
        delivered.bucket.restore()


def test_a_copy_by_the_cli_proves_all_but_the_newest_hour(delivered, tmp_path):
    copy = tmp_path / "copy"
    done = delivered.server.cli("s3", "sync", f"s3://{BUCKET}", str(copy), credentials=delivered.root)
    assert done.returncode == 0, done.stderr
    code, said = delivered.verify(copy, online=False)
    assert code == 2 and "list-public-keys" in said
    keys = []
    for region in ("us-east-1", "eu-west-1"):
        range_ = ("--start-time", "2020-01-01", "--end-time", "2040-01-01")
        listing = ("cloudtrail", "list-public-keys", *range_)
        done = delivered.server.cli(*listing, credentials=delivered.root, region=region)
        file = tmp_path / f"{region}.json"
        file.write_text(done.stdout)
        keys += ["--public-keys", file]
    code, said = delivered.verify(copy, *keys, online=False)
    assert code == 2, said
    assert said.count("its signature is not in this copy") == 2, "one a region"
    assert invalid(said) == []
    digests = len(delivered.keys("_CloudTrail-Digest_"))
    assert f"{digests - 1}/{digests} digest files valid" in said
    digest = delivered.keys("_CloudTrail-Digest_")[1]
    (copy / digest).unlink()
    code, said = delivered.verify(copy, *keys, online=False)
    assert (code, invalid(said)) == (1, [("Digest file", digest, "not found")]), said


def test_a_key_that_is_not_the_trails_proves_nothing(delivered, tmp_path):
    other = tmp_path / "keys.json"
    other.write_text(json.dumps({"PublicKeyList": []}))
    code, said = delivered.verify("--trail", "main", "--public-keys", other)
    assert code == 1 and "public key not found for fingerprint" in said


def test_the_folder_of_a_stopped_server_is_verified(make_server, root):
    server = make_server().start()
    one = Delivered(server, root)
    assert server.stop() == 0
    ended = verify_trail("--data", server.data)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    digests = len(one.keys("_CloudTrail-Digest_"))
    assert f"{digests}/{digests} digest files valid" in ended.stdout
    # The file that one log file is in, told by its length: it is encrypted, in one frame with a tag of 16 bytes.
    lengths = Counter(len(body) for body, _ in one.bucket.kept.values())
    log = next(key for key in one.keys("_CloudTrail_") if lengths[len(one.bucket.kept[key][0])] == 1)
    length = len(one.bucket.kept[log][0]) + 16
    (file,) = (path for path in (server.data / "objects").rglob("*") if path.is_file() and path.stat().st_size == length)
    body = file.read_bytes()
    file.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    ended = verify_trail("--data", server.data, "--trail", one.trail.arn)
    assert (ended.returncode, invalid(ended.stdout)) == (1, [("Log file", log, "invalid format")])
    file.unlink()
    ended = verify_trail("--data", server.data, "--trail", one.trail.arn)
    assert (ended.returncode, invalid(ended.stdout)) == (1, [("Log file", log, "not found")])
    ended = verify_trail("--data", server.data, "--master-key", server.data / "none")
    assert ended.returncode == 2 and "master key" in ended.stderr, "nobody can tell without the key"


def test_the_end_of_a_chain_is_known_to_the_folder_of_a_stopped_server(make_server, root):
    server = make_server().start()
    one = Delivered(server, root)
    newest = one.keys("_CloudTrail-Digest_")[-1]
    one.bucket.delete(newest)
    assert server.stop() == 0
    ended = verify_trail("--data", server.data)
    assert (ended.returncode, invalid(ended.stdout)) == (1, [("Digest file", newest, "not found")]), ended.stdout


def test_what_cannot_be_told_has_its_own_exit_code(delivered, tmp_path):
    for arguments in (
        ("--trail", "none"),
        ("--bucket", "none"),
        ("--trail", "arn:aws:s3:::bucket"),
        ("--trail", "main", "--from", "soon"),
        (tmp_path,),
        (tmp_path / "none",),
        ("--data", tmp_path),
    ):
        online = not str(arguments[0]).startswith(("/", "--data"))
        code, said = delivered.verify(*arguments, online=online)
        assert code == 2 and said, arguments
    nobody = Credentials("AKIANOBODY", "x")
    assert verify_trail("--trail", "main", server=delivered.server, credentials=nobody).returncode == 2
    code, said = delivered.verify("--bucket", BUCKET, "--from", "2040-01-01")
    assert code == 2, "there are no digests in the range"


def test_it_says_how_it_is_used():
    help_ = verify_trail("--help").stdout
    for word in ("--trail", "--save", "--data", "--public-keys", "Exit codes"):
        assert word in help_
