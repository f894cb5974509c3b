"""Composite alarms through the API: rules, refusals, cycles, suppressors (cloudwatch.md §6.9).

One server for the module: each test has an account of its own. States of children are set by
SetAlarmState on alarms without data that keep their state, and the clock is turned so that all
that follows has been done.
"""

import json

import pytest

from harness import SERVER_ACCOUNT, Server
from refusals import refused

REGION = "us-east-1"


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    """A server whose clock these tests turn."""
    one = Server(tmp_path_factory.mktemp("composites") / "data").start()
    yield one
    died = not one.running()
    one.end()
    assert not died, one.stderr


class World:
    """The alarms of one account."""

    def __init__(self, server, root):
        self.server, self.account = server, root.key
        self.cloudwatch = server.client("cloudwatch", root)
        self.topic = server.client("sns", root).create_topic(Name="t")["TopicArn"]

    def arn(self, name, account=None, region=REGION):
        return f"arn:aws:cloudwatch:{region}:{account or self.account}:alarm:{name}"

    def child(self, *names):
        """Metric alarms in OK, which keep their state: there are no data."""
        for name in names:
            self.cloudwatch.put_metric_alarm(
                AlarmName=name,
                Namespace="None",
                MetricName="m",
                Statistic="Sum",
                Period=60,
                EvaluationPeriods=1,
                Threshold=1,
                ComparisonOperator="GreaterThanThreshold",
                TreatMissingData="ignore",
            )
            self.set(name, "OK")

    def set(self, name, value):
        self.cloudwatch.set_alarm_state(AlarmName=name, StateValue=value, StateReason="test")
        self.wait("1s")

    def wait(self, time):
        self.server.move_clock(advance=time)

    def put(self, name, rule, **more):
        actions = {"OKActions": [self.topic], "AlarmActions": [self.topic]}
        self.cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=rule, **{**actions, **more})
        self.wait("1s")

    def get(self, name):
        found = self.cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm", "MetricAlarm"])
        (alarm,) = found["CompositeAlarms"] + found["MetricAlarms"]
        return alarm

    def value(self, name):
        return self.get(name)["StateValue"]

    def history(self, name, kind):
        """Oldest first."""
        found = self.cloudwatch.describe_alarm_history(
            AlarmName=name, AlarmTypes=["CompositeAlarm"], HistoryItemType=kind, ScanBy="TimestampAscending"
        )
        return found["AlarmHistoryItems"]

    def messages(self, name):
        """What was published, oldest first."""
        items = self.history(name, "Action")
        published = [json.loads(json.loads(item["HistoryData"])["publishedMessage"]) for item in items]
        return [json.loads(one["default"]) for one in published]

    def told(self, name):
        """The states that were published."""
        return [message["NewStateValue"] for message in self.messages(name)]


@pytest.fixture
def world(turned, root):
    return World(turned, root)


def test_a_composite_alarm_follows_its_children(world):
    world.child("cpu", "disk full")
    rule = f'ALARM(cpu) AND (ALARM("disk full") OR OK("{world.arn("disk full")}"))'
    world.put("c", rule, AlarmDescription="both")
    alarm = world.get("c")
    assert alarm["AlarmRule"] == rule
    assert alarm["AlarmArn"] == world.arn("c")
    assert alarm["StateValue"] == "OK"
    assert alarm["StateReason"] == f"{world.arn('c')} was created and its alarm rule evaluates to OK"
    assert [one["arn"] for one in json.loads(alarm["StateReasonData"])["triggeringAlarms"]] == [
        world.arn("cpu"),
        world.arn("disk full"),
    ]
    assert "ActionsSuppressedBy" not in alarm
    world.set("cpu", "ALARM")
    alarm = world.get("c")
    assert alarm["StateValue"] == "ALARM"
    assert alarm["StateReason"].startswith(f"{world.arn('cpu')} transitioned to ALARM at ")
    assert alarm["StateReason"].endswith(" UTC")
    (trigger,) = json.loads(alarm["StateReasonData"])["triggeringAlarms"]
    assert trigger["arn"] == world.arn("cpu") and trigger["state"]["value"] == "ALARM"
    assert world.told("c") == ["OK", "ALARM"]
    message = world.messages("c")[-1]
    assert "Trigger" not in message
    assert message["AlarmRule"] == rule
    assert [one["Arn"] for one in message["TriggeringChildren"]] == [world.arn("cpu")]
    summaries = [item["HistorySummary"] for item in world.history("c", "StateUpdate")]
    assert summaries == ["Alarm updated from INSUFFICIENT_DATA to OK", "Alarm updated from OK to ALARM"]


