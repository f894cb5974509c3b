"""PutMetricData: every form of a value, and every refusal with its text (cloudwatch.md §1.4)."""

import datetime
import gzip
import math

import pytest

import raw
from metrics import MINUTE, PROTOCOLS, dimensions, minute_ago, refusal

STATISTICS = ["SampleCount", "Sum", "Average", "Minimum", "Maximum"]


@pytest.fixture(params=PROTOCOLS)
def cloudwatch(server, root, request):
    return server.client("cloudwatch", root, protocol=request.param)


def put(client, *metric_data, namespace="Test"):
    return client.put_metric_data(Namespace=namespace, MetricData=list(metric_data))


def read(client, name, at, period=60, **more):
    """All five statistics of one bucket; `None` when it has no data."""
    answer = client.get_metric_statistics(
        Namespace="Test",
        MetricName=name,
        StartTime=at,
        EndTime=at + datetime.timedelta(seconds=period),
        Period=period,
        Statistics=STATISTICS,
        **more,
    )
    points = answer["Datapoints"]
    assert len(points) <= 1, points
    return tuple(points[0][name] for name in STATISTICS) if points else None


def test_a_value_is_one_sample(server, cloudwatch):
    at = minute_ago(server)
    put(cloudwatch, {"MetricName": "one", "Value": 2.5, "Timestamp": at})
    assert read(cloudwatch, "one", at) == (1, 2.5, 2.5, 2.5, 2.5)


def test_a_value_of_zero_is_a_sample(server, cloudwatch):
    at = minute_ago(server)
    put(cloudwatch, {"MetricName": "zero", "Value": 0, "Timestamp": at})
    assert read(cloudwatch, "zero", at) == (1, 0, 0, 0, 0)


def test_values_without_counts_count_once_each(server, cloudwatch):
    at = minute_ago(server)
    put(cloudwatch, {"MetricName": "many", "Values": [1, 2, 6], "Timestamp": at})
    assert read(cloudwatch, "many", at) == (3, 9, 3, 1, 6)


def test_counts_weigh_values_and_may_be_fractions(server, cloudwatch):
    at = minute_ago(server)
    put(cloudwatch, {"MetricName": "weighed", "Values": [1, 3], "Counts": [1.5, 2.5], "Timestamp": at})
    assert read(cloudwatch, "weighed", at) == (4, 9, 2.25, 1, 3)


