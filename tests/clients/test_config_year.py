"""A simulated year of ten thousand changes, with the server killed now and then, against a plain log of them.

CONFIG_CHANGES   how many changes (default 10000)
CONFIG_KILLS     how often the server is killed at a random moment (default 10)
"""

import collections
import datetime
import gzip
import json
import os
import random
import threading

import botocore.exceptions
import pytest

from buckets import body_of
from harness import SERVER_ACCOUNT, Server

CHANGES = int(os.environ.get("CONFIG_CHANGES", "10000"))
KILLS = int(os.environ.get("CONFIG_KILLS", "10"))
SEED = 20400101
# Later than the machine's clock, which the simulated one starts with.
START = datetime.datetime(2040, 1, 1, tzinfo=datetime.UTC)
YEAR_SECONDS = 365 * 86_400
TYPES = ("Acme::Shop::Order", "Acme::Shop::Customer", "Acme::Depot::Shelf")
RESOURCES_OF_TYPE = 100
# Changes of one moment, each of another resource.
AT_ONCE = 4
BUCKET = "acme-config"
LOST = (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError)


class PlainLog:
    """What was done to each resource: times and states, `None` for a deletion."""

    def __init__(self):
        self.states = {}

    def note(self, key, time, state):
        """Notes a change; that which changes nothing is none."""
        history = self.states.get(key, [])
        before = history[-1][1] if history else None
        if state != before:
            self.states[key] = [*history, (time, state)]

    def at(self, key, time):
        """The newest change up to a time."""
        until = [change for change in self.states.get(key, []) if change[0] <= time]
        return until[-1] if until else None


class Year:
    """A server under a simulated year of random changes."""

    def __init__(self, server):
        self.server, self.random, self.log, self.time = server, random.Random(SEED), PlainLog(), START
        self.connect()

    def connect(self):
        """Clients of the server that runs now, at the time that it is."""
        self.server.move_clock(set=self.time.isoformat())
        self.config = self.server.client("config")

    def change(self):
        """One random change: made, changed, told once more, or deleted."""
        key = (self.random.choice(TYPES), f"r-{self.random.randrange(RESOURCES_OF_TYPE)}")
        kind = self.random.random()
        if kind < 0.15:
            return key, None
        before = self.log.at(key, self.time)
        if kind < 0.25 and before and before[1]:
            return key, before[1]
        configuration = {"size": self.random.randrange(1000), "parts": [{"no": n} for n in range(kind < 0.5)]}
        return key, (configuration, {"owner": self.random.choice("abc")})

    def put(self, key, state):
        """Tells the server."""
        resource_type, resource_id = key
        if state is None:
            self.config.delete_resource_config(ResourceType=resource_type, ResourceId=resource_id)
        else:
            configuration, tags = state
            self.config.put_resource_config(
                ResourceType=resource_type,
                SchemaVersionId="1",
                ResourceId=resource_id,
                Configuration=json.dumps(configuration),
                Tags=tags,
            )

    def put_and_be_killed(self, key, state):
        """Tells the server, which is killed meanwhile; tells it once more when the call was lost."""
        killer = threading.Timer(self.random.random() * 0.004, self.server.kill)
        killer.start()
        try:
            self.put(key, state)
        except LOST:
            pass
        killer.join()
        self.server.start()
        self.connect()
        self.put(key, state)

    def live(self):
        """The resources that are there, and what they are like."""
        return {key: changes[-1][1] for key, changes in self.log.states.items() if changes[-1][1] is not None}


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """The year when it is over."""
    server = Server(tmp_path_factory.mktemp("year") / "data").start()
    over = Year(server)
    s3 = server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "config.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    group = {"allSupported": False, "resourceTypes": list(TYPES)}
    role = f"arn:aws:iam::{SERVER_ACCOUNT}:role/config"
    recorder = {"name": "default", "roleARN": role, "recordingGroup": group}
    over.config.put_configuration_recorder(ConfigurationRecorder=recorder)
    over.config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": BUCKET})
    over.config.start_configuration_recorder(ConfigurationRecorderName="default")
    seconds = sorted(over.random.sample(range(60, YEAR_SECONDS), CHANGES // AT_ONCE))
    kills = set(over.random.sample(range(len(seconds)), KILLS))
    for number, second in enumerate(seconds):
        over.time = START + datetime.timedelta(seconds=second)
        server.move_clock(set=over.time.isoformat())
        changes = dict(over.change() for _ in range(AT_ONCE))
        for key, state in changes.items():
            over.put(key, state)
            over.log.note(key, over.time, state)
        if number in kills:
            key, state = over.change()
            while key in changes:
                key, state = over.change()
            over.put_and_be_killed(key, state)
            over.log.note(key, over.time, state)
    yield over
    server.end()


def said(item):
    """Time and state of an item as the plain log has them."""
    time = item["configurationItemCaptureTime"].astimezone(datetime.UTC)
    if item["configurationItemStatus"] == "ResourceDeleted":
        return time, None
    return time, (json.loads(item["configuration"]), item["tags"])


def test_each_history_is_the_plain_log(year):
    history = year.config.get_paginator("get_resource_config_history")
    for key, changes in year.log.states.items():
        asked = {"resourceType": key[0], "resourceId": key[1], "chronologicalOrder": "Forward"}
        pages = history.paginate(**asked, PaginationConfig={"PageSize": 100})
        items = [said(item) for page in pages for item in page["configurationItems"]]
        assert items == changes, key


def test_the_state_at_any_time_is_the_last_one_that_was_told(year):
    keys = sorted(year.log.states)
    for _ in range(1000):
        key = year.random.choice(keys)
        time = START + datetime.timedelta(seconds=year.random.randrange(YEAR_SECONDS))
        found = year.config.get_resource_config_history(
            resourceType=key[0], resourceId=key[1], laterTime=time, limit=1
        )["configurationItems"]
        expected = year.log.at(key, time)
        assert [said(item) for item in found] == ([expected] if expected else []), (key, time)


def test_what_is_listed_is_what_is_there(year):
    live = year.live()
    lister = year.config.get_paginator("list_discovered_resources")
    for resource_type in TYPES:
        pages = lister.paginate(resourceType=resource_type)
        listed = sorted(one["resourceId"] for page in pages for one in page["resourceIdentifiers"])
        assert listed == sorted(resource_id for of_type, resource_id in live if of_type == resource_type)
    counted = year.config.get_discovered_resource_counts(resourceTypes=list(TYPES))["resourceCounts"]
    counts = {one["resourceType"]: one["count"] for one in counted}
    assert counts == collections.Counter(resource_type for resource_type, _ in live)


def is_history(key):
    """Whether a key is that of a history file of what the year was about."""
    return "_ConfigHistory_Acme" in key


def test_history_files_hold_each_item_once(year):
    year.time += datetime.timedelta(hours=7)
    year.server.move_clock(set=year.time.isoformat())
    s3 = year.server.client("s3")
    expected = sorted((*key, time) for key, changes in year.log.states.items() for time, _ in changes)
    items, read = [], set()
    # The files of the last hours come in their own time: there is nothing to wait for but themselves.
    for _ in range(2000):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        keys = {entry["Key"] for page in pages for entry in page.get("Contents", []) if is_history(entry["Key"])}
        for key in sorted(keys - read):
            file = json.loads(gzip.decompress(body_of(s3, BUCKET, key)))
            for item in file["configurationItems"]:
                taken = datetime.datetime.fromisoformat(item["configurationItemCaptureTime"])
                items.append((item["resourceType"], item["resourceId"], taken))
        read |= keys
        if len(items) >= len(expected):
            break
    assert sorted(items) == expected