def test_at_least_counts_children_by_number_and_by_percentage(world):
    world.child("a", "b", "c", "d")
    world.put("two", "AT_LEAST(2, ALARM, (a, b, c, d))")
    world.put("half", "AT_LEAST(50%, NOT OK, (a, b, c, d))")
    world.set("a", "ALARM")
    assert (world.value("two"), world.value("half")) == ("OK", "OK")
    world.set("d", "INSUFFICIENT_DATA")
    assert (world.value("two"), world.value("half")) == ("OK", "ALARM")
    world.set("d", "ALARM")
    assert (world.value("two"), world.value("half")) == ("ALARM", "ALARM")


def test_constants_are_rules_in_any_case(world):
    for name, rule, value in [("t", "TRUE", "ALARM"), ("f", "false", "OK"), ("n", "NOT (True AND False)", "ALARM")]:
        world.put(name, rule)
        assert world.value(name) == value, rule


def test_composites_of_composites_follow(world):
    world.child("a")
    world.put("low", "ALARM(a)")
    world.put("high", "NOT ALARM(low)")
    assert (world.value("low"), world.value("high")) == ("OK", "ALARM")
    world.set("a", "ALARM")
    assert (world.value("low"), world.value("high")) == ("ALARM", "OK")
    family = world.cloudwatch.describe_alarms(ChildrenOfAlarmName="high")
    assert [one["AlarmName"] for one in family["CompositeAlarms"]] == ["low"]
    family = world.cloudwatch.describe_alarms(ParentsOfAlarmName="a")
    assert [one["AlarmName"] for one in family["CompositeAlarms"]] == ["low"]


def test_an_update_keeps_the_state_until_the_new_rule_is_evaluated(world):
    world.child("a")
    world.put("c", "ALARM(a)")
    before = world.get("c")
    world.put("c", "OK(a)", ActionsEnabled=False)
    after = world.get("c")
    assert after["StateValue"] == "ALARM"
    assert after["StateReason"] == f"{world.arn('c')} was updated and its alarm rule evaluates to ALARM"
    assert after["AlarmConfigurationUpdatedTimestamp"] > before["AlarmConfigurationUpdatedTimestamp"]
    assert world.told("c") == ["OK"], "actions are disabled"
    summaries = [item["HistorySummary"] for item in world.history("c", "ConfigurationUpdate")]
    assert summaries == ['Alarm "c" created', 'Alarm "c" updated']


def test_a_state_that_was_set_stays_until_a_child_changes(world):
    world.child("a")
    world.put("c", "ALARM(a)")
    world.set("c", "ALARM")
    world.wait("10m")
    assert world.value("c") == "ALARM"
    world.set("a", "INSUFFICIENT_DATA")
    assert world.value("c") == "OK"


CONDITION = "must be: '(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA]"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (" ALARM(a)", "AlarmRule must not contain leading or trailing whitespace or be null"),
        ("ALARM(a)\n", "AlarmRule must not contain leading or trailing whitespace or be null"),
        ("alarm(a)", f"Error in AlarmRule [Unsupported token 'alarm' at char 0, {CONDITION}"),
        ("ALARM(a b)", "Error in AlarmRule [Unsupported token 'b' at char 8, must be: ')']"),
        ("ALARM(self)", "A composite alarm cannot have a child relation with itself via its AlarmRule"),
        (
            "ALARM(a) OR OK(x) OR OK(y)",
            "Could not save the composite alarm as alarms [x, y] in the alarm rule do not exist",
        ),
    ],
)
def test_rules_are_refused(world, rule, message):
    world.child("a")
    with refused("ValidationError", 400) as refusal:
        world.put("self", rule)
    assert refusal.message == message


