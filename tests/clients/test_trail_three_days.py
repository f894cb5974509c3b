"""Three days of a trail on the simulated clock: stops and starts, empty hours, restarts of the server and a change of
keys; then the unmodified `aws cloudtrail validate-logs`, boto3 and `trailwatch verify-trail` over what was delivered,
whole and damaged in every way, and whole again."""

import gzip
import json
from datetime import timedelta

import pytest

from harness import Credentials, Server
from test_trails import BUCKET, Trail, now
from trail_damage import DAMAGES, Bucket, invalid, verify_trail

DAY = 24


class ThreeDays:
    """The trail after its three days, and what is known of them."""

    def __init__(self, server, root):
        self.server, self.root = server, root
        self.trail = Trail(server, root)
        self.made, self.hours = [], 0
        self.make_a_key_that_changes_after(hours=40)
        self.since = now(server) - timedelta(minutes=5)
        self.live()
        self.until = now(server)
        self.bucket = Bucket(self.trail.s3, BUCKET)

    def make_a_key_that_changes_after(self, hours):
        """Keys are valid for thirty days from an hour before the first digest that they sign."""
        trail = self.trail
        trail.start()
        trail.advance("1h")
        trail.trails.stop_logging(Name="main")
        trail.advance(f"{30 * DAY - 2 - hours}h")

    def live(self):
        trail = self.trail
        trail.trails.start_logging(Name="main")
        self.pass_hours(10, calls=lambda hour: hour % 3)
        # Nothing happens for hours, not even a call that reads.
        self.pass_hours(5, calls=lambda _: 0)
        trail.advance("20m")
        self.call("before-the-stop")
        trail.trails.stop_logging(Name="main")
        trail.advance("4h")
        trail.trails.start_logging(Name="main")
        self.pass_hours(9, calls=lambda hour: hour % 2)
        # The server is stopped in the middle of an hour, and later on killed.
        trail.advance("31m")
        self.call("before-the-restart")
        assert self.server.stop() == 0
        self.server.start()
        trail.reconnect()
        self.pass_hours(16, calls=lambda hour: 2 if hour % 5 == 0 else 0)
        self.call("before-the-kill")
        self.server.kill()
        self.server.start()
        trail.reconnect()
        self.pass_hours(20, calls=lambda hour: hour % 2)
        trail.trails.stop_logging(Name="main")
        trail.advance("2h")
        trail.trails.start_logging(Name="main")
        self.pass_hours(6, calls=lambda _: 1)

    def pass_hours(self, count, calls):
        for _ in range(count):
            for number in range(calls(self.hours)):
                self.call(f"hour-{self.hours}-{number}")
            self.trail.advance("1h")
            self.hours += 1

    def call(self, name):
        self.server.client("sns", self.root).create_topic(Name=name)
        self.made.append(name)

    def validate(self, *more):
        """What the CLI says of the three days: its exit code and its output."""
        times = [time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in (self.since, self.until)]
        bounds = ("--start-time", times[0], "--end-time", times[1])
        arguments = ("cloudtrail", "validate-logs", "--trail-arn", self.trail.arn, *bounds, *more)
        ended = self.server.cli(*arguments, credentials=self.root)
        return ended.returncode, ended.stdout + ended.stderr

    def verify(self, *more):
        """What verify-trail says of the same time."""
        times = [time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in (self.since, self.until)]
        arguments = ("--trail", self.trail.arn, "--from", times[0], "--to", times[1], *more)
        ended = verify_trail(*arguments, server=self.server, credentials=self.root)
        return ended.returncode, ended.stdout + ended.stderr

    def of_the_days(self, text):
        """Keys of the three days, by the time in their names."""
        start = self.since.strftime("%Y%m%dT%H%M")
        # A log file's name goes on after its time.
        parts = 2 if text == "_CloudTrail_" else 1
        return [key for key in self.bucket.keys(text) if key.rsplit("_", parts)[1] >= start]


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """The trail after three days; every test leaves it as it was."""
    server = Server(tmp_path_factory.mktemp("days") / "data").start()
    try:
        yield ThreeDays(server, Credentials("310000000003", "test"))
    finally:
        server.end()


