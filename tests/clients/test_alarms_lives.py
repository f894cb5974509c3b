"""Alarms that are deleted, tagged, permitted, recorded, and kept over a restart (cloudwatch.md §6.7)."""

import json

import pytest

from alarms import BOTH, INITIAL_REASON, REGION, VALIDATION, described, history, names, single, tag, topic
from alarms import cloudwatch, every, family, turned  # noqa
from harness import Credentials
from metrics import refusal
from refusals import refused

DENIED = ("AccessDenied", "AccessDeniedException")


# -- deleting -----------------------------------------------------------------------------------


def test_unknown_names_do_not_keep_others_from_being_deleted(every):
    for name in "abc":
        every.put_metric_alarm(**single(name))
    every.delete_alarms(AlarmNames=["nobody", "a", "c", "a"])
    assert names(every.describe_alarms()["MetricAlarms"]) == ["b"]
    every.delete_alarms(AlarmNames=["nobody"])


def test_an_alarm_that_comes_again_is_new(cloudwatch):
    cloudwatch.put_metric_alarm(**single(Tags=[tag("k", "1")]))
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="r")
    cloudwatch.delete_alarms(AlarmNames=["a"])
    cloudwatch.put_metric_alarm(**single())
    alarm = described(cloudwatch)
    assert (alarm["StateValue"], alarm["StateReason"]) == ("INSUFFICIENT_DATA", INITIAL_REASON)
    assert cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"] == []


def test_alarms_that_composite_ones_need_cannot_be_deleted(family):
    assert refusal(family.delete_alarms, AlarmNames=["web-2", "db-1"]) == (
        VALIDATION,
        "Cannot delete web-2 as there are composite alarm(s) depending on it.",
    )
    code, message = refusal(family.delete_alarms, AlarmNames=["web-2", "web-1"])
    assert (code, message) == (
        VALIDATION,
        "Cannot delete web-1,web-2 as there are composite alarm(s) depending on them.",
    )
    assert names(family.describe_alarms()["MetricAlarms"]) == ["db-1", "web-1", "web-2"]
    with refused(VALIDATION):
        family.delete_alarms(AlarmNames=["top", "all"])
    family.delete_alarms(AlarmNames=["top"])
    family.delete_alarms(AlarmNames=["all", "web-1", "web-2"])
    left = family.describe_alarms(AlarmTypes=BOTH)
    assert names(left["MetricAlarms"] + left["CompositeAlarms"]) == ["db-1"]


def test_a_suppressor_cannot_be_deleted(family):
    family.put_composite_alarm(
        AlarmName="quiet",
        AlarmRule="ALARM(web-2)",
        ActionsSuppressor="db-1",
        ActionsSuppressorWaitPeriod=10,
        ActionsSuppressorExtensionPeriod=10,
    )
    assert refusal(family.delete_alarms, AlarmNames=["db-1"]) == (
        VALIDATION,
        "Cannot delete db-1 as there are composite alarm(s) depending on it.",
    )
    family.delete_alarms(AlarmNames=["quiet", "db-1"])


# -- tags and permissions -----------------------------------------------------------------------