def test_children_are_of_the_same_account_and_region(world):
    world.child("a")
    for arn in [world.arn("a", account=SERVER_ACCOUNT), world.arn("a", region="eu-west-1")]:
        with refused("ValidationError") as refusal:
            world.put("c", f"ALARM({arn})")
        assert f"alarms [{arn}] in the alarm rule do not exist" in refusal.message
    own = world.arn("c")
    with refused("ValidationError") as refusal:
        world.put("c", f"ALARM({own})")
    assert "child relation with itself" in refusal.message


def test_the_limits_of_rules(world):
    world.child("a")
    with refused("ValidationError") as refusal:
        world.put("c", " OR ".join(["ALARM(a)"] * 501))
    assert "500 elements" in refusal.message
    with refused("ValidationError") as refusal:
        world.put("c", "TRUE" + " " * 10_240 + "OR TRUE")
    assert "length less than or equal to 10240" in refusal.message


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("arn:aws:automate:us-east-1:ec2:stop", "EC2 action"),
        (
            "arn:aws:autoscaling:us-east-1:111122223333:scalingPolicy:1:autoScalingGroupName/g:policyName/p",
            "Autoscaling actions",
        ),
        ("arn:aws:s3:us-east-1:111122223333:x", "Unsupported AWS vendor s3"),
        ("arn:aws:sns:eu-west-1:111122223333:x", "Invalid region eu-west-1 specified. Only us-east-1 is supported."),
        ("topic", "Invalid arn syntax: topic"),
    ],
)
def test_actions_are_refused(world, action, message):
    with refused("ValidationError") as refusal:
        world.put("c", "TRUE", AlarmActions=[action])
    assert message in refusal.message


def test_actions_that_composites_have_are_taken(world):
    actions = [
        f"arn:aws:sns:{REGION}:{world.account}:x",
        f"arn:aws:lambda:{REGION}:{world.account}:function:f",
        f"arn:aws:ssm:{REGION}:{world.account}:opsitem:1#CATEGORY=Cost",
        f"arn:aws:ssm-incidents::{world.account}:responseplan/p",
        f"arn:aws:aiops:{REGION}:{world.account}:investigation-group:g",
    ]
    world.put("c", "FALSE", AlarmActions=actions)
    assert world.get("c")["AlarmActions"] == actions
    with refused("ValidationError"):
        world.put("c", "FALSE", AlarmActions=[*actions, actions[0]])


def test_a_metric_alarm_does_not_become_a_composite_one(world):
    world.child("a")
    with refused("ValidationError"):
        world.put("a", "TRUE")
    assert world.get("a")["MetricName"] == "m"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"ActionsSuppressorWaitPeriod": 1}, "ActionsSuppressorWaitPeriod requires an ActionSuppressor"),
        ({"ActionsSuppressorExtensionPeriod": 1}, "ActionsSuppressorExtensionPeriod requires an ActionSuppressor"),
        ({"ActionsSuppressor": "a"}, "ActionsSuppressorWaitPeriod must not be null"),
        (
            {"ActionsSuppressor": "a", "ActionsSuppressorWaitPeriod": 1},
            "ActionsSuppressorExtensionPeriod must not be null",
        ),
        (
            {
                "ActionsSuppressor": "arn:aws:sns:us-east-1:111122223333:a",
                "ActionsSuppressorWaitPeriod": 1,
                "ActionsSuppressorExtensionPeriod": 1,
            },
            "ActionsSuppressor must be a valid CloudWatch Alarm ARN or an Alarm name",
        ),
    ],
)
def test_suppressors_are_refused(world, more, message):
    world.child("a")
    with refused("ValidationError") as refusal:
        world.put("c", "ALARM(a)", **more)
    assert refusal.message == message


def suppressed_by(name, wait=60, extension=120):
    return {
        "ActionsSuppressor": name,
        "ActionsSuppressorWaitPeriod": wait,
        "ActionsSuppressorExtensionPeriod": extension,
    }


