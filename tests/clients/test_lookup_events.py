"""LookupEvents: attributes, times, pages, limits, errors, and who sees what."""

import datetime
import json
import time

import pytest

import raw
from harness import HOME_REGION, Credentials
from observe import attribute, moment
from policies import allow, document, trust
from refusals import refused


def names(events):
    """What the events are of, newest first."""
    return [event["EventName"] for event in events]


@pytest.fixture
def trail(server, root):
    return server.client("cloudtrail", root)


@pytest.fixture
def iam(server, root):
    return server.client("iam", root)


class TestAttributes:
    def test_event_name_is_compared_exactly(self, server, root, iam):
        iam.create_user(UserName="dave")
        iam.create_group(GroupName="ops")
        assert names(server.events(root, **attribute("EventName", "CreateUser"))) == ["CreateUser"]
        for other in ("createuser", "Create", "CreateUser*", "CreateUser "):
            assert server.events(root, **attribute("EventName", other)) == []

    def test_event_id_finds_the_one_event(self, server, root, iam):
        iam.create_user(UserName="dave")
        iam.create_user(UserName="erin")
        wanted = server.events(root, **attribute("EventName", "CreateUser"))[1]
        assert server.events(root, **attribute("EventId", wanted["EventId"])) == [wanted]
        assert server.events(root, **attribute("EventId", "00000000-0000-4000-8000-000000000000")) == []

    def test_read_only_takes_true_and_false(self, server, root, iam):
        iam.create_user(UserName="dave")
        iam.list_users()
        assert names(server.events(root, **attribute("ReadOnly", "false"))) == ["CreateUser"]
        reads = server.events(root, **attribute("ReadOnly", "true"))
        assert "ListUsers" in names(reads) and "CreateUser" not in names(reads)
        assert {event["ReadOnly"] for event in reads} == {"true"}

    def test_username_of_the_account_s_own_key_is_root(self, server, root, iam):
        iam.create_user(UserName="dave")
        assert names(server.events(root, **attribute("Username", "root")))[-1] == "CreateUser"

    def test_username_of_an_iam_user_is_its_name(self, server, root, people):
        dave = people.make("dave")
        with refused("AccessDenied"):
            server.client("iam", dave).list_users()
        events = server.events(root, **attribute("Username", "dave"))
        assert names(events) == ["ListUsers"]
        assert events[0]["Username"] == "dave"

    def test_username_of_an_assumed_role_is_its_session_name(self, server, root, iam, people):
        dave = people.make("dave", document(allow("sts:AssumeRole")))
        trusted = trust(f"arn:aws:iam::{root.key}:user/dave")
        arn = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
        session = server.client("sts", dave).assume_role(RoleArn=arn, RoleSessionName="deploy-42")
        server.client("sts", Credentials.of(session["Credentials"])).get_caller_identity()
        assert names(server.events(root, **attribute("Username", "deploy-42"))) == ["GetCallerIdentity"]

    def test_resource_name_finds_name_id_and_arn_of_a_created_user(self, server, root, iam):
        made = iam.create_user(UserName="dave", Path="/ops/")["User"]
        for name in ("dave", made["UserId"], made["Arn"]):
            events = server.events(root, **attribute("ResourceName", name))
            assert names(events) == ["CreateUser"], name
        resources = [(entry["ResourceType"], entry["ResourceName"]) for entry in events[0]["Resources"]]
        assert sorted(resources) == sorted(
            ("AWS::IAM::User", name) for name in ("dave", made["UserId"], f"arn:aws:iam::{root.key}:user/ops/dave")
        )

    def test_resource_type_finds_every_event_that_touches_one(self, server, root, iam):
        iam.create_user(UserName="dave")
        iam.create_access_key(UserName="dave")
        iam.create_group(GroupName="ops")
        assert names(server.events(root, **attribute("ResourceType", "AWS::IAM::User"))) == [
            "CreateAccessKey",
            "CreateUser",
        ]
        assert names(server.events(root, **attribute("ResourceType", "AWS::IAM::AccessKey"))) == ["CreateAccessKey"]

    def test_an_unknown_resource_type_finds_nothing(self, server, root, iam):
        iam.create_user(UserName="dave")
        assert server.events(root, **attribute("ResourceType", "AWS::No::Such")) == []

    def test_event_source_tells_services_apart(self, server, root, iam):
        iam.create_user(UserName="dave")
        server.client("sts", root).get_caller_identity()
        assert names(server.events(root, **attribute("EventSource", "iam.amazonaws.com"))) == ["CreateUser"]
        assert names(server.events(root, **attribute("EventSource", "sts.amazonaws.com"))) == ["GetCallerIdentity"]

    def test_access_key_id_finds_what_the_key_did(self, server, root, people):
        dave = people.make("dave")
        server.client("sts", dave).get_caller_identity()
        events = server.events(root, **attribute("AccessKeyId", dave.key))
        assert names(events) == ["GetCallerIdentity"]
        assert events[0]["AccessKeyId"] == dave.key