def test_alarms_have_tags(root, every):
    every.put_metric_alarm(**single(Tags=[tag("team", "web"), tag("level", "1")]))
    arn = described(every)["AlarmArn"]
    every.tag_resource(ResourceARN=arn, Tags=[tag("level", "2"), tag("new", "")])
    every.untag_resource(ResourceARN=arn, TagKeys=["team", "unknown"])
    assert every.list_tags_for_resource(ResourceARN=arn)["Tags"] == [tag("level", "2"), tag("new", "")]
    every.delete_alarms(AlarmNames=["a"])
    assert every.list_tags_for_resource(ResourceARN=arn)["Tags"] == []
    with refused("ResourceNotFoundException"):
        every.tag_resource(ResourceARN=arn, Tags=[tag("k", "v")])


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def people(turned, root):
    """Makes IAM users with a policy in the test's account; gives their CloudWatch client."""
    iam = turned.client("iam", root)

    def make(name, *statements):
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=policy(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return turned.client("cloudwatch", Credentials.of(key))

    return make


def test_permissions_are_for_alarms_by_name(root, cloudwatch, people):
    arn = f"arn:aws:cloudwatch:{REGION}:{root.key}:alarm:web-*"
    user = people("web", {"Effect": "Allow", "Action": "cloudwatch:*", "Resource": arn})
    cloudwatch.put_metric_alarm(**single("db-1"))
    user.put_metric_alarm(**single("web-1"))
    user.set_alarm_state(AlarmName="web-1", StateValue="OK", StateReason="r")
    user.disable_alarm_actions(AlarmNames=["web-1"])
    assert history(user, "web-1")
    user.describe_alarm_contributors(AlarmName="web-1")
    for call, asked in [
        (user.put_metric_alarm, single("db-1")),
        (user.set_alarm_state, {"AlarmName": "db-1", "StateValue": "OK", "StateReason": "r"}),
        (user.enable_alarm_actions, {"AlarmNames": ["web-1", "db-1"]}),
        (user.delete_alarms, {"AlarmNames": ["web-1", "db-1"]}),
        (user.describe_alarm_history, {"AlarmName": "db-1"}),
        (user.describe_alarm_contributors, {"AlarmName": "db-1"}),
        (user.describe_alarms, {}),
    ]:
        assert refusal(call, **asked)[0] in DENIED
    user.delete_alarms(AlarmNames=["web-1"])
    assert names(cloudwatch.describe_alarms()["MetricAlarms"]) == ["db-1"]


def test_permissions_can_ask_for_tags_and_actions(root, cloudwatch, people):
    user = people(
        "web",
        {
            "Effect": "Allow",
            "Action": "cloudwatch:PutMetricAlarm",
            "Resource": "*",
            "Condition": {"ForAllValues:StringLike": {"cloudwatch:AlarmActions": ["arn:aws:sns:*"]}},
        },
        {
            "Effect": "Allow",
            "Action": ["cloudwatch:DeleteAlarms"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/team": "web"}},
        },
    )
    user.put_metric_alarm(**single("a", AlarmActions=[topic(root)], Tags=[tag("team", "web")]))
    stop = f"arn:aws:automate:{REGION}:ec2:stop"
    for actions in ("OKActions", "AlarmActions", "InsufficientDataActions"):
        code, _ = refusal(user.put_metric_alarm, **single("b", **{actions: [topic(root), stop]}))
        assert code in DENIED
    cloudwatch.put_metric_alarm(**single("b", Tags=[tag("team", "db")]))
    code, _ = refusal(user.delete_alarms, AlarmNames=["a", "b"])
    assert code in DENIED
    user.delete_alarms(AlarmNames=["a"])
    assert names(cloudwatch.describe_alarms()["MetricAlarms"]) == ["b"]


def test_calls_on_alarms_are_recorded_as_reads_and_writes(turned, root, cloudwatch):
    cloudwatch.put_metric_alarm(**single())
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="r")
    cloudwatch.disable_alarm_actions(AlarmNames=["a"])
    cloudwatch.describe_alarms()
    cloudwatch.describe_alarms_for_metric(Namespace="Test", MetricName="m")
    history(cloudwatch)
    cloudwatch.delete_alarms(AlarmNames=["a"])
    recorded = {record["eventName"]: record["readOnly"] for record in turned.records(root)}
    assert recorded == {
        "PutMetricAlarm": False,
        "SetAlarmState": False,
        "DisableAlarmActions": False,
        "DescribeAlarms": True,
        "DescribeAlarmsForMetric": True,
        "DescribeAlarmHistory": True,
        "DeleteAlarms": False,
    }


def test_alarms_outlive_the_server(make_server, root):
    server = make_server().start()
    server.client("cloudwatch", root).put_metric_alarm(**single(Tags=[tag("k", "v")]))
    server.client("cloudwatch", root).set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="r")
    before = described(server.client("cloudwatch", root))
    server.kill()
    server.start()
    client = server.client("cloudwatch", root)
    assert described(client) == before
    assert len(history(client, "a")) == 2
    assert client.list_tags_for_resource(ResourceARN=before["AlarmArn"])["Tags"] == [tag("k", "v")]
