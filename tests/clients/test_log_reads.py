"""Reading events by real clients: pages, filters, retention, tails (logs.md §2.1, §2.2, §2.6)."""

import pytest

from harness import HOME_REGION, SERVER_ACCOUNT, SERVER_ROOT
from refusals import refused
from test_log_events import HOUR, Stream

INVALID_TOKEN = "The specified nextToken is invalid."


@pytest.fixture
def stream(server, root):
    return Stream(server, root)


def get(stream, **how):
    return stream.logs.get_log_events(logGroupName="g", logStreamName="s", **how)


def filtered(stream, **how):
    return stream.logs.filter_log_events(logGroupName="g", **how)


def messages(answer):
    return [event["message"] for event in answer["events"]]


# -- GetLogEvents ------------------------------------------------------------------------------


def test_an_event_has_three_members(stream):
    stream.put((-5, "m"))
    (event,) = get(stream)["events"]
    assert event.pop("ingestionTime") >= stream.now
    assert event == {"timestamp": stream.now - 5, "message": "m"}


def test_tokens_have_their_form_also_when_there_is_nothing(stream):
    for answer in (get(stream), get(stream, startFromHead=True)):
        for member, start in (("nextForwardToken", "f/"), ("nextBackwardToken", "b/")):
            token = answer[member]
            assert token.startswith(start) and len(token) == 58 and token[2:].isdigit()


