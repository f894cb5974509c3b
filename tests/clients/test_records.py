"""The records that look-ups show: keys and their order, null or absent, conversions, limits."""

import datetime
import json
import re

import pytest

import raw
from observe import attribute, moment
from policies import allow, document
from refusals import refused

UUID_V4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.fixture
def trail(server, root):
    return server.client("cloudtrail", root)


@pytest.fixture
def iam(server, root):
    return server.client("iam", root)


def test_look_ups_are_recorded_as_reads(server, root, trail):
    now = moment(server.now()).replace(microsecond=0)
    start = now - datetime.timedelta(hours=1)
    answer = trail.lookup_events(**attribute("EventName", "CreateUser"), StartTime=start, EndTime=now, MaxResults=7)
    event = server.events(root, **attribute("EventName", "LookupEvents"))[-1]
    record = json.loads(event["CloudTrailEvent"])
    assert record["requestParameters"] == {
        "lookupAttributes": [{"attributeKey": "EventName", "attributeValue": "CreateUser"}],
        "startTime": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "endTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "maxResults": 7,
    }
    assert record["eventSource"] == "cloudtrail.amazonaws.com"
    assert record["readOnly"] is True
    assert record["managementEvent"] is True
    assert record["responseElements"] is None
    assert record["requestID"] == answer["ResponseMetadata"]["RequestId"]


def test_a_write_s_record_has_these_keys_in_this_order(server, root, iam):
    iam.create_user(UserName="dave")
    [record] = server.records(root, EventName="CreateUser")
    assert list(record) == [
        *("eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion"),
        *("sourceIPAddress", "userAgent", "requestParameters", "responseElements", "requestID", "eventID"),
        *("readOnly", "eventType", "managementEvent", "recipientAccountId", "eventCategory"),
    ]


def test_a_failed_call_s_error_follows_the_user_agent(server, root, iam):
    with refused("NoSuchEntity", 404):
        iam.get_user(UserName="ghost")
    [record] = server.records(root, EventName="GetUser")
    keys = list(record)
    assert keys[keys.index("userAgent") :][:4] == ["userAgent", "errorCode", "errorMessage", "requestParameters"]


def test_constant_fields_have_their_values(server, root, iam):
    answer = iam.create_user(UserName="dave")
    [record] = server.records(root, EventName="CreateUser")
    assert record["eventVersion"] == "1.11"
    assert record["eventType"] == "AwsApiCall"
    assert record["eventCategory"] == "Management"
    assert record["managementEvent"] is True
    assert record["readOnly"] is False
    assert record["eventSource"] == "iam.amazonaws.com"
    assert record["recipientAccountId"] == root.key
    assert record["requestID"] == answer["ResponseMetadata"]["RequestId"]
    assert UUID_V4.fullmatch(record["eventID"])
    assert record["eventTime"] == moment(server.now()).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert record["userAgent"].startswith("Boto3/1.43.11")


def test_the_entry_says_what_the_record_says(server, root, iam):
    iam.create_user(UserName="dave")
    [event] = server.events(root, **attribute("EventName", "CreateUser"))
    record = json.loads(event["CloudTrailEvent"])
    assert event["EventId"] == record["eventID"]
    assert event["EventSource"] == record["eventSource"]
    assert event["ReadOnly"] == "false"
    assert event["AccessKeyId"] == record["userIdentity"]["accessKeyId"] == root.key
    assert event["EventTime"] == moment(record["eventTime"])


def test_a_call_without_parameters_has_null_for_them(server, root):
    server.client("sts", root).get_caller_identity()
    [record] = server.records(root, EventName="GetCallerIdentity")
    assert record["requestParameters"] is None
    assert record["responseElements"] is None


def test_success_has_no_error_members(server, root, iam):
    iam.create_user(UserName="dave")
    [record] = server.records(root, EventName="CreateUser")
    assert "errorCode" not in record and "errorMessage" not in record


def test_no_member_but_parameters_and_response_is_null(server, root, iam):
    iam.create_user(UserName="dave")
    with refused("NoSuchEntity"):
        iam.get_user(UserName="ghost")
    iam.list_users()
    for record in server.records(root):
        empty = {key for key, value in record.items() if value is None}
        assert empty <= {"requestParameters", "responseElements"}, record


def test_a_failed_write_has_null_for_its_response(server, root, iam):
    iam.create_user(UserName="dave")
    with refused("EntityAlreadyExists", 409) as refusal:
        iam.create_user(UserName="dave")
    record = server.records(root, EventName="CreateUser")[0]
    assert record["responseElements"] is None
    assert record["requestParameters"] == {"userName": "dave"}
    assert record["errorMessage"] == refusal.message


def test_the_error_code_is_the_exception_s_shape_name(server, root, iam):
    with refused("NoSuchEntity", 404):
        iam.get_user(UserName="ghost")
    [record] = server.records(root, EventName="GetUser")
    assert record["errorCode"] == "NoSuchEntityException"


def test_a_write_with_empty_output_has_null_for_its_response(server, root, iam):
    iam.create_user(UserName="dave")
    iam.delete_user(UserName="dave")
    [record] = server.records(root, EventName="DeleteUser")
    assert record["responseElements"] is None


def test_members_are_camel_cased_by_their_first_letter(server, root, iam):
    iam.create_user(UserName="dave", Path="/ops/", Tags=[{"Key": "Team", "Value": "Blue"}])
    [record] = server.records(root, EventName="CreateUser")
    assert record["requestParameters"] == {
        "userName": "dave",
        "path": "/ops/",
        "tags": [{"key": "Team", "value": "Blue"}],
    }
    user = record["responseElements"]["user"]
    assert user["path"] == "/ops/"
    assert moment(user["createDate"]) == moment(record["eventTime"])


def test_numbers_and_booleans_keep_their_types(server, root, iam):
    iam.list_users(MaxItems=5)
    [record] = server.records(root, EventName="ListUsers")
    assert record["requestParameters"] == {"maxItems": 5}


def test_resources_are_empty_for_reads(server, root, iam):
    iam.list_users()
    [event] = server.events(root, **attribute("EventName", "ListUsers"))
    assert event["Resources"] == []


def test_iam_records_have_no_resources_of_their_own(server, root, iam):
    iam.create_user(UserName="dave")
    [record] = server.records(root, EventName="CreateUser")
    assert "resources" not in record


def test_a_user_agent_longer_than_a_kilobyte_is_cut(server, root):
    request = raw.query("iam", "ListUsers")
    request.headers["User-Agent"] = "x" * 3000
    assert request.signed(server, root).send(server).status == 200
    [record] = server.records(root, EventName="ListUsers")
    assert len(record["userAgent"]) <= 1024


def test_parameters_over_100_kilobytes_are_replaced(server, root):
    padded = document(allow("iam:GetUser")) + " " * 110_000
    request = raw.query("iam", "PutUserPolicy", UserName="dave", PolicyName="wide", PolicyDocument=padded)
    assert 400 <= request.signed(server, root).send(server).status < 500
    [record] = server.records(root, EventName="PutUserPolicy")
    assert record["requestParameters"]["omitted"] is True
    assert record["requestParameters"]["reason"] == "requestParameters too large"
    assert record["requestParameters"]["originalSize"] > 110_000
