"""`trailwatch alarm explain` and `backtest` agree with what the alarm did live; renotify repeats and stops."""

import json
import os
import subprocess

import pytest

from harness import Credentials, binary
from metrics import MINUTE, instant
from policies import allow, document

ALARM = {
    "AlarmName": "busy",
    "Namespace": "Explain",
    "MetricName": "m",
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 50,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "missing",
}
# A point a minute from the alarm's first whole minute on; a dash is missing.
SERIES = "10 90 90 10 10 - - - - - - 90 - 90 90 10 10 10".split()


def alarm_command(server, *arguments, credentials=None):
    """Runs `trailwatch alarm …` against the server."""
    keys = credentials or Credentials("test", "test")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TRAILWATCH_"))}
    environment.update(
        AWS_ENDPOINT_URL=server.url,
        AWS_ACCESS_KEY_ID=keys.key,
        AWS_SECRET_ACCESS_KEY=keys.secret,
        AWS_DEFAULT_REGION="us-east-1",
    )
    command = [binary(), "alarm", *arguments]
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def answer(server, *arguments):
    """The JSON of a command that must succeed."""
    done = alarm_command(server, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def lived(make_server):
    """A server on which the alarm lived through the series, from a whole minute on."""
    server = make_server().start()
    start = instant(server.now()).replace(second=0, microsecond=0) + 2 * MINUTE
    server.move_clock(set=start.strftime("%Y-%m-%dT%H:%M:%SZ"))
    client = server.client("cloudwatch")
    client.put_metric_alarm(**ALARM)
    for value in SERIES:
        if value != "-":
            now = instant(server.now())
            datum = {"MetricName": "m", "Timestamp": now, "Value": float(value)}
            client.put_metric_data(Namespace="Explain", MetricData=[datum])
        server.move_clock(advance="1m")
    server.started = start
    return server


def changes(server):
    """The alarm's changes of state as the history has them, oldest first."""
    pages = server.client("cloudwatch").get_paginator("describe_alarm_history")
    pages = pages.paginate(AlarmName="busy", HistoryItemType="StateUpdate", ScanBy="TimestampAscending")
    items = [item for page in pages for item in page["AlarmHistoryItems"]]
    found = []
    for item in items:
        data = json.loads(item["HistoryData"])
        states = (data["oldState"]["stateValue"], data["newState"]["stateValue"])
        found.append((item["Timestamp"], *states, data["newState"]["stateReason"]))
    return found


def test_a_backtest_tells_what_happened(lived, tmp_path):
    definition = tmp_path / "alarm.json"
    definition.write_text(json.dumps(ALARM))
    start = lived.started.strftime("%Y-%m-%dT%H:%M:%SZ")
    page = answer(lived, "backtest", "--file", str(definition), "--from", start)
    told = [(instant(one["at"]), one["oldState"], one["newState"], one["reason"]) for one in page["changes"]]
    assert told == changes(lived)
    assert len(told) >= 4, told
    printed = alarm_command(lived, "backtest", "--file", str(definition), "--from", start)
    assert printed.returncode == 0 and "-> ALARM" in printed.stdout


def test_every_change_is_explained_as_it_happened(lived):
    for at, old, new, reason in changes(lived):
        page = answer(lived, "explain", "busy", "--at", at.strftime("%Y-%m-%dT%H:%M:%SZ"))
        assert page["state"] == old
        assert page["evaluation"]["verdict"]["state"] == new
        assert page["evaluation"]["verdict"]["reason"] == reason


def test_the_present_is_explained(lived):
    found = lived.client("cloudwatch").describe_alarms(AlarmNames=["busy"])["MetricAlarms"][0]
    page = answer(lived, "explain", "busy")
    assert (page["state"], page["stateReason"]) == (found["StateValue"], found["StateReason"])
    assert len(page["evaluation"]["datapoints"]) == 5
    printed = alarm_command(lived, "explain", "busy").stdout
    assert "verdict: " in printed and "alarms when 2 of 3 datapoints breach; missing data: missing" in printed


def test_what_cannot_be_explained_is_said(lived, tmp_path):
    unknown = alarm_command(lived, "explain", "nothing")
    assert unknown.returncode == 1 and "There is no alarm" in unknown.stderr
    ahead = alarm_command(lived, "explain", "busy", "--at", "2999-01-01T00:00:00Z")
    assert ahead.returncode == 1 and "after the server's present time" in ahead.stderr
    definition = tmp_path / "alarm.json"
    definition.write_text(json.dumps({**ALARM, "Period": 7}))
    refused = alarm_command(lived, "backtest", "--file", str(definition), "--from", "10m")
    assert refused.returncode == 1 and "Period must be 10, 20, 30 or a multiple of 60" in refused.stderr


def test_only_who_may_read_alarms_gets_explanations(lived):
    forged = alarm_command(lived, "explain", "busy", credentials=Credentials("test", "wrong"))
    assert forged.returncode == 1 and "signature" in forged.stderr
    status, _ = lived.page("/_trailwatch/alarms/explain", {"name": "busy"})
    assert status == 403
    iam = lived.client("iam")
    iam.create_user(UserName="dave")
    policy = document(allow("cloudwatch:DescribeAlarms"))
    iam.put_user_policy(UserName="dave", PolicyName="inline", PolicyDocument=policy)
    dave = Credentials.of(iam.create_access_key(UserName="dave")["AccessKey"])
    denied = alarm_command(lived, "explain", "busy", credentials=dave)
    assert denied.returncode == 1 and "not authorized to perform: cloudwatch:GetMetricData" in denied.stderr


def test_renotify_repeats_until_the_alarm_leaves_the_state(make_server, make_receiver):
    receiver = make_receiver()
    server = make_server().start()
    sns, client = server.client("sns"), server.client("cloudwatch")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url + "/")
    receiver.confirm("/")
    tags = [{"Key": "trailwatch:renotify", "Value": "30m"}]
    client.put_metric_alarm(**{**ALARM, "TreatMissingData": "ignore"}, AlarmActions=[topic], OKActions=[topic], Tags=tags)

    def told():
        came = [request for request in receiver.inbox.all() if request.kind == "Notification"]
        return [json.loads(request.json()["Message"])["NewStateValue"] for request in came]

    client.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="a drill")
    server.move_clock(advance="29m")
    assert told() == ["ALARM"]
    server.move_clock(advance="62m")
    assert told() == ["ALARM"] * 4
    client.set_alarm_state(AlarmName="busy", StateValue="OK", StateReason="the end")
    server.move_clock(advance="2h")
    assert told() == ["ALARM"] * 4 + ["OK"]
