"""Insights queries by real clients (logs.md §7.1 to §7.3, §7.13)."""

import json
import time

import pytest

from harness import HOME_REGION, SERVER_ROOT
from refusals import refused
from test_log_events import HOUR, Stream

ENDED = ("Complete", "Failed", "Cancelled", "Timeout")
WAIT_SECONDS_MAX = 60


@pytest.fixture
def stream(server, root):
    return Stream(server, root)


def start(stream, text, **how):
    """Starts a query over the group's last day."""
    at = stream.now // 1000
    window = {"startTime": at - 86_400, "endTime": at + 60, "logGroupName": "g"} | how
    return stream.logs.start_query(queryString=text, **window)["queryId"]


def ended(stream, query_id, **how):
    """The answer once the query has ended."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        answer = stream.logs.get_query_results(queryId=query_id, **how)
        if answer["status"] in ENDED:
            return answer
        assert time.monotonic() < deadline, answer
        time.sleep(0.05)


def rows(stream, text, **how):
    """The rows of a query, as dictionaries without the pointer."""
    answer = ended(stream, start(stream, text, **how))
    assert answer["status"] == "Complete", answer
    return [{cell["field"]: cell["value"] for cell in row if cell["field"] != "@ptr"} for row in answer["results"]]


def put_json(stream, *events):
    stream.put(*[(after, json.dumps(event)) for after, event in events])


def malformed(stream, text):
    with refused("MalformedQueryException", 400) as refusal:
        start(stream, text)
    return refusal


def test_rows_of_events_end_with_a_pointer_that_leads_to_the_record(stream):
    put_json(stream, (-2000, {"level": "info", "n": 1}), (-1000, {"level": "error", "n": 2}))
    answer = ended(stream, start(stream, "fields @timestamp, level | sort @timestamp desc | limit 25"))
    assert [[cell["field"] for cell in row] for row in answer["results"]] == [["@timestamp", "level", "@ptr"]] * 2
    assert [row[1]["value"] for row in answer["results"]] == ["error", "info"]
    record = stream.logs.get_log_record(logRecordPointer=answer["results"][0][2]["value"])["logRecord"]
    assert record["level"] == "error" and record["n"] == "2"
    assert record["@timestamp"] == str(stream.now - 1000) and record["@logStream"] == "s"
    assert record["@log"].endswith(":g")


def test_statistics_say_what_was_scanned_and_matched(stream):
    stream.put((-3, "an error"), (-2, "fine"), (-1, "an error again"))
    answer = ended(stream, start(stream, "filter @message like /error/ | stats count(*) as n"))
    assert answer["results"] == [[{"field": "n", "value": "2"}]]
    statistics = answer["statistics"]
    assert statistics["recordsMatched"] == 2
    assert statistics["recordsScanned"] + statistics["estimatedRecordsSkipped"] == 3
    assert statistics["logGroupsScanned"] == 1
    assert answer["queryLanguage"] == "CWLI"


def test_the_default_is_time_and_message_newest_first(stream):
    stream.put((-2, "old"), (-1, "new"))
    assert [row["@message"] for row in rows(stream, "limit 10")] == ["new", "old"]
    assert set(rows(stream, "limit 1")[0]) == {"@timestamp", "@message"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "filter status >= 400 and status <= 499 | stats avg(latency), pct(latency, 95) by path",
            [{"path": "/a", "avg(latency)": "15", "pct(latency, 95)": "20"}],
        ),
        ("stats sum(latency) as s by path, status | stats max(s) as m by path | sort path",
         [{"path": "/a", "m": "30"}, {"path": "/b", "m": "5"}]),
        ("filter path in [\"/b\", \"/c\"] | fields detail.items.0.id as id | limit 1", [{"id": "i-7"}]),
        ("stats count(*) as c by `detail-type` | sort c desc", [{"c": "2"}, {"detail-type": "x", "c": "1"}]),
        ("filter ispresent(`detail-type`) | display path, status", [{"path": "/b", "status": "200"}]),
        ("fields jsonParse(@message) as j | filter path = \"/b\" | unnest j.detail.items into e | display e.id",
         [{"e.id": "i-7"}, {"e.id": "i-8"}]),
        ("filter status = \"200\" or status = 404 | stats count(*) as n, count_distinct(path) as paths",
         [{"n": "3", "paths": "2"}]),
        ("parse @message '\"latency\": *,' as took | filter took > 9 | stats max(took) as most", [{"most": "20"}]),
        ("parse @message /\"path\": \"(?<page>[^\"]+)\"/ | display page | dedup page | limit 5",
         [{"page": "/b"}, {"page": "/a"}]),
    ],
)
def test_queries_give_their_rows(stream, text, expected):
    put_json(
        stream,
        (-30, {"path": "/a", "status": 404, "latency": 10, "x": 1}),
        (-20, {"path": "/a", "status": 404, "latency": 20, "x": 1}),
        (
            -10,
            {"path": "/b", "status": 200, "latency": 5, "detail-type": "x", "detail": {"items": [{"id": "i-7"}, {"id": "i-8"}]}},
        ),
    )
    assert rows(stream, text) == expected


def test_bins_are_counted(stream):
    minute = stream.now // 60_000 * 60_000 - stream.now
    stream.put((minute - 60_000, "error 1"), (minute - 60_000, "error 2"), (minute, "error 3"), (minute, "fine"))
    found = rows(stream, "filter @message like /(?i)ERROR/ | stats count(*) as n by bin(1m) | sort n desc")
    assert [row["n"] for row in found] == ["2", "1"]
    assert all(row["bin(1m)"].endswith(":00.000") for row in found)


@pytest.mark.parametrize(
    "text",
    [
        "fields @message | stats count(*) by level | stats max(strlen(@message))",
        "fields @timestamp | foo bar",
        "| fields a",
        "fields",
        "filter a =",
        "stats nope(a)",
        "parse @message \"* *\" as a",
        "fields @message | anomaly",
        "sort bin(1d)",
    ],
)
def test_what_is_no_query_is_refused_with_its_place(stream, text):
    refusal = malformed(stream, text)
    location = refusal.answer["queryCompileError"]["location"]
    assert 0 <= location["startCharOffset"] <= location["endCharOffset"] <= len(text)
    assert refusal.answer["queryCompileError"]["message"] == refusal.message


def test_an_unknown_command_is_named_with_line_and_position(stream):
    refusal = malformed(stream, "fields @timestamp\n| foo bar")
    assert refusal.message == "unexpected symbol found foo at line 2 and position 2"
    assert refusal.answer["queryCompileError"]["location"] == {"startCharOffset": 20, "endCharOffset": 23}


def test_unknown_groups_and_bad_ranges(stream, root):
    with refused("ResourceNotFoundException", 400) as refusal:
        start(stream, "limit 1", logGroupName="nope")
    assert refusal.message.startswith(f"Log group 'nope' does not exist for account ID '{root.key}'")
    with refused("InvalidParameterException", 400):
        start(stream, "limit 1", startTime=10, endTime=5)
    with refused("InvalidParameterException", 400):
        start(stream, "limit 1", logGroupNames=["g"])


def test_the_last_second_is_whole_and_milliseconds_are_taken_too(stream):
    second = stream.now // 1000 - 100
    inside = second * 1000 + 999 - stream.now
    stream.put((inside, "in"), (inside + 1, "out"))
    for factor in (1, 1000):
        found = rows(stream, "fields @message", startTime=(second - 5) * factor, endTime=second * factor)
        assert [row["@message"] for row in found] == ["in"]


def test_the_smaller_limit_wins(stream):
    stream.put(*[(n - 100, str(n)) for n in range(20)])
    assert len(rows(stream, "limit 5", limit=10)) == 5
    assert len(rows(stream, "limit 10", limit=5)) == 5


def test_results_come_in_pages(stream):
    stream.put(*[(n - 100, str(n)) for n in range(25)])
    query_id = start(stream, "fields @message | sort @timestamp asc")
    page = ended(stream, query_id, maxItems=10)
    texts = []
    while True:
        texts += [row[0]["value"] for row in page["results"]]
        if "nextToken" not in page:
            break
        page = stream.logs.get_query_results(queryId=query_id, maxItems=10, nextToken=page["nextToken"])
    assert texts == [str(n) for n in range(25)]


def test_several_groups_and_sources(stream):
    stream.logs.create_log_group(logGroupName="other")
    stream.logs.create_log_stream(logGroupName="other", logStreamName="s")
    stream.put((-1, "in g"))
    event = {"timestamp": stream.now - 1, "message": "in other"}
    stream.logs.put_log_events(logGroupName="other", logStreamName="s", logEvents=[event])
    both = rows(stream, "stats count(*) as n by @log | sort @log", logGroupName=None, logGroupNames=["g", "other"])
    assert [row["n"] for row in both] == ["1", "1"]
    query_id = stream.logs.start_query(
        startTime=stream.now // 1000 - 60,
        endTime=stream.now // 1000 + 60,
        queryString="SOURCE logGroups(namePrefix: ['oth']) | fields @message",
    )["queryId"]
    assert [row[0]["value"] for row in ended(stream, query_id)["results"]] == ["in other"]
    assert stream.logs.list_log_groups_for_query(queryId=query_id)["logGroupIdentifiers"] == ["other"]


def test_queries_are_described_with_their_source(stream):
    query_id = start(stream, "limit 3")
    ended(stream, query_id)
    (info,) = stream.logs.describe_queries(logGroupName="g")["queries"]
    at = stream.now // 1000
    assert info["queryString"] == f'SOURCE "g" START={at - 86_400}000 END={at + 60}999 | limit 3'
    assert (info["queryId"], info["status"], info["queryLanguage"]) == (query_id, "Complete", "CWLI")
    assert stream.logs.describe_queries(status="Failed")["queries"] == []
    with refused("InvalidParameterException", 400):
        stream.logs.describe_queries(status="Completed")


def test_a_query_that_has_ended_cannot_be_stopped(stream):
    query_id = start(stream, "limit 3")
    ended(stream, query_id)
    with refused("InvalidParameterException", 400):
        stream.logs.stop_query(queryId=query_id)
    with refused("ResourceNotFoundException", 400):
        stream.logs.get_query_results(queryId="nope")


def test_events_past_their_retention_are_not_found(stream):
    stream.put((-23 * HOUR, "old"), (-HOUR, "new"))
    stream.logs.put_retention_policy(logGroupName="g", retentionInDays=1)
    assert len(rows(stream, "fields @message", startTime=stream.now // 1000 - 5 * 86_400)) == 2


def test_saved_queries_are_called_with_parameters(stream):
    put_json(stream, (-2, {"level": "error"}), (-1, {"level": "info"}))
    saved = stream.logs.put_query_definition(
        name="By Level",
        queryString="filter level = '{{level}}' | stats count(*) as n",
        parameters=[{"name": "level", "defaultValue": "error"}],
    )["queryDefinitionId"]
    assert rows(stream, "$`By Level`()") == [{"n": "1"}]
    assert rows(stream, "$`By Level`(level = \"nope\")") == [{"n": "0"}]
    (described,) = stream.logs.describe_query_definitions(queryDefinitionNamePrefix="By")["queryDefinitions"]
    assert described["queryDefinitionId"] == saved and described["name"] == "By Level"
    with refused("InvalidParameterException", 400) as refusal:
        stream.logs.put_query_definition(name="x", queryString="limit 1", parameters=[{"name": "a"}])
    assert refusal.message == "Required parameters not found in queryString"
    assert stream.logs.delete_query_definition(queryDefinitionId=saved)["success"] is True
    with refused("ResourceNotFoundException", 400):
        stream.logs.delete_query_definition(queryDefinitionId=saved)
    malformed(stream, "$`By Level`()")


def test_lookup_tables_add_columns(stream):
    put_json(stream, (-2, {"ip": "10.0.0.1"}), (-1, {"ip": "10.0.0.9"}))
    table = stream.logs.create_lookup_table(lookupTableName="owners", tableBody="ip,owner\n10.0.0.1,Ops\n")
    found = rows(stream, "lookup owners ip OUTPUT owner | sort ip | display ip, owner")
    assert found == [{"ip": "10.0.0.1", "owner": "Ops"}, {"ip": "10.0.0.9"}]
    arn = table["lookupTableArn"]
    stream.logs.update_lookup_table(lookupTableArn=arn, tableBody="ip,owner\n10.0.0.9,Dev\n")
    assert rows(stream, "lookup owners ip OUTPUT owner | filter ispresent(owner) | display owner") == [{"owner": "Dev"}]
    assert stream.logs.get_lookup_table(lookupTableArn=arn)["tableBody"] == "ip,owner\n10.0.0.9,Dev\n"
    (described,) = stream.logs.describe_lookup_tables()["lookupTables"]
    assert (described["tableFields"], described["recordsCount"]) == (["ip", "owner"], 1)
    stream.logs.delete_lookup_table(lookupTableArn=arn)
    malformed(stream, "lookup owners ip OUTPUT owner")


def test_results_outlive_the_server(make_server):
    server = make_server().start()
    stream = Stream(server, SERVER_ROOT)
    stream.put((-1, "kept"))
    query_id = start(stream, "fields @message")
    assert ended(stream, query_id)["status"] == "Complete"
    server.kill()
    server.start()
    stream.logs = server.client("logs")
    (row,) = stream.logs.get_query_results(queryId=query_id)["results"]
    assert row[0] == {"field": "@message", "value": "kept"}
    server.move_clock(advance="169h")
    with refused("ResourceNotFoundException", 400):
        stream.logs.get_query_results(queryId=query_id)


def test_a_callers_own_groups_alone_are_found(stream, people):
    user = people.make("reader", json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "logs:*", "Resource": f"arn:aws:logs:{HOME_REGION}:*:log-group:other:*"}]}))
    logs = people_logs(stream, user)
    with refused("AccessDeniedException", 400):
        logs.start_query(logGroupName="g", startTime=0, endTime=10, queryString="limit 1")


def people_logs(stream, user):
    """A client of the same server as somebody else."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "logs",
        endpoint_url=stream.logs.meta.endpoint_url,
        region_name=HOME_REGION,
        aws_access_key_id=user.key,
        aws_secret_access_key=user.secret,
        config=Config(retries={"total_max_attempts": 1}),
    )