class TestOrderAndPages:
    def test_events_come_newest_first(self, server, root, iam):
        for user in ("one", "two", "three"):
            iam.create_user(UserName=user)
            server.move_clock(advance="1m")
        made = server.records(root, EventName="CreateUser")
        assert [record["requestParameters"]["userName"] for record in made] == ["three", "two", "one"]

    def test_events_of_one_moment_come_last_made_first(self, server, root, iam):
        for user in ("one", "two", "three"):
            iam.create_user(UserName=user)
        made = server.records(root, EventName="CreateUser")
        assert [record["requestParameters"]["userName"] for record in made] == ["three", "two", "one"]

    @pytest.mark.parametrize("size", [1, 3, 7, 50])
    def test_pages_hold_every_event_once(self, server, root, iam, size):
        for number in range(7):
            iam.create_user(UserName=f"user-{number}")
        pages = (
            server.client("cloudtrail", root)
            .get_paginator("lookup_events")
            .paginate(**attribute("EventName", "CreateUser"), PaginationConfig={"PageSize": size})
        )
        pages = [page["Events"] for page in pages]
        assert all(len(page) <= size for page in pages)
        users = [
            json.loads(event["CloudTrailEvent"])["requestParameters"]["userName"] for page in pages for event in page
        ]
        assert users == [f"user-{number}" for number in reversed(range(7))]

    def test_a_page_holds_50_events_unless_told(self, server, root, iam, trail):
        for number in range(52):
            iam.create_group(GroupName=f"group-{number}")
        first = trail.lookup_events(**attribute("EventName", "CreateGroup"))
        assert len(first["Events"]) == 50
        second = trail.lookup_events(**attribute("EventName", "CreateGroup"), NextToken=first["NextToken"])
        assert len(second["Events"]) == 2
        assert "NextToken" not in second

    def test_events_made_between_pages_do_not_shift_them(self, server, root, iam, trail):
        for number in range(4):
            iam.create_user(UserName=f"user-{number}")
        first = trail.lookup_events(**attribute("EventName", "CreateUser"), MaxResults=2)
        server.move_clock(advance="1m")
        iam.create_user(UserName="late")
        second = trail.lookup_events(**attribute("EventName", "CreateUser"), MaxResults=2, NextToken=first["NextToken"])
        users = [json.loads(event["CloudTrailEvent"])["requestParameters"]["userName"] for event in second["Events"]]
        assert users == ["user-1", "user-0"]

    @pytest.mark.parametrize(
        "changed",
        [
            attribute("EventName", "CreateGroup"),
            attribute("Username", "root"),
            {},
            attribute("EventName", "CreateUser") | {"StartTime": datetime.datetime(2020, 1, 1)},
            attribute("EventName", "CreateUser") | {"EndTime": datetime.datetime(2120, 1, 1)},
            attribute("EventName", "CreateUser") | {"EventCategory": "insight"},
        ],
        ids=["other value", "other key", "no attribute", "start", "end", "category"],
    )
    def test_a_token_works_with_its_own_parameters_alone(self, iam, trail, changed):
        for number in range(3):
            iam.create_user(UserName=f"user-{number}")
        token = trail.lookup_events(**attribute("EventName", "CreateUser"), MaxResults=1)["NextToken"]
        with refused("InvalidNextTokenException", 400):
            trail.lookup_events(**changed, MaxResults=1, NextToken=token)
        again = trail.lookup_events(**attribute("EventName", "CreateUser"), MaxResults=1, NextToken=token)
        assert len(again["Events"]) == 1

    def test_a_token_is_of_no_use_to_another_account(self, server, iam, trail, other_root):
        for number in range(3):
            iam.create_user(UserName=f"user-{number}")
        token = trail.lookup_events(**attribute("EventName", "CreateUser"), MaxResults=1)["NextToken"]
        with refused("InvalidNextTokenException", 400):
            server.client("cloudtrail", other_root).lookup_events(
                **attribute("EventName", "CreateUser"), MaxResults=1, NextToken=token
            )

    @pytest.mark.parametrize("token", ["x", "bm90IGEgdG9rZW4=", "🙂"])
    def test_a_made_up_token_is_refused(self, trail, token):
        with refused("InvalidNextTokenException", 400):
            trail.lookup_events(NextToken=token)


