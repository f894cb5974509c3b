"""Counts over a day of logs while more of them come: what queries say is what was acknowledged.

Several writers put real lines; one reader meanwhile asks for counts in every way there is. What it is told must lie
between what had been acknowledged before it asked and what had been sent when it was answered, count by count, and
must never go back. When the writers are done all counts must be exact, and again after a power cut. The right counts
come from code of this file over the lines that were sent.

`LOG_COUNT_MEGABYTES` says how much is written (default 24; 1000 for a long look).
"""

import json
import os
import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Callable

import test_sql
from harness import SERVER_ACCOUNT, SERVER_ROOT
from real_logs import RealLogs
from test_log_events import DAY, HOUR, milliseconds
from test_log_queries import ENDED

MEGABYTES = int(os.environ.get("LOG_COUNT_MEGABYTES", "24"))
WRITERS = 4
# How often each question is asked while writers write.
ROUNDS = 2
BATCH_BYTES = 1_000_000
EVENT_BYTES = 26
EVENTS_MAX = 10_000
GROUPS = ("/day/even", "/day/odd")
WAIT_SECONDS_MAX = 600
BREAK_IN = "POSSIBLE BREAK-IN ATTEMPT"


@dataclass(frozen=True)
class Event:
    """What a count can depend on."""

    group: str
    stream: str
    hour: str
    message: str


@dataclass(frozen=True)
class Question:
    """An Insights query that counts, and the same in Python: the group that an event counts for."""

    text: str
    fields: tuple
    of: Callable[[Event], tuple | None]

    def ask(self, reader):
        """The counts by the fields' values."""
        found = {}
        for row in reader.rows(self.text):
            key = tuple(row.get(field) for field in self.fields)
            assert key not in found, f"{key} comes twice: {self.text}"
            found[key] = int(row["n"])
        return found


class Filtered:
    """FilterLogEvents over both groups, page by page."""

    text = "FilterLogEvents"

    def of(self, event):
        return (event.group, event.stream) if BREAK_IN in event.message else None

    def ask(self, reader):
        found, ids = Counter(), set()
        for group in GROUPS:
            pages = reader.logs.get_paginator("filter_log_events")
            for page in pages.paginate(logGroupName=group, filterPattern=f'"{BREAK_IN}"', startTime=reader.start):
                for event in page["events"]:
                    assert BREAK_IN in event["message"] and event["eventId"] not in ids
                    ids.add(event["eventId"])
                    found[group, event["logStreamName"]] += 1
        return found


def log(event):
    return f"{SERVER_ACCOUNT}:{event.group}"


LEVEL = re.compile("DEBUG|INFO|WARN|ERROR|FATAL")
PASSWORD = re.compile(r"sshd\[.*?\]: (.*?) password")


def matched(pattern, message, group):
    found = pattern.search(message)
    return found and found.group(group)


FILTERED = Filtered()
QUESTIONS = [
    Question("stats count(*) as n by bin(1h) as hour", ("hour",), lambda event: (event.hour,)),
    Question(
        "filter @message like /(?i)error/ | stats count(*) as n by bin(1h) as hour",
        ("hour",),
        lambda event: (event.hour,) if "error" in event.message.lower() else None,
    ),
    FILTERED,
    Question(
        "filter @message like 'Connection' | stats count(*) as n by @log",
        ("@log",),
        lambda event: (log(event),) if "Connection" in event.message else None,
    ),
    Question(
        "stats count(*) as n by @log, @logStream", ("@log", "@logStream"), lambda event: (log(event), event.stream)
    ),
    Question(
        "parse @message /(?<level>DEBUG|INFO|WARN|ERROR|FATAL)/ | stats count(*) as n by level",
        ("level",),
        lambda event: (matched(LEVEL, event.message, 0),),
    ),
    Question(
        "parse @message 'sshd[*]: * password' as pid, what | stats count(*) as n by what",
        ("what",),
        lambda event: (matched(PASSWORD, event.message, 1),),
    ),
]


