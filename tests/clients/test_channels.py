"""Channels and their policies by real clients."""

import json

import pytest

from lake import AUDIT_EVENTS, make_channel, make_store
from refusals import refused


@pytest.fixture
def cloudtrail(server, root):
    return server.client("cloudtrail", root)


@pytest.fixture
def store(cloudtrail):
    return make_store(cloudtrail, "audit", AUDIT_EVENTS)


def test_the_cli_makes_changes_and_deletes_a_channel(server, root, store):
    def cli(*arguments):
        return server.cli_json("cloudtrail", *arguments, credentials=root)

    destination = f"Type=EVENT_DATA_STORE,Location={store}"
    made = cli("create-channel", "--name", "door", "--source", "Custom", "--destinations", destination)
    arn = made["ChannelArn"]
    assert made["Destinations"] == [{"Type": "EVENT_DATA_STORE", "Location": store}]
    got = cli("get-channel", "--channel", arn)
    assert (got["Name"], got["Source"], "IngestionStatus" in got) == ("door", "Custom", False)
    assert cli("update-channel", "--channel", arn, "--name", "gate")["Name"] == "gate"
    assert cli("list-channels") == {"Channels": [{"ChannelArn": arn, "Name": "gate"}]}
    cli("delete-channel", "--channel", arn)
    assert cli("list-channels") == {"Channels": []}


def test_channels_are_listed_in_pages(cloudtrail, store):
    made = {make_channel(cloudtrail, f"door-{number}", store) for number in range(7)}
    found, token = [], {}
    while True:
        page = cloudtrail.list_channels(MaxResults=3, **token)
        assert len(page["Channels"]) <= 3
        found += [channel["ChannelArn"] for channel in page["Channels"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert len(found) == 7 and set(found) == made
    with refused("InvalidNextTokenException", 400):
        cloudtrail.list_channels(NextToken="none")


def test_a_channel_leads_to_stores_of_audit_events_alone(server, root, cloudtrail, store):
    calls = make_store(cloudtrail, "calls")
    for location, code in (
        (calls, "InvalidEventDataStoreCategoryException"),
        ("audit", "EventDataStoreARNInvalidException"),
        (store.replace("us-east-1", "eu-west-1"), "EventDataStoreNotFoundException"),
    ):
        with refused(code, 400):
            make_channel(cloudtrail, "door", location)
    with refused("InvalidSourceException", 400):
        make_channel(cloudtrail, "door", store, source="Nobody")
    make_channel(cloudtrail, "door", store, source="GitHub")
    with refused("ChannelAlreadyExistsException", 400):
        make_channel(cloudtrail, "door-2", store, source="GitHub")
    with refused("ChannelAlreadyExistsException", 400):
        make_channel(cloudtrail, "door", store)
    elsewhere = server.client("cloudtrail", root, region="eu-west-1")
    assert elsewhere.list_channels()["Channels"] == []


def test_the_26th_channel_is_refused(cloudtrail, store):
    for number in range(25):
        make_channel(cloudtrail, f"door-{number}", store)
    with refused("ChannelMaxLimitExceededException", 400):
        make_channel(cloudtrail, "door-25", store)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Action", "cloudtrail-data:*"),
        ("Action", ["cloudtrail-data:PutAuditEvents", "cloudtrail:GetChannel"]),
        ("Resource", "*"),
        ("Principal", {"AWS": [f"{number:012}" for number in range(51)]}),
        ("Effect", "Maybe"),
    ],
)
def test_a_policy_of_a_channel_is_about_putting_events_into_it(cloudtrail, store, member, value):
    arn = make_channel(cloudtrail, "door", store)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "444455556666"},
        "Action": "cloudtrail-data:PutAuditEvents",
        "Resource": arn,
    }

    def put(statements):
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        return cloudtrail.put_resource_policy(ResourceArn=arn, ResourcePolicy=policy)

    with refused("ResourcePolicyNotFoundException", 400):
        cloudtrail.get_resource_policy(ResourceArn=arn)
    assert put([statement])["ResourceArn"] == arn
    with refused("ResourcePolicyNotValidException", 400):
        put([{**statement, member: value}])
    with refused("ResourcePolicyNotValidException", 400):
        put([statement] * 21)
    kept = json.loads(cloudtrail.get_resource_policy(ResourceArn=arn)["ResourcePolicy"])
    assert kept["Statement"] == [statement]
