"""What log groups must hold, whatever happens to the server: a model of them, and what a server shows to compare.

A call that was cut off may have happened or not, and nothing in between. An event that was past its retention once
may be gone or still there, should the retention be lengthened (logs.md RT-3) or the clock be found earlier after a
crash; once it was found to be gone it stays so. Of everything else the model knows exactly what there is.
"""

import datetime
import functools
import http.client
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace

import boto3
from botocore.exceptions import BotoCoreError

from test_log_events import DAY, milliseconds
from test_log_queries import ENDED, WAIT_SECONDS_MAX

EVENT_BYTES = 26
NAMESPACE = "Crash"
FILTER = "errors"
PATTERN = "ERROR"


class Cut(Exception):
    """The server went away in the middle of a call."""


@dataclass
class Event:
    """An event of a stream, whose message no other event has."""

    time: int
    doubtful: bool = False


@dataclass(frozen=True)
class Group:
    """A group as it is at one moment."""

    streams: dict = field(default_factory=dict)
    retention: int | None = None
    filters: frozenset = frozenset()

    def kept_from(self, now):
        return 0 if self.retention is None else now - self.retention * DAY

    def doubt(self, now):
        """What is too old at `now` may be dropped from now on."""
        kept_from = self.kept_from(now)
        for events in self.streams.values():
            for event in events.values():
                event.doubtful |= event.time < kept_from

    def with_stream(self, name, events):
        return replace(self, streams=self.streams | {name: events})

    def without_stream(self, name):
        return replace(self, streams={other: events for other, events in self.streams.items() if other != name})


@dataclass
class Seen:
    """What a server shows of a group."""

    streams: dict
    retention: int | None
    filters: frozenset
    filter_count: int
    stored_bytes: int


def wrong(group, seen, now):
    """What a server shows of a group against the model; `None` when that can be."""
    if group is None or seen is None:
        return None if group is seen else f"the group {'is back' if group is None else 'is gone'}"
    if seen.streams.keys() != group.streams.keys():
        return f"streams: {sorted(seen.streams)} instead of {sorted(group.streams)}"
    if (seen.retention, seen.filters, seen.filter_count) != (group.retention, group.filters, len(group.filters)):
        return f"{seen.retention} days, filters {seen.filters}, {seen.filter_count} of them; model: {group}"
    kept_from = group.kept_from(now)
    for name, events in group.streams.items():
        found = seen.streams[name]
        may = {message for message, event in events.items() if event.time >= kept_from}
        must = {message for message in may if not events[message].doubtful}
        if twice := [at for at, count in Counter(found.in_order).items() if count > 1]:
            return f"{name}: {len(twice)} doubled: {shortened(message for message, _ in twice)}"
        if lost := must - found.keys():
            return f"{name}: {len(lost)} of {len(must)} lost: {shortened(lost)}"
        if back := found.keys() - may:
            return f"{name}: {len(back)} came back: {shortened(back)}"
        if moved := [message for message in found if found[message] != events[message].time]:
            return f"{name}: other times: {shortened(moved)}"
    bytes_found = sum(len(message) + EVENT_BYTES for found in seen.streams.values() for message, _ in found.in_order)
    if seen.stored_bytes != bytes_found:
        return f"storedBytes is {seen.stored_bytes}, and {bytes_found} are found"
    return None


def shortened(messages):
    return [message[:40] for message in sorted(messages)[:3]]


