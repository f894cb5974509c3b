"""CloudTrail Insights by real clients: a calm week, then bursts."""

import gzip
import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from harness import Credentials
from test_trails import BUCKET, Trail, now

BOTH = [{"InsightType": "ApiCallRateInsight"}, {"InsightType": "ApiErrorRateInsight"}]


class Watched(Trail):
    """A trail on a server of its own, and what is found about its account."""

    def __init__(self, server, root):
        super().__init__(server, root)
        self.start()

    def reconnect(self):
        super().reconnect()
        self.sns = self.server.client("sns", self.root)
        self.iam = self.server.client("iam", self.root)

    def to_the_next_minute(self):
        at = now(self.server).replace(second=0, microsecond=0) + timedelta(minutes=1)
        self.server.move_clock(set=at.strftime("%Y-%m-%dT%H:%M:%SZ"))

    def make_topics(self, count):
        for number in range(count):
            self.sns.create_topic(Name=f"topic-{number}")

    def make_stranger(self):
        """The key of a user who may do nothing."""
        self.iam.create_user(UserName="stranger")
        return Credentials.of(self.iam.create_access_key(UserName="stranger")["AccessKey"])

    def insights(self, **attribute):
        """The records of all Insights events, the oldest first."""
        lookup = {"EventCategory": "insight"}
        if attribute:
            [(key, value)] = attribute.items()
            lookup["LookupAttributes"] = [{"AttributeKey": key, "AttributeValue": value}]
        pages = self.trails.get_paginator("lookup_events").paginate(**lookup)
        events = [event for page in pages for event in page["Events"]]
        assert not any("Username" in event for event in events)
        return [json.loads(event["CloudTrailEvent"]) for event in reversed(events)]

    def in_files(self):
        """The records in files of Insights events, the oldest first."""
        records = []
        for key in self.keys("CloudTrail-Insight"):
            body = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            records += json.loads(gzip.decompress(body))["Records"]
        return sorted(records, key=lambda record: record["eventTime"])


@pytest.fixture
def watched(make_server, root):
    return Watched(make_server().start(), root)


def told(record):
    """What a record tells, in short."""
    details = record["insightDetails"]
    statistics = details["insightContext"]["statistics"]
    return (
        details["state"],
        details["eventName"],
        details.get("errorCode"),
        statistics["insight"]["average"],
        statistics["insightDuration"],
    )