class Tally:
    """What was sent and what was acknowledged, as each question counts it; and how far the reader is."""

    def __init__(self, batches):
        self.changed = threading.Condition()
        self.sent = [Counter() for _ in QUESTIONS]
        self.acknowledged = [Counter() for _ in QUESTIONS]
        self.hours = Counter()
        self.batches = batches
        self.begun = self.answers = self.done = 0
        self.failure = None

    def begin(self, counts):
        """Counts a batch as sent; not before its turn, so that writers write through all questions."""
        with self.changed:
            asked = ROUNDS * len(QUESTIONS)
            self.changed.wait_for(lambda: self.failure or self.begun * asked < (self.answers + 1) * self.batches)
            assert not self.failure
            self.begun += 1
            for sent, count in zip(self.sent, counts, strict=True):
                sent.update(count)

    def end(self, counts, by_hour):
        """Counts a batch as acknowledged; gives how many now are."""
        with self.changed:
            for acknowledged, count in zip(self.acknowledged, counts, strict=True):
                acknowledged.update(count)
            self.hours.update(by_hour)
            self.done += 1
            return self.done

    def answered(self):
        with self.changed:
            self.answers += 1
            self.changed.notify_all()

    def fail(self, error):
        with self.changed:
            self.failure = self.failure or error
            self.changed.notify_all()


