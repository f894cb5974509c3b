"""Event data stores by real clients: their lives, who may touch them, and what becomes of them."""

import json
from datetime import timedelta

import pytest

from lake import AUDIT_EVENTS, make_channel, make_store, query, selectors
from policies import allow, document
from refusals import refused


@pytest.fixture
def cloudtrail(server, root):
    return server.client("cloudtrail", root)


def test_the_cli_makes_shows_and_deletes_a_store(server, root):
    def cli(*arguments):
        return server.cli_json("cloudtrail", *arguments, credentials=root)

    made = cli("create-event-data-store", "--name", "lake", "--no-multi-region-enabled", "--retention-period", "90")
    assert made["Status"] == "CREATED"
    assert made["AdvancedEventSelectors"][0]["Name"] == "Default management events"
    arn = made["EventDataStoreArn"]
    got = cli("get-event-data-store", "--event-data-store", arn.rsplit("/")[-1])
    assert (got["Status"], got["RetentionPeriod"], got["MultiRegionEnabled"]) == ("ENABLED", 90, False)
    assert cli("list-event-data-stores") == {"EventDataStores": [{"EventDataStoreArn": arn, "Name": "lake"}]}
    updated = cli("update-event-data-store", "--event-data-store", arn, "--no-termination-protection-enabled")
    assert updated["TerminationProtectionEnabled"] is False
    cli("stop-event-data-store-ingestion", "--event-data-store", arn)
    assert cli("get-event-data-store", "--event-data-store", arn)["Status"] == "STOPPED_INGESTION"
    cli("start-event-data-store-ingestion", "--event-data-store", arn)
    cli("delete-event-data-store", "--event-data-store", arn)
    assert cli("restore-event-data-store", "--event-data-store", arn)["Status"] == "ENABLED"


def test_a_deleted_store_is_gone_after_seven_days_also_over_a_restart(make_server, root):
    server = make_server().start()
    cloudtrail = server.client("cloudtrail", root)
    stores = {name: make_store(cloudtrail, name) for name in ("first", "second")}
    cloudtrail.delete_event_data_store(EventDataStore=stores["first"])
    server.move_clock(advance="6d")
    cloudtrail.delete_event_data_store(EventDataStore=stores["second"])
    assert server.stop() == 0
    server.start()
    cloudtrail = server.client("cloudtrail", root)
    server.move_clock(advance="1d")
    with refused("EventDataStoreNotFoundException", 400):
        cloudtrail.get_event_data_store(EventDataStore=stores["first"])
    assert cloudtrail.get_event_data_store(EventDataStore=stores["second"])["Status"] == "PENDING_DELETION"
    assert [store["Name"] for store in cloudtrail.list_event_data_stores()["EventDataStores"]] == ["second"]
    assert cloudtrail.restore_event_data_store(EventDataStore=stores["second"])["Status"] == "ENABLED"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"Name": "ab"}, "InvalidParameterException"),
        ({"Name": "a b c"}, "InvalidParameterException"),
        ({"RetentionPeriod": 6}, "InvalidParameterException"),
        ({"RetentionPeriod": 2558, "BillingMode": "FIXED_RETENTION_PRICING"}, "InvalidParameterException"),
        ({"OrganizationEnabled": True}, "OrganizationsNotInUseException"),
        ({"KmsKeyId": "alias/own"}, "InsufficientEncryptionPolicyException"),
        ({"AdvancedEventSelectors": selectors("Nothing")}, "InvalidEventSelectorsException"),
        (
            {"AdvancedEventSelectors": selectors("Management") + selectors("ActivityAuditLog")},
            "InvalidEventSelectorsException",
        ),
    ],
)
def test_what_a_store_cannot_be_is_refused(server, root, more, code):
    cloudtrail = server.client("cloudtrail", root, parameter_validation=False)
    with refused(code, 400):
        cloudtrail.create_event_data_store(**{"Name": "lake", **more})


def test_a_store_has_times_and_tags(server, root, cloudtrail):
    made = cloudtrail.create_event_data_store(Name="lake", TagsList=[{"Key": "team", "Value": "ops"}])
    assert made["TagsList"] == [{"Key": "team", "Value": "ops"}]
    assert made["CreatedTimestamp"] == made["UpdatedTimestamp"]
    server.move_clock(advance="1m")
    arn = made["EventDataStoreArn"]
    updated = cloudtrail.update_event_data_store(EventDataStore=arn, Name="pond")
    assert updated["UpdatedTimestamp"] - updated["CreatedTimestamp"] >= timedelta(minutes=1)
    cloudtrail.add_tags(ResourceId=arn, TagsList=[{"Key": "tier", "Value": "1"}])
    cloudtrail.remove_tags(ResourceId=arn, TagsList=[{"Key": "team"}])
    [listed] = cloudtrail.list_tags(ResourceIdList=[arn])["ResourceTagList"]
    assert listed["TagsList"] == [{"Key": "tier", "Value": "1"}]


def test_permission_is_for_the_store_that_is_named(server, cloudtrail, people):
    own, other = make_store(cloudtrail, "own"), make_store(cloudtrail, "other")
    dave = server.client("cloudtrail", people.make("dave", document(allow("cloudtrail:*EventDataStore*", own))))
    assert dave.get_event_data_store(EventDataStore=own)["Name"] == "own"
    assert dave.get_event_data_store(EventDataStore=own.rsplit("/")[-1])["Name"] == "own"
    for call in (dave.get_event_data_store, dave.delete_event_data_store):
        with refused("AccessDeniedException"):
            call(EventDataStore=other)
    with refused("AccessDeniedException"):
        dave.create_event_data_store(Name="more")
    with refused("AccessDeniedException"):
        dave.list_event_data_stores()


