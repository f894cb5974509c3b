"""Tools that people use with CloudWatch Logs, unmodified: the AWS CLI's tail, awslogs, watchtower."""

import json
import logging
import os
import pathlib
import subprocess
import sys
import time

import pytest
import watchtower

from harness import HOME_REGION, SERVER_ROOT
from test_log_events import Stream

WAIT_SECONDS_MAX = 60


@pytest.fixture
def live(make_server):
    """A server on the machine's clock, with a group and a stream."""
    server = make_server(clock="system").start()
    stream = Stream(server, SERVER_ROOT)
    stream.server = server
    return stream


def environment(server):
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return own | {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": HOME_REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONUNBUFFERED": "1",
    }


def tool(name):
    return str(pathlib.Path(sys.executable).parent / name)


def put_now(stream, message):
    """An event of this moment."""
    event = {"timestamp": round(time.time() * 1000), "message": message}
    stream.logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[event])


def followed(stream, command, message):
    """The line with the message, of a program that follows the group; it is put again and again until it is seen."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(stream.server), stdin=subprocess.DEVNULL)
    try:
        os.set_blocking(process.stdout.fileno(), False)
        seen, deadline = b"", time.monotonic() + WAIT_SECONDS_MAX
        while message.encode() not in seen:
            assert time.monotonic() < deadline and process.poll() is None, seen
            put_now(stream, message)
            seen += process.stdout.read() or b""
            time.sleep(0.2)
        return next(line for line in seen.decode().splitlines() if message in line)
    finally:
        process.kill()
        process.wait()


def test_aws_logs_tail_follows(live):
    # Only the second version of the CLI has it, and that comes from Debian.
    command = ["/usr/bin/aws", "--endpoint-url", live.server.url, "logs", "tail", "g", "--follow", "--format", "short"]
    assert followed(live, command, "hello tail").endswith("hello tail")


def test_awslogs_lists_and_reads(live):
    put_now(live, "hello awslogs")
    url = ("--aws-endpoint-url", live.server.url)
    for arguments, expected in (
        (("groups", *url), "g"),
        (("streams", "g", *url), "s"),
        (("get", "g", "ALL", "--start", "1h", *url), "hello awslogs"),
    ):
        ran = subprocess.run(
            [tool("awslogs"), *arguments], env=environment(live.server), capture_output=True, text=True, check=True
        )
        assert expected in ran.stdout, ran


def test_watchtower_ships_python_logging(live):
    handler = watchtower.CloudWatchLogHandler(
        log_group_name="app", log_stream_name="py", boto3_client=live.logs, send_interval=1
    )
    logger = logging.getLogger("shop")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    logger.info({"order": 7})
    logger.info("plain")
    handler.close()
    logger.removeHandler(handler)
    events = live.logs.filter_log_events(logGroupName="app")["events"]
    assert [event["message"] for event in events] == [json.dumps({"order": 7}), "plain"]


def test_the_cli_starts_queries_and_reads_results(live):
    put_now(live, json.dumps({"path": "/a"}))
    now = int(time.time())
    window = ("--start-time", str(now - 3600), "--end-time", str(now + 60))
    started = live.server.cli_json(
        *("logs", "start-query", "--log-group-name", "g"), *window, *("--query-string", "stats count(*) as n by path")
    )
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        answer = live.server.cli_json("logs", "get-query-results", "--query-id", started["queryId"])
        if answer["status"] == "Complete":
            break
        assert time.monotonic() < deadline, answer
    assert answer["results"] == [[{"field": "path", "value": "/a"}, {"field": "n", "value": "1"}]]
