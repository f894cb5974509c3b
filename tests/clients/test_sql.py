"""`trailwatch sql`: the tables of a running and of a stopped server, whose rows are seen, refusals, bounds."""

import csv
import io
import json

import pytest

import policies
import raw
from harness import HOME_REGION, Server
from sql_command import rows, run

SQL_PAGE = "/_trailwatch/sql"


def millis(server):
    """The server's time in milliseconds since the epoch."""
    return rows(server, None, "SELECT CAST(now() AS BIGINT) / 1000000 AS now", "--dev")[0]["now"]


def fill(server, credentials, text):
    """Puts a metric and a log event, which leave audit events."""
    server.client("cloudwatch", credentials).put_metric_data(
        Namespace="Sql", MetricData=[{"MetricName": "m", "Dimensions": [{"Name": "Host", "Value": text}], "Value": 2.5}]
    )
    logs = server.client("logs", credentials)
    logs.create_log_group(logGroupName="group")
    logs.create_log_stream(logGroupName="group", logStreamName="stream")
    event = {"timestamp": millis(server), "message": f"hello {text}"}
    logs.put_log_events(logGroupName="group", logStreamName="stream", logEvents=[event])


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A server with something of two accounts in each table."""
    one = Server(tmp_path_factory.mktemp("sql") / "data").start()
    yield one
    died = not one.running()
    one.end()
    assert not died, one.stderr


def test_all_tables_are_there_and_can_be_joined(filled, root):
    fill(filled, root, "mine")
    found = rows(filled, root, "SELECT log_group, log_stream, region, message FROM log_events")
    assert found == [{"log_group": "group", "log_stream": "stream", "region": HOME_REGION, "message": "hello mine"}]
    found = rows(filled, root, "SELECT name, dimensions, sum, period FROM metrics WHERE namespace = 'Sql'")
    assert found == [{"name": "m", "dimensions": {"Host": "mine"}, "sum": 2.5, "period": 60}]
    found = rows(filled, root, "SELECT event_name FROM trail_events WHERE event_name LIKE 'CreateLog%' ORDER BY 1")
    assert found == [{"event_name": "CreateLogGroup"}, {"event_name": "CreateLogStream"}]
    join = (
        "SELECT l.message, m.dimensions['Host'] AS host FROM log_events l JOIN metrics m "
        "ON date_trunc('minute', l.timestamp) = m.timestamp WHERE m.namespace = 'Sql'"
    )
    assert rows(filled, root, join) == [{"message": "hello mine", "host": "mine"}]


def test_an_account_sees_its_own_rows_alone(filled, root, other_root):
    fill(filled, other_root, "theirs")
    for table in ["log_events", "metrics", "trail_events"]:
        counts = rows(filled, other_root, f"SELECT account, count(*) AS n FROM {table} GROUP BY account")
        assert [row["account"] for row in counts] == [other_root.key], table
    assert rows(filled, root, "SELECT message FROM log_events WHERE message LIKE '%theirs%'") == []


def test_a_user_needs_the_permission(filled, people, server):
    allowed = people.make("reader", policies.document(policies.allow("trailwatch:ExecuteSql")))
    assert rows(server, allowed, "SELECT 1 AS one") == [{"one": 1}]
    for policy in [None, policies.document(policies.allow("cloudwatch:*"))]:
        done = run(server, people.make("less" if policy else "nobody", policy), "SELECT 1")
        assert done.returncode == 1 and "trailwatch:ExecuteSql" in done.stderr, done.stderr


def test_a_statement_leaves_an_event_whether_it_ran_or_not(filled, root):
    """Who read the events of others is itself an event."""
    rows(filled, root, "SELECT 'told' AS word")
    assert run(filled, root, "SELECT nothing FROM nowhere").returncode != 0
    found = filled.client("cloudtrail", root).lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "ExecuteSql"}]
    )["Events"]
    records = [json.loads(event["CloudTrailEvent"]) for event in found]
    by_statement = {record["requestParameters"]["sql"]: record for record in records}
    ran = by_statement["SELECT 'told' AS word"]
    assert ran["eventSource"] == "trailwatch.amazonaws.com"
    assert ran["readOnly"] is True and "errorCode" not in ran
    refused = by_statement["SELECT nothing FROM nowhere"]
    assert refused["errorCode"] == "ValidationException" and "nowhere" in refused["errorMessage"]


def test_masked_messages_are_masked_but_for_who_may_unmask(server, people, root):
    logs = server.client("logs", root)
    logs.create_log_group(logGroupName="masked-for-sql")
    logs.create_log_stream(logGroupName="masked-for-sql", logStreamName="s")
    policy = {
        "Name": "cards",
        "Version": "2021-06-01",
        "Statement": [
            {"Sid": sid, "DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"], "Operation": operation}
            for sid, operation in [
                ("audit", {"Audit": {"FindingsDestination": {}}}),
                ("mask", {"Deidentify": {"MaskConfig": {}}}),
            ]
        ],
    }
    logs.put_data_protection_policy(logGroupIdentifier="masked-for-sql", policyDocument=json.dumps(policy))
    event = {"timestamp": millis(server), "message": "from jane@example.com"}
    logs.put_log_events(logGroupName="masked-for-sql", logStreamName="s", logEvents=[event])
    sql = "SELECT message FROM log_events WHERE log_group = 'masked-for-sql'"
    [shown] = rows(server, root, sql)
    assert shown["message"].startswith("from ") and "jane" not in shown["message"]
    assert rows(server, root, f"{sql} AND message LIKE '%jane%'") == []
    assert rows(server, root, sql, "--unmask") == [{"message": "from jane@example.com"}]
    reader = people.make("sql-reader", policies.document(policies.allow("trailwatch:ExecuteSql")))
    done = run(server, reader, sql, "--unmask")
    assert done.returncode == 1 and "logs:Unmask" in done.stderr, done.stderr


def test_a_request_must_be_signed(filled):
    request = raw.Request("trailwatch", "POST", SQL_PAGE, {}, b'{"sql":"SELECT 1"}')
    assert request.send(filled).status == 403
    assert request.signed(filled).send(filled).status == 200
    status, body = filled.page(SQL_PAGE, {"sql": "SELECT 1"})
    assert status == 403 and "error" in json.loads(body)


def test_what_changes_or_is_wrong_is_refused_with_the_reason(filled, root):
    for sql, reason in [
        ("DROP TABLE metrics", "DROP TABLE is refused: statements may only read"),
        ("COPY (SELECT 1) TO '/tmp/x.csv'", "is refused"),
        ("SELECT * FROM '/etc/passwd'", "not found"),
        ("SELECT nothing FROM metrics", "nothing"),
        ("SELEC 1", "SELEC"),
    ]:
        done = run(filled, root, sql)
        assert done.returncode == 1 and reason in done.stderr, (sql, done.stderr)


def test_bounds_are_kept_and_named(filled, root):
    tables = [f"t{at}" for at in range(8)]
    values = ", ".join(f"({at})" for at in range(50))
    # A condition on all of them, so that all combinations are made.
    condition = " + ".join(f"{table}.n" for table in tables) + " < 0"
    many = f"WITH few(n) AS (VALUES {values}) SELECT count(*) FROM "
    many += ", ".join(f"few {table}" for table in tables) + f" WHERE {condition}"
    done = run(filled, root, many, "--timeout", "1s")
    assert done.returncode == 1 and "did not end within 1 seconds" in done.stderr, done.stderr
    done = run(filled, root, "SELECT 1", "--memory", "2GB")
    assert done.returncode == 1 and "at most 1024 MiB" in done.stderr, done.stderr


def test_formats(filled, root):
    sql = "SELECT 1 AS a, 'x, \"y\"' AS b"
    table = run(filled, root, sql).stdout
    assert table == ' a | b\n---+--------\n 1 | x, "y"\n(1 row)\n'
    text = run(filled, root, sql, "--format", "csv").stdout
    assert list(csv.reader(io.StringIO(text))) == [["a", "b"], ["1", 'x, "y"']]
    assert run(filled, root, "-", stdin="SELECT 2 AS b").stdout == " b\n---\n 2\n(1 row)\n"


def test_a_stopped_servers_folder_is_read_and_a_running_ones_is_not(make_server, root):
    server = make_server()
    server.start()
    fill(server, root, "offline")
    done = run(None, None, "SELECT 1", "--data", str(server.data))
    assert done.returncode == 1 and "is in use by another server" in done.stderr, done.stderr
    server.stop()
    for _ in range(2):
        found = rows(None, None, "SELECT message FROM log_events", "--data", str(server.data))
        assert found == [{"message": "hello offline"}]
    found = rows(None, None, "SELECT sum FROM metrics WHERE namespace = 'Sql'", "--data", str(server.data))
    assert found == [{"sum": 2.5}]
    server.start()
    assert rows(server, root, "SELECT message FROM log_events") == [{"message": "hello offline"}]
    done = run(None, None, "SELECT 1", "--data", str(server.data.parent / "none"))
    assert done.returncode == 1 and "is not the data folder of a server" in done.stderr
    assert not (server.data.parent / "none").exists()
