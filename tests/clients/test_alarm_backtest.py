"""`trailwatch alarm explain` and `backtest`: every treatment against what really happened, what people see, refusals."""

import json
import os
import subprocess

import pytest

import policies
import raw
from harness import HOME_REGION, Credentials, Server, binary
from metrics import HOUR, MINUTE, SECOND, dimensions, instant, stat_query

NAMESPACE = "Explained"


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    """A server whose clock these tests turn."""
    one = Server(tmp_path_factory.mktemp("explained") / "data").start()
    yield one
    died = not one.running()
    one.end()
    assert not died, one.stderr


@pytest.fixture
def cloudwatch(turned, root):
    """A client of an unused account, half a minute past a whole minute."""
    now = instant(turned.now())
    turned.move_clock(set=text_of(now.replace(second=30, microsecond=0) + MINUTE))
    return turned.client("cloudwatch", root)


def text_of(time):
    """A time as the pages take and give it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def run(server, credentials, *arguments, stdin=None, region=HOME_REGION):
    """Runs `trailwatch alarm …` for a caller; gives the finished process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TRAILWATCH_"))}
    if credentials:
        kept.update(AWS_ACCESS_KEY_ID=credentials.key, AWS_SECRET_ACCESS_KEY=credentials.secret)
        if credentials.token:
            kept["AWS_SESSION_TOKEN"] = credentials.token
    kept.update(AWS_ENDPOINT_URL=server.url, AWS_REGION=region)
    return subprocess.run(
        [binary(), "alarm", *arguments], env=kept, input=stdin, capture_output=True, text=True, timeout=120
    )


def run_json(server, credentials, *arguments, **how):
    """Runs `trailwatch alarm … --json`, which must succeed; gives its answer."""
    done = run(server, credentials, *arguments, "--json", **how)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def alarm(name, **more):
    """A PutMetricAlarm request: above 50, 2 of 3 minutes."""
    return {
        "AlarmName": name,
        "Namespace": NAMESPACE,
        "MetricName": "m",
        "Dimensions": dimensions(host="web-1"),
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 50,
        "ComparisonOperator": "GreaterThanThreshold",
        **more,
    }


def put_minutes(client, start, values):
    """Puts one point into the middle of each minute; none where the value is none."""
    data = [
        {"MetricName": "m", "Dimensions": dimensions(host="web-1"), "Timestamp": start + at * MINUTE + 20 * SECOND, "Value": value}
        for at, value in enumerate(values)
        if value is not None
    ]  # fmt: skip
    client.put_metric_data(Namespace=NAMESPACE, MetricData=data)


def history(client, name):
    """(time, old state, new state, reason) of each change of state, oldest first."""
    pages = client.get_paginator("describe_alarm_history").paginate(
        AlarmName=name, HistoryItemType="StateUpdate", ScanBy="TimestampAscending"
    )
    items = [item for page in pages for item in page["AlarmHistoryItems"]]
    told = [(item["Timestamp"], json.loads(item["HistoryData"])) for item in items]
    return [
        (time, data["oldState"]["stateValue"], data["newState"]["stateValue"], data["newState"]["stateReason"])
        for time, data in told
    ]


def changes(answer):
    """The same, of a backtest."""
    return [
        (instant(change["at"]), change["oldState"], change["newState"], change["reason"]) for change in answer["changes"]
    ]


VALUES = [10, 10, 90, 10, 95, 96, 97, None, None, 10, 11, 12, None, None, None, None, None, None, None, 60, None, 70]


def test_backtest_and_explain_agree_with_what_happened(turned, cloudwatch, root):
    start = instant(turned.now()).replace(second=0) + MINUTE
    put_at = instant(turned.now())
    put_minutes(cloudwatch, start, VALUES)
    kinds = {
        "plain": {},
        "breaching": {"TreatMissingData": "breaching"},
        "three": {"DatapointsToAlarm": None, "TreatMissingData": "notBreaching"},
        "long": {"Period": 300, "EvaluationPeriods": 2, "DatapointsToAlarm": 1, "TreatMissingData": "ignore"},
    }
    asked = {name: alarm(name, **more) for name, more in kinds.items()}
    for request in asked.values():
        for absent in [member for member, value in request.items() if value is None]:
            del request[absent]
        cloudwatch.put_metric_alarm(**request)
    turned.move_clock(advance=f"{len(VALUES) + 8}m")
    for name, request in asked.items():
        happened = history(cloudwatch, name)
        assert len(happened) >= 2, (name, happened)
        answer = run_json(
            turned, root, "backtest", "--file", "-", "--from", text_of(put_at), stdin=json.dumps(request)
        )
        assert changes(answer) == happened, name
        assert answer["state"] == happened[-1][2]
        assert answer["evaluations"] == 1 + len(VALUES) + 8
        # Every change is explained by the evaluation that made it.
        for time, old, new, reason in happened:
            page = run_json(turned, root, "explain", name, "--at", text_of(time))
            assert page["state"] == old
            verdict = page["evaluation"]["verdict"]
            assert (verdict["state"], verdict["changes"], verdict["reason"]) == (new, True, reason)
            counted = [point for point in page["evaluation"]["datapoints"] if point["part"] == "counted"]
            assert verdict["reasonData"]["recentDatapoints"] == [point["value"] for point in reversed(counted)]
            assert page["evaluation"]["why"].startswith(f"{new} because ")


