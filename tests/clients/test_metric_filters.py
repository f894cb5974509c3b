"""Metric filters, TestMetricFilter and embedded metrics, by boto3 against the real server (logs.md §3, §4, §8.1)."""

import datetime
import json

import pytest

from metrics import MINUTE, dimensions, instant, minute_ago, refusal

STATISTICS = ["SampleCount", "Sum", "Minimum", "Maximum"]

# logs.md §3.6, as it stands there.
VECTORS = r"""
ERROR                                  | [ERROR 400] BAD REQUEST                     | yes
error                                  | [ERROR 400] BAD REQUEST                     | no
ERROR ARGUMENTS                        | [ERROR 400] BAD REQUEST                     | no
?ERROR ?ARGUMENTS                      | [ERROR 400] BAD REQUEST                     | yes
?ERROR ?ARGUMENTS REQUEST              | [INFO] REQUEST FAILED                       | yes
ERROR -ARGUMENTS                       | [ERROR 419] MISSING ARGUMENTS               | no
-ERROR                                 | INFO ok                                     | yes
"INTERNAL SERVER ERROR"                | [ERROR 500] INTERNAL SERVER ERROR           | yes
"[ERROR]" Exception                    | [ERROR] x: InvalidQueryException            | yes
%AUTHORIZED%                           | [ERROR 401] UNAUTHORIZED REQUEST            | yes
%^[hc]at%                              | a cat                                       | no
{ $.eventType = "UpdateTrail" }        | {"eventType":"UpdateTrail"}                 | yes
{ $.sourceIPAddress != 123.123.* }     | {"sourceIPAddress":"111.111.111.111"}       | yes
{ $.arrayKey[0] = "value" }            | {"arrayKey":["value","b"]}                  | yes
{ $.arrayKey = "value" }               | {"arrayKey":["value","b"]}                  | no
{ $.arrayKey[*] = %val.{2}% }          | {"arrayKey":["value","b"]}                  | yes
{ $.* = %111\.111\.111\.1[0-9]{1,2}% } | {"ip":"111.111.111.111"}                    | yes
{ $.['cluster.name'] = "c" }           | {"cluster.name":"c"}                        | yes
{ $.SomeObject IS NULL }               | {"SomeObject":null}                         | yes
{ $.SomeOther NOT EXISTS }             | {"SomeObject":null}                         | yes
{ $.a = 1 || $.b = 2 && $.c = 3 }      | {"a":1}                                     | yes
{ ($.a = 1 || $.b = 2) && $.c = 3 }    | {"a":1}                                     | no
{ $.number[0] = 1e+3 }                 | {"number":[1000]}                           | yes
{ $.userIdentity.type = Root }         | {"userIdentity":{"type":"Root"}}            | yes
[w1=ERROR, w2]                         | ERROR 09/25/2014 12:00:02 Failed to process | yes
[w1!=ERROR && w1!=WARNING, w2]         | INFO started now                            | yes
[..., status_code=4*, bytes]           | 127.0.0.1 - f [d] "GET / HTTP/1.0" 404 15   | yes
[a, b, c]                              | one two                                     | no
"""


@pytest.fixture
def logs(server, root):
    return server.client("logs", root)


@pytest.fixture
def cloudwatch(server, root):
    return server.client("cloudwatch", root)


@pytest.fixture
def stream(logs):
    """A group `g` with a stream `s`."""
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")


def put_filter(logs, name="f", pattern="ERROR", value="1", metric="m", group="g", more=None, **transformation):
    transformation = {"metricName": metric, "metricNamespace": "App", "metricValue": value, **transformation}
    return logs.put_metric_filter(
        logGroupName=group,
        filterName=name,
        filterPattern=pattern,
        metricTransformations=[transformation],
        **(more or {}),
    )


def put_events(logs, *events):
    """Puts (time, message) pairs."""
    millis = lambda at: int(at.timestamp() * 1000)
    log_events = [{"timestamp": millis(at), "message": message} for at, message in events]
    answer = logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=log_events)
    assert "rejectedLogEventsInfo" not in answer


def read(cloudwatch, name, at, namespace="App", minutes=1, **dims):
    """Count, sum, least and greatest of each minute with data."""
    points = cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=dimensions(**dims),
        StartTime=at,
        EndTime=at + minutes * MINUTE,
        Period=60,
        Statistics=STATISTICS,
    )["Datapoints"]
    points.sort(key=lambda point: point["Timestamp"])
    return [tuple(point[name] for name in STATISTICS) for point in points]


# -- patterns ------------------------------------------------------------------------------------


