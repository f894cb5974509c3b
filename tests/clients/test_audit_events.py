"""PutAuditEvents by real clients: every event for itself, for whom a channel's policy lets in."""

import base64
import hashlib
import json

import pytest

from lake import AUDIT_EVENTS, audit_event, make_channel, make_store, query
from policies import allow, document
from refusals import refused
from test_trails import Trail


@pytest.fixture
def cloudtrail(server, root):
    return server.client("cloudtrail", root)


@pytest.fixture
def channel(cloudtrail):
    return make_channel(cloudtrail, "door", make_store(cloudtrail, "audit", AUDIT_EVENTS))


def test_one_bad_event_does_not_fail_the_others(server, root, cloudtrail, channel):
    data = server.client("cloudtrail-data", root)
    good, summed, wrong, late = (audit_event(name, root.key) for name in ("good", "summed", "wrong", "late"))
    digest = hashlib.sha256(summed["eventData"].encode()).digest()
    summed["eventDataChecksum"] = base64.b64encode(digest).decode()
    wrong["eventDataChecksum"] = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    late["eventData"] = late["eventData"].replace("2026-03-02T", "2026-03-02 ")
    answer = data.put_audit_events(channelArn=channel, auditEvents=[good, wrong, summed, late])
    assert [entry["id"] for entry in answer["successful"]] == ["good", "summed"]
    assert len({entry["eventID"] for entry in answer["successful"]}) == 2
    refusals = [(entry["id"], entry["errorCode"]) for entry in answer["failed"]]
    assert refusals == [("wrong", "InvalidChecksum"), ("late", "InvalidData")]
    assert all(entry["errorMessage"] for entry in answer["failed"])
    status = cloudtrail.get_channel(Channel=channel)["IngestionStatus"]
    assert status["LatestIngestionSuccessEventID"] == answer["successful"][1]["eventID"]
    assert status["LatestIngestionErrorCode"] == "InvalidData"


def test_the_cli_puts_audit_events(server, root, channel):
    arguments = ("--channel-arn", channel, "--audit-events", json.dumps([audit_event("one", root.key)]))
    answer = server.cli_json("cloudtrail-data", "put-audit-events", *arguments, credentials=root)
    assert (len(answer["successful"]), answer["failed"]) == (1, [])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"recipientAccountId": "444455556666"}, "InvalidRecipient"),
        ({"version": None}, "FieldNotFound"),
        ({"userIdentity": {"type": "Employee"}}, "FieldNotFound"),
        ({"eventName": "x" * 1025}, "FieldTooLong"),
        ({"errorCode": "x" * 257}, "FieldTooLong"),
        ({"requestParameters": {"a": "x" * 102_400}}, "FieldTooLong"),
        ({"sourceIPAddress": "nowhere"}, "InvalidData"),
        ({"requestParameters": "north"}, "InvalidData"),
    ],
)
def test_an_event_that_is_not_of_the_schema_is_told_why(server, root, channel, change, code):
    data = server.client("cloudtrail-data", root)
    event = audit_event("one", root.key, **change)
    answer = data.put_audit_events(channelArn=channel, auditEvents=[event])
    assert [entry["errorCode"] for entry in answer["failed"]] == [code]
    assert answer["successful"] == []


def test_a_call_that_is_wrong_as_a_whole_is_refused(server, root, channel):
    data = server.client("cloudtrail-data", root, parameter_validation=False)
    one = audit_event("one", root.key)
    large = {"id": "large", "eventData": "x" * (1 << 20)}
    for arn, events, code in (
        (channel, [one, one], "DuplicatedAuditEventId"),
        (channel, [one, large], "RequestEntityTooLargeException"),
        (channel, [audit_event(f"e{number}", root.key) for number in range(101)], "ValidationException"),
        (channel, [], "ValidationException"),
        (channel, [{**one, "id": "a b"}], "ValidationException"),
        ("door", [one], "InvalidChannelARN"),
        (channel.replace("channel/", "trail/"), [one], "InvalidChannelARN"),
        (channel[:-12] + "0" * 12, [one], "ChannelNotFound"),
    ):
        with refused(code):
            data.put_audit_events(channelArn=arn, auditEvents=events)
    answer = data.put_audit_events(
        channelArn=channel, auditEvents=[audit_event(f"e{number}", root.key) for number in range(100)]
    )
    assert len(answer["successful"]) == 100