def test_explain_shows_the_present_as_a_table(turned, cloudwatch, root):
    put_minutes(cloudwatch, instant(turned.now()).replace(second=0) - 3 * MINUTE, [90, None, 95])
    cloudwatch.put_metric_alarm(**alarm("shown"))
    turned.move_clock(advance="2s")
    done = run(turned, root, "explain", "shown")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:4] == [
        f"shown is ALARM at {turned.now()}",
        "watches: Average of Explained m {host=web-1} over 60 s",
        "breaches when: > 50.0",
        "alarms when 2 of 3 datapoints breach; missing data: missing",
    ]
    rows = [line.split() for line in lines if line.startswith("20")]
    assert [row[1:] for row in rows] == [
        ["95.0", "breaching", "counted"],
        ["-", "missing", "passedOver"],
        ["90.0", "breaching", "counted"],
        ["-", "missing", "passedOver"],
        ["-", "missing", "passedOver"],
    ]
    assert "verdict: ALARM, no change" in lines
    assert "why: ALARM because 2 of 2 points breach and 2 must, so that 3 are not needed." in lines
    page = run_json(turned, root, "explain", "shown")
    found = cloudwatch.describe_alarms(AlarmNames=["shown"])["MetricAlarms"][0]
    assert page["stateReason"] == found["StateReason"] == page["evaluation"]["verdict"]["reason"]
    assert page["evaluation"]["verdict"]["changes"] is False
    # The next evaluation is when the page says: a change of the data shows then and not before.
    put_minutes(cloudwatch, instant(turned.now()).replace(second=0) - 2 * MINUTE, [1])
    put_minutes(cloudwatch, instant(turned.now()).replace(second=0), [1])
    following = instant(page["nextEvaluation"])
    turned.move_clock(set=text_of(following - SECOND))
    assert cloudwatch.describe_alarms(AlarmNames=["shown"])["MetricAlarms"][0]["StateValue"] == "ALARM"
    turned.move_clock(advance="1s")
    assert cloudwatch.describe_alarms(AlarmNames=["shown"])["MetricAlarms"][0]["StateValue"] == "OK"


def test_backtest_shows_changes_as_a_table(turned, cloudwatch, root, tmp_path):
    start = instant(turned.now()).replace(second=0) - HOUR
    put_minutes(cloudwatch, start, [10] * 20 + [90] * 20 + [10] * 20)
    file = tmp_path / "alarm.json"
    file.write_text(json.dumps(alarm("tried")))
    done = run(turned, root, "backtest", "--file", str(file), "--from", "1h")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].endswith(" 61 evaluations")
    rows = [line.split("  ") for line in lines if line.startswith("20")]
    assert [row[1] for row in rows] == ["INSUFFICIENT_DATA -> OK", "OK -> ALARM", "ALARM -> OK"]
    assert "state at the end: OK" in lines
    assert any(line.startswith("in ALARM: 20m ") for line in lines)
    # The second breaching minute ends at start + 22 minutes; points are seen within the next.
    assert start + 22 * MINUTE < instant(rows[1][0]) < start + 23 * MINUTE
    # Nothing was stored.
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    assert cloudwatch.describe_alarm_history(AlarmName="tried")["AlarmHistoryItems"] == []


def test_expressions_can_be_backtested(turned, cloudwatch, root):
    put_at = instant(turned.now())
    put_minutes(cloudwatch, put_at.replace(second=0) + MINUTE, [10, 30, 10])
    request = {
        "AlarmName": "twice",
        "EvaluationPeriods": 1,
        "Threshold": 50,
        "ComparisonOperator": "GreaterThanThreshold",
        "Metrics": [
            stat_query("m", NAMESPACE, dims=dimensions(host="web-1"), ReturnData=False),
            {"Id": "double", "Expression": "m1 * 2"},
        ],
    }
    cloudwatch.put_metric_alarm(**request)
    turned.move_clock(advance="10m")
    answer = run_json(turned, root, "backtest", "--file", "-", "--from", text_of(put_at), stdin=json.dumps(request))
    happened = history(cloudwatch, "twice")
    assert [new for _, _, new, _ in happened] == ["OK", "ALARM", "OK", "INSUFFICIENT_DATA"]
    assert changes(answer) == happened


