"""Alarm mute rules through the API (cloudwatch.md §6.11): windows, what runs after them, refusals.

One server for the module, whose clock goes on from test to test: each test has an account of its
own and begins at nine o'clock of a later day.
"""

import datetime
import json

import pytest

from harness import Server
from metrics import instant
from refusals import refused

DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    """A server whose clock these tests turn."""
    one = Server(tmp_path_factory.mktemp("mutes") / "data").start()
    yield one
    died = not one.running()
    one.end()
    assert not died, one.stderr


class World:
    """The alarm `a` and the mute rules of one account, from nine o'clock on."""

    def __init__(self, server, root):
        self.server, self.account = server, root.key
        self.cloudwatch = server.client("cloudwatch", root)
        topic = server.client("sns", root).create_topic(Name="t")["TopicArn"]
        self.day = (instant(server.now()) + DAY).date()
        self.at("09:00")
        self.cloudwatch.put_metric_alarm(
            AlarmName="a",
            Namespace="None",
            MetricName="m",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="ignore",
            OKActions=[topic],
            AlarmActions=[topic],
        )

    def time(self, clock):
        return f"{self.day}T{clock}:00Z"

    def at(self, clock):
        self.server.move_clock(set=self.time(clock))

    def set(self, value):
        self.cloudwatch.set_alarm_state(AlarmName="a", StateValue=value, StateReason="test")
        self.server.move_clock(advance="1s")

    def put(self, name, expression, duration="PT1H", timezone=None, targets=("a",), **more):
        schedule = {"Expression": expression, "Duration": duration}
        if timezone:
            schedule["Timezone"] = timezone
        self.cloudwatch.put_alarm_mute_rule(
            Name=name, Rule={"Schedule": schedule}, MuteTargets={"AlarmNames": list(targets)}, **more
        )

    def get(self, name):
        return self.cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName=name)

    def status(self, name):
        return self.get(name)["Status"]

    def told(self):
        """What was published, oldest first: the state, and whether after a mute window."""
        found = self.cloudwatch.describe_alarm_history(
            AlarmName="a", HistoryItemType="Action", ScanBy="TimestampAscending"
        )
        data = [json.loads(item["HistoryData"]) for item in found["AlarmHistoryItems"]]
        published = [json.loads(json.loads(one["publishedMessage"])["default"]) for one in data if one["publishedMessage"]]
        return [(one["NewStateValue"], one["ActionExecutedAfterMuteWindow"]) for one in published]

    def muted(self):
        """What the history says of muted actions."""
        found = self.cloudwatch.describe_alarm_history(AlarmName="a", HistoryItemType="Action")
        return [item["HistorySummary"] for item in found["AlarmHistoryItems"] if item["HistorySummary"].startswith("Muted")]


@pytest.fixture
def world(turned, root):
    return World(turned, root)


def test_a_window_mutes_and_its_end_runs_the_actions_of_the_present_state(world):
    world.set("OK")
    assert world.told() == [("OK", False)]
    world.put("nightly", "cron(0 10 * * *)", "PT30M")
    world.at("10:05")
    world.set("ALARM")
    world.set("OK")
    world.set("ALARM")
    assert world.cloudwatch.describe_alarms(AlarmNames=["a"])["MetricAlarms"][0]["StateValue"] == "ALARM"
    updates = world.cloudwatch.describe_alarm_history(AlarmName="a", HistoryItemType="StateUpdate")
    assert len(updates["AlarmHistoryItems"]) == 4
    assert world.told() == [("OK", False)]
    assert world.muted() and all("nightly" in line for line in world.muted())
    world.at("10:29")
    assert world.told() == [("OK", False)]
    world.at("10:30")
    assert world.told() == [("OK", False), ("ALARM", True)]
    # Outside windows actions run at once.
    world.set("OK")
    assert world.told()[-1] == ("OK", False)


def test_the_clock_may_pass_whole_windows(world):
    world.put("nightly", "cron(0 10 * * *)", "PT30M")
    world.at("10:05")
    world.set("ALARM")
    world.at("23:00")
    assert world.told() == [("ALARM", True)]


def test_a_rule_that_is_deleted_mutes_no_more(world):
    world.put("r", f"at({world.day}T09:00)", "P2D")
    world.set("ALARM")
    assert world.told() == []
    world.cloudwatch.enable_alarm_actions(AlarmNames=["a"])
    world.server.move_clock(advance="1s")
    assert world.told() == [], "enabling actions does not unmute"
    world.cloudwatch.delete_alarm_mute_rule(AlarmMuteRuleName="r")
    world.server.move_clock(advance="1s")
    assert world.told() == [("ALARM", True)]
    world.cloudwatch.delete_alarm_mute_rule(AlarmMuteRuleName="r")
    with refused("ResourceNotFoundException", 404):
        world.get("r")