def test_permission_can_follow_tags(server, cloudtrail, people):
    mine = make_store(cloudtrail, "mine", TagsList=[{"Key": "team", "Value": "ops"}])
    theirs = make_store(cloudtrail, "theirs", TagsList=[{"Key": "team", "Value": "dev"}])
    read = allow("cloudtrail:GetEventDataStore", Condition={"StringEquals": {"aws:ResourceTag/team": "ops"}})
    tag = allow("cloudtrail:AddTags", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["tier"]}})
    dave = server.client("cloudtrail", people.make("dave", document(read, tag)))
    assert dave.get_event_data_store(EventDataStore=mine)["Name"] == "mine"
    with refused("AccessDeniedException"):
        dave.get_event_data_store(EventDataStore=theirs)
    dave.add_tags(ResourceId=theirs, TagsList=[{"Key": "tier", "Value": "1"}])
    with refused("AccessDeniedException"):
        dave.add_tags(ResourceId=theirs, TagsList=[{"Key": "team", "Value": "ops"}])


def test_a_policy_opens_a_store_to_another_account(server, cloudtrail, other_root):
    arn = make_store(cloudtrail, "lake")
    stranger = server.client("cloudtrail", other_root)
    for call in (stranger.get_event_data_store, stranger.delete_event_data_store):
        with refused("AccessDeniedException"):
            call(EventDataStore=arn)
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{other_root.key}:root"},
                "Action": ["cloudtrail:GetEventDataStore"],
                "Resource": arn,
            }
        ],
    }
    put = cloudtrail.put_resource_policy(ResourceArn=arn, ResourcePolicy=json.dumps(policy))
    assert json.loads(put["ResourcePolicy"]) == policy
    assert stranger.get_event_data_store(EventDataStore=arn)["EventDataStoreArn"] == arn
    with refused("AccessDeniedException"):
        stranger.delete_event_data_store(EventDataStore=arn)
    cloudtrail.delete_resource_policy(ResourceArn=arn)
    with refused("AccessDeniedException"):
        stranger.get_event_data_store(EventDataStore=arn)
    policy["Statement"][0]["Action"] = ["cloudtrail:DeleteEventDataStore"]
    with refused("ResourcePolicyNotValidException"):
        cloudtrail.put_resource_policy(ResourceArn=arn, ResourcePolicy=json.dumps(policy))


def test_changes_are_events_that_name_the_store(server, root, cloudtrail):
    arn = make_store(cloudtrail, "lake")
    cloudtrail.delete_event_data_store(EventDataStore=arn)
    [made] = server.events(root, LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateEventDataStore"}])
    assert {"ResourceType": "AWS::CloudTrail::EventDataStore", "ResourceName": "lake"} in made["Resources"]
    record = json.loads(made["CloudTrailEvent"])
    assert record["responseElements"]["eventDataStoreArn"] == arn
    [deleted] = server.records(root, EventName="DeleteEventDataStore")
    assert (deleted["readOnly"], deleted["requestParameters"]) == (False, {"eventDataStore": arn})


def test_a_store_with_a_channel_stays(cloudtrail):
    arn = make_store(cloudtrail, "audit", AUDIT_EVENTS)
    channel = make_channel(cloudtrail, "door", arn)
    with refused("ChannelExistsForEDSException", 400):
        cloudtrail.delete_event_data_store(EventDataStore=arn)
    cloudtrail.delete_channel(Channel=channel)
    cloudtrail.delete_event_data_store(EventDataStore=arn)


def test_sample_queries_are_found_and_run(cloudtrail):
    store = make_store(cloudtrail, "lake").rsplit("/")[-1]
    best = cloudtrail.search_sample_queries(SearchPhrase="Who was denied access?", MaxResults=1)
    assert best["SearchResults"][0]["Name"] == "Denied calls by principal"
    assert best["NextToken"]
    phrase = "events calls users roles keys errors buckets objects trails alarms"
    samples = cloudtrail.search_sample_queries(SearchPhrase=phrase)["SearchResults"]
    assert len(samples) >= 12
    assert [sample["Relevance"] for sample in samples] == sorted((s["Relevance"] for s in samples), reverse=True)
    for sample in samples:
        query(cloudtrail, sample["SQL"].replace("<event-data-store-ID>", store))
    assert cloudtrail.search_sample_queries(SearchPhrase="zebra")["SearchResults"] == []


def test_what_is_not_built_is_unsupported_and_no_fault(cloudtrail):
    arn = make_store(cloudtrail, "lake")
    calls = [
        lambda: cloudtrail.enable_federation(EventDataStore=arn, FederationRoleArn="arn:aws:iam::111122223333:role/r"),
        lambda: cloudtrail.disable_federation(EventDataStore=arn),
        lambda: cloudtrail.generate_query(EventDataStores=[arn], Prompt="who deleted the bucket"),
        lambda: cloudtrail.create_dashboard(Name="board"),
        lambda: cloudtrail.list_dashboards(),
        lambda: cloudtrail.register_organization_delegated_admin(MemberAccountId="444455556666"),
    ]
    for call in calls:
        with refused("UnsupportedOperationException", 400):
            call()