class TestTimes:
    @pytest.fixture
    def three(self, server, iam):
        """The times, whole seconds, at which users one, two and three were made, ten minutes apart."""
        times = []
        for user in ("one", "two", "three"):
            start = moment(server.move_clock(advance="10m")).replace(microsecond=0) + datetime.timedelta(seconds=1)
            server.move_clock(set=start.strftime("%Y-%m-%dT%H:%M:%SZ"))
            iam.create_user(UserName=user)
            times.append(start)
        return times

    @staticmethod
    def users(server, root, **times):
        events = server.events(root, **attribute("EventName", "CreateUser"), **times)
        return [json.loads(event["CloudTrailEvent"])["requestParameters"]["userName"] for event in events]

    def test_both_ends_are_included(self, server, root, three):
        assert self.users(server, root, StartTime=three[0], EndTime=three[1]) == ["two", "one"]
        assert self.users(server, root, StartTime=three[1], EndTime=three[1]) == ["two"]

    def test_a_second_beside_the_event_does_not_find_it(self, server, root, three):
        second = datetime.timedelta(seconds=1)
        assert self.users(server, root, StartTime=three[1] + second, EndTime=three[2] - second) == []

    def test_a_start_alone_reaches_until_now(self, server, root, three):
        assert self.users(server, root, StartTime=three[1]) == ["three", "two"]

    def test_an_end_alone_reaches_back_90_days(self, server, root, three):
        assert self.users(server, root, EndTime=three[1]) == ["two", "one"]

    def test_the_time_shown_finds_an_event_made_within_that_second(self, server, root, iam, three):
        within = three[2] + datetime.timedelta(seconds=5, milliseconds=700)
        server.move_clock(set=within.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z")
        iam.create_user(UserName="late")
        event = server.events(root, **attribute("EventName", "CreateUser"))[0]
        assert event["EventTime"] == within.replace(microsecond=0)
        assert json.loads(event["CloudTrailEvent"])["eventTime"] == within.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert self.users(server, root, StartTime=event["EventTime"], EndTime=event["EventTime"]) == ["late"]

    def test_an_end_in_the_future_is_fine(self, server, root, three):
        future = three[2] + datetime.timedelta(days=1)
        assert self.users(server, root, StartTime=three[2], EndTime=future) == ["three"]

    def test_a_start_after_the_end_is_refused(self, trail, three):
        with refused("InvalidTimeRangeException", 400):
            trail.lookup_events(StartTime=three[1], EndTime=three[0])

    def test_a_start_in_the_future_is_refused(self, trail, three):
        with refused("InvalidTimeRangeException", 400):
            trail.lookup_events(StartTime=three[2] + datetime.timedelta(hours=1))


class TestRefusals:
    @pytest.mark.parametrize("count", [0, -1, 51, 1000])
    def test_max_results_outside_1_to_50_is_refused(self, server, root, count):
        reply = raw.lookup_events({"MaxResults": count}).signed(server, root).send(server)
        assert (reply.status, reply.code) == (400, "InvalidMaxResultsException")

    @pytest.mark.parametrize("count", [1, 50])
    def test_max_results_at_its_ends_is_fine(self, server, root, count):
        reply = raw.lookup_events({"MaxResults": count}).signed(server, root).send(server)
        assert reply.status == 200
        assert reply.data["Events"] == []

    @pytest.mark.parametrize(
        "attributes",
        [
            [("EventName", "CreateUser"), ("Username", "root")],
            [("EventName", "CreateUser"), ("EventName", "CreateUser")],
            [("eventName", "CreateUser")],
            [("NoSuchKey", "CreateUser")],
            [("ReadOnly", "True")],
            [("ReadOnly", "yes")],
            [("EventName", "")],
            [("EventName", "x" * 2001)],
        ],
        ids=["two", "twice", "key in lower case", "unknown key", "True", "yes", "empty", "too long"],
    )
    def test_bad_attributes_are_refused(self, server, root, attributes):
        body = {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value} for key, value in attributes]}
        reply = raw.lookup_events(body).signed(server, root).send(server)
        assert (reply.status, reply.code) == (400, "InvalidLookupAttributesException")

    @pytest.mark.parametrize("half", [{"AttributeKey": "EventName"}, {"AttributeValue": "CreateUser"}, {}], ids=str)
    def test_half_an_attribute_is_refused(self, server, root, half):
        reply = raw.lookup_events({"LookupAttributes": [half]}).signed(server, root).send(server)
        assert (reply.status, reply.code) == (400, "InvalidLookupAttributesException")

    def test_a_value_of_2000_characters_is_fine_whatever_they_are(self, server, root):
        for character in ("x", "_", " "):
            assert server.events(root, **attribute("EventName", character * 2000)) == []

    def test_an_empty_list_of_attributes_is_no_filter(self, server, root, iam):
        iam.create_user(UserName="dave")
        reply = raw.lookup_events({"LookupAttributes": []}).signed(server, root).send(server)
        assert [event["EventName"] for event in reply.data["Events"]] == ["CreateUser"]

    @pytest.mark.parametrize("category", ["management", "Insight", "data", ""])
    def test_an_unknown_category_is_refused(self, server, root, category):
        reply = raw.lookup_events({"EventCategory": category}).signed(server, root).send(server)
        assert (reply.status, reply.code) == (400, "InvalidEventCategoryException")

    def test_the_insight_category_holds_no_management_events(self, server, root, iam):
        iam.create_user(UserName="dave")
        assert server.events(root, EventCategory="insight") == []

    @pytest.mark.parametrize("key", ["Username", "ReadOnly", "ResourceName", "ResourceType", "AccessKeyId"])
    def test_insights_are_looked_up_by_three_attributes_alone(self, trail, key):
        with refused("InvalidLookupAttributesException", 400):
            trail.lookup_events(EventCategory="insight", **attribute(key, "true"))
        for known in ("EventId", "EventName", "EventSource"):
            assert trail.lookup_events(EventCategory="insight", **attribute(known, "x"))["Events"] == []

    def test_a_refused_look_up_is_an_event_too(self, server, root):
        raw.lookup_events({"MaxResults": 51}).signed(server, root).send(server)
        record = server.records(root, EventName="LookupEvents")[-1]
        assert record["errorCode"] == "InvalidMaxResultsException"
        assert record["requestParameters"] == {"maxResults": 51}