def test_rules_mute_their_targets_alone(world):
    world.put("r", "0 9 * * *", targets=["b", "c"])
    world.set("ALARM")
    assert world.told() == [("ALARM", False)]


def test_a_rule_is_read_back_and_its_status_follows_the_clock(world):
    world.put(
        "r",
        "cron(0 10 * * *)",
        "PT1H",
        "UTC",
        Description="nightly",
        ExpireDate=world.time("10:30"),
        StartDate=world.time("09:30"),
        Tags=[{"Key": "k", "Value": "v"}],
    )
    rule = world.get("r")
    arn = f"arn:aws:cloudwatch:us-east-1:{world.account}:alarm-mute-rule:r"
    assert rule["Name"] == "r" and rule["AlarmMuteRuleArn"] == arn
    assert rule["Description"] == "nightly"
    assert rule["Rule"] == {"Schedule": {"Expression": "cron(0 10 * * *)", "Duration": "PT1H", "Timezone": "UTC"}}
    assert rule["MuteTargets"] == {"AlarmNames": ["a"]}
    assert rule["StartDate"] == instant(world.time("09:30")) and rule["ExpireDate"] == instant(world.time("10:30"))
    assert rule["LastUpdatedTimestamp"] == instant(world.time("09:00"))
    assert (rule["Status"], rule["MuteType"]) == ("SCHEDULED", "RECURRING")
    tags = world.cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
    assert tags == [{"Key": "k", "Value": "v"}]
    world.at("10:00")
    assert world.status("r") == "ACTIVE"
    world.at("10:30")
    assert world.status("r") == "EXPIRED"


def test_a_single_window_is_in_the_time_zone(world):
    # Nine o'clock in Kolkata is 3:30; 15:00 there is 9:30.
    world.put("r", f"at({world.day}T15:00)", "PT15M", "Asia/Kolkata")
    assert world.get("r")["MuteType"] == "ONE_TIME"
    states = []
    for clock in ["09:29", "09:30", "09:44", "09:45"]:
        world.at(clock)
        states.append(world.status("r"))
    assert states == ["SCHEDULED", "ACTIVE", "ACTIVE", "EXPIRED"]


def test_a_put_replaces_the_rule_and_keeps_its_tags(world):
    world.put("r", "0 9 * * *", Tags=[{"Key": "k", "Value": "v"}], Description="old")
    world.put("r", "0 12 * * *", Tags=[{"Key": "k", "Value": "other"}])
    rule = world.get("r")
    assert rule["Rule"]["Schedule"]["Expression"] == "0 12 * * *"
    assert "Description" not in rule
    tags = world.cloudwatch.list_tags_for_resource(ResourceARN=rule["AlarmMuteRuleArn"])["Tags"]
    assert tags == [{"Key": "k", "Value": "v"}]


def test_rules_are_listed_by_alarm_and_status_in_pages(world):
    for n in range(5):
        world.put(f"r{n}", "0 9 * * *" if n % 2 else "0 12 * * *", targets=["a" if n < 3 else "b"])

    def names(**asked):
        pages = world.cloudwatch.get_paginator("list_alarm_mute_rules").paginate(**asked)
        summaries = [one for page in pages for one in page["AlarmMuteRuleSummaries"]]
        return [one["AlarmMuteRuleArn"].rsplit(":", 1)[1] for one in summaries]

    assert names() == ["r0", "r1", "r2", "r3", "r4"]
    assert names(PaginationConfig={"PageSize": 2}) == ["r0", "r1", "r2", "r3", "r4"]
    assert names(AlarmName="b") == ["r3", "r4"]
    assert names(Statuses=["ACTIVE"]) == ["r1", "r3"]
    assert names(Statuses=["SCHEDULED", "EXPIRED"], AlarmName="a") == ["r0", "r2"]
    with refused("InvalidNextToken"):
        world.cloudwatch.list_alarm_mute_rules(NextToken="x")
    with refused("ResourceNotFoundException"):
        world.cloudwatch.list_alarm_mute_rules(AlarmName="nobody")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"expression": "cron(0 10 * *)"}, "5 fields"),
        ({"expression": "0 25 * * *"}, "hour"),
        ({"expression": "at(tomorrow)"}, "at()"),
        ({"duration": "PT30S"}, "PT1M to P15D"),
        ({"duration": "P16D"}, "PT1M to P15D"),
        ({"timezone": "Nowhere/City"}, "Nowhere/City"),
        ({"targets": [f"t{n}" for n in range(101)]}, "less than or equal to 100"),
        ({"ExpireDate": "2026-01-01T00:00:00Z", "StartDate": "2026-01-02T00:00:00Z"}, "StartDate"),
    ],
)
def test_rules_are_refused(world, changes, said):
    with refused("ValidationError", 400) as refusal:
        world.put("r", **{"expression": "0 10 * * *", **changes})
    assert said in refusal.message
