"""GetMetricWidgetImage gives real pictures of real data (cloudwatch.md §5.1)."""

import json
import struct
import zlib

import pytest

import raw
from metrics import MINUTE, PROTOCOLS, minute_ago, refusal


@pytest.fixture(params=PROTOCOLS)
def cloudwatch(server, root, request):
    return server.client("cloudwatch", root, protocol=request.param)


@pytest.fixture
def client(server, root):
    return server.client("cloudwatch", root)


def picture(client, **widget):
    """Width, height and the rows of RGBA pixels of the image."""
    png = client.get_metric_widget_image(MetricWidget=json.dumps(widget))["MetricWidgetImage"]
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, data, header = 8, b"", None
    while at < len(png):
        (length,), kind = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        body = png[at + 8 : at + 8 + length]
        header = body if kind == b"IHDR" else header
        data += body if kind == b"IDAT" else b""
        at += 12 + length
    width, height, depth, color = struct.unpack(">IIBB", header[:10])
    assert depth == 8
    step = {2: 3, 6: 4}[color]
    return width, height, unfilter(zlib.decompress(data), width * step, height, step)


def unfilter(data, stride, height, step):
    rows, before = [], bytearray(stride)
    for y in range(height):
        kind, line = data[y * (stride + 1)], bytearray(data[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        for x in range(stride):
            left = line[x - step] if x >= step else 0
            up, corner = before[x], before[x - step] if x >= step else 0
            if kind == 1:
                guess = left
            elif kind == 2:
                guess = up
            elif kind == 3:
                guess = (left + up) // 2
            elif kind == 4:
                guess = min((left, up, corner), key=lambda c: abs(left + up - corner - c))
            else:
                guess = 0
            line[x] = (line[x] + guess) & 0xFF
        rows.append([tuple(line[x : x + 3]) for x in range(0, stride, step)])
        before = line
    return rows


def colours(rows):
    return {pixel for row in rows for pixel in row}


@pytest.fixture
def data(server, client):
    now = minute_ago(server, 0)
    points = [{"MetricName": "m", "Timestamp": now - n * MINUTE, "Value": n % 7 + 1} for n in range(1, 120)]
    client.put_metric_data(Namespace="Test", MetricData=points)


METRICS = [["Test", "m", {"color": "#ff0000", "period": 60}]]


def test_the_picture_has_the_size_asked_for_and_the_line_its_colour(data, cloudwatch):
    width, height, rows = picture(cloudwatch, metrics=METRICS, width=320, height=200)
    assert (width, height) == (320, 200)
    assert (255, 0, 0) in colours(rows)


def test_the_size_is_600_by_400_unless_told(data, client):
    width, height, _ = picture(client, metrics=METRICS)
    assert (width, height) == (600, 400)


def test_a_dark_picture_is_dark(data, client):
    _, _, light = picture(client, metrics=METRICS, width=200, height=150, theme="light")
    _, _, dark = picture(client, metrics=METRICS, width=200, height=150, theme="dark")
    assert sum(light[0][0]) > 600
    assert sum(dark[0][0]) < 150


@pytest.mark.parametrize("view", ["timeSeries", "bar", "pie", "singleValue"])
def test_every_view_draws_data(data, client, view):
    _, _, with_data = picture(client, metrics=METRICS, width=300, height=200, view=view)
    _, _, without = picture(client, metrics=[["Test", "none"]], width=300, height=200, view=view)
    assert with_data != without


def test_math_is_drawn(data, client):
    metrics = [["Test", "m", {"id": "m1", "visible": False}], [{"expression": "m1 * 2", "color": "#00ff00"}]]
    _, _, rows = picture(client, metrics=metrics, width=300, height=200)
    assert (0, 255, 0) in colours(rows)


@pytest.mark.parametrize(
    "widget",
    ["{", "[]", "{}", '{"metrics": []}', '{"metrics": [["Test", "m"]], "width": 3000}', '{"metrics": [["Test"]]}'],
)
def test_a_widget_that_cannot_be_is_refused(cloudwatch, widget):
    code, message = refusal(cloudwatch.get_metric_widget_image, MetricWidget=widget)
    assert code in ("InvalidParameterValue", "ValidationError", "InvalidParameterInput", "MissingParameter")
    assert message


def test_the_body_itself_can_be_the_picture(data, server, root, client):
    widget = json.dumps({"metrics": METRICS, "width": 320, "height": 200})
    request = raw.query("monitoring", "GetMetricWidgetImage", MetricWidget=widget, OutputFormat="image/png")
    reply = request.signed(server, root).send(server)
    assert (reply.status, reply.content_type) == (200, "image/png")
    assert reply.body == client.get_metric_widget_image(MetricWidget=widget)["MetricWidgetImage"]
    assert reply.headers["x-amzn-requestid"]


def test_other_formats_are_refused(cloudwatch):
    code, message = refusal(cloudwatch.get_metric_widget_image, MetricWidget="{}", OutputFormat="gif")
    assert code == "ValidationError"
    assert "'gif' at 'outputFormat'" in message
