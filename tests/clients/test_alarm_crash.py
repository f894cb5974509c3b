"""A server that is killed while alarms act: nothing is lost, and what is told agrees.

The clock is the simulated one. Kills come at moments that nobody chooses: while the move of the
clock that makes all alarms change is under way.
"""

import json
import threading
import urllib.error
from collections import Counter

import pytest

from metrics import MINUTE, dimensions, instant

ALARMS = 60
NAMESPACE = "Crash"


def subscribed(server, receiver, name="topic"):
    """A topic with a confirmed subscription to the receiver."""
    sns = server.client("sns")
    topic = sns.create_topic(Name=name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{receiver.url}/in")
    receiver.confirm("/in")
    return topic


def put_alarms(server, topic, count):
    """Alarms that all breach at their next evaluation."""
    cloudwatch = server.client("cloudwatch")
    minute = instant(server.now()).replace(second=0, microsecond=0) - MINUTE
    for number in range(count):
        dims = dimensions(number=str(number))
        datum = {"MetricName": "m", "Dimensions": dims, "Timestamp": minute, "Value": 90}
        cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[datum])
        cloudwatch.put_metric_alarm(
            AlarmName=f"alarm {number}",
            Namespace=NAMESPACE,
            MetricName="m",
            Dimensions=dims,
            Statistic="Average",
            Period=60,
            EvaluationPeriods=1,
            Threshold=50,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="ignore",
            AlarmActions=[topic],
        )


def delivered(receiver):
    """How often each alarm's message has come."""
    came = [request for request in receiver.inbox.all() if request.kind == "Notification"]
    return Counter(json.loads(request.json()["Message"])["AlarmName"] for request in came)


def item_counts(server, kind):
    """How many items of a type each alarm's history has."""
    pages = server.client("cloudwatch").get_paginator("describe_alarm_history").paginate(HistoryItemType=kind)
    return Counter(item["AlarmName"] for page in pages for item in page["AlarmHistoryItems"])


def states(server):
    """All alarms' states by name."""
    pages = server.client("cloudwatch").get_paginator("describe_alarms").paginate()
    return {alarm["AlarmName"]: alarm["StateValue"] for page in pages for alarm in page["MetricAlarms"]}


@pytest.mark.parametrize("after", [1, 15, 40])
def test_a_kill_while_alarms_act_loses_and_repeats_no_action(make_server, make_receiver, after):
    receiver = make_receiver()
    server = make_server().start()
    topic = subscribed(server, receiver)
    put_alarms(server, topic, ALARMS)

    # The kill comes when some messages have arrived: between one alarm's delivery and another's.
    def move():
        try:
            server.move_clock(advance="2s")
        except (OSError, urllib.error.URLError):
            pass

    moving = threading.Thread(target=move)
    moving.start()
    receiver.notifications(after)
    server.kill()
    moving.join()

    server.start()
    server.move_clock(advance="2m")
    names = {f"alarm {number}" for number in range(ALARMS)}
    assert states(server) == dict.fromkeys(names, "ALARM")
    # One transition each, one action each, in history; every message arrived.
    assert item_counts(server, "StateUpdate") == dict.fromkeys(names, 1)
    assert item_counts(server, "Action") == dict.fromkeys(names, 1)
    assert set(delivered(receiver)) == names


def test_a_message_that_was_on_its_way_arrives_after_the_restart(make_server, make_receiver):
    hangs = threading.Event()
    release = threading.Event()

    def answer(request):
        if request.kind == "Notification" and not release.is_set():
            hangs.set()
            release.wait(60)
            return 503
        return 200

    receiver = make_receiver(answer=answer)
    server = make_server().start()
    topic = subscribed(server, receiver)
    put_alarms(server, topic, 1)

    def move():
        try:
            server.move_clock(advance="2s")
        except (OSError, urllib.error.URLError):
            pass

    moving = threading.Thread(target=move)
    moving.start()
    assert hangs.wait(60)
    server.kill()
    moving.join()
    release.set()

    server.start()
    assert states(server) == {"alarm 0": "ALARM"}
    assert item_counts(server, "StateUpdate") == {"alarm 0": 1}
    server.move_clock(advance="1m")
    came = receiver.notifications(2)
    # The same message, sent again.
    assert came[0].json()["MessageId"] == came[1].json()["MessageId"]
    assert item_counts(server, "Action") == {"alarm 0": 1}
