"""ListMetrics, GetMetricStatistics and GetMetricData against hand-computed tables (cloudwatch.md §2, §3)."""

import datetime

import pytest

from metrics import DAY, HOUR, MINUTE, PROTOCOLS, data, dimensions, hour_ago, instant, minute_ago, refusal
from metrics import stat_query, values


@pytest.fixture(params=PROTOCOLS)
def cloudwatch(server, root, request):
    return server.client("cloudwatch", root, protocol=request.param)


@pytest.fixture
def client(server, root):
    return server.client("cloudwatch", root)


def put(client, name, *points, namespace="Test", **more):
    """Stores (time, value) points."""
    client.put_metric_data(
        Namespace=namespace,
        MetricData=[{"MetricName": name, "Timestamp": at, "Value": value, **more} for at, value in points],
    )


def statistic(client, stat, samples, at, **how):
    """A statistic of weighted samples [(value, count)] through GetMetricData."""
    put_samples(client, samples, at, **how)
    return values(client, [stat_query("s", stat=stat)], at, at + MINUTE, "m1")


def put_samples(client, samples, at, name="s"):
    client.put_metric_data(
        Namespace="Test",
        MetricData=[
            {
                "MetricName": name,
                "Timestamp": at,
                "Values": [value for value, _ in samples],
                "Counts": [count for _, count in samples],
            }
        ],
    )


# -- statistics --------------------------------------------------------------------------------

TEN = [(value, 1) for value in (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)]

STATISTICS = {
    "SampleCount": 10,
    "Sum": 550,
    "Average": 55,
    "Minimum": 10,
    "Maximum": 100,
    "p0": 10,
    "p100": 100,
    # Ranges are exclusive below and inclusive above (cloudwatch.md §3.1).
    "TM(20:80)": (30 + 40 + 50 + 60 + 70 + 80) / 6,
    "TC(20:80)": 6,
    "TS(20:80)": 330,
    "PR(20:80)": 60,
    "PR(:50)": 50,
    "PR(50:)": 50,
    "WM(20:80)": (20 + 20 + 30 + 40 + 50 + 60 + 70 + 80 + 80 + 80) / 10,
    "TM(10%:90%)": (20 + 30 + 40 + 50 + 60 + 70 + 80 + 90) / 8,
    "TC(10%:90%)": 8,
    "TS(10%:90%)": 440,
    "tm90": (10 + 20 + 30 + 40 + 50 + 60 + 70 + 80 + 90) / 9,
    "tc90": 9,
    "ts90": 450,
}


@pytest.mark.parametrize("stat", STATISTICS)
def test_a_statistic_of_ten_samples(server, cloudwatch, stat):
    assert statistic(cloudwatch, stat, TEN, minute_ago(server)) == pytest.approx([STATISTICS[stat]])


@pytest.mark.parametrize("stat", ["p50", "p90", "p99.9", "TM(:50%)", "WM(10%:)", "IQM"])
def test_equal_samples_have_that_value_whatever_is_asked(server, client, stat):
    assert statistic(client, stat, [(7.25, 40)], minute_ago(server)) == [7.25]


def test_a_median_lies_between_its_neighbours(server, client):
    (median,) = statistic(client, "p50", TEN, minute_ago(server))
    assert 50 <= median <= 60


def test_percentiles_of_many_samples_are_within_a_percent(server, client):
    at = minute_ago(server)
    for start in range(0, 3000, 150):
        put_samples(client, [(value * 1.7 + 0.5, 1) for value in range(start, start + 150)], at)
    for percent in (1, 25, 50, 90, 99):
        (found,) = values(client, [stat_query("s", stat=f"p{percent}")], at, at + MINUTE, "m1")
        assert found == pytest.approx(percent / 100 * 3000 * 1.7 + 0.5, rel=0.0125), percent
    (highest,) = values(client, [stat_query("s", stat="p100")], at, at + MINUTE, "m1")
    assert highest == 2999 * 1.7 + 0.5