def test_pages_lead_both_ways_until_the_token_repeats(stream):
    texts = [str(n) for n in range(25)]
    stream.put(*[(n // 3 - 100, text) for n, text in enumerate(texts)])
    assert messages(get(stream, limit=4)) == texts[-4:]
    forward, page = [], get(stream, limit=4, startFromHead=True)
    while True:
        forward += messages(page)
        token = page["nextForwardToken"]
        page = get(stream, limit=4, startFromHead=True, nextToken=token)
        if page["nextForwardToken"] == token:
            break
    assert (forward, messages(page)) == (texts, [])
    backward = []
    while True:
        token = page["nextBackwardToken"]
        page = get(stream, limit=4, nextToken=token)
        if page["nextBackwardToken"] == token:
            break
        backward = messages(page) + backward
    assert (backward, messages(page)) == (texts, [])


def test_a_tail_reader_keeps_its_token_until_something_comes(stream):
    token = get(stream)["nextForwardToken"]
    assert get(stream, nextToken=token)["nextForwardToken"] == token
    stream.put((0, "a"))
    page = get(stream, nextToken=token)
    assert messages(page) == ["a"] and page["nextForwardToken"] != token


def test_the_end_is_exclusive_here_and_inclusive_for_filters(stream):
    stream.put((-3, "a"), (-2, "b"), (-1, "c"))
    window = {"startTime": stream.now - 3, "endTime": stream.now - 1}
    assert messages(get(stream, **window)) == ["a", "b"]
    assert messages(filtered(stream, **window)) == ["a", "b", "c"]


def test_what_cannot_be_asked_for(stream):
    stream.put((0, "m"))
    for token in ("x", "f/1", "f/" + "0" * 56):
        with refused("InvalidParameterException", 400) as refusal:
            get(stream, nextToken=token)
        assert refusal.message == INVALID_TOKEN
    with refused("InvalidParameterException", 400) as refusal:
        get(stream, limit=10_001)
    assert refusal.message == (
        "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value "
        "less than or equal to 10000"
    )


def test_tokens_end_after_a_day(make_server):
    server = make_server().start()
    stream = Stream(server, SERVER_ROOT)
    stream.put((-1, "a"), (0, "b"))
    tokens = get(stream, limit=1)["nextBackwardToken"], filtered(stream, limit=1)["nextToken"]
    server.move_clock(advance="23h")
    assert messages(get(stream, nextToken=tokens[0])) == ["a"]
    assert messages(filtered(stream, nextToken=tokens[1])) == ["b"]
    server.move_clock(advance="2h")
    for call, token in ((get, tokens[0]), (filtered, tokens[1])):
        with refused("InvalidParameterException", 400) as refusal:
            call(stream, nextToken=token)
        assert refusal.message == INVALID_TOKEN


def test_pages_hold_a_mebibyte(stream):
    for n in range(4):
        stream.put((n, str(n) * 400_000))
    pages, page = [], get(stream, startFromHead=True)
    while page["events"]:
        pages.append([message[0] for message in messages(page)])
        page = get(stream, nextToken=page["nextForwardToken"])
    assert pages == [["0", "1"], ["2", "3"]]


# -- FilterLogEvents ---------------------------------------------------------------------------


def test_streams_are_interleaved_and_ids_stay(stream):
    stream.logs.create_log_stream(logGroupName="g", logStreamName="t")
    stream.put((-3, "ERROR 1"), (-1, "ERROR 3"))
    other = [{"timestamp": stream.now - 2, "message": "ERROR 2"}, {"timestamp": stream.now - 1, "message": "fine"}]
    stream.logs.put_log_events(logGroupName="g", logStreamName="t", logEvents=other)
    answer = filtered(stream, filterPattern="ERROR")
    assert messages(answer) == ["ERROR 1", "ERROR 2", "ERROR 3"]
    assert answer["searchedLogStreams"] == [] and "nextToken" not in answer
    assert [event["logStreamName"] for event in answer["events"]] == ["s", "t", "s"]
    assert set(answer["events"][0]) == {"logStreamName", "timestamp", "message", "ingestionTime", "eventId"}
    ids = [event["eventId"] for event in answer["events"]]
    assert all(len(one) == 56 and one.isdigit() for one in ids) and ids == sorted(set(ids))
    assert [event["eventId"] for event in filtered(stream)["events"]][:3] == ids
    assert messages(filtered(stream, logStreamNames=["t"])) == ["ERROR 2", "fine"]
    assert messages(filtered(stream, logStreamNamePrefix="s")) == ["ERROR 1", "ERROR 3"]


def test_pages_of_a_filter(stream):
    stream.put(*[(n, f"{'yes' if n % 3 else 'no'} {n}") for n in range(300)])
    pages = stream.logs.get_paginator("filter_log_events").paginate(
        logGroupName="g", filterPattern="yes", PaginationConfig={"PageSize": 17}
    )
    assert [message for page in pages for message in messages(page)] == [f"yes {n}" for n in range(300) if n % 3]
    token = filtered(stream, filterPattern="yes", limit=1)["nextToken"]
    for how in ({"filterPattern": "no", "nextToken": token}, {"nextToken": "x"}):
        with refused("InvalidParameterException", 400) as refusal:
            filtered(stream, **how)
        assert refusal.message == INVALID_TOKEN


def test_filters_that_cannot_be(stream):
    with refused("InvalidParameterException", 400) as refusal:
        filtered(stream, filterPattern="{ $.a = ")
    assert refusal.message == "Invalid filter pattern"
    with refused("InvalidParameterException", 400):
        filtered(stream, logStreamNames=["s"], logStreamNamePrefix="s")
    with refused("ResourceNotFoundException", 400) as refusal:
        filtered(stream, logStreamNames=["no"])
    assert refusal.message == "The specified log stream does not exist."


# -- retention ---------------------------------------------------------------------------------


def test_what_is_past_retention_vanishes_as_time_passes(make_server):
    server = make_server().start()
    stream = Stream(server, SERVER_ROOT)
    stream.logs.put_retention_policy(logGroupName="g", retentionInDays=1)
    stream.put((-12 * HOUR, "first"), (0, "second"))

    def stored():
        return stream.logs.describe_log_groups()["logGroups"][0]["storedBytes"]

    for advance, found in (("11h", ["first", "second"]), ("2h", ["second"]), ("12h", [])):
        server.move_clock(advance=advance)
        assert messages(get(stream, startFromHead=True)) == found
        assert messages(filtered(stream)) == found
        assert stored() == sum(len(message) + 26 for message in found)


# -- tails -------------------------------------------------------------------------------------


def live_tail(stream, account, **how):
    arn = f"arn:aws:logs:{HOME_REGION}:{account}:log-group:g"
    answer = stream.logs.start_live_tail(logGroupIdentifiers=[arn], **how)
    return answer["responseStream"]


@pytest.fixture
def unprefixed(server, root, stream):
    """Clients put `stream-` before the host of live tails, which no address of numbers has."""
    stream.logs = server.client("logs", root, inject_host_prefix=False)
    return stream


def test_a_live_tail_tells_what_comes(unprefixed, root):
    stream = unprefixed
    stream.put((0, "before"))
    events = iter(live_tail(stream, root.key, logEventFilterPattern="ERROR", logStreamNames=["s"]))
    start = next(events)["sessionStart"]
    assert start["logEventFilterPattern"] == "ERROR" and start["logStreamNames"] == ["s"]
    assert len(start["sessionId"]) == 36 and len(start["requestId"]) == 36
    stream.put((-1, "ERROR a"), (0, "fine"))
    told = []
    while not told:
        update = next(events)["sessionUpdate"]
        assert update["sessionMetadata"] == {"sampled": False}
        told = update["sessionResults"]
    (event,) = told
    assert event.pop("ingestionTime") >= stream.now
    assert event == {
        "logStreamName": "s",
        "logGroupIdentifier": f"arn:aws:logs:{HOME_REGION}:{root.key}:log-group:g",
        "message": "ERROR a",
        "timestamp": stream.now - 1,
    }


def test_a_flood_is_sampled(unprefixed, root):
    events = iter(live_tail(unprefixed, root.key))
    next(events)
    unprefixed.put(*[(0, f"{n}") for n in range(5_000)])
    update = {"sessionResults": []}
    while not update["sessionResults"]:
        update = next(events)["sessionUpdate"]
    assert update["sessionMetadata"] == {"sampled": True}
    assert len(update["sessionResults"]) == 500


def test_live_tails_that_cannot_be(unprefixed, root):
    arn = f"arn:aws:logs:{HOME_REGION}:{root.key}:log-group:"
    for how, code in (
        ({"logGroupIdentifiers": [arn + "no"]}, "ResourceNotFoundException"),
        ({"logGroupIdentifiers": [arn + "g:*"]}, "InvalidParameterException"),
        ({"logGroupIdentifiers": [arn + "g"], "logStreamNames": ["a"], "logStreamNamePrefixes": ["a"]}, "InvalidParameterException"),
    ):
        with refused(code, 400):
            unprefixed.logs.start_live_tail(**how)


def test_a_session_of_three_hours_ends_with_an_exception(make_server):
    server = make_server().start()
    stream = Stream(server, SERVER_ROOT)
    stream.logs = server.client("logs", inject_host_prefix=False)
    events = live_tail(stream, SERVER_ACCOUNT)
    next(iter(events))
    server.move_clock(advance="3h")
    with pytest.raises(Exception, match="SessionTimeoutException"):
        for _ in events:
            pass


def test_a_server_with_a_live_tail_stops_cleanly(make_server):
    server = make_server().start()
    stream = Stream(server, SERVER_ROOT)
    stream.logs = server.client("logs", inject_host_prefix=False)
    events = live_tail(stream, SERVER_ACCOUNT)
    next(iter(events))
    assert server.stop() == 0


# -- the CLI -----------------------------------------------------------------------------------


def test_the_cli_reads_and_filters(server, root, stream):
    stream.put((-2, "one"), (-1, "two"))
    named = ("--log-group-name", "g")
    read = server.cli_json("logs", "get-log-events", *named, "--log-stream-name", "s", credentials=root)
    assert messages(read) == ["one", "two"]
    found = server.cli_json("logs", "filter-log-events", *named, "--filter-pattern", "two", credentials=root)
    assert messages(found) == ["two"]
