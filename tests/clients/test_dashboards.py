"""Dashboards, tags, anomaly detectors and metric streams (cloudwatch.md §4.6, §5.2)."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from metrics import PROTOCOLS, dimensions, instant, refusal

BODY = json.dumps(
    {
        "widgets": [
            {
                "type": "metric",
                "x": 0,
                "y": 0,
                "width": 12,
                "height": 6,
                "properties": {"metrics": [["Test", "m", "host", "a"]], "region": "us-east-1", "period": 300},
            },
            {"type": "text", "x": 12, "y": 0, "properties": {"markdown": "# ünicode"}},
        ]
    }
)


@pytest.fixture(params=PROTOCOLS)
def cloudwatch(server, root, request):
    return server.client("cloudwatch", root, protocol=request.param)


@pytest.fixture
def client(server, root):
    return server.client("cloudwatch", root)


def test_a_dashboard_comes_back_as_it_was_sent(root, cloudwatch):
    assert cloudwatch.put_dashboard(DashboardName="main", DashboardBody=BODY)["DashboardValidationMessages"] == []
    found = cloudwatch.get_dashboard(DashboardName="main")
    assert found["DashboardBody"] == BODY
    assert found["DashboardName"] == "main"
    assert found["DashboardArn"] == f"arn:aws:cloudwatch::{root.key}:dashboard/main"


def test_dashboards_are_listed_with_their_size_by_prefix(server, cloudwatch):
    for name in ("web-1", "web-2", "db"):
        cloudwatch.put_dashboard(DashboardName=name, DashboardBody=BODY)
    entries = cloudwatch.list_dashboards(DashboardNamePrefix="web")["DashboardEntries"]
    assert [entry["DashboardName"] for entry in entries] == ["web-1", "web-2"]
    assert {entry["Size"] for entry in entries} == {len(BODY.encode())}
    assert len(cloudwatch.list_dashboards()["DashboardEntries"]) == 3


def test_dashboards_are_the_same_in_every_region(server, root, client):
    client.put_dashboard(DashboardName="main", DashboardBody=BODY)
    elsewhere = server.client("cloudwatch", root, region="eu-central-1")
    assert elsewhere.get_dashboard(DashboardName="main")["DashboardBody"] == BODY


def test_deleting_with_an_unknown_name_deletes_none(cloudwatch):
    cloudwatch.put_dashboard(DashboardName="one", DashboardBody=BODY)
    code, _ = refusal(cloudwatch.delete_dashboards, DashboardNames=["one", "nope"])
    assert code == "ResourceNotFound"
    assert len(cloudwatch.list_dashboards()["DashboardEntries"]) == 1
    cloudwatch.delete_dashboards(DashboardNames=["one"])
    code, _ = refusal(cloudwatch.get_dashboard, DashboardName="one")
    assert code == "ResourceNotFound"


def test_a_bad_name_is_refused_with_its_text(cloudwatch):
    assert refusal(cloudwatch.put_dashboard, DashboardName="a b", DashboardBody=BODY) == (
        "InvalidParameterValue",
        "The value for field DashboardName contains invalid characters."
        " It can only contain alphanumerics, dash (-) and underscore (_).\n",
    )


def test_a_body_that_is_not_json_is_refused(cloudwatch):
    code, message = refusal(cloudwatch.put_dashboard, DashboardName="a", DashboardBody="{")
    assert code == "InvalidParameterInput"
    assert "The field DashboardBody must be a valid JSON object" in message


def test_every_fault_of_a_body_is_named_with_its_place(cloudwatch):
    body = {"widgets": [{"type": "metric", "x": 30, "properties": {"metrics": [["N", "M", "D"]], "region": "r"}}, {}]}
    code, message = refusal(cloudwatch.put_dashboard, DashboardName="a", DashboardBody=json.dumps(body))
    assert code == "InvalidParameterInput"
    assert message.startswith("The dashboard body is invalid, there are ")
    faults = {(fault["dataPath"], fault["message"]) for fault in json.loads(message.split("\n", 1)[1])}
    assert ("/widgets/0/x", "Should be <= 23") in faults
    assert any(path.startswith("/widgets/1") and text == "Should have required property 'type'" for path, text in faults)
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []


# -- anomaly detectors -------------------------------------------------------------------------

SINGLE = {"Namespace": "Test", "MetricName": "m", "Dimensions": dimensions(host="a"), "Stat": "Average"}


def test_a_detector_is_described_in_both_forms(cloudwatch):
    cloudwatch.put_anomaly_detector(SingleMetricAnomalyDetector=SINGLE)
    (detector,) = cloudwatch.describe_anomaly_detectors()["AnomalyDetectors"]
    assert {name: detector[name] for name in SINGLE} == SINGLE
    assert {name: detector["SingleMetricAnomalyDetector"][name] for name in SINGLE} == SINGLE
    assert detector["StateValue"] == "PENDING_TRAINING"
    assert detector["Configuration"]["ExcludedTimeRanges"] == []
    cloudwatch.delete_anomaly_detector(SingleMetricAnomalyDetector=SINGLE)
    assert cloudwatch.describe_anomaly_detectors()["AnomalyDetectors"] == []


def test_both_forms_of_a_detector_at_once_are_refused(cloudwatch):
    code, message = refusal(cloudwatch.put_anomaly_detector, SingleMetricAnomalyDetector=SINGLE, **SINGLE)
    assert message == (
        "Either single metric attributes, SingleMetricAnomalyDetector or MetricMathAnomalyDetector can be set"
    )
    assert code in ("InvalidParameterCombination", "InvalidParameterValue", "ValidationError")


# -- metric streams ----------------------------------------------------------------------------


class Receiver:
    """An HTTP server that keeps what it is sent."""

    def __init__(self):
        self.lines = []
        self.refusing = False
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.refusing:
                    self.send_response(503)
                else:
                    receiver.lines += [json.loads(line) for line in body.splitlines() if line]
                    self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}/in"


@pytest.fixture
def receiver():
    one = Receiver()
    yield one
    one.http.shutdown()


@pytest.fixture
def streaming(make_server, receiver):
    return make_server(options=("--metric-stream-destination", f"there={receiver.url}")).start()


def stream(name="there", **more):
    return {
        "Name": "s",
        "FirehoseArn": f"arn:aws:firehose:us-east-1:111122223333:deliverystream/{name}",
        "RoleArn": "arn:aws:iam::111122223333:role/stream",
        "OutputFormat": "json",
        **more,
    }


def put(own, namespace, *samples):
    at = instant(own.now()).replace(second=0, microsecond=0)
    datums = [{"MetricName": "m", "Timestamp": at, "Value": value, "Unit": "Count"} for value in samples]
    own.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=datums)
    return at


def test_a_stream_sends_each_minute_of_what_it_includes(streaming, receiver):
    client = streaming.client("cloudwatch")
    client.put_metric_stream(**stream(IncludeFilters=[{"Namespace": "Wanted"}]))
    at = put(streaming, "Wanted", 2, 6)
    put(streaming, "Unwanted", 1)
    streaming.move_clock(advance="5m")
    lines = [line for line in receiver.lines if line["metric_name"] == "m"]
    assert [(line["namespace"], line["timestamp"], line["unit"]) for line in lines] == [
        ("Wanted", int(at.timestamp() * 1000), "Count")
    ]
    assert lines[0]["value"] == {"count": 2, "sum": 8, "min": 2, "max": 6}
    assert lines[0]["account_id"] == "111122223333"


def test_a_stream_goes_on_where_it_was_when_its_destination_returns(streaming, receiver):
    client = streaming.client("cloudwatch")
    client.put_metric_stream(**stream(IncludeFilters=[{"Namespace": "Wanted"}]))
    receiver.refusing = True
    put(streaming, "Wanted", 1)
    streaming.move_clock(advance="5m")
    assert receiver.lines == []
    receiver.refusing = False
    streaming.move_clock(advance="5m")
    assert [line["value"]["sum"] for line in receiver.lines] == [1]


def test_a_stopped_stream_sends_nothing(streaming, receiver):
    client = streaming.client("cloudwatch")
    client.put_metric_stream(**stream(IncludeFilters=[{"Namespace": "Wanted"}]))
    client.stop_metric_streams(Names=["s"])
    assert client.get_metric_stream(Name="s")["State"] == "stopped"
    put(streaming, "Wanted", 1)
    streaming.move_clock(advance="5m")
    assert receiver.lines == []
    client.start_metric_streams(Names=["s"])
    assert client.list_metric_streams()["Entries"][0]["State"] == "running"


def test_a_stream_to_nowhere_is_refused(streaming):
    code, message = refusal(streaming.client("cloudwatch").put_metric_stream, **stream("elsewhere"))
    assert code == "InvalidParameterValue"
    assert "elsewhere" in message


def test_tags_of_a_stream(streaming):
    client = streaming.client("cloudwatch")
    arn = client.put_metric_stream(**stream(Tags=[{"Key": "a", "Value": "1"}]))["Arn"]
    client.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    client.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