@pytest.mark.parametrize("stat", ["p50", "TM(10%:90%)", "PR(:10)", "IQM"])
def test_a_negative_value_leaves_no_extended_statistic(server, client, stat):
    assert statistic(client, stat, [(-1, 1), (5, 1)], minute_ago(server)) == []


def test_a_statistic_set_has_percentiles_only_when_its_values_are_equal(server, client):
    at = minute_ago(server)
    sets = {
        "spread": {"SampleCount": 3, "Sum": 6, "Minimum": 1, "Maximum": 3},
        "equal": {"SampleCount": 3, "Sum": 6, "Minimum": 2, "Maximum": 2},
    }
    for name, statistics in sets.items():
        datum = {"MetricName": name, "StatisticValues": statistics, "Timestamp": at}
        client.put_metric_data(Namespace="Test", MetricData=[datum])
    assert values(client, [stat_query("spread", stat="p50")], at, at + MINUTE, "m1") == []
    assert values(client, [stat_query("equal", stat="p50")], at, at + MINUTE, "m1") == [2]


# -- GetMetricStatistics -----------------------------------------------------------------------


def statistics(client, start, end, period=60, name="m", **more):
    asked = more or {"Statistics": ["Sum"]}
    answer = client.get_metric_statistics(
        Namespace="Test", MetricName=name, StartTime=start, EndTime=end, Period=period, **asked
    )
    return sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])


def test_datapoints_have_only_what_was_asked_for(server, cloudwatch):
    at = hour_ago(server)
    put(cloudwatch, "m", (at, 2), (at + 5 * MINUTE, 4), Unit="Seconds")
    answer = cloudwatch.get_metric_statistics(
        Namespace="Test", MetricName="m", StartTime=at, EndTime=at + HOUR, Period=300, Statistics=["Sum", "Maximum"]
    )
    assert answer["Label"] == "m"
    assert sorted(answer["Datapoints"], key=lambda point: point["Timestamp"]) == [
        {"Timestamp": at, "Sum": 2, "Maximum": 2, "Unit": "Seconds"},
        {"Timestamp": at + 5 * MINUTE, "Sum": 4, "Maximum": 4, "Unit": "Seconds"},
    ]


def test_each_unit_has_a_datapoint_of_its_own(server, client):
    at = hour_ago(server)
    put(client, "m", (at, 1), Unit="Seconds")
    put(client, "m", (at, 2), Unit="Bytes")
    assert {(point["Unit"], point["Sum"]) for point in statistics(client, at, at + HOUR)} == {
        ("Seconds", 1),
        ("Bytes", 2),
    }


def test_the_start_is_included_and_the_end_is_not(server, client):
    at = hour_ago(server)
    put(client, "m", (at, 1), (at + MINUTE, 2), (at + 2 * MINUTE, 4))
    assert [point["Sum"] for point in statistics(client, at, at + 2 * MINUTE)] == [1, 2]


def test_buckets_are_laid_from_the_start(server, client):
    at = hour_ago(server)
    put(client, "m", (at + 2 * MINUTE, 1), (at + 6 * MINUTE, 2), (at + 7 * MINUTE, 4))
    found = statistics(client, at + 2 * MINUTE, at + 12 * MINUTE, period=300)
    assert [(point["Timestamp"], point["Sum"]) for point in found] == [
        (at + 2 * MINUTE, 3),
        (at + 7 * MINUTE, 4),
    ]


def test_1440_datapoints_are_the_most(server, client):
    end = hour_ago(server)
    assert statistics(client, end - DAY, end) == []
    assert refusal(statistics, client=client, start=end - DAY - MINUTE, end=end) == (
        "InvalidParameterCombination",
        "You have requested up to 1441 datapoints, which exceeds the limit of 1440. You may reduce the datapoints"
        " requested by increasing Period, or decreasing the time range.",
    )