def test_the_cli_finds_three_days_valid(days):
    digests, logs = days.of_the_days("_CloudTrail-Digest_"), days.of_the_days("_CloudTrail_")
    assert days.hours == 66 and len(digests) > 66
    code, said = days.validate("--verbose")
    assert code == 0, said
    assert said.count("Digest file\t") == len(digests)
    assert f"{len(digests)}/{len(digests)} digest files valid" in said
    assert f"{len(logs)}/{len(logs)} log files valid" in said
    assert said.count("No log files were delivered by CloudTrail between") == 2, "one a stop"
    code, brief = days.validate()
    assert code == 0, brief
    assert "\tvalid" not in brief
    assert f"{len(digests)}/{len(digests)} digest files valid" in brief


def test_the_key_changed_in_the_middle_and_every_hour_has_its_digest(days):
    digests = [json.loads(gzip.decompress(days.bucket.kept[key][0])) for key in days.of_the_days("_CloudTrail-Digest_")]
    keys = [digest["digestPublicKeyFingerprint"] for digest in digests]
    changes = [number for number in range(1, len(keys)) if keys[number] != keys[number - 1]]
    assert len(set(keys)) == 2 and len(changes) == 1
    assert digests[changes[0]]["previousDigestS3Object"] is not None, "the change is within a chain"
    empty = [digest for digest in digests if not digest["logFiles"] and digest["previousDigestS3Object"]]
    assert len(empty) >= 5 and all(digest["newestEventTime"] is None for digest in empty)
    starts = [digest for digest in digests if digest["previousDigestS3Object"] is None]
    assert len(starts) == 3


def test_boto3_reads_every_object_and_every_call_is_there_once(days):
    records = []
    for key, (body, metadata) in days.bucket.kept.items():
        if not key.endswith(".json.gz"):
            continue
        head = days.trail.s3.head_object(Bucket=BUCKET, Key=key)
        assert (head["ContentType"], head["ContentEncoding"]) == ("application/json", "gzip"), key
        content = json.loads(gzip.decompress(body))
        if "CloudTrail-Digest" in key:
            assert set(metadata) == {"signature", "signature-algorithm"}, key
            assert metadata["signature-algorithm"] == "SHA256withRSA" and len(metadata["signature"]) == 512
            assert content["digestS3Object"] == key
        else:
            assert metadata == {}, key
            records += content["Records"]
    names = [record["requestParameters"]["name"] for record in records if record["eventName"] == "CreateTopic"]
    assert sorted(names) == sorted(days.made)
    assert len({record["eventID"] for record in records}) == len(records)


def test_verify_trail_finds_three_days_valid(days):
    digests, logs = days.of_the_days("_CloudTrail-Digest_"), days.of_the_days("_CloudTrail_")
    code, said = days.verify("--verbose")
    assert code == 0, said
    assert said.count("Digest file\t") == len(digests)
    assert f"{len(digests)}/{len(digests)} digest files valid" in said
    assert f"{len(logs)}/{len(logs)} log files valid" in said
    assert said.count("No log files were delivered by CloudTrail between") == 2


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_every_damage_is_found_and_nothing_else(days, damage):
    bucket = days.bucket
    logs, digests = days.of_the_days("_CloudTrail_"), days.of_the_days("_CloudTrail-Digest_")
    log, digest = logs[len(logs) // 2], digests[len(digests) // 2]
    by_cli, by_us = damage.expected(bucket, log, digest)
    damage.do(bucket, log, digest)
    try:
        for more in ((), ("--verbose",)):
            code, said = days.validate(*more)
            assert (code, invalid(said)) == (1 if by_cli else 0, by_cli), said
        code, said = days.verify()
        assert (code, invalid(said)) == (1, by_us), said
    finally:
        bucket.restore()
    code, said = days.validate()
    assert (code, invalid(said)) == (0, []), said
    code, said = days.verify()
    assert (code, invalid(said)) == (0, []), said