def test_actions_wait_for_the_suppressor_and_run_without_it(world):
    world.child("a", "s")
    world.put("c", "ALARM(a)", **suppressed_by("s"))
    world.wait("2m")
    assert world.told("c") == ["OK"]
    world.set("a", "ALARM")
    alarm = world.get("c")
    assert alarm["StateValue"] == "ALARM"
    assert alarm["ActionsSuppressedBy"] == "WaitPeriod"
    assert alarm["ActionsSuppressedReason"] == "Actions suppressed by WaitPeriod"
    assert (alarm["ActionsSuppressor"], alarm["ActionsSuppressorWaitPeriod"]) == ("s", 60)
    assert world.told("c") == ["OK"]
    world.wait("60s")
    assert world.told("c") == ["OK", "ALARM"]
    assert "ActionsSuppressedBy" not in world.get("c")


def test_a_suppressor_in_alarm_holds_actions_and_its_extension_after_it(world):
    world.child("a", "s")
    world.put("c", "ALARM(a)", **suppressed_by(world.arn("s")))
    world.wait("2m")
    world.set("s", "ALARM")
    world.set("a", "ALARM")
    alarm = world.get("c")
    assert (alarm["StateValue"], alarm["ActionsSuppressedBy"]) == ("ALARM", "Alarm")
    world.wait("1h")
    assert world.told("c") == ["OK"]
    world.set("s", "OK")
    assert world.get("c")["ActionsSuppressedBy"] == "ExtensionPeriod"
    world.wait("110s")
    assert world.told("c") == ["OK"]
    world.wait("10s")
    assert world.told("c") == ["OK", "ALARM"]
    assert [item["HistorySummary"] for item in world.history("c", "StateUpdate")][-1].endswith("from OK to ALARM")


def test_another_suppressor_ends_the_wait(world):
    world.child("a", "s", "t")
    world.put("c", "ALARM(a)", **suppressed_by("s"))
    world.wait("2m")
    world.set("a", "ALARM")
    assert world.told("c") == ["OK"]
    world.put("c", "ALARM(a)", **suppressed_by("t"))
    assert world.told("c") == ["OK", "ALARM"]


def test_a_state_that_is_set_waits_for_the_suppressor_too(world):
    world.child("a", "s")
    world.put("c", "ALARM(a)", **suppressed_by("s"))
    world.wait("2m")
    world.set("c", "ALARM")
    assert world.get("c")["ActionsSuppressedBy"] == "WaitPeriod"
    world.wait("60s")
    assert world.told("c") == ["OK", "ALARM"]


def test_alarms_that_others_need_stay(world):
    world.child("a", "s")
    world.put("c", "ALARM(a)", **suppressed_by("s"))
    for name in ["a", "s"]:
        with refused("ValidationError") as refusal:
            world.cloudwatch.delete_alarms(AlarmNames=[name])
        assert refusal.message == f"Cannot delete {name} as there are composite alarm(s) depending on it."
    world.cloudwatch.delete_alarms(AlarmNames=["a", "c"])
    assert world.cloudwatch.describe_alarms(AlarmNames=["a", "c"])["MetricAlarms"] == []


def test_a_cycle_is_not_evaluated_until_a_rule_of_false_breaks_it(world):
    world.child("a")
    world.put("x", "ALARM(a)")
    world.put("y", "ALARM(x)")
    world.put("x", "ALARM(a) OR ALARM(y)")
    world.set("a", "ALARM")
    assert (world.value("x"), world.value("y")) == ("OK", "OK")
    for name in ["x", "y"]:
        with refused("ValidationError"):
            world.cloudwatch.delete_alarms(AlarmNames=[name])
    world.put("x", "FALSE")
    assert (world.value("x"), world.value("y")) == ("OK", "OK")
    world.cloudwatch.delete_alarms(AlarmNames=["y"])
    world.put("x", "ALARM(a)")
    assert world.value("x") == "ALARM"
    world.cloudwatch.delete_alarms(AlarmNames=["x"])


def test_a_wait_outlives_the_server(make_server):
    server = make_server().start()
    world = World(server, type("Root", (), {"key": SERVER_ACCOUNT, "secret": "test", "token": None}))
    world.child("a", "s")
    world.put("c", "ALARM(a)", **suppressed_by("s"))
    world.wait("2m")
    world.set("a", "ALARM")
    server.kill()
    server.start()
    world.cloudwatch = server.client("cloudwatch")
    assert world.get("c")["ActionsSuppressedBy"] == "WaitPeriod"
    world.wait("60s")
    assert world.told("c") == ["OK", "ALARM"]
