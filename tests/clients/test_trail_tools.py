"""Tools that others wrote for AWS's trails, on what a trail of this server delivered."""

import json
import os
import pathlib
import subprocess
import sys
from datetime import timedelta

import pytest

from test_trails import BUCKET, Trail, now


class Scraper:
    """`trailscraper`, which is told of the server by the environment, as every client of boto3 is."""

    def __init__(self, server, root, folder):
        self.server, self.root, self.folder = server, root, folder

    def run(self, *arguments, stdin=None):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment.update(
            AWS_ENDPOINT_URL=self.server.url,
            AWS_ACCESS_KEY_ID=self.root.key,
            AWS_SECRET_ACCESS_KEY=self.root.secret,
            AWS_DEFAULT_REGION="us-east-1",
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        )
        tool = pathlib.Path(sys.executable).parent / "trailscraper"
        done = subprocess.run(
            [str(tool), *map(str, arguments)], env=environment, input=stdin, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def scraped(make_server, root, tmp_path):
    """A trail of all regions, one of which is first used later on, and what trailscraper downloaded of it."""
    trail = Trail(make_server().start(), root)
    trail.start(IsMultiRegionTrail=True)
    for number in range(3):
        trail.server.client("sns", root).create_topic(Name=f"early-{number}")
    trail.advance("70m")
    late = trail.server.client("sns", root, region="ap-southeast-2")
    late.create_topic(Name="late")
    late.list_topics()
    trail.server.client("iam", root).create_user(UserName="somebody")
    trail.advance("70m")
    scraper = Scraper(trail.server, root, tmp_path / "logs")
    day = timedelta(days=1)
    times = [time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in (now(trail.server) - day, now(trail.server) + day)]
    bounds = ("--from", times[0], "--to", times[1])
    regions = ("--region", "us-east-1", "--region", "ap-southeast-2")
    place = ("--bucket", BUCKET, "--account-id", root.key, "--log-dir", scraper.folder)
    scraper.run("download", *place, *regions, *bounds)
    return trail, scraper, bounds


def test_trailscraper_downloads_and_selects_every_record(scraped):
    trail, scraper, bounds = scraped
    files = {path.name for path in scraper.folder.rglob("*.json.gz")}
    assert files == {key.rsplit("/", 1)[1] for key in trail.keys("CloudTrail")}
    selected = json.loads(scraper.run("select", "--log-dir", scraper.folder, *bounds))["Records"]
    by_id = {record["eventID"]: record for record in selected}
    assert by_id == {record["eventID"]: record for record in trail.records()}
    assert len(selected) == len(by_id)
    regions = {record["awsRegion"] for record in selected if record["eventName"] == "CreateTopic"}
    assert regions == {"us-east-1", "ap-southeast-2"}


def test_trailscraper_writes_the_policy_that_the_calls_need(scraped):
    _, scraper, bounds = scraped
    selected = scraper.run("select", "--log-dir", scraper.folder, *bounds)
    statements = json.loads(scraper.run("generate", stdin=selected))["Statement"]
    actions = {action for statement in statements for action in statement["Action"]}
    assert {"sns:CreateTopic", "sns:ListTopics", "iam:CreateUser", "cloudtrail:StartLogging"} <= actions


def test_a_region_that_is_first_used_later_has_files_and_a_chain_of_its_own(scraped):
    trail, _, _ = scraped
    chain = "_CloudTrail-Digest_ap-southeast-2_main_us-east-1_"
    by_region = [key for key in trail.keys("CloudTrail-Digest") if chain in key]
    assert len(by_region) >= 2
    since = now(trail.server) - timedelta(days=1)
    times = [time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in (since, now(trail.server) + timedelta(hours=1))]
    bounds = ("--start-time", times[0], "--end-time", times[1])
    # The CLI looks for the digests of the region that it is told of by this option alone.
    region = ("--region", "ap-southeast-2")
    arguments = ("cloudtrail", "validate-logs", "--trail-arn", trail.arn, *bounds, *region, "--verbose")
    ended = trail.server.cli(*arguments, credentials=trail.root)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{len(by_region)}/{len(by_region)} digest files valid" in ended.stdout
    assert "1/1 log files valid" in ended.stdout