def test_another_account_needs_the_policy_and_its_external_id(server, root, other_root, cloudtrail, channel):
    stranger = server.client("cloudtrail-data", other_root)
    event = audit_event("one", root.key)
    with refused("AccessDeniedException"):
        stranger.put_audit_events(channelArn=channel, auditEvents=[event])
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{other_root.key}:root"},
        "Action": "cloudtrail-data:PutAuditEvents",
        "Resource": channel,
        "Condition": {"StringEquals": {"cloudtrail:ExternalId": "badge-7"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloudtrail.put_resource_policy(ResourceArn=channel, ResourcePolicy=policy)
    for external in ({}, {"externalId": "badge-8"}):
        with refused("AccessDeniedException"):
            stranger.put_audit_events(channelArn=channel, auditEvents=[event], **external)
    answer = stranger.put_audit_events(channelArn=channel, auditEvents=[event], externalId="badge-7")
    assert len(answer["successful"]) == 1
    # The event is for the channel's owner, whoever sends it.
    foreign = audit_event("two", other_root.key)
    answer = stranger.put_audit_events(channelArn=channel, auditEvents=[foreign], externalId="badge-7")
    assert answer["failed"][0]["errorCode"] == "InvalidRecipient"
    cloudtrail.delete_resource_policy(ResourceArn=channel)
    with refused("AccessDeniedException"):
        stranger.put_audit_events(channelArn=channel, auditEvents=[event], externalId="badge-7")


def test_a_user_needs_permission_for_the_channel(server, root, people, cloudtrail, channel):
    other = make_channel(cloudtrail, "other", cloudtrail.get_channel(Channel=channel)["Destinations"][0]["Location"])
    allowed = document(allow("cloudtrail-data:PutAuditEvents", channel))
    dave = server.client("cloudtrail-data", people.make("dave", allowed))
    event = audit_event("one", root.key)
    assert dave.put_audit_events(channelArn=channel, auditEvents=[event])["failed"] == []
    with refused("AccessDeniedException"):
        dave.put_audit_events(channelArn=other, auditEvents=[event])


def test_the_call_itself_is_a_data_event_without_its_events(make_server, root):
    trail = Trail(make_server().start(), root)
    server = trail.server
    cloudtrail = server.client("cloudtrail", root)
    channel = make_channel(cloudtrail, "door", make_store(cloudtrail, "audit", AUDIT_EVENTS))
    trail.start()
    fields = {"eventCategory": ["Data"], "resources.type": ["AWS::CloudTrail::Channel"]}
    selector = {"FieldSelectors": [{"Field": field, "Equals": value} for field, value in fields.items()]}
    cloudtrail.put_event_selectors(TrailName="main", AdvancedEventSelectors=[selector])
    data = server.client("cloudtrail-data", root)
    data.put_audit_events(channelArn=channel, auditEvents=[audit_event("one", root.key)])
    server.move_clock(advance="10m")
    [record] = trail.records()
    assert (record["eventSource"], record["eventName"]) == ("cloudtrail-data.amazonaws.com", "PutAuditEvents")
    assert (record["eventCategory"], record["readOnly"], record["managementEvent"]) == ("Data", False, False)
    assert record["requestParameters"] == {"channelArn": channel}
    assert record["resources"] == [{"accountId": root.key, "type": "AWS::CloudTrail::Channel", "ARN": channel}]
    assert server.records(root, EventName="PutAuditEvents") == [], "it is not in the event history"


def test_events_are_in_every_store_of_the_channel_also_after_a_crash(make_server, root):
    server = make_server().start()
    cloudtrail = server.client("cloudtrail", root)
    stores = [make_store(cloudtrail, name, AUDIT_EVENTS) for name in ("first", "second")]
    channel = make_channel(cloudtrail, "door", *stores)
    bad = audit_event("bad", root.key, version=None)
    answer = server.client("cloudtrail-data", root).put_audit_events(
        channelArn=channel, auditEvents=[audit_event("one", root.key), bad]
    )
    event_id = answer["successful"][0]["eventID"]
    expected = [
        {
            "eventID": event_id,
            "eventTime": "2026-03-02 08:14:09.000",
            "channelARN": channel,
            "eventName": "Open",
            "door": "north",
        }
    ]

    def found(cloudtrail, store):
        columns = "eventID, eventTime, metadata.channelARN, eventData.eventName"
        door = "element_at(eventData.requestParameters, 'door') AS door"
        return query(cloudtrail, f"SELECT {columns}, {door} FROM {store.rsplit('/')[-1]}")

    for store in stores:
        assert found(cloudtrail, store) == expected
    server.kill()
    server.start()
    cloudtrail = server.client("cloudtrail", root)
    for store in stores:
        assert found(cloudtrail, store) == expected
    status = cloudtrail.get_channel(Channel=channel)["IngestionStatus"]
    assert status["LatestIngestionSuccessEventID"] == event_id