def hour_text(at):
    return time.strftime("%Y-%m-%d %H:00:00.000", time.gmtime(at // 1000))


class Writer(threading.Thread):
    """Puts batches of near a megabyte into streams that all writers write to."""

    def __init__(self, server, tally, number, batches, start):
        super().__init__()
        self.server, self.tally, self.batches, self.start_time = server, tally, batches, start
        self.logs = server.client("logs")
        self.random = random.Random(number)
        self.lines = RealLogs(number)

    def run(self):
        try:
            for _ in range(self.batches):
                self.put(*self.batch())
        except BaseException as error:
            self.tally.fail(error)
            raise

    def batch(self):
        """A stream and lines for it, whose times are of a part of the day, from a second to two hours long."""
        system = self.random.randrange(len(self.lines.systems))
        stream = f"{self.lines.systems[system]}-{self.random.randrange(3)}"
        span = int(1000 * 7200 ** self.random.random())
        at = self.start_time + self.random.randrange(DAY - span)
        events, size = [], 0
        step = max(1, span // EVENTS_MAX)
        for number in range(EVENTS_MAX):
            moment = at + number * step
            message = self.lines.line(self.lines.systems[system], moment // 1000 % 86_400)
            size += len(message.encode()) + EVENT_BYTES
            if size > BATCH_BYTES:
                break
            events.append({"timestamp": moment, "message": message})
        return GROUPS[system % 2], stream, events

    def put(self, group, stream, events):
        seen = [Event(group, stream, hour_text(event["timestamp"]), event["message"]) for event in events]
        counts = [Counter(filter(None, map(question.of, seen))) for question in QUESTIONS]
        by_hour = Counter((event.group, event.stream, event.hour) for event in seen)
        self.tally.begin(counts)
        answer = self.logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
        assert "rejectedLogEventsInfo" not in answer
        done = self.tally.end(counts, by_hour)
        # Events go to files ten seconds after they came; in between, 64 MiB of them do. Files are merged by eights.
        if done % max(1, self.tally.batches // 10) == 0:
            self.server.move_clock(advance="11s")


class Reader:
    """Asks the questions, and judges the answers."""

    def __init__(self, server, tally, start):
        self.tally, self.start = tally, start
        self.seen = [Counter() for _ in QUESTIONS]
        self.connect(server)

    def connect(self, server):
        self.server, self.logs = server, server.client("logs", read_timeout=WAIT_SECONDS_MAX)

    def rows(self, text):
        """The rows of a query over the day."""
        window = {"startTime": self.start // 1000, "endTime": (self.start + DAY) // 1000}
        query_id = self.logs.start_query(queryString=text, logGroupNames=list(GROUPS), **window)["queryId"]
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while (answer := self.logs.get_query_results(queryId=query_id))["status"] not in ENDED:
            assert time.monotonic() < deadline, answer
            time.sleep(0.02)
        assert answer["status"] == "Complete", answer
        self.statistics = answer["statistics"]
        return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]

    def ask(self, number):
        """Asks one question while writers write."""
        question = QUESTIONS[number]
        with self.tally.changed:
            # What an earlier answer told of is there for good, acknowledged or not.
            least = self.seen[number] | self.tally.acknowledged[number]
        found = question.ask(self)
        with self.tally.changed:
            most = Counter(self.tally.sent[number])
        for key in found.keys() | least.keys():
            told = found.get(key, 0)
            assert least[key] <= told <= most[key], (question.text, key, least[key], told, most[key])
        self.seen[number] = Counter(found)

    def exact(self):
        """All counts, now that nothing comes any more."""
        for number, question in enumerate(QUESTIONS):
            assert question.ask(self) == self.tally.acknowledged[number], question.text
            if question.text.startswith("filter "):
                assert self.statistics["recordsMatched"] == self.tally.acknowledged[number].total()
        assert self.sql("") == self.tally.hours
        broken_in = Counter()
        for (group, stream, _), count in self.sql(f"WHERE message LIKE '%{BREAK_IN}%'").items():
            broken_in[group, stream] += count
        assert broken_in == self.tally.acknowledged[QUESTIONS.index(FILTERED)]

    def sql(self, where):
        """Counts by group, stream and hour, in SQL."""
        statement = (
            "SELECT log_group, log_stream, date_trunc('hour', timestamp) AS hour, count(*) AS n FROM log_events "
            f"{where} GROUP BY log_group, log_stream, hour"
        )
        found = test_sql.rows(self.server, SERVER_ROOT, statement, "--timeout", "10m")
        return {
            (row["log_group"], row["log_stream"], hour_text(milliseconds(row["hour"]))): row["n"] for row in found
        }


def files(server):
    return list((server.data / "tables" / "log_event").glob("day=*/*.parquet"))


def test_counts_over_a_day_are_those_of_what_was_acknowledged(make_server):
    server = make_server().start()
    logs = server.client("logs")
    end = milliseconds(server.now()) // HOUR * HOUR
    start = end - DAY
    systems = RealLogs(0).systems
    for number, group in enumerate(GROUPS):
        logs.create_log_group(logGroupName=group)
        for system in systems[number::2]:
            for part in range(3):
                logs.create_log_stream(logGroupName=group, logStreamName=f"{system}-{part}")

    batches = max(1, MEGABYTES * 1_000_000 // (WRITERS * BATCH_BYTES))
    tally = Tally(WRITERS * batches)
    reader = Reader(server, tally, start)
    writers = [Writer(server, tally, number + 1, batches, start) for number in range(WRITERS)]
    began = time.monotonic()
    for writer in writers:
        writer.start()
    try:
        asked = 0
        while any(writer.is_alive() for writer in writers):
            reader.ask(asked % len(QUESTIONS))
            asked += 1
            tally.answered()
    except BaseException as error:
        tally.fail(error)
        raise
    finally:
        for writer in writers:
            writer.join()
    assert tally.failure is None
    wrote = time.monotonic() - began
    assert asked >= ROUNDS * len(QUESTIONS)
    assert files(server), "everything was still in memory, so no answer came from files"

    reader.exact()
    server.move_clock(advance="2m")
    reader.exact()
    server.kill()
    reader.connect(server.start())
    reader.exact()
    report = {"events": tally.hours.total(), "batches": tally.done, "asked while writing": asked}
    print(json.dumps(report | {"writing seconds": round(wrote), "all seconds": round(time.monotonic() - began)}))
