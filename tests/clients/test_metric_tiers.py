"""Roll-up, expiry and crashes: sixteen months of simulated time, and counts that must hold."""

import datetime
import pathlib
import threading

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from metrics import DAY, HOUR, MINUTE, instant, stat_query, values


@pytest.fixture
def own(make_server):
    return make_server().start()


def fill(own, name="m"):
    """An hour of samples: one a second, with values 0 to 3599; gives the hour's start."""
    start = instant(own.now()).replace(minute=0, second=0, microsecond=0) - HOUR
    client = own.client("cloudwatch")
    for minute in range(60):
        datums = [
            {
                "MetricName": name,
                "Timestamp": start + minute * MINUTE + datetime.timedelta(seconds=second),
                "Value": minute * 60 + second,
                "StorageResolution": 1,
            }
            for second in range(60)
        ]
        client.put_metric_data(Namespace="Test", MetricData=datums)
    return start


def read(own, start, period, stat="SampleCount", span=HOUR, name="m"):
    return values(own.client("cloudwatch"), [stat_query(name, stat=stat, period=period)], start, start + span, "m1")


def sums(period):
    """The sums of the hour's samples by period."""
    return [sum(range(at, at + period)) for at in range(0, 3600, period)]


def test_sixteen_months(own):
    start = fill(own)
    stages = [
        # (how old the data is, periods that answer, periods that do not)
        (HOUR, (1, 10, 60, 300, 3600), ()),
        (4 * HOUR + HOUR, (60, 300, 3600), (1, 10, 30)),
        (14 * DAY, (60, 300, 3600), (1, 10)),
        (16 * DAY, (300, 3600), (1, 60, 120)),
        (62 * DAY, (300, 3600), (60,)),
        (65 * DAY, (3600,), (60, 300, 600)),
        (450 * DAY, (3600,), (60, 300)),
        (460 * DAY, (), (60, 300, 3600)),
    ]
    for age, answering, gone in stages:
        own.move_clock(set=(start + HOUR + age).strftime("%Y-%m-%dT%H:%M:%SZ"))
        for period in answering:
            if period >= 60:
                assert read(own, start, period, "Sum") == sums(period), (age, period)
            else:
                assert read(own, start, period, "Sum", MINUTE) == sums(period)[: 60 // period], (age, period)
        for period in gone:
            assert read(own, start, period, span=MINUTE if period < 60 else HOUR) == [], (age, period)
        if answering:
            (median,) = read(own, start, 3600, "p50")
            assert median == pytest.approx(1800, rel=0.011), age
            assert read(own, start, 3600, "Minimum") + read(own, start, 3600, "Maximum") == [0, 3599]


def test_a_metric_is_listed_for_two_weeks_and_read_after(own):
    start = fill(own)
    client = own.client("cloudwatch")
    own.move_clock(advance="312h")
    assert len(client.list_metrics(Namespace="Test")["Metrics"]) == 1
    own.move_clock(advance="72h")
    assert client.list_metrics(Namespace="Test")["Metrics"] == []
    assert read(own, start, 3600) == [3600]
    assert own.stop() == 0
    own.start()
    assert own.client("cloudwatch").list_metrics(Namespace="Test")["Metrics"] == []
    assert read(own, start, 3600) == [3600]


def test_old_data_leaves_the_disk(own):
    fill(own)
    own.move_clock(advance="11040h")
    tables = pathlib.Path(own.data) / "tables"
    assert [path for path in tables.glob("metric_1*/**/*.parquet")] == []
    assert [path for path in tables.glob("metric_5m/**/*.parquet")] == []


def test_late_and_duplicate_points_merge_into_what_is_there(own):
    start = fill(own)
    client = own.client("cloudwatch")
    own.move_clock(advance="240h")
    late = {"MetricName": "m", "Timestamp": start + 5 * MINUTE, "Value": 10_000}
    client.put_metric_data(Namespace="Test", MetricData=[late, late])
    assert read(own, start, 60)[5] == 62
    assert read(own, start, 3600) == [3602]
    own.move_clock(advance="240h")
    assert read(own, start, 3600) == [3602]
    assert read(own, start, 300, "Maximum")[1] == 10_000


def test_a_restart_changes_nothing(own):
    start = fill(own)
    before = read(own, start, 60, "Sum")
    assert own.stop() == 0
    own.start()
    assert read(own, start, 60, "Sum") == before == sums(60)
    own.kill()
    own.start()
    assert read(own, start, 60, "Sum") == before


@pytest.mark.parametrize("advance", ["20s", "90s", "4h", "400h", "1700h"])
def test_a_kill_while_the_clock_moves_loses_and_doubles_nothing(own, advance):
    """Flush, compaction and roll-up run while the clock moves; the server is killed among them."""
    start = fill(own)
    for delay in (0.0, 0.01, 0.03, 0.1):
        mover = threading.Thread(target=move_quietly, args=(own, advance))
        mover.start()
        mover.join(timeout=delay)
        own.kill()
        mover.join()
        own.start()
        assert read(own, start, 3600) == [3600], delay
        assert read(own, start, 3600, "Sum") == sums(3600), delay
        assert own.move_clock(advance="1s")


def move_quietly(own, advance):
    try:
        own.move_clock(advance=advance)
    except (OSError, AssertionError, ValueError):
        pass  # The server was killed in the middle, which is the point.


def test_every_acknowledged_sample_is_there_once_after_a_kill(own):
    at = instant(own.now()).replace(second=0, microsecond=0) - MINUTE
    acknowledged = [0] * 4

    def write(number):
        client = own.client("cloudwatch")
        datum = {"MetricName": f"w{number}", "Timestamp": at, "Value": 1}
        try:
            while True:
                client.put_metric_data(Namespace="Test", MetricData=[datum])
                acknowledged[number] += 1
        except (BotoCoreError, ClientError):
            return

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    while min(acknowledged) < 20:
        own.move_clock(advance="11s")
    own.kill()
    for writer in writers:
        writer.join()
    own.start()
    for number in range(4):
        (count,) = read(own, at, 60, span=MINUTE, name=f"w{number}")
        # One call may have been stored whose answer was cut off.
        assert acknowledged[number] <= count <= acknowledged[number] + 1