def test_a_statistic_set_is_taken_as_it_is(server, cloudwatch):
    at = minute_ago(server)
    statistics = {"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 4}
    put(cloudwatch, {"MetricName": "set", "StatisticValues": statistics, "Timestamp": at})
    assert read(cloudwatch, "set", at) == (4, 10, 2.5, 1, 4)


def test_a_statistic_set_with_values_keeps_the_set_and_their_spread(server, cloudwatch):
    at = minute_ago(server)
    statistics = {"SampleCount": 3, "Sum": 7.5, "Minimum": 1, "Maximum": 4}
    datum = {"MetricName": "both", "StatisticValues": statistics, "Values": [1, 2, 4], "Counts": [1, 1, 1]}
    put(cloudwatch, {**datum, "Timestamp": at})
    assert read(cloudwatch, "both", at) == (3, 7.5, 2.5, 1, 4)
    answer = cloudwatch.get_metric_statistics(
        Namespace="Test",
        MetricName="both",
        StartTime=at,
        EndTime=at + MINUTE,
        Period=60,
        ExtendedStatistics=["p100", "p0"],
    )
    assert answer["Datapoints"][0]["ExtendedStatistics"] == {"p100": 4, "p0": 1}


def test_puts_into_one_minute_merge(server, cloudwatch):
    at = minute_ago(server)
    for second, value in ((0, 1), (59, 5), (30, 3)):
        put(cloudwatch, {"MetricName": "merged", "Value": value, "Timestamp": at + datetime.timedelta(seconds=second)})
    assert read(cloudwatch, "merged", at) == (3, 9, 3, 1, 5)


def test_without_a_timestamp_the_time_of_receipt_counts(server, cloudwatch):
    at = minute_ago(server, 0)
    put(cloudwatch, {"MetricName": "now", "Value": 1})
    assert read(cloudwatch, "now", at) == (1, 1, 1, 1, 1)


def test_the_order_of_dimensions_does_not_matter(server, cloudwatch):
    at = minute_ago(server)
    one, other = dimensions(a="1", b="2"), dimensions(b="2", a="1")
    put(cloudwatch, {"MetricName": "d", "Dimensions": one, "Value": 1, "Timestamp": at})
    put(cloudwatch, {"MetricName": "d", "Dimensions": other, "Value": 2, "Timestamp": at})
    assert read(cloudwatch, "d", at, Dimensions=other) == (2, 3, 1.5, 1, 2)
    assert read(cloudwatch, "d", at) is None


def test_units_are_kept_apart(server, cloudwatch):
    at = minute_ago(server)
    put(
        cloudwatch,
        {"MetricName": "u", "Value": 1, "Unit": "Seconds", "Timestamp": at},
        {"MetricName": "u", "Value": 7, "Unit": "Bytes", "Timestamp": at},
    )
    assert read(cloudwatch, "u", at, Unit="Seconds") == (1, 1, 1, 1, 1)
    assert read(cloudwatch, "u", at, Unit="Bytes") == (1, 7, 7, 7, 7)
    assert read(cloudwatch, "u", at, Unit="Count") is None


def test_a_thousand_metrics_in_one_call(server, cloudwatch):
    at = minute_ago(server)
    put(cloudwatch, *[{"MetricName": f"m{n}", "Value": n, "Timestamp": at} for n in range(1000)])
    assert read(cloudwatch, "m0", at)[1] == 0
    assert read(cloudwatch, "m999", at)[1] == 999


def test_the_extremes_of_values_come_back_to_the_bit(server, cloudwatch):
    at = minute_ago(server)
    for name, value in (("high", 2.0**360), ("low", -(2.0**360)), ("third", 1 / 3), ("tiny", 5e-324)):
        put(cloudwatch, {"MetricName": name, "Value": value, "Timestamp": at})
        assert read(cloudwatch, name, at)[1] == value


def test_entity_metric_data_is_stored(server, cloudwatch):
    at = minute_ago(server)
    entity = {"KeyAttributes": {"Type": "Service", "Name": "shop", "Environment": "test"}}
    cloudwatch.put_metric_data(
        Namespace="Test",
        EntityMetricData=[{"Entity": entity, "MetricData": [{"MetricName": "e", "Value": 3, "Timestamp": at}]}],
        StrictEntityValidation=False,
    )
    assert read(cloudwatch, "e", at) == (1, 3, 3, 3, 3)


SET = {"SampleCount": 2, "Sum": 3, "Minimum": 1, "Maximum": 2}

REFUSED = {
    "value and values": (
        {"Value": 1, "Values": [1]},
        "InvalidParameterCombination",
        "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive"
        " and you have specified both.",
    ),
    "value and statistics": (
        {"Value": 1, "StatisticValues": SET},
        "InvalidParameterCombination",
        "The parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues are mutually exclusive"
        " and you have specified both.",
    ),
    "values and counts of different length": (
        {"Values": [1, 2], "Counts": [1]},
        "InvalidParameterValue",
        "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.",
    ),
    "no value": (
        {},
        "MissingParameter",
        "At least one of the parameters MetricData.member.1.Value or MetricData.member.1.StatisticValues"
        " must be specified.",
    ),
    "151 values": (
        {"Values": list(range(151))},
        "InvalidParameterValue",
        "The collection MetricData.member.1.Values must not have a size greater than 150.",
    ),
    "minimum above maximum": (
        {"StatisticValues": {**SET, "Minimum": 5}},
        "InvalidParameterValue",
        "The parameter MetricData.member.1.StatisticValues.Maximum must be greater than"
        " MetricData.member.1.StatisticValues.Minimum.",
    ),
    "a count of zero": (
        {"StatisticValues": {**SET, "SampleCount": 0}},
        "InvalidParameterValue",
        "The parameter MetricData.member.1.StatisticValues.SampleCount must be greater than 0.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_datum_that_cannot_be_is_refused_with_its_text_and_nothing_is_stored(server, root, cloudwatch, case):
    datum, code, message = REFUSED[case]
    at = minute_ago(server)
    bad = {"MetricName": "bad", "Timestamp": at, **datum}
    good = {"MetricName": "good", "Value": 1, "Timestamp": at}
    assert refusal(cloudwatch.put_metric_data, Namespace="Test", MetricData=[bad, good]) == (code, message)
    assert cloudwatch.list_metrics()["Metrics"] == []


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 2.0**361])
def test_numbers_out_of_range_are_refused(server, cloudwatch, number):
    code, message = refusal(
        cloudwatch.put_metric_data, Namespace="Test", MetricData=[{"MetricName": "n", "Value": number}]
    )
    assert code == "InvalidParameterValue"
    assert message.startswith("The value ")
    assert message.endswith(" for parameter MetricData.member.1.Value is invalid.")
    assert cloudwatch.list_metrics()["Metrics"] == []


def test_times_out_of_range_are_refused(server, cloudwatch):
    now = minute_ago(server, 0)
    old = {"MetricName": "t", "Value": 1, "Timestamp": now - datetime.timedelta(days=14, minutes=5)}
    new = {"MetricName": "t", "Value": 1, "Timestamp": now + datetime.timedelta(hours=2, minutes=5)}
    assert refusal(cloudwatch.put_metric_data, Namespace="Test", MetricData=[old]) == (
        "InvalidParameterValue",
        "The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks.",
    )
    assert refusal(cloudwatch.put_metric_data, Namespace="Test", MetricData=[new]) == (
        "InvalidParameterValue",
        "The parameter MetricData.member.1.Timestamp must specify a time no more than two hours in the future.",
    )
    edge = {"MetricName": "t", "Value": 1, "Timestamp": now - datetime.timedelta(days=13, hours=23)}
    put(cloudwatch, edge)


def test_1001_metrics_are_refused(cloudwatch):
    many = [{"MetricName": "m", "Value": 1}] * 1001
    assert refusal(cloudwatch.put_metric_data, Namespace="Test", MetricData=many) == (
        "InvalidParameterValue",
        "The collection MetricData must not have a size greater than 1000.",
    )


def test_the_namespace_of_aws_is_reserved(cloudwatch):
    datum = {"MetricName": "m", "Value": 1}
    assert refusal(cloudwatch.put_metric_data, Namespace="AWS/EC2", MetricData=[datum]) == (
        "InvalidParameterValue",
        "The value AWS/ for parameter Namespace is invalid.",
    )


def test_neither_metric_data_nor_entities_are_refused(cloudwatch):
    assert refusal(cloudwatch.put_metric_data, Namespace="Test") == (
        "MissingParameter",
        "The parameter MetricData is required.",
    )


@pytest.mark.parametrize("count", [31])
def test_31_dimensions_are_refused(cloudwatch, count):
    many = dimensions(**{f"d{n}": "v" for n in range(count)})
    datum = {"MetricName": "m", "Value": 1, "Dimensions": many}
    code, _ = refusal(cloudwatch.put_metric_data, Namespace="Test", MetricData=[datum])
    assert code in ("InvalidParameterValue", "ValidationError")


def test_duplicate_dimension_names_are_refused(cloudwatch):
    twice = [{"Name": "a", "Value": "1"}, {"Name": "a", "Value": "2"}]
    datum = {"MetricName": "m", "Value": 1, "Dimensions": twice}
    code, _ = refusal(cloudwatch.put_metric_data, Namespace="Test", MetricData=[datum])
    assert code == "InvalidParameterValue"


def test_other_resolutions_than_1_and_60_are_refused(cloudwatch):
    datum = {"MetricName": "m", "Value": 1, "StorageResolution": 30}
    code, _ = refusal(cloudwatch.put_metric_data, Namespace="Test", MetricData=[datum])
    assert code == "InvalidParameterValue"


def test_a_form_packed_with_gzip_is_stored(server, root, cloudwatch):
    at = minute_ago(server)
    form = (
        "Action=PutMetricData&Version=2010-08-01&Namespace=Test&MetricData.member.1.MetricName=packed"
        f"&MetricData.member.1.Value=4&MetricData.member.1.Timestamp={at:%Y%m%dT%H%M%SZ}"
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip"}
    request = raw.Request("monitoring", "POST", "/", headers, gzip.compress(form.encode()))
    reply = request.signed(server, root).send(server)
    assert reply.status == 200, reply.body
    assert b"<PutMetricDataResponse" in reply.body
    assert read(cloudwatch, "packed", at) == (1, 4, 4, 4, 4)