class TestThrottling:
    """Two calls a second for each account and region, by the machine's clock."""

    @pytest.fixture
    def limited(self, make_server):
        return make_server(lookups_per_second=None).start()

    @staticmethod
    def burst(trail, count=20):
        """Makes calls without a pause; gives how many were admitted, the time it took, the last refusal."""
        began, admitted, refusal = time.monotonic(), 0, None
        for _ in range(count):
            try:
                trail.lookup_events()
                admitted += 1
            except trail.exceptions.ClientError as error:
                refusal = error.response
        return admitted, time.monotonic() - began, refusal

    def test_no_more_than_two_calls_a_second_are_admitted(self, limited, root):
        admitted, seconds, refusal = self.burst(limited.client("cloudtrail", root))
        # Two at once, then two for each second that the calls took.
        assert 2 <= admitted <= 2 + 2 * seconds
        assert refusal["Error"] == {"Code": "ThrottlingException", "Message": "Rate exceeded"}
        assert refusal["ResponseMetadata"]["HTTPStatusCode"] == 400

    def test_calls_are_admitted_again_after_a_while(self, limited, root):
        trail = limited.client("cloudtrail", root)
        self.burst(trail)
        admitted, seconds = 0, 0
        while admitted < 3 and seconds < 60:
            more, took, _ = self.burst(trail)
            admitted, seconds = admitted + more, seconds + took
        assert admitted >= 3

    def test_other_accounts_and_regions_have_limits_of_their_own(self, limited, root, other_root):
        for credentials, region in ((root, HOME_REGION), (root, "eu-west-1"), (other_root, HOME_REGION)):
            admitted, _, refusal = self.burst(limited.client("cloudtrail", credentials, region))
            assert admitted >= 2
            assert refusal

    def test_other_calls_are_not_throttled(self, limited, root):
        sts = limited.client("sts", root)
        for _ in range(20):
            sts.get_caller_identity()

    def test_a_throttled_call_is_an_event(self, limited, root):
        self.burst(limited.client("cloudtrail", root))
        limited.stop()
        limited.lookups_per_second = 0
        limited.start()
        records = limited.records(root, EventName="LookupEvents")
        refusals = [record for record in records if "errorCode" in record]
        assert refusals
        assert {(record["errorCode"], record["errorMessage"]) for record in refusals} == {
            ("ThrottlingException", "Rate exceeded")
        }


