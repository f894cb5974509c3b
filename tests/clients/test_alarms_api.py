"""Metric alarms through the API: what is put, described and refused (cloudwatch.md §6.1, §6.2)."""

import datetime

import pytest

from alarms import (
    INITIAL_REASON,
    REGION,
    VALIDATION,
    described,
    history,
    math,
    on_queries,
    single,
    tag,
    topic,
    without,
)
from alarms import cloudwatch, every, turned  # noqa
from metrics import dimensions, instant, refusal, stat_query
from refusals import refused

# -- putting and describing ---------------------------------------------------------------------


def test_a_new_alarm_is_described_with_what_was_set_and_no_more(turned, root, every):
    every.put_metric_alarm(**single())
    alarm = described(every)
    now = instant(turned.now())
    times = [
        alarm.pop(name)
        for name in (
            "AlarmConfigurationUpdatedTimestamp",
            "StateUpdatedTimestamp",
            "StateTransitionedTimestamp",
        )
    ]
    assert all(abs(time - now) < datetime.timedelta(seconds=1) for time in times)
    assert alarm == {
        **single(),
        "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{root.key}:alarm:a",
        "ActionsEnabled": True,
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": INITIAL_REASON,
    }


def test_everything_that_can_be_set_comes_back(root, every):
    put = without(
        single(
            AlarmDescription="# ünicode",
            ActionsEnabled=False,
            OKActions=[topic(root)],
            AlarmActions=[topic(root), topic(root, "u")],
            InsufficientDataActions=[topic(root, "v")],
            ExtendedStatistic="p99.5",
            Unit="Seconds",
            EvaluationPeriods=3,
            DatapointsToAlarm=2,
            TreatMissingData="notBreaching",
            EvaluateLowSampleCountPercentile="ignore",
            Dimensions=dimensions(z="1", a="2"),
        ),
        "Statistic",
    )
    every.put_metric_alarm(**put)
    alarm = described(every)
    assert {name: alarm[name] for name in put} == put
    assert "Statistic" not in alarm and "Metrics" not in alarm


def test_an_alarm_on_queries_comes_back(every):
    every.put_metric_alarm(**math())
    alarm = described(every)
    (hidden, expression) = alarm["Metrics"]
    assert hidden == stat_query("m", ReturnData=False)
    assert expression == {"Id": "e1", "Expression": "m1 * 2", "ReturnData": True}
    assert alarm["Dimensions"] == []
    assert not {"MetricName", "Namespace", "Period", "Statistic"} & set(alarm)


def test_an_alarm_on_a_band_comes_back(every):
    band = {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)"}
    put = without(on_queries(stat_query("m"), band, ThresholdMetricId="band"), "Threshold")
    every.put_metric_alarm(**{**put, "ComparisonOperator": "GreaterThanUpperThreshold"})
    alarm = described(every)
    assert alarm["ThresholdMetricId"] == "band"
    assert "Threshold" not in alarm


def test_an_update_replaces_the_configuration_and_nothing_else(turned, root, cloudwatch):
    cloudwatch.put_metric_alarm(**single(AlarmDescription="old", TreatMissingData="ignore", Tags=[tag("k", "1")]))
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="well", StateReasonData='{"n": 1}')
    before = described(cloudwatch)
    turned.move_clock(advance="1s")
    cloudwatch.put_metric_alarm(**single(Threshold=5, Tags=[tag("k", "2"), tag("l", "3")]))
    after = described(cloudwatch)
    assert "AlarmDescription" not in after and "TreatMissingData" not in after
    assert after["Threshold"] == 5
    state = ("StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp", "StateTransitionedTimestamp")
    assert {name: after[name] for name in state} == {name: before[name] for name in state}
    assert after["AlarmConfigurationUpdatedTimestamp"] > before["AlarmConfigurationUpdatedTimestamp"]
    assert cloudwatch.list_tags_for_resource(ResourceARN=after["AlarmArn"])["Tags"] == [tag("k", "1")]