def vectors():
    for line in VECTORS.strip().splitlines():
        pattern, message, wanted = (column.strip() for column in line.rsplit("| ", 2))
        yield pytest.param(pattern, message, wanted == "yes", id=f"{pattern} on {message}")


@pytest.mark.parametrize("pattern,message,wanted", list(vectors()))
def test_the_vectors_of_the_language(logs, pattern, message, wanted):
    matches = logs.test_metric_filter(filterPattern=pattern, logEventMessages=[message])["matches"]
    assert [match["eventMessage"] for match in matches] == [message] * wanted


def test_matches_are_numbered_from_zero_and_only_they_are_told(logs):
    answer = logs.test_metric_filter(filterPattern="a", logEventMessages=["b", "a1", "c", "a2"])
    assert answer["matches"] == [
        {"eventNumber": 1, "eventMessage": "a1", "extractedValues": {}},
        {"eventNumber": 3, "eventMessage": "a2", "extractedValues": {}},
    ]


def test_fields_are_extracted_by_name_or_number(logs):
    message = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
    pattern = "[..., request=*.html*, status_code=4*,]"
    answer = logs.test_metric_filter(filterPattern=pattern, logEventMessages=[message])
    assert answer["matches"][0]["extractedValues"] == {
        "$1": "127.0.0.1",
        "$2": "Prod",
        "$3": "frank",
        "$4": "10/Oct/2000:13:25:15 -0700",
        "$request": "GET /index.html HTTP/1.0",
        "$status_code": "404",
        "$7": "1534",
    }


@pytest.mark.parametrize(
    "pattern,message",
    [
        ("user-id", "Invalid character(s) in term 'user-id'"),
        ('"open', "Invalid filter pattern"),
        ("{ $.a IS NOT NULL }", "Invalid filter pattern"),
        ("[a=1 && b=2]", "Invalid filter pattern"),
    ],
)
def test_what_is_no_pattern_is_refused(logs, stream, pattern, message):
    expected = ("InvalidParameterException", message)
    assert refusal(logs.test_metric_filter, filterPattern=pattern, logEventMessages=["x"]) == expected
    assert refusal(lambda: put_filter(logs, pattern=pattern)) == expected


# -- the operations ------------------------------------------------------------------------------


def test_a_filter_is_described_as_it_was_put(server, logs, stream):
    put_filter(logs, pattern='" "', defaultValue=0, unit="Count")
    described = logs.describe_metric_filters(logGroupName="g")["metricFilters"]
    created = described[0].pop("creationTime")
    assert abs(created / 1000 - instant(server.now()).timestamp()) < 120
    assert described == [
        {
            "filterName": "f",
            "filterPattern": '" "',
            "logGroupName": "g",
            "applyOnTransformedLogs": False,
            "metricTransformations": [
                {
                    "metricName": "m",
                    "metricNamespace": "App",
                    "metricValue": "1",
                    "defaultValue": 0.0,
                    "unit": "Count",
                }
            ],
        }
    ]
    assert logs.describe_log_groups()["logGroups"][0]["metricFilterCount"] == 1


def test_a_filter_of_the_same_name_is_replaced(logs, stream):
    put_filter(logs, pattern="a")
    put_filter(logs, pattern="b")
    described = logs.describe_metric_filters(logGroupName="g")["metricFilters"]
    assert [one["filterPattern"] for one in described] == ["b"]
    assert logs.describe_log_groups()["logGroups"][0]["metricFilterCount"] == 1


def test_filters_are_listed_by_name_over_groups_in_pages(logs, stream):
    logs.create_log_group(logGroupName="h")
    for group, name, metric in [("g", "b", "m"), ("h", "a", "m"), ("g", "a", "n"), ("h", "c", "m")]:
        put_filter(logs, name=name, group=group, metric=metric)
    listed = lambda **asked: [
        (one["filterName"], one["logGroupName"])
        for page in logs.get_paginator("describe_metric_filters").paginate(PaginationConfig={"PageSize": 2}, **asked)
        for one in page["metricFilters"]
    ]
    assert listed() == [("a", "g"), ("a", "h"), ("b", "g"), ("c", "h")]
    assert listed(filterNamePrefix="a") == [("a", "g"), ("a", "h")]
    assert listed(logGroupName="h") == [("a", "h"), ("c", "h")]
    assert listed(metricName="n", metricNamespace="App") == [("a", "g")]
    assert refusal(logs.describe_metric_filters, metricName="n")[0] == "InvalidParameterException"
    assert refusal(logs.describe_metric_filters, logGroupName="none") == (
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )


def test_a_deleted_filter_is_gone(logs, stream):
    put_filter(logs)
    logs.delete_metric_filter(logGroupName="g", filterName="f")
    assert logs.describe_metric_filters(logGroupName="g")["metricFilters"] == []
    assert logs.describe_log_groups()["logGroups"][0]["metricFilterCount"] == 0
    assert refusal(logs.delete_metric_filter, logGroupName="g", filterName="f") == (
        "ResourceNotFoundException",
        "The specified metric filter does not exist.",
    )


def test_filters_go_with_their_group(logs, stream):
    put_filter(logs)
    logs.delete_log_group(logGroupName="g")
    logs.create_log_group(logGroupName="g")
    assert logs.describe_metric_filters()["metricFilters"] == []


def test_a_group_has_at_most_a_hundred_filters(logs, stream):
    for number in range(100):
        put_filter(logs, name=f"f{number}")
    assert refusal(lambda: put_filter(logs, name="more")) == ("LimitExceededException", "Resource limit exceeded.")
    put_filter(logs, name="f0", pattern="other")


def test_a_group_has_at_most_five_filters_with_regular_expressions(logs, stream):
    for number in range(5):
        put_filter(logs, name=f"f{number}", pattern="%a%")
    assert refusal(lambda: put_filter(logs, name="more", pattern="%a%"))[0] == "LimitExceededException"
    put_filter(logs, name="f0", pattern="%b%")
    put_filter(logs, name="more", pattern="a")


@pytest.mark.parametrize(
    "arguments,message",
    [
        (
            {"pattern": "ERROR", "dimensions": {"A": "$a"}},
            "The specified filter pattern does not support dimensions",
        ),
        (
            {"pattern": "[a, b]", "dimensions": {"A": "$a"}, "defaultValue": 0},
            "Invalid metric transformation: dimensions and default value are mutually exclusive properties",
        ),
        ({"value": "$x"}, None),
        ({"pattern": "[a, b]", "value": "$c"}, None),
        ({"pattern": "[a,b,c,d]", "dimensions": {name: f"${name}" for name in "abcd"}}, None),
        ({"more": {"fieldSelectionCriteria": "@aws.region is here"}}, None),
        ({"more": {"emitSystemFieldDimensions": ["@aws.service"]}}, None),
    ],
)
def test_what_cannot_work_is_refused(logs, stream, arguments, message):
    code, told = refusal(lambda: put_filter(logs, **arguments))
    assert code == "InvalidParameterException"
    assert message is None or told == message
    assert logs.describe_metric_filters(logGroupName="g")["metricFilters"] == []


def test_a_namespace_may_have_a_colon(logs, stream):
    put_filter(logs, metricNamespace="App:Part")
    described = logs.describe_metric_filters(metricNamespace="App", metricName="m")
    assert described["metricFilters"] == []
    transformation = logs.describe_metric_filters()["metricFilters"][0]["metricTransformations"][0]
    assert transformation["metricNamespace"] == "App:Part"


def test_there_is_exactly_one_transformation(logs, stream):
    one = {"metricName": "m", "metricNamespace": "App", "metricValue": "1"}
    code, message = refusal(
        logs.put_metric_filter, logGroupName="g", filterName="f", filterPattern="a", metricTransformations=[one, one]
    )
    assert code == "InvalidParameterException"
    assert "at 'metricTransformations' failed to satisfy constraint" in message


# -- from events to metrics ----------------------------------------------------------------------


def test_matches_are_a_sum_over_the_minute_when_the_call_returns(server, logs, cloudwatch, stream):
    put_filter(logs)
    at = minute_ago(server)
    put_events(logs, (at, "ERROR 1"), (at + datetime.timedelta(seconds=59), "ERROR 2"), (at + MINUTE, "ok"))
    assert read(cloudwatch, "m", at, minutes=2) == [(2, 2, 1, 1)]


def test_only_events_after_the_filter_count(server, logs, cloudwatch, stream):
    at = minute_ago(server)
    put_events(logs, (at, "ERROR 1"))
    put_filter(logs)
    put_events(logs, (at, "ERROR 2"))
    put_filter(logs, pattern="OTHER")
    put_events(logs, (at, "ERROR 3"))
    logs.delete_metric_filter(logGroupName="g", filterName="f")
    put_events(logs, (at, "OTHER"))
    assert read(cloudwatch, "m", at) == [(1, 1, 1, 1)]