def test_old_data_is_spoken_of(turned, cloudwatch, root):
    answer = run_json(turned, root, "backtest", "--file", "-", "--from", "16d", "--to", "14d", stdin=json.dumps(alarm("old")))
    assert any("is kept by five minutes" in note for note in answer["notes"]), answer["notes"]


def test_only_who_may_read_alarms_and_metrics_is_answered(turned, cloudwatch, root):
    cloudwatch.put_metric_alarm(**alarm("guarded"))
    iam = turned.client("iam", root)

    def credentials(name, *actions):
        iam.create_user(UserName=name)
        document = policies.document(policies.allow(list(actions)))
        iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=document)
        return Credentials.of(iam.create_access_key(UserName=name)["AccessKey"])

    both = credentials("both", "cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData")
    alarms = credentials("alarms", "cloudwatch:DescribeAlarms")
    metrics = credentials("metrics", "cloudwatch:GetMetricData")
    backtest = ("backtest", "--file", "-", "--from", "1h")
    for who, explains, tests in ((both, True, True), (alarms, False, False), (metrics, False, True)):
        assert (run(turned, who, "explain", "guarded").returncode == 0) == explains
        assert (run(turned, who, *backtest, stdin=json.dumps(alarm("x"))).returncode == 0) == tests
    refused = run(turned, alarms, "explain", "guarded")
    assert "cloudwatch:GetMetricData" in refused.stderr
    # Another account does not see the alarm.
    other = run(turned, Credentials("299999999999", "test"), "explain", "guarded")
    assert "There is no alarm" in other.stderr


def test_unsigned_and_wrongly_signed_requests_get_403(turned, cloudwatch):
    for page, body in (("explain", {"name": "a"}), ("backtest", {"alarm": {}, "from": "1h"})):
        status, text = turned.page(f"/_trailwatch/alarms/{page}", body)
        assert status == 403
        assert json.loads(text)["error"] == "Request is missing Authentication Token"
    request = raw.Request("monitoring", "POST", "/_trailwatch/alarms/explain", {}, b'{"name":"a"}')
    assert request.signed(turned, service="logs").send(turned).status == 403
    tampered = raw.Request("monitoring", "POST", "/_trailwatch/alarms/explain", {}, b'{"name":"a"}').signed(turned)
    tampered.body = b'{"name":"b"}'
    assert tampered.send(turned).status == 403
    good = raw.Request("monitoring", "POST", "/_trailwatch/alarms/explain", {}, b'{"name":"a"}').signed(turned).send(turned)
    assert (good.status, good.data) == (404, {"error": 'There is no alarm "a".'})
    assert turned.page("/_trailwatch/alarms/explain")[0] == 405
    assert turned.page("/_trailwatch/alarms/other", {})[0] == 404


@pytest.mark.parametrize(
    ("arguments", "request_json", "words"),
    [
        (("--from", "1h"), {"AlarmName": "a"}, "MetricName must not be null"),
        (("--from", "1h"), alarm("a", Treshold=1), "Unknown parameter in the alarm: Treshold"),
        (("--from", "1h"), alarm("a", DatapointsToAlarm=4), "DatapointsToAlarm must be less than or equal"),
        (("--from", "soon"), alarm("a"), "from must be a time"),
        (("--from", "900d"), alarm("a"), "more than the 1000000 of one backtest"),
        (("--from", "1h", "--to", "2h"), alarm("a"), "which is not before to"),
    ],
)
def test_refusals_say_what_is_wrong(turned, root, arguments, request_json, words):
    done = run(turned, root, "backtest", "--file", "-", *arguments, stdin=json.dumps(request_json))
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stdout == ""


def test_the_command_says_what_it_needs(turned, root, tmp_path):
    assert "is not JSON" in run(turned, root, "backtest", "--file", "-", "--from", "1h", stdin="{").stderr
    assert "cannot read" in run(turned, root, "backtest", "--file", str(tmp_path / "none"), "--from", "1h").stderr
    for command in ("explain", "backtest"):
        text = run(turned, root, command, "--help").stdout
        assert "Examples:" in text and "--endpoint" in text
    # A server in --dev is asked as its root, whose account has no such alarm.
    assert "There is no alarm" in run(turned, None, "explain", "a").stderr
    assert "There is no alarm" in run(turned, Credentials("test", "wrong"), "explain", "a", "--dev").stderr