def test_a_start_that_is_not_before_the_end_is_refused(server, cloudwatch):
    at = hour_ago(server)
    assert refusal(statistics, client=cloudwatch, start=at, end=at) == (
        "InvalidParameterValue",
        "The parameter StartTime must be less than the parameter EndTime.",
    )


@pytest.mark.parametrize("period", [7, 45, 90])
def test_a_period_that_cannot_be_is_refused(server, cloudwatch, period):
    at = hour_ago(server)
    assert refusal(statistics, client=cloudwatch, start=at, end=at + HOUR, period=period) == (
        "InvalidParameterValue",
        "The parameter Period must be a multiple of 60.",
    )


def test_no_statistics_and_both_kinds_are_refused(server, cloudwatch):
    at = hour_ago(server)
    code, message = refusal(
        cloudwatch.get_metric_statistics, Namespace="Test", MetricName="m", StartTime=at, EndTime=at + HOUR, Period=60
    )
    assert code in ("InvalidParameterCombination", "MissingParameter")
    assert message == "Must specify either Statistics or ExtendedStatistics"
    both = {"Statistics": ["Sum"], "ExtendedStatistics": ["p50"]}
    code, _ = refusal(statistics, client=cloudwatch, start=at, end=at + HOUR, **both)
    assert code == "InvalidParameterCombination"


# -- GetMetricData -----------------------------------------------------------------------------


def test_the_newest_comes_first_unless_told(server, cloudwatch):
    at = hour_ago(server)
    put(cloudwatch, "m", (at, 1), (at + MINUTE, 2), (at + 3 * MINUTE, 3))
    asked = {"MetricDataQueries": [stat_query("m")], "StartTime": at, "EndTime": at + HOUR}
    (result,) = cloudwatch.get_metric_data(**asked)["MetricDataResults"]
    assert result["Timestamps"] == [at + 3 * MINUTE, at + MINUTE, at]
    assert result["Values"] == [3, 2, 1]
    assert result["StatusCode"] == "Complete"
    assert result["Label"] == "m"
    (result,) = cloudwatch.get_metric_data(**asked, ScanBy="TimestampAscending")["MetricDataResults"]
    assert result["Values"] == [1, 2, 3]


def test_no_data_is_an_empty_and_complete_result(server, cloudwatch):
    at = hour_ago(server)
    answer = cloudwatch.get_metric_data(MetricDataQueries=[stat_query("nope")], StartTime=at, EndTime=at + HOUR)
    assert answer["Messages"] == []
    (result,) = answer["MetricDataResults"]
    assert (result["Timestamps"], result["Values"], result["StatusCode"]) == ([], [], "Complete")


def test_pages_put_together_are_the_whole(server, client):
    at = hour_ago(server)
    put(client, "a", *[(at + n * MINUTE, n) for n in range(30)])
    put(client, "b", *[(at + n * MINUTE, -n) for n in range(0, 30, 3)])
    queries = [stat_query("a", id="a"), stat_query("b", id="b")]
    for scan in ("TimestampAscending", "TimestampDescending"):
        whole = data(client, queries, at, at + HOUR, scan=scan)
        pages = data(client, queries, at, at + HOUR, scan=scan, MaxDatapoints=7)
        assert pages == whole
        assert [len(points) for points in whole.values()] == [30, 10]


def test_one_unit_is_chosen_in_a_fixed_order_and_said(server, cloudwatch):
    at = hour_ago(server)
    put(cloudwatch, "m", (at, 1), Unit="Seconds")
    put(cloudwatch, "m", (at, 2), Unit="Milliseconds")
    asked = {"StartTime": at, "EndTime": at + HOUR}
    (result,) = cloudwatch.get_metric_data(MetricDataQueries=[stat_query("m")], **asked)["MetricDataResults"]
    assert result["Values"] == [2]
    message = {"Code": "MultipleUnits", "Value": "Multiple units returned: '[Milliseconds, Seconds]'"}
    assert result["Messages"] == [message]
    query = stat_query("m", unit="Seconds")
    (result,) = cloudwatch.get_metric_data(MetricDataQueries=[query], **asked)["MetricDataResults"]
    assert result["Values"] == [1]
    assert not result.get("Messages")


