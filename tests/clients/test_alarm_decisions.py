"""What alarms decide: the published tables and every case of cloudwatch.md §6.4 to §6.6, through
the API and with the clock turned.

One server for the module: each test has an account of its own and starts at a whole minute plus
thirty seconds, so that the newest finished bucket is the minute before.
"""

import datetime
import itertools
import json

import pytest

from harness import Server
from metrics import MINUTE, SECOND, dimensions, instant, stat_query

NAMESPACE = "Decide"
BREACH, FINE = 90.0, 10.0
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")

# cloudwatch.md §6.4: N, M, the points of five minutes (newest on the right), and the state for
# each treatment; `retain` is whatever the state was.
PUBLISHED = [
    (3, 3, "0 - X - X", "OK", "OK", "OK", "OK"),
    (3, 3, "0 - - - -", "OK", "OK", "OK", "OK"),
    (3, 3, "- - - - -", "INSUFFICIENT_DATA", "retain", "ALARM", "OK"),
    (3, 3, "0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (3, 3, "- - X - -", "ALARM", "retain", "ALARM", "OK"),
    (3, 2, "0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (3, 2, "0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (3, 2, "0 - X - -", "OK", "OK", "ALARM", "OK"),
    (3, 2, "- - - - 0", "OK", "OK", "ALARM", "OK"),
    (3, 2, "- - - X -", "ALARM", "retain", "ALARM", "OK"),
]
# Also stated: a single young breaching point does not alarm when all of three must breach.
PREMATURE = ["- - - - X", "- - - X -"]


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    """A server whose clock these tests turn."""
    one = Server(tmp_path_factory.mktemp("decisions") / "data").start()
    yield one
    died = not one.running()
    one.end()
    assert not died, one.stderr


@pytest.fixture
def cloudwatch(turned, root):
    """A client of an unused account, half a minute past a whole minute."""
    now = instant(turned.now())
    turned.move_clock(set=(now.replace(second=30, microsecond=0) + MINUTE).strftime("%Y-%m-%dT%H:%M:%SZ"))
    return turned.client("cloudwatch", root)


def minute(turned, back=0):
    """The start of the newest finished minute, or of one before it."""
    return instant(turned.now()).replace(second=0, microsecond=0) - (back + 1) * MINUTE


def put(client, name, time, value, dims=(), unit=None, resolution=60, **more):
    """Puts one point."""
    datum = {"MetricName": name, "Timestamp": time, "Dimensions": list(dims), "StorageResolution": resolution, **more}
    if value is not None:
        datum["Value"] = value
    if unit:
        datum["Unit"] = unit
    client.put_metric_data(Namespace=NAMESPACE, MetricData=[datum])


def put_row(client, turned, name, points, dims=()):
    """Puts a row of the tables: one point a minute, the newest on the right."""
    for back, point in enumerate(reversed(points.split())):
        if point != "-":
            put(client, name, minute(turned, back), BREACH if point == "X" else FINE, dims)


def alarm(client, name, metric="m", dims=(), **more):
    """Puts an alarm above 50 over one minute."""
    settings = {
        "Namespace": NAMESPACE,
        "MetricName": metric,
        "Dimensions": list(dims),
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 50,
        "ComparisonOperator": "GreaterThanThreshold",
        **more,
    }
    settings = {key: value for key, value in settings.items() if value is not None}
    client.put_metric_alarm(AlarmName=name, **settings)


def state(client, name, kind="MetricAlarm"):
    """The alarm as it stands."""
    found = client.describe_alarms(AlarmNames=[name], AlarmTypes=[kind])[f"{kind}s"]
    assert len(found) == 1, name
    return found[0]


def states(client):
    """All metric alarms' states by name."""
    pages = client.get_paginator("describe_alarms").paginate()
    return {alarm["AlarmName"]: alarm["StateValue"] for page in pages for alarm in page["MetricAlarms"]}


def clock_text(time):
    """A bucket's start as reasons write it."""
    return time.strftime("(%d/%m/%y %H:%M:%S)")


def data_text(time):
    """A time as reason data writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def history(client, name, kind="StateUpdate"):
    """Items of one type, newest first."""
    pages = client.get_paginator("describe_alarm_history").paginate(AlarmName=name, HistoryItemType=kind)
    return [item for page in pages for item in page["AlarmHistoryItems"]]


@pytest.mark.parametrize("before", ["OK", "ALARM", "INSUFFICIENT_DATA"])
def test_every_published_row_and_treatment(turned, cloudwatch, before):
    expected = {}
    for row, (periods, needed, points, *verdicts) in enumerate(PUBLISHED):
        dims = dimensions(row=str(row))
        put_row(cloudwatch, turned, "m", points, dims)
        for treatment, verdict in zip(TREATMENTS, verdicts, strict=True):
            name = f"{row} {treatment}"
            expected[name] = before if verdict == "retain" else verdict
            alarm(
                cloudwatch, name, dims=dims, EvaluationPeriods=periods, DatapointsToAlarm=needed,
                TreatMissingData=treatment,
            )  # fmt: skip
            cloudwatch.set_alarm_state(AlarmName=name, StateValue=before, StateReason="before")
    turned.move_clock(advance="2s")
    assert states(cloudwatch) == expected


@pytest.mark.parametrize("before", ["OK", "INSUFFICIENT_DATA"])
def test_few_young_breaching_points_alone_do_not_alarm(turned, cloudwatch, before):
    for row, points in enumerate(PREMATURE):
        dims = dimensions(row=str(row))
        put_row(cloudwatch, turned, "m", points, dims)
        alarm(cloudwatch, points, dims=dims, EvaluationPeriods=3, DatapointsToAlarm=3)
        cloudwatch.set_alarm_state(AlarmName=points, StateValue=before, StateReason="before")
    turned.move_clock(advance="2s")
    assert states(cloudwatch) == dict.fromkeys(PREMATURE, before)


def test_a_new_alarm_waits_and_is_then_evaluated_promptly(turned, cloudwatch):
    put(cloudwatch, "m", minute(turned), FINE)
    alarm(cloudwatch, "a")
    first = state(cloudwatch, "a")
    assert (first["StateValue"], first["StateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    assert "StateReasonData" not in first
    turned.move_clock(advance="2s")
    second = state(cloudwatch, "a")
    assert second["StateValue"] == "OK"
    assert second["StateTransitionedTimestamp"] == second["StateUpdatedTimestamp"] == instant(turned.now())
    assert second["AlarmConfigurationUpdatedTimestamp"] == first["AlarmConfigurationUpdatedTimestamp"]


def test_reasons_without_datapoints_to_alarm(turned, cloudwatch):
    times = [minute(turned, back) for back in range(3)]
    for time, value in zip(times, (90, 91.5, 20000), strict=True):
        put(cloudwatch, "m", time, value)
    alarm(cloudwatch, "a", EvaluationPeriods=3)
    turned.move_clock(advance="2s")
    a, b, c = map(clock_text, times)
    found = state(cloudwatch, "a")
    assert found["StateReason"] == (
        f"Threshold Crossed: 3 datapoints [90.0 {a}, 91.5 {b}, 20000.0 {c}] were greater than the threshold (50.0)."
    )
    query_date = instant(turned.now())
    # The exact text: keys in this order, without blanks.
    evaluated = [
        f'{{"timestamp":"{data_text(time)}","sampleCount":1.0,"value":{value}}}'
        for time, value in zip(times, ("90.0", "91.5", "20000.0"), strict=True)
    ]
    assert found["StateReasonData"] == (
        f'{{"version":"1.0","queryDate":"{data_text(query_date)}","startDate":"{data_text(times[2])}",'
        f'"statistic":"Average","period":60,"recentDatapoints":[20000.0,91.5,90.0],"threshold":50.0,'
        f'"evaluatedDatapoints":[{",".join(evaluated)}]}}'
    )


def test_one_point_into_ok(turned, cloudwatch):
    time = minute(turned)
    put(cloudwatch, "m", time, 0, unit="Seconds")
    alarm(cloudwatch, "a", Unit="Seconds", Threshold=21)
    turned.move_clock(advance="2s")
    found = state(cloudwatch, "a")
    assert found["StateReason"] == (
        f"Threshold Crossed: 1 datapoint [0.0 {clock_text(time)}] was not greater than the threshold (21.0)."
    )
    assert json.loads(found["StateReasonData"])["unit"] == "Seconds"


def test_reasons_with_datapoints_to_alarm(turned, cloudwatch):
    times = [minute(turned, back) for back in range(3)]
    for time, value in zip(times, (99.5, 10, 98), strict=True):
        put(cloudwatch, "m", time, value)
    alarm(cloudwatch, "a", EvaluationPeriods=3, DatapointsToAlarm=2)
    turned.move_clock(advance="2s")
    a, _, c = map(clock_text, times)
    assert state(cloudwatch, "a")["StateReason"] == (
        f"Threshold Crossed: 2 out of the last 3 datapoints [99.5 {a}, 98.0 {c}] were greater than the threshold "
        f"(50.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )
    put(cloudwatch, "m", minute(turned, -1), 1)
    turned.move_clock(advance="1m")
    put(cloudwatch, "m", minute(turned, -1), 2)
    turned.move_clock(advance="1m")
    back = state(cloudwatch, "a")
    assert back["StateValue"] == "OK"
    assert "were not greater than the threshold (50.0)" in back["StateReason"]
    assert back["StateReason"].endswith("(minimum 2 datapoints for ALARM -> OK transition).")


@pytest.mark.parametrize(
    ("treatment", "word", "value"), [("breaching", "Breaching", "ALARM"), ("notBreaching", "NonBreaching", "OK")]
)
def test_reasons_of_filled_periods(turned, cloudwatch, treatment, word, value):
    alarm(cloudwatch, "two", EvaluationPeriods=2, TreatMissingData=treatment)
    alarm(cloudwatch, "one", TreatMissingData=treatment)
    turned.move_clock(advance="2s")
    two, one = state(cloudwatch, "two"), state(cloudwatch, "one")
    assert (two["StateValue"], one["StateValue"]) == (value, value)
    assert two["StateReason"] == (
        f"Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [{word}]."
    )
    assert one["StateReason"] == (
        f"Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [{word}]."
    )
    reason = json.loads(one["StateReasonData"])
    assert "startDate" not in reason and reason["recentDatapoints"] == []
    assert all(list(entry) == ["timestamp"] for entry in reason["evaluatedDatapoints"])


def test_a_point_and_a_filled_period(turned, cloudwatch):
    time = minute(turned)
    put(cloudwatch, "m", time, 0)
    alarm(
        cloudwatch, "a", EvaluationPeriods=2, TreatMissingData="breaching", Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )  # fmt: skip
    turned.move_clock(advance="2s")
    found = state(cloudwatch, "a")
    assert found["StateValue"] == "OK"
    assert found["StateReason"] == (
        f"Threshold Crossed: 1 datapoint [0.0 {clock_text(time)}] was not greater than or equal to the threshold "
        "(1.0) and 1 missing datapoint was treated as [Breaching]."
    )


def test_reasons_of_insufficient_data(turned, cloudwatch):
    for name, periods in (("one", 1), ("five", 5)):
        alarm(cloudwatch, name, EvaluationPeriods=periods)
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="so that it changes")
    turned.move_clock(advance="2s")
    assert state(cloudwatch, "one")["StateReason"] == "Insufficient Data: 1 datapoint was unknown."
    assert state(cloudwatch, "five")["StateReason"] == "Insufficient Data: 5 datapoints were unknown."


@pytest.mark.parametrize(
    ("operator", "verdicts"),
    [
        ("GreaterThanThreshold", ("OK", "OK", "ALARM")),
        ("GreaterThanOrEqualToThreshold", ("OK", "ALARM", "ALARM")),
        ("LessThanThreshold", ("ALARM", "OK", "OK")),
        ("LessThanOrEqualToThreshold", ("ALARM", "ALARM", "OK")),
    ],
)
def test_operators(turned, cloudwatch, operator, verdicts):
    for value in (49, 50, 51):
        dims = dimensions(value=str(value))
        put(cloudwatch, "m", minute(turned), value, dims)
        alarm(cloudwatch, str(value), dims=dims, ComparisonOperator=operator)
    turned.move_clock(advance="2s")
    assert states(cloudwatch) == dict(zip(("49", "50", "51"), verdicts, strict=True))


def test_windows_slide_by_the_minute(turned, cloudwatch):
    # Five minutes of 10 are no breach of a sum of 55, until a sixth of 20 comes into the window.
    for back in range(5):
        put(cloudwatch, "m", minute(turned, back), 10)
    newest = minute(turned)
    alarm(cloudwatch, "a", Statistic="Sum", Period=300, Threshold=55)
    turned.move_clock(advance="2s")
    assert state(cloudwatch, "a")["StateValue"] == "OK"
    put(cloudwatch, "m", newest + MINUTE, 20)
    turned.move_clock(advance="1m")
    found = state(cloudwatch, "a")
    assert found["StateValue"] == "ALARM"
    start = newest - 3 * MINUTE
    assert f"[60.0 {clock_text(start)}]" in found["StateReason"]


def test_high_resolution_alarms_look_every_ten_seconds(turned, cloudwatch):
    now = instant(turned.now())
    alarm(cloudwatch, "a", Period=10)
    put(cloudwatch, "m", now, BREACH, resolution=1)
    turned.move_clock(advance="10s")
    assert state(cloudwatch, "a")["StateValue"] == "INSUFFICIENT_DATA"
    turned.move_clock(advance="10s")
    found = state(cloudwatch, "a")
    assert found["StateValue"] == "ALARM"
    assert clock_text(now) in found["StateReason"]


def test_the_range_reaches_back_and_then_lets_go(turned, cloudwatch):
    put(cloudwatch, "m", minute(turned), BREACH)
    alarm(cloudwatch, "a")
    seen = []
    turned.move_clock(advance="2s")
    for _ in range(5):
        seen.append(state(cloudwatch, "a")["StateValue"])
        turned.move_clock(advance="1m")
    # One point, and a range of three: it is seen for three minutes.
    assert seen == ["ALARM", "ALARM", "ALARM", "INSUFFICIENT_DATA", "INSUFFICIENT_DATA"]


@pytest.mark.parametrize(("stat", "enough"), [("p50", 20), ("p90", 100), ("p10", 100), ("p99", 1000)])
def test_percentiles_over_few_samples_keep_the_state(turned, cloudwatch, stat, enough):
    for samples in (enough - 1, enough):
        dims = dimensions(samples=str(samples))
        put(cloudwatch, "m", minute(turned), None, dims, Values=[BREACH], Counts=[samples])
        for option in ("ignore", "evaluate", None):
            alarm(
                cloudwatch, f"{samples} {option}", dims=dims, Statistic=None, ExtendedStatistic=stat,
                EvaluateLowSampleCountPercentile=option,
            )  # fmt: skip
    turned.move_clock(advance="2s")
    few = {f"{enough - 1} {option}": "ALARM" for option in ("evaluate", None)}
    many = {f"{enough} {option}": "ALARM" for option in ("ignore", "evaluate", None)}
    assert states(cloudwatch) == {f"{enough - 1} ignore": "INSUFFICIENT_DATA", **few, **many}


def test_units_filter(turned, cloudwatch):
    put(cloudwatch, "m", minute(turned), BREACH, unit="Seconds")
    alarm(cloudwatch, "right", Unit="Seconds")
    alarm(cloudwatch, "wrong", Unit="Bytes")
    turned.move_clock(advance="2s")
    assert states(cloudwatch) == {"right": "ALARM", "wrong": "INSUFFICIENT_DATA"}


def test_dynamodb_ignores_what_is_missing_by_default(turned, cloudwatch):
    for namespace in ("AWS/DynamoDB", "Other"):
        alarm(cloudwatch, namespace, Namespace=namespace)
        cloudwatch.set_alarm_state(AlarmName=namespace, StateValue="ALARM", StateReason="before")
    turned.move_clock(advance="2s")
    assert states(cloudwatch) == {"AWS/DynamoDB": "ALARM", "Other": "INSUFFICIENT_DATA"}


def test_metric_math(turned, cloudwatch):
    time = minute(turned)
    put(cloudwatch, "errors", time, 6)
    put(cloudwatch, "calls", time, 10)
    cloudwatch.put_metric_alarm(
        AlarmName="rate",
        EvaluationPeriods=1,
        Threshold=50,
        ComparisonOperator="GreaterThanThreshold",
        Metrics=[
            stat_query("errors", NAMESPACE, id="e", ReturnData=False),
            stat_query("calls", NAMESPACE, id="c", ReturnData=False),
            {"Id": "rate", "Expression": "100*e/c", "Label": "Rate"},
        ],
    )
    turned.move_clock(advance="2s")
    found = state(cloudwatch, "rate")
    assert found["StateReason"] == (
        f"Threshold Crossed: 1 datapoint [60.0 {clock_text(time)}] was greater than the threshold (50.0)."
    )
    reason = json.loads(found["StateReasonData"])
    assert "statistic" not in reason and "unit" not in reason
    assert reason["evaluatedDatapoints"] == [{"timestamp": data_text(time), "value": 60.0}]


def test_anomalies(turned, cloudwatch):
    now = minute(turned)
    data = []
    for back in range(1, 60 * 24):
        data.append({"MetricName": "m", "Timestamp": now - back * MINUTE, "Value": 100 + (back % 7)})
    for chunk in itertools.batched(data, 1000) if hasattr(itertools, "batched") else (data[:1000], data[1000:]):
        cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=list(chunk))
    put(cloudwatch, "m", now, 100000)
    for name, operator in (
        ("both", "LessThanLowerOrGreaterThanUpperThreshold"),
        ("lower", "LessThanLowerThreshold"),
        ("upper", "GreaterThanUpperThreshold"),
    ):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            EvaluationPeriods=1,
            ThresholdMetricId="band",
            ComparisonOperator=operator,
            Metrics=[
                stat_query("m", NAMESPACE, stat="Average", id="m"),
                {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m, 2)"},
            ],
        )
    turned.move_clock(advance="2s")
    assert states(cloudwatch) == {"both": "ALARM", "lower": "OK", "upper": "ALARM"}
    found = state(cloudwatch, "both")
    assert found["StateReason"].startswith("Thresholds Crossed: 1 datapoint [100000.0 ")
    assert "was less than the lower thresholds [" in found["StateReason"]
    assert "or greater than the upper thresholds [" in found["StateReason"]
    reason = json.loads(found["StateReasonData"])
    assert len(reason["recentLowerThresholds"]) == len(reason["recentUpperThresholds"]) == 1
    assert "threshold" not in reason and "statistic" not in reason


def test_series_of_a_query_are_contributors(turned, cloudwatch):
    for host, value in (("a", BREACH), ("b", FINE), ("c", BREACH)):
        put(cloudwatch, "m", minute(turned), value, dimensions(host=host))
    query = f'SELECT AVG(m) FROM SCHEMA("{NAMESPACE}", host) GROUP BY host ORDER BY AVG() DESC'
    cloudwatch.put_metric_alarm(
        AlarmName="fleet",
        EvaluationPeriods=1,
        Threshold=50,
        ComparisonOperator="GreaterThanThreshold",
        Metrics=[{"Id": "q", "Expression": query, "Period": 60}],
    )
    turned.move_clock(advance="2s")
    found = state(cloudwatch, "fleet")
    assert found["StateValue"] == "ALARM"
    assert found["StateReason"] == "2 out of 3 time series evaluated to ALARM"
    contributors = cloudwatch.describe_alarm_contributors(AlarmName="fleet")["AlarmContributors"]
    assert sorted(one["ContributorAttributes"]["host"] for one in contributors) == ["a", "c"]
    assert all(len(one["ContributorId"]) == 16 for one in contributors)
    assert "[90.0 " in contributors[0]["StateReason"]
    turned.move_clock(advance="4m")
    assert state(cloudwatch, "fleet")["StateValue"] == "INSUFFICIENT_DATA"
    assert cloudwatch.describe_alarm_contributors(AlarmName="fleet")["AlarmContributors"] == []


def test_a_state_that_was_set_lasts_until_the_next_evaluation(turned, cloudwatch):
    put(cloudwatch, "m", minute(turned), FINE)
    alarm(cloudwatch, "a", TreatMissingData="notBreaching")
    turned.move_clock(advance="2s")
    cloudwatch.set_alarm_state(
        AlarmName="a", StateValue="ALARM", StateReason="a drill", StateReasonData='{"drill":true}'
    )
    found = state(cloudwatch, "a")
    assert (found["StateValue"], found["StateReason"], found["StateReasonData"]) == (
        "ALARM",
        "a drill",
        '{"drill":true}',
    )
    turned.move_clock(advance="1m")
    assert state(cloudwatch, "a")["StateValue"] == "OK"
    changes = [item["HistorySummary"] for item in history(cloudwatch, "a")]
    assert changes == [
        "Alarm updated from ALARM to OK",
        "Alarm updated from OK to ALARM",
        "Alarm updated from INSUFFICIENT_DATA to OK",
    ]
    newest, drill = (json.loads(item["HistoryData"]) for item in history(cloudwatch, "a")[:2])
    assert newest["oldState"]["stateReason"] == "a drill"
    assert drill["newState"] == {"stateValue": "ALARM", "stateReason": "a drill", "stateReasonData": {"drill": True}}
    assert isinstance(newest["newState"]["stateReasonData"], dict)


def test_an_alarm_that_is_put_again_keeps_its_state(turned, cloudwatch):
    put(cloudwatch, "m", minute(turned), BREACH)
    alarm(cloudwatch, "a", TreatMissingData="ignore")
    turned.move_clock(advance="2s")
    before = state(cloudwatch, "a")
    turned.move_clock(advance="10s")
    alarm(cloudwatch, "a", TreatMissingData="ignore", Threshold=200)
    after = state(cloudwatch, "a")
    for member in ("StateValue", "StateReason", "StateUpdatedTimestamp", "StateReasonData"):
        assert after[member] == before[member]
    assert after["AlarmConfigurationUpdatedTimestamp"] > before["AlarmConfigurationUpdatedTimestamp"]
    turned.move_clock(advance="2s")
    assert state(cloudwatch, "a")["StateValue"] == "OK"


def test_alarms_over_days_look_once_an_hour(turned, cloudwatch):
    top = instant(turned.now()).replace(minute=0, second=0, microsecond=0)
    put(cloudwatch, "m", top - SECOND, BREACH)
    alarm(cloudwatch, "a", Period=3600, EvaluationPeriods=30, DatapointsToAlarm=1)
    turned.move_clock(advance="2s")
    assert state(cloudwatch, "a")["StateValue"] == "ALARM"
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="until the next look")
    now = instant(turned.now())
    following = now.replace(minute=3, second=0, microsecond=0)
    if following <= now:
        following += datetime.timedelta(hours=1)
    turned.move_clock(set=(following - SECOND).strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert state(cloudwatch, "a")["StateValue"] == "OK"
    turned.move_clock(advance="61s")
    assert state(cloudwatch, "a")["StateValue"] == "ALARM"
