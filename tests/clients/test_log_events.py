"""Putting events by real clients: what is taken, what is refused and how (logs.md §1.4)."""

import datetime
import json
import random
import threading

import pytest

from harness import SERVER_ROOT as SERVER
from refusals import refused

HOUR = 3_600_000
DAY = 24 * HOUR
MEBIBYTE = 1_048_576


class Stream:
    """One stream of one group, with times counted from the server's now."""

    def __init__(self, server, credentials):
        self.logs = server.client("logs", credentials, parameter_validation=False)
        self.logs.create_log_group(logGroupName="g")
        self.logs.create_log_stream(logGroupName="g", logStreamName="s")
        self.now = milliseconds(server.now())

    def put(self, *events, **more):
        events = [{"timestamp": self.now + after, "message": message} for after, message in events]
        answer = self.logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events, **more)
        answer.pop("ResponseMetadata")
        return answer

    def refused(self, *events, code="InvalidParameterException"):
        with refused(code, 400) as refusal:
            self.put(*events)
        return refusal.message

    def messages(self):
        read = self.logs.get_log_events(logGroupName="g", logStreamName="s", startFromHead=True)
        return [event["message"] for event in read["events"]]


def milliseconds(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


@pytest.fixture
def stream(server, root):
    return Stream(server, root)


def test_the_answer_is_a_token_and_what_was_rejected(stream):
    answer = stream.put((0, "m"))
    assert list(answer) == ["nextSequenceToken"]
    assert len(answer["nextSequenceToken"]) == 56 and answer["nextSequenceToken"].isdigit()
    # The token is never asked for, and a wrong one is no error.
    stream.put((0, "n"), sequenceToken="1")
    assert stream.messages() == ["m", "n"]


def test_unknown_groups_and_streams(stream):
    event = {"timestamp": stream.now, "message": "m"}
    for group, name, text in (
        ("no", "s", "The specified log group does not exist."),
        ("g", "no", "The specified log stream does not exist."),
    ):
        with refused("ResourceNotFoundException", 400) as refusal:
            stream.logs.put_log_events(logGroupName=group, logStreamName=name, logEvents=[event])
        assert refusal.message == text


def test_the_wrong_order_is_refused_whole(stream):
    text = "Log events in a single PutLogEvents request must be in chronological order."
    assert stream.refused((0, "a"), (2, "b"), (1, "c")) == text
    assert stream.messages() == []
    stream.put((1, "x"), (1, "a"), (1, "m"))
    assert stream.messages() == ["x", "a", "m"]


def test_a_span_of_more_than_a_day_is_refused(stream):
    text = "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
    assert stream.refused((-DAY - 1, "a"), (0, "b")) == text
    stream.put((-DAY, "a"), (0, "b"))
    assert stream.messages() == ["a", "b"]


def test_too_old_expired_and_too_new_in_one_batch(stream):
    stream.logs.put_retention_policy(logGroupName="g", retentionInDays=3)
    answer = stream.put((-15 * DAY, "old"), (-4 * DAY, "gone"), (-1, "kept"), (3 * HOUR, "new"), (4 * HOUR, "new"))
    assert answer["rejectedLogEventsInfo"] == {
        "tooOldLogEventEndIndex": 1,
        "expiredLogEventEndIndex": 2,
        "tooNewLogEventStartIndex": 3,
    }
    assert len(answer["nextSequenceToken"]) == 56
    assert stream.messages() == ["kept"]
    for events, told in (
        ([(-15 * DAY, "old")], {"tooOldLogEventEndIndex": 1}),
        ([(3 * HOUR, "new")], {"tooNewLogEventStartIndex": 0}),
        ([(-4 * DAY, "gone")], {"expiredLogEventEndIndex": 1}),
    ):
        assert stream.put(*events)["rejectedLogEventsInfo"] == told


def test_batches_have_so_many_events_and_bytes(stream):
    stream.put(*[(0, "m")] * 10_000)
    assert stream.refused(*[(0, "m")] * 10_001).endswith("Member must have length less than or equal to 10000")
    fits = "x" * (MEBIBYTE - 26)
    stream.put((1, fits))
    assert stream.refused((0, "y"), (1, fits)) == "Upload too large: 1048603 bytes exceeds limit of 1048576"
    assert stream.refused((1, fits + "x")) == "Log event too large: 1048577 bytes exceeds limit of 1048576"
    # Bytes count, not characters.
    assert stream.refused((1, "é" * (MEBIBYTE // 2))) == "Log event too large: 1048602 bytes exceeds limit of 1048576"


def test_an_event_of_more_than_256_kib_is_taken(stream):
    stream.put((0, "x" * 262_145))
    assert [len(message) for message in stream.messages()] == [262_145]


def test_events_without_a_message_or_with_a_time_before_1970_are_refused(stream):
    text = "1 validation error detected: Value '' at 'logEvents.1.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1"
    assert stream.refused((0, "")) == text
    text = stream.refused((-stream.now - 1, "m"))
    assert text.endswith("at 'logEvents.1.member.timestamp' failed to satisfy constraint: Member must have value greater than or equal to 0")
    with refused("InvalidParameterException", 400) as refusal:
        stream.put()
    assert refusal.message.endswith("at 'logEvents' failed to satisfy constraint: Member must have length greater than or equal to 1")


def test_a_bad_entity_fails_nothing(stream):
    answer = stream.put((0, "m"), entity={"keyAttributes": {"Type": "Service"}, "attributes": {}})
    assert answer["rejectedEntityInfo"]["errorType"] == "InvalidKeyAttributes"
    answer = stream.put((0, "m"), entity={"keyAttributes": {"Type": "Service", "Name": "shop"}})
    assert "rejectedEntityInfo" not in answer
    assert stream.messages() == ["m", "m"]


def test_any_text_comes_back_as_it_was(stream):
    texts = ["tab\tnew\nline", "quote\" back\\slash /", "é 日本 🦀 \u2028", "\u0000\u001f", json.dumps({"a": [1, None]}), " "]
    stream.put(*[(0, text) for text in texts])
    assert stream.messages() == texts


def test_stream_times_are_those_of_the_events(stream):
    stream.put((-50, "a"), (-20, "b"))
    stream.put((-30, "c"))
    (described,) = stream.logs.describe_log_streams(logGroupName="g")["logStreams"]
    assert described["firstEventTimestamp"] == stream.now - 50
    assert described["lastEventTimestamp"] == stream.now - 20
    assert described["lastIngestionTime"] >= stream.now
    assert len(described["uploadSequenceToken"]) == 56
    assert described["storedBytes"] == 0
    (group,) = stream.logs.describe_log_groups()["logGroups"]
    assert group["storedBytes"] == 3 * 27


def test_puts_at_the_same_time_lose_and_repeat_nothing(server, root, stream):
    def put(writer):
        logs = server.client("logs", root)
        for n in range(20):
            event = {"timestamp": stream.now, "message": f"{writer}-{n}"}
            logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[event])

    writers = [threading.Thread(target=put, args=(writer,)) for writer in range(5)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = stream.messages()
    assert sorted(found) == sorted(f"{writer}-{n}" for writer in range(5) for n in range(20))
    for writer in range(5):
        own = [message for message in found if message.startswith(f"{writer}-")]
        assert own == [f"{writer}-{n}" for n in range(20)]


def test_no_acknowledged_event_is_lost_by_power_cuts(make_server):
    server = make_server().start()
    stream = Stream(server, SERVER)
    acknowledged = []
    for cut in range(5):
        logs = server.client("logs")
        cut_after = threading.Timer(random.uniform(0.05, 0.3), server.process.kill)
        cut_after.start()
        try:
            for n in range(10_000):
                message = f"{cut}-{n}"
                event = {"timestamp": stream.now, "message": message}
                logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[event])
                acknowledged.append(message)
        except Exception as error:  # The connection broke: whatever was under way is unknown.
            assert "ClientError" not in type(error).__name__, error
        cut_after.join()
        server.kill()
        server.start()
    stream.logs = server.client("logs")
    found = []
    token = {}
    while True:
        page = stream.logs.get_log_events(logGroupName="g", logStreamName="s", startFromHead=True, **token)
        found += [event["message"] for event in page["events"]]
        if page["nextForwardToken"] == token.get("nextToken"):
            break
        token = {"nextToken": page["nextForwardToken"]}
    assert len(found) == len(set(found))
    assert set(acknowledged) <= set(found)
