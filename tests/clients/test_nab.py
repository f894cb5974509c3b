"""Real CloudWatch series, put and read back to the last bit, through every tier that still has them."""

import csv
import datetime
import pathlib

import pytest

from metrics import data, instant, stat_query

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "shared" / "data" / "nab"
SERIES = sorted(FOLDER.glob("*.csv"))

pytestmark = pytest.mark.skipif(not SERIES, reason=f"there are no series in {FOLDER}")


def load(path):
    """(time, value) as the file has them."""
    with path.open() as lines:
        rows = list(csv.DictReader(lines))
    times = [datetime.datetime.fromisoformat(row["timestamp"]).replace(tzinfo=datetime.UTC) for row in rows]
    return list(zip(times, (float(row["value"]) for row in rows), strict=True))


@pytest.mark.parametrize("path", SERIES, ids=[path.stem for path in SERIES])
def test_a_real_series_comes_back_to_the_last_bit(make_server, path):
    own = make_server().start()
    client = own.client("cloudwatch")
    points = load(path)
    # Moved as a whole, by whole days, so that it ends now; the server takes two weeks at a time.
    now = instant(own.now())
    shift = datetime.timedelta(days=(now - points[-1][0]).days)
    points = sorted((time + shift, value) for time, value in points)
    recent = [(time, value) for time, value in points if time > now - datetime.timedelta(days=13, hours=23)]
    for start in range(0, len(recent), 1000):
        datums = [
            {"MetricName": path.stem, "Timestamp": time, "Value": value}
            for time, value in recent[start : start + 1000]
        ]
        client.put_metric_data(Namespace="Nab", MetricData=datums)

    def read():
        query = stat_query(path.stem, "Nab", "Sum", period=60)
        found = data(client, [query], recent[0][0].replace(second=0), now + datetime.timedelta(minutes=1))
        ((_, read),) = found.items()
        return read

    # Several values of one minute are one datapoint.
    expected = {}
    for time, value in recent:
        minute = time.replace(second=0)
        expected[minute] = expected[minute] + value if minute in expected else value
    assert read() == sorted(expected.items())
    own.move_clock(advance="15s")
    assert own.stop() == 0
    own.start()
    client = own.client("cloudwatch")
    assert read() == sorted(expected.items())