def test_values_and_dimensions_come_from_json(server, logs, cloudwatch, stream):
    put_filter(logs, pattern="{ $.latency = * }", value="$.latency", dimensions={"Path": "$.path"})
    at = minute_ago(server)
    events = [{"latency": 5, "path": "/a"}, {"latency": 7.5, "path": "/a"}, {"latency": 1, "path": "/b"}, {"latency": 9}]
    put_events(logs, *((at, json.dumps(event)) for event in events))
    assert read(cloudwatch, "m", at, Path="/a") == [(2, 12.5, 5, 7.5)]
    assert read(cloudwatch, "m", at, Path="/b") == [(1, 1, 1, 1)]
    assert read(cloudwatch, "m", at) == []


def test_values_come_from_fields(server, logs, cloudwatch, stream):
    put_filter(logs, pattern="[..., status=4*, bytes]", value="$bytes")
    at = minute_ago(server)
    put_events(logs, (at, '1.1.1.1 "GET /" 404 15'), (at, '1.1.1.1 "GET /" 200 99'), (at, '1.1.1.1 "GET /" 400 5'))
    assert read(cloudwatch, "m", at) == [(2, 20, 5, 15)]


def test_account_and_region_can_be_dimensions(server, logs, cloudwatch, stream, root):
    put_filter(logs, more={"emitSystemFieldDimensions": ["@aws.account", "@aws.region"]})
    at = minute_ago(server)
    put_events(logs, (at, "ERROR"))
    account = {"@aws.account": root.key, "@aws.region": logs.meta.region_name}
    assert read(cloudwatch, "m", at, **account) == [(1, 1, 1, 1)]


def test_a_quiet_minute_with_events_gets_the_default(server, logs, cloudwatch, stream):
    put_filter(logs, defaultValue=0)
    at = minute_ago(server, minutes=3)
    put_events(logs, (at, "ok"), (at, "ok"), (at + 2 * MINUTE, "ERROR"))
    put_events(logs, (at, "ok again"), (at + 2 * MINUTE, "ok"))
    # The minute between had no events at all.
    assert read(cloudwatch, "m", at, minutes=3) == [(1, 0, 0, 0), (1, 1, 1, 1)]


def test_without_a_default_a_quiet_minute_is_silent(server, logs, cloudwatch, stream):
    put_filter(logs)
    at = minute_ago(server)
    put_events(logs, (at, "ok"))
    assert read(cloudwatch, "m", at) == []


def test_a_filter_works_on_after_a_restart(make_server):
    server = make_server().start()
    logs = server.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    put_filter(logs)
    at = minute_ago(server)
    put_events(logs, (at, "ERROR 1"))
    server.kill()
    server.start()
    put_events(server.client("logs"), (at, "ERROR 2"))
    assert read(server.client("cloudwatch"), "m", at) == [(2, 2, 1, 1)]


# -- embedded metrics and what Logs tells of itself ----------------------------------------------


def embedded(at, **members):
    directive = {
        "Namespace": "App",
        "Dimensions": [["fn"], []],
        "Metrics": [{"Name": "time", "Unit": "Milliseconds"}],
    }
    metadata = {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": metadata, **members})


def test_embedded_metrics_are_metrics(server, logs, cloudwatch, stream):
    at = minute_ago(server, minutes=2)
    put_events(logs, (minute_ago(server), embedded(at, fn="f", time=[1, 2, 6])), (minute_ago(server), "text"))
    assert read(cloudwatch, "time", at, fn="f") == [(3, 9, 1, 6)]
    assert read(cloudwatch, "time", at) == [(3, 9, 1, 6)]
    found = logs.get_log_events(logGroupName="g", logStreamName="s", startFromHead=True)["events"]
    assert len(found) == 2


def test_embedded_metrics_that_cannot_be_used_are_counted(server, logs, cloudwatch, stream):
    before = minute_ago(server, minutes=0)
    at = minute_ago(server)
    put_events(logs, (at, embedded(at, fn="f")), (at, embedded(at, fn="f", time=1) + " and more"))
    # Told by the time of the call, which may be in the next minute.
    told = lambda name: [point[1] for point in read(cloudwatch, name, before, "AWS/Logs", 2, LogGroupName="g")]
    assert (told("EMFValidationErrors"), told("EMFParsingErrors")) == ([1], [1])
    assert read(cloudwatch, "time", at) == []


def test_what_comes_in_is_told_with_and_without_the_group(server, logs, cloudwatch, stream):
    before = minute_ago(server, minutes=0)
    at = minute_ago(server)
    put_events(logs, (at, "abc"), (at, "ü"))
    told = lambda name, **dims: [point[1] for point in read(cloudwatch, name, before, "AWS/Logs", 2, **dims)]
    assert told("IncomingLogEvents", LogGroupName="g") == told("IncomingLogEvents") == [2]
    assert told("IncomingBytes", LogGroupName="g") == told("IncomingBytes") == [3 + 2 + 2 * 26]