class TestApart:
    def test_accounts_do_not_see_each_other(self, server, root, other_root, iam):
        iam.create_user(UserName="dave")
        server.client("iam", other_root).create_user(UserName="erin")
        mine = server.records(root, EventName="CreateUser")
        theirs = server.records(other_root, EventName="CreateUser")
        assert [record["requestParameters"]["userName"] for record in mine] == ["dave"]
        assert [record["requestParameters"]["userName"] for record in theirs] == ["erin"]
        assert mine[0]["recipientAccountId"] == root.key
        assert server.events(other_root, **attribute("EventId", mine[0]["eventID"])) == []

    def test_a_regional_call_shows_in_its_region_alone(self, server, root):
        server.client("logs", root, "eu-west-1").create_log_group(logGroupName="web")
        found = server.records(root, "eu-west-1", EventName="CreateLogGroup")
        assert [record["awsRegion"] for record in found] == ["eu-west-1"]
        assert server.events(root, HOME_REGION, **attribute("EventName", "CreateLogGroup")) == []

    @pytest.mark.parametrize("region", [HOME_REGION, "eu-west-1", "moon-base-1"])
    def test_an_iam_call_shows_in_every_region_and_is_of_us_east_1(self, server, root, iam, region):
        server.client("iam", root, "eu-west-1").create_user(UserName="dave")
        found = server.records(root, region, EventName="CreateUser")
        assert [record["awsRegion"] for record in found] == ["us-east-1"]

    def test_an_sts_call_is_of_the_region_it_was_sent_to(self, server, root):
        server.client("sts", root, "eu-west-1").get_caller_identity()
        found = server.records(root, "eu-west-1", EventName="GetCallerIdentity")
        assert [record["awsRegion"] for record in found] == ["eu-west-1"]