def test_bursts_after_a_calm_week_have_a_start_and_an_end_each(watched):
    since = now(watched.server) - timedelta(hours=2)
    watched.trails.put_insight_selectors(TrailName="main", InsightSelectors=BOTH)
    key = watched.make_stranger()
    stranger = watched.server.client("sns", key)
    watched.to_the_next_minute()
    for _ in range(7 * 4):
        watched.make_topics(3)
        watched.advance("6h")
    assert watched.insights() == []

    began = now(watched.server)
    for minute in range(7):
        watched.make_topics(12)
        for _ in range(8):
            with pytest.raises(ClientError, match="AuthorizationError"):
                stranger.list_topics()
        watched.advance("1m")
        if minute == 5:
            # What was counted and found outlives the server.
            watched.server.stop()
            watched.server.start()
            watched.reconnect()
            stranger = watched.server.client("sns", key)
    starts = watched.insights()
    assert sorted(map(told, starts)) == [
        ("Start", "CreateTopic", None, 12, 5),
        ("Start", "ListTopics", "AuthorizationError", 8, 5),
    ]
    watched.advance("15m")
    watched.advance("2h")
    records = watched.insights()
    assert sorted(map(told, records)) == [
        ("End", "CreateTopic", None, 12, 7),
        ("End", "ListTopics", "AuthorizationError", 8, 7),
        ("Start", "CreateTopic", None, 12, 5),
        ("Start", "ListTopics", "AuthorizationError", 8, 5),
    ]
    for name in ("CreateTopic", "ListTopics"):
        start, end = (record for record in records if record["insightDetails"]["eventName"] == name)
        assert start["sharedEventID"] == end["sharedEventID"]
        assert start["eventTime"] == began.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert end["eventTime"] == (began + timedelta(minutes=7)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert start["recipientAccountId"] == watched.root.key

    statistics = records[0]["insightDetails"]["insightContext"]["statistics"]
    assert 7 * 1440 - 1 <= statistics["baselineDuration"] <= 8 * 1440
    [writes] = [record for record in starts if record["insightDetails"]["eventName"] == "CreateTopic"]
    context = writes["insightDetails"]["insightContext"]
    minutes = context["statistics"]["baselineDuration"]
    assert context["statistics"]["baseline"]["average"] == pytest.approx(7 * 4 * 3 / minutes, abs=1e-9)
    callers, agents, errors = context["attributions"]
    assert callers["insight"] == [{"value": f"arn:aws:iam::{watched.root.key}:root", "average": 12}]
    assert agents["insight"][0]["value"].startswith("Boto3/") and errors["insight"][0]["value"] == "null"
    [reads] = [record for record in starts if record["insightDetails"]["eventName"] == "ListTopics"]
    [caller] = reads["insightDetails"]["insightContext"]["attributions"][0]["insight"]
    assert caller["value"].endswith(":user/stranger")

    # Each is in one file of its own folder, which a digest lists.
    assert sorted(record["eventID"] for record in watched.in_files()) == sorted(
        record["eventID"] for record in records
    )
    code, said = watched.validate(since)
    assert code == 0 and "INVALID" not in said, said
    for key in watched.keys("CloudTrail-Insight"):
        assert f"Log file\ts3://{BUCKET}/{key}\tvalid" in said

    # They are no calls.
    found = {record["eventID"] for record in records}
    assert not found & {record["eventID"] for record in watched.records()}
    history = watched.trails.get_paginator("lookup_events").paginate(PaginationConfig={"MaxItems": 400})
    assert not found & {event["EventId"] for page in history for event in page["Events"]}

    values = watched.trails.list_insights_metric_data(
        EventSource="sns.amazonaws.com",
        EventName="ListTopics",
        InsightType="ApiErrorRateInsight",
        ErrorCode="AuthorizationError",
        Period=60,
    )
    assert values["Values"] == [8.0] * 7
    assert values["Timestamps"][0] == began


def test_insights_are_looked_up_by_what_they_are_of(watched):
    watched.trails.put_insight_selectors(TrailName="main", InsightSelectors=BOTH[:1])
    watched.to_the_next_minute()
    watched.advance("25h")
    for _ in range(5):
        watched.make_topics(6)
        watched.advance("1m")
    [start] = watched.insights()
    assert watched.insights(EventName="CreateTopic") == [start]
    assert watched.insights(EventSource="sns.amazonaws.com") == [start]
    assert watched.insights(EventId=start["eventID"]) == [start]
    assert watched.insights(EventName="DeleteTopic") == []
    with pytest.raises(watched.trails.exceptions.InvalidLookupAttributesException):
        watched.insights(Username="root")
    [listed] = watched.trails.list_insights_data(InsightSource=watched.arn, DataType="InsightsEvents")["Events"]
    assert listed["EventId"] == start["eventID"]
    ended = watched.server.cli_json(
        "cloudtrail", "lookup-events", "--event-category", "insight", credentials=watched.root
    )
    assert [event["EventName"] for event in ended["Events"]] == ["CreateTopic"]
    watched.trails.stop_logging(Name="main")
    watched.advance("91d")
    assert watched.insights() == []


def test_nothing_is_found_without_selectors(watched):
    with pytest.raises(watched.trails.exceptions.InsightNotEnabledException):
        watched.trails.get_insight_selectors(TrailName="main")
    watched.to_the_next_minute()
    watched.advance("2d")
    for _ in range(7):
        watched.make_topics(12)
        watched.advance("1m")
    watched.advance("1h")
    assert watched.insights() == [] and watched.keys("CloudTrail-Insight") == []
    assert not watched.trails.get_trail(Name="main")["Trail"]["HasInsightSelectors"]


def test_without_history_only_where_it_is_set_so(make_server, root):
    options = ("--insights-min-history-minutes", "10")
    watched = Watched(make_server(options=options).start(), root)
    watched.trails.put_insight_selectors(TrailName="main", InsightSelectors=BOTH)
    assert watched.trails.get_trail(Name="main")["Trail"]["HasInsightSelectors"]
    watched.to_the_next_minute()
    for minute in range(20):
        watched.make_topics(6 if minute >= 10 else 0)
        watched.advance("1m")
        assert len(watched.insights()) == (1 if minute >= 14 else 0)