def test_alarms_of_regions_and_accounts_are_apart(turned, root, other_root, cloudwatch):
    cloudwatch.put_metric_alarm(**single())
    for other in (turned.client("cloudwatch", root, region="eu-central-1"), turned.client("cloudwatch", other_root)):
        assert other.describe_alarms()["MetricAlarms"] == []


# -- what is refused ----------------------------------------------------------------------------

ONE_DAY = (
    "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)"
    " for alarms using period < 3600"
)


@pytest.mark.parametrize(
    ("put", "message"),
    [
        (single(Period=45), "Period must be 10, 20, 30 or a multiple of 60"),
        (single(EvaluationPeriods=1441), ONE_DAY),
        (single(DatapointsToAlarm=2), "DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
        (without(single(), "Threshold"), "PutMetricAlarm request should have valid Threshold parameter"),
        (without(single(), "MetricName"), "MetricName must not be null"),
        (without(single(), "Statistic"), "PutMetricAlarm request should have a Statistic parameter"),
        (without(single(), "Period"), "PutMetricAlarm request should have a Period parameter"),
        (
            single(ComparisonOperator="LessThanLowerThreshold"),
            "ComparisonOperators for ranges require ThresholdMetricId to be set",
        ),
        (
            single(TreatMissingData="x"),
            "The value x is not supported for TreatMissingData parameter."
            " Supported values are [breaching, notBreaching, ignore, missing].",
        ),
        (
            single(EvaluateLowSampleCountPercentile="ignore"),
            "Option evaluateLowSampleCountPercentile can not be applied with statistic Average."
            " This option is enabled only for percentile statistics.",
        ),
        (single(AlarmActions=["nonsense"]), "Invalid arn syntax: nonsense"),
        (single(OKActions=["arn:aws:sqs:us-east-1:1:q"]), "Unsupported AWS vendor sqs"),
        (
            single(InsufficientDataActions=["arn:aws:sns:eu-west-1:1:t"]),
            "Invalid region eu-west-1 specified. Only us-east-1 is supported.",
        ),
        (math(Statistic="Sum"), "Statistic should not be set if list of Metrics is set."),
        (
            on_queries(stat_query("m"), {"Id": "e1", "Expression": "m1"}),
            "Exactly one element of the metrics list should return data.",
        ),
        (on_queries(stat_query("m", stat="Mean")), "Invalid metrics list"),
        (on_queries({"Id": "e1"}), "Period must not be null"),
        (
            single(AlarmActions=[f"arn:aws:sns:us-east-1:1:t{n}" for n in range(6)]),
            "1 validation error detected: Value '["
            + ", ".join(f"arn:aws:sns:us-east-1:1:t{n}" for n in range(6))
            + "]' at 'alarmActions' failed to satisfy constraint: Member must have length less than or equal to 5",
        ),
        (
            single(EvaluationPeriods=0),
            "1 validation error detected: Value '0' at 'evaluationPeriods' failed to satisfy constraint:"
            " Member must have value greater than or equal to 1",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_words(turned, root, put, message):
    client = turned.client("cloudwatch", root, parameter_validation=False)
    assert refusal(client.put_metric_alarm, **put) == (VALIDATION, message)
    assert client.describe_alarms()["MetricAlarms"] == []
    assert history(client) == []


def test_refusals_are_the_same_in_every_protocol(every):
    put = {**without(single(), "Statistic"), "ExtendedStatistic": "p101"}
    assert refusal(every.put_metric_alarm, **put) == (
        "InvalidParameterValue",
        "The value p101 for parameter ExtendedStatistic is not supported.",
    )
    with refused(VALIDATION, 400) as refusal_:
        every.put_metric_alarm(**single(name="a\tb"))
    assert refusal_.message == "AlarmName must not contain ASCII Control characters"


def test_alarms_on_promql_are_refused_clearly(cloudwatch):
    with refused(VALIDATION) as refusal_:
        cloudwatch.put_metric_alarm(
            AlarmName="a", EvaluationCriteria={"PromQLCriteria": {"Query": "up == 0"}}, EvaluationInterval=60
        )
    assert "PromQL alarms are not supported" in refusal_.message
