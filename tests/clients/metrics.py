"""Helpers for the tests of metrics."""

import datetime

from botocore.exceptions import ClientError

PROTOCOLS = ("json", "smithy-rpc-v2-cbor", "query")
DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
MINUTE = datetime.timedelta(minutes=1)
SECOND = datetime.timedelta(seconds=1)


def instant(text):
    """A time as the server's pages write it."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def hour_ago(server):
    """The start of the hour before the server's present one."""
    return instant(server.now()).replace(minute=0, second=0, microsecond=0) - HOUR


def minute_ago(server, minutes=1):
    """The start of a minute some minutes before now."""
    return instant(server.now()).replace(second=0, microsecond=0) - minutes * MINUTE


def dimensions(**named):
    """Dimensions as the API takes them."""
    return [{"Name": name, "Value": value} for name, value in named.items()]


def stat_query(name, namespace="Test", stat="Sum", period=60, id="m1", unit=None, dims=(), **more):
    """A query for one metric."""
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": list(dims)}
    stat = {"Metric": metric, "Period": period, "Stat": stat}
    if unit:
        stat["Unit"] = unit
    return {"Id": id, "MetricStat": stat, **more}


def data(client, queries, start, end, scan="TimestampAscending", **more):
    """The results of GetMetricData over all pages, by (id, label): [(time, value)]."""
    results = {}
    token = {}
    while True:
        answer = client.get_metric_data(
            MetricDataQueries=queries, StartTime=start, EndTime=end, ScanBy=scan, **more, **token
        )
        for result in answer["MetricDataResults"]:
            found = results.setdefault((result["Id"], result["Label"]), [])
            found += list(zip(result["Timestamps"], result["Values"], strict=True))
        if "NextToken" not in answer:
            return results
        token = {"NextToken": answer["NextToken"]}


def values(client, queries, start, end, id, **more):
    """The values of the one result with this id, oldest first."""
    found = [points for (name, _), points in data(client, queries, start, end, **more).items() if name == id]
    assert len(found) == 1, found
    return [value for _, value in found[0]]


def refusal(call, **arguments):
    """Code and message of the error that a call must end with."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError("the call was not refused")