LABELS = [
    (("Sum", 60), ("Minimum", 30), ["m Sum 60", "m Minimum 30"]),
    (("Sum", 60), ("Minimum", 60), ["m Sum", "m Minimum"]),
    (("Sum", 60), ("Sum", 30), ["m 60", "m 30"]),
    (("Sum", 60), ("Sum", 60), ["m", "m"]),
]


@pytest.mark.parametrize(("one", "other", "expected"), LABELS)
def test_default_labels_tell_what_differs(server, client, one, other, expected):
    at = hour_ago(server)
    put(client, "m", (at, 1))
    queries = [
        stat_query("m", stat=stat, period=period, id=id) for id, (stat, period) in (("a", one), ("b", other))
    ]
    answer = client.get_metric_data(MetricDataQueries=queries, StartTime=at, EndTime=at + HOUR)
    assert [result["Label"] for result in answer["MetricDataResults"]] == expected


DYNAMIC = {
    "[max: ${MAX}] ${LABEL}": "[max: 6] m",
    "${MIN} ${AVG} ${SUM}": "1 3 9",
    "${FIRST}-${LAST}": "2-1",
    "${DATAPOINT_COUNT}": "3",
    "${MIN_MAX_RANGE}": "5",
    "${PROP('MetricName')} ${PROP('Namespace')} ${PROP('Stat')} ${PROP('Period')}": "m Test Sum 60",
    "${PROP('Dim.host')}": "h1",
    "${PROP('Nothing')}!": "!",
}


@pytest.mark.parametrize("label", DYNAMIC)
def test_dynamic_labels_are_filled_in(server, client, label):
    at = hour_ago(server)
    dims = dimensions(host="h1")
    put(client, "m", (at, 2), (at + MINUTE, 6), (at + 2 * MINUTE, 1), Dimensions=dims)
    query = stat_query("m", dims=dims, Label=label)
    answer = client.get_metric_data(MetricDataQueries=[query], StartTime=at, EndTime=at + HOUR)
    found = answer["MetricDataResults"][0]["Label"]
    # Numbers may be written with more or fewer zeros.
    assert found.replace(".0", "") == DYNAMIC[label]


def test_a_query_without_dimensions_does_not_see_data_with_them(server, client):
    at = hour_ago(server)
    put(client, "m", (at, 1), Dimensions=dimensions(host="h1"))
    assert values(client, [stat_query("m")], at, at + HOUR, "m1") == []