class World:
    """Groups by region and name, the calls that change them, and a server to hold to them."""

    def __init__(self, server, regions):
        self.server, self.regions = server, regions
        self.groups = {}
        # Matches of filters by group name, which is the metric's name: at least and at most.
        self.metrics = {}
        # What calls under way would make of groups, by group.
        self.pending = {}
        self.lock = threading.Lock()
        self.now = self.horizon = milliseconds(server.now())
        self.began = self.now
        # Events so far, and kills in the middle of a move of the clock.
        self.number = self.moves_cut = 0
        self.session = boto3.session.Session()
        self.connect()

    def connect(self):
        """Clients for the server as it now runs."""
        self.logs, self.cloudwatch = (
            {region: self.server.client(service, region=region, session=self.session) for region in self.regions}
            for service in ("logs", "cloudwatch")
        )

    # -- calls -----------------------------------------------------------------------------

    def perform(self, key, change, operation, **arguments):
        """Makes a call that changes a group; `change` says how, given the answer or, when it is not known, None."""
        before = self.groups.get(key)
        with self.lock:
            assert key not in self.pending
            self.pending[key] = change(before, None)
        region, name = key
        try:
            answer = getattr(self.logs[region], operation)(logGroupName=name, **arguments)
        except BotoCoreError as error:
            raise Cut from error
        with self.lock:
            after = change(before, answer)
            if after is not None:
                after.doubt(self.horizon)
            if after is None:
                self.groups.pop(key)
            else:
                self.groups[key] = after
            del self.pending[key]

    def create_group(self, key):
        self.perform(key, lambda before, answer: Group(), "create_log_group")

    def delete_group(self, key):
        self.perform(key, lambda before, answer: None, "delete_log_group")

    def create_stream(self, key, name):
        self.perform(key, lambda before, answer: before.with_stream(name, {}), "create_log_stream", logStreamName=name)

    def delete_stream(self, key, name):
        self.perform(key, lambda before, answer: before.without_stream(name), "delete_log_stream", logStreamName=name)

    def put_retention(self, key, days):
        change = functools.partial(changed, retention=days)
        self.perform(key, change, "put_retention_policy", retentionInDays=days)

    def delete_retention(self, key):
        self.perform(key, functools.partial(changed, retention=None), "delete_retention_policy")

    def put_filter(self, key):
        change = functools.partial(changed, filters=frozenset({FILTER}))
        made = {"metricName": key[1], "metricNamespace": NAMESPACE, "metricValue": "1"}
        settings = {"filterName": FILTER, "filterPattern": PATTERN, "metricTransformations": [made]}
        self.perform(key, change, "put_metric_filter", **settings)

    def delete_filter(self, key):
        change = functools.partial(changed, filters=frozenset())
        self.perform(key, change, "delete_metric_filter", filterName=FILTER)

    def put(self, key, stream, ages, text=""):
        """Puts events of these ages in milliseconds; every other one is an error."""
        with self.lock:
            first = self.number
            self.number += len(ages)
        moments = sorted(self.now - age for age in ages)
        lines = [f"{key[1]} {first + at} {(PATTERN, 'fine')[at % 2]} {text}" for at in range(len(ages))]
        events = [{"timestamp": moment, "message": line} for moment, line in zip(moments, lines, strict=True)]

        matches = self.metrics.setdefault(key, [0, 0])
        counts = bool(self.groups[key].filters)
        matches[1] += counts * sum(PATTERN in line for line in lines)

        def change(before, answer):
            start = first_taken(answer)
            taken = {event["message"]: Event(event["timestamp"]) for event in events[start:]}
            if answer is not None:
                matches[0] += counts * sum(PATTERN in message for message in taken)
                matches[1] -= counts * sum(PATTERN in line for line in lines[:start])
            after = before.with_stream(stream, before.streams[stream] | taken)
            # Of a call that is cut off, what was too old meanwhile may have been refused.
            after.doubt(self.horizon)
            return after

        self.perform(key, change, "put_log_events", logStreamName=stream, logEvents=events)

    def move(self, seconds):
        """Moves the clock; on the way, whatever is due is done."""
        with self.lock:
            self.doubt(self.horizon + 1000 * seconds)
        try:
            self.server.move_clock(set=iso(self.horizon))
        except (OSError, http.client.HTTPException) as error:
            self.moves_cut += 1
            raise Cut from error
        self.now = self.horizon

    def doubt(self, horizon):
        """From now on it may be so late."""
        self.horizon = max(self.horizon, horizon)
        for group in [*self.groups.values(), *self.pending.values()]:
            if group is not None:
                group.doubt(self.horizon)

    # -- judging ---------------------------------------------------------------------------

    def kill_and_check(self):
        """Ends the server, starts it again, and looks at everything; then at the time that it was to have reached."""
        self.server.kill()
        self.server.start()
        self.connect()
        self.check()
        if self.now < self.horizon:
            self.move(0)
            self.check()

    def check(self):
        """Everything that the server shows is what the model has; settles which calls under way have happened."""
        self.now = milliseconds(self.server.now())
        # A clock that starts anew is not behind the machine's.
        self.doubt(self.now)
        shown = {(region, name): seen for region in self.regions for name, seen in self.see(region).items()}
        for key in {*self.groups, *self.pending, *shown}:
            candidates = [self.groups.get(key)]
            if key in self.pending:
                candidates.append(self.pending[key])
            reasons = [wrong(candidate, shown.get(key), self.now) for candidate in candidates]
            assert None in reasons, (key, reasons)
            self.settle(key, candidates[reasons.index(None)], shown.get(key))
        self.pending.clear()
        self.check_metrics()

    def settle(self, key, group, seen):
        if group is None:
            self.groups.pop(key, None)
            return
        self.groups[key] = group
        kept_from = group.kept_from(self.now)
        for name, events in group.streams.items():
            for message in events.keys() - seen.streams[name].keys():
                # What is hidden by its age may still be there, and come back with a longer retention.
                if events[message].time >= kept_from:
                    del events[message]

    def check_metrics(self):
        """What the filters counted is what came while they were there."""
        for key, (low, high) in self.metrics.items():
            begin, end = self.began - 20 * DAY, self.horizon + DAY
            points = self.cloudwatch[key[0]].get_metric_statistics(
                Namespace=NAMESPACE,
                MetricName=key[1],
                StartTime=datetime.datetime.fromtimestamp(begin // 1000, datetime.UTC),
                EndTime=datetime.datetime.fromtimestamp(end // 1000, datetime.UTC),
                Period=86_400,
                Statistics=["Sum"],
            )["Datapoints"]
            found = round(sum(point["Sum"] for point in points))
            assert low <= found <= high, (key, low, found, high)
            self.metrics[key] = [found, found]

    def see(self, region):
        """All groups of a region, read in every way, which must agree."""
        logs = self.logs[region]
        seen = {}
        for described in everything(logs, "describe_log_groups", "logGroups"):
            name = described["logGroupName"]
            streams = {}
            for stream in everything(logs, "describe_log_streams", "logStreams", logGroupName=name):
                streams[stream["logStreamName"]] = Messages()
            filtered = everything(logs, "filter_log_events", "events", logGroupName=name)
            for event in filtered:
                streams[event["logStreamName"]].add(event["message"], event["timestamp"])
            for stream, messages in streams.items():
                assert stream_events(logs, name, stream) == messages.in_order, (name, stream)
            filters = everything(logs, "describe_metric_filters", "metricFilters", logGroupName=name)
            seen[name] = Seen(
                streams=streams,
                retention=described.get("retentionInDays"),
                filters=frozenset(found["filterName"] for found in filters),
                filter_count=described["metricFilterCount"],
                stored_bytes=described["storedBytes"],
            )
        counts = {
            (name, stream): len(messages.in_order)
            for name, group in seen.items()
            for stream, messages in group.streams.items()
            if messages.in_order
        }
        assert self.queried(logs, list(seen)) == counts, region
        return seen

    def queried(self, logs, names):
        """Counts of events by group and stream, as Insights has them."""
        if not names:
            return {}
        started = logs.start_query(
            queryString="stats count(*) as n by @log, @logStream",
            logGroupNames=names,
            startTime=0,
            endTime=self.horizon // 1000 + 86_400,
        )
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while (answer := logs.get_query_results(queryId=started["queryId"]))["status"] not in ENDED:
            assert time.monotonic() < deadline, answer
            time.sleep(0.01)
        assert answer["status"] == "Complete", answer
        rows = [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]
        return {(row["@log"].split(":", 1)[1], row["@logStream"]): int(row["n"]) for row in rows}


class Messages(dict):
    """Messages of a stream with their times, and in the order in which they were read."""

    def __init__(self):
        super().__init__()
        self.in_order = []

    def add(self, message, moment):
        self[message] = moment
        self.in_order.append((message, moment))


def everything(logs, operation, member, **arguments):
    """All items of a list over all pages."""
    pages = logs.get_paginator(operation).paginate(**arguments)
    return [item for page in pages for item in page[member]]


def stream_events(logs, group, stream):
    """All events of a stream as GetLogEvents has them, oldest first."""
    found, token = [], {}
    while True:
        page = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **token)
        found += [(event["message"], event["timestamp"]) for event in page["events"]]
        if page["nextForwardToken"] == token.get("nextToken"):
            return found
        token = {"nextToken": page["nextForwardToken"]}


def changed(before, answer, **settings):
    """A group with other settings."""
    return replace(before, **settings)


def first_taken(answer):
    """The index of the first event that a put took."""
    rejected = (answer or {}).get("rejectedLogEventsInfo", {})
    assert "tooNewLogEventStartIndex" not in rejected
    return max(rejected.get("expiredLogEventEndIndex", 0), rejected.get("tooOldLogEventEndIndex", 0))


def iso(moment):
    at = datetime.datetime.fromtimestamp(moment // 1000, datetime.UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{moment % 1000:03}Z"
