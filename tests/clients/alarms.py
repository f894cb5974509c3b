"""What the tests of alarms share: their server, the alarms they put, and what they read."""

import pytest

from harness import Server
from metrics import PROTOCOLS, dimensions, stat_query

REGION = "us-east-1"
INITIAL_REASON = "Unchecked: Initial alarm creation"
BOTH = ["CompositeAlarm", "MetricAlarm"]
VALIDATION = "ValidationError"


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    """A server whose clock these tests turn."""
    one = Server(tmp_path_factory.mktemp("alarms") / "data").start()
    yield one
    died = not one.running()
    one.end()
    assert not died, one.stderr


@pytest.fixture(params=PROTOCOLS)
def every(turned, root, request):
    """A client of each protocol in turn."""
    return turned.client("cloudwatch", root, protocol=request.param)


@pytest.fixture
def cloudwatch(turned, root):
    return turned.client("cloudwatch", root)


def single(name="a", **more):
    """An alarm on one metric, which has no data."""
    return {
        "AlarmName": name,
        "Namespace": "Test",
        "MetricName": "m",
        "Dimensions": dimensions(InstanceId="i-1"),
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        **more,
    }


def without(put, *members):
    return {name: value for name, value in put.items() if name not in members}


def on_queries(*queries, name="a", **more):
    """An alarm on a list of queries."""
    put = without(single(name), "Namespace", "MetricName", "Dimensions", "Statistic", "Period")
    return {**put, "Metrics": list(queries), **more}


def math(**more):
    hidden = stat_query("m", ReturnData=False)
    return on_queries(hidden, {"Id": "e1", "Expression": "m1 * 2"}, **more)


def topic(root, name="t", region=REGION):
    return f"arn:aws:sns:{region}:{root.key}:{name}"


def described(client, name="a"):
    (alarm,) = client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return alarm


def names(alarms):
    return [alarm["AlarmName"] for alarm in alarms]


def history(client, name=None, **more):
    """All entries over all pages."""
    asked = {**({"AlarmName": name} if name else {}), **more}
    pages = client.get_paginator("describe_alarm_history").paginate(**asked)
    return [item for page in pages for item in page["AlarmHistoryItems"]]


def tag(key, value):
    return {"Key": key, "Value": value}


def summaries(items):
    return [item["HistorySummary"] for item in items]


@pytest.fixture
def family(root, cloudwatch):
    """Metric alarms and a composite one."""
    cloudwatch.put_metric_alarm(**single("db-1", AlarmActions=[topic(root, "red")]))
    cloudwatch.put_metric_alarm(**single("web-1", OKActions=[topic(root, "green")], TreatMissingData="ignore"))
    cloudwatch.put_metric_alarm(**single("web-2"))
    cloudwatch.set_alarm_state(AlarmName="web-1", StateValue="ALARM", StateReason="r")
    cloudwatch.put_composite_alarm(AlarmName="all", AlarmRule='ALARM("web-1") OR ALARM(web-2)')
    cloudwatch.put_composite_alarm(AlarmName="top", AlarmRule="OK(all) AND ALARM(web-1)")
    return cloudwatch