REFUSED = {
    "no form": ([{"Id": "a"}], "The parameter MetricDataQueries.member.1.MetricStat is required.\n"),
    "both forms": (
        [{**stat_query("m", id="a"), "Expression": "1"}],
        "The parameters MetricDataQuery Expression and MetricStat are mutually exclusive and you have specified both.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_query_that_cannot_be_is_refused(server, cloudwatch, case):
    queries, message = REFUSED[case]
    at = hour_ago(server)
    asked = {"MetricDataQueries": queries, "StartTime": at, "EndTime": at + HOUR}
    assert refusal(cloudwatch.get_metric_data, **asked) == ("ValidationError", message)


def test_times_in_the_wrong_order_are_refused(server, cloudwatch):
    at = hour_ago(server)
    asked = {"MetricDataQueries": [stat_query("m")]}
    assert refusal(cloudwatch.get_metric_data, StartTime=at, EndTime=at, **asked) == (
        "ValidationError",
        "The parameter StartTime must not equal parameter EndTime.",
    )
    assert refusal(cloudwatch.get_metric_data, StartTime=at, EndTime=at - HOUR, **asked) == (
        "ValidationError",
        "The parameter EndTime must be greater than StartTime.",
    )


def test_high_resolution_is_read_by_the_second_and_standard_by_the_minute(server, client):
    at = minute_ago(server, 2)
    seconds = [(at + datetime.timedelta(seconds=n), 1) for n in range(60)]
    put(client, "fast", *seconds, StorageResolution=1)
    put(client, "slow", *seconds)
    count = "SampleCount"
    assert values(client, [stat_query("fast", stat=count, period=1)], at, at + MINUTE, "m1") == [1] * 60
    assert values(client, [stat_query("fast", stat=count, period=10)], at, at + MINUTE, "m1") == [10] * 6
    assert values(client, [stat_query("slow", stat=count, period=10)], at, at + MINUTE, "m1") == [60]


# -- ListMetrics -------------------------------------------------------------------------------


def listed(client, **filters):
    pages = client.get_paginator("list_metrics").paginate(**filters)
    return [
        (metric["Namespace"], metric["MetricName"], {d["Name"]: d["Value"] for d in metric["Dimensions"]})
        for page in pages
        for metric in page["Metrics"]
    ]


def test_metrics_are_found_by_what_they_have(server, cloudwatch):
    at = minute_ago(server)
    put(cloudwatch, "a", (at, 1), Dimensions=dimensions(host="h1", disk="sda"))
    put(cloudwatch, "a", (at, 1), Dimensions=dimensions(host="h2"))
    put(cloudwatch, "b", (at, 1))
    put(cloudwatch, "a", (at, 1), namespace="Other")
    assert len(listed(cloudwatch)) == 4
    assert len(listed(cloudwatch, Namespace="Test")) == 3
    assert len(listed(cloudwatch, Namespace="Test", MetricName="a")) == 2
    assert listed(cloudwatch, Dimensions=[{"Name": "host", "Value": "h2"}]) == [("Test", "a", {"host": "h2"})]
    assert len(listed(cloudwatch, Dimensions=[{"Name": "host"}])) == 2
    assert listed(cloudwatch, Dimensions=[{"Name": "disk"}, {"Name": "host", "Value": "h1"}]) == [
        ("Test", "a", {"host": "h1", "disk": "sda"})
    ]


def test_a_metric_in_two_units_is_listed_once(server, client):
    at = minute_ago(server)
    put(client, "m", (at, 1), Unit="Seconds")
    put(client, "m", (at, 1), Unit="Bytes")
    assert listed(client) == [("Test", "m", {})]


def test_metrics_come_in_pages_of_500(server, client):
    at = minute_ago(server)
    for start in (0, 600):
        datums = [{"MetricName": f"m{n}", "Value": 1, "Timestamp": at} for n in range(start, start + 600)]
        client.put_metric_data(Namespace="Test", MetricData=datums)
    first = client.list_metrics()
    assert len(first["Metrics"]) == 500
    assert len({name for _, name, _ in listed(client)}) == 1200


def test_a_bad_token_is_refused(cloudwatch):
    assert refusal(cloudwatch.list_metrics, NextToken="nonsense") == (
        "InvalidParameterValue",
        "Request parameter NextToken is invalid",
    )


def test_accounts_and_regions_do_not_see_each_other(server, root, other_root, client):
    at = minute_ago(server)
    put(client, "m", (at, 1))
    assert listed(server.client("cloudwatch", other_root)) == []
    assert listed(server.client("cloudwatch", root, region="eu-west-1")) == []


def test_recently_active_leaves_out_what_has_been_quiet_for_hours(make_server):
    own = make_server().start()
    client = own.client("cloudwatch")
    put(client, "old", (instant(own.now()), 1))
    own.move_clock(advance="5h")
    put(client, "new", (instant(own.now()), 1))
    assert [name for _, name, _ in listed(client, Namespace="Test")] == ["new", "old"]
    assert [name for _, name, _ in listed(client, Namespace="Test", RecentlyActive="PT3H")] == ["new"]
