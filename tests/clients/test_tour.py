"""The tour of the README, with the unmodified AWS CLI against a server with default settings."""

import datetime
import json
from types import SimpleNamespace

import pytest

from harness import SERVER_ACCOUNT, Credentials, Server
from policies import allow, document

ALICE_POLICY = document(allow("iam:GetUser", f"arn:aws:iam::{SERVER_ACCOUNT}:user/alice"))
ROOT_ARN = f"arn:aws:iam::{SERVER_ACCOUNT}:root"
ALICE_ARN = f"arn:aws:iam::{SERVER_ACCOUNT}:user/alice"
# What this CLI exits with when the service refuses.
REFUSED = 255


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    """The tour's calls, made once, with what each answered."""
    server = Server(tmp_path_factory.mktemp("tour") / "data", clock="system", lookups_per_second=None).start()
    try:
        yield take(server)
    finally:
        server.end()


def take(server):
    """Makes the calls of the tour."""
    took = SimpleNamespace(server=server, began=server.now())
    took.identity = server.cli_json("sts", "get-caller-identity")
    took.user = server.cli_json("iam", "create-user", "--user-name", "alice")["User"]
    took.key = server.cli_json("iam", "create-access-key", "--user-name", "alice")["AccessKey"]
    server.cli_json(
        *("iam", "put-user-policy", "--user-name", "alice"),
        *("--policy-name", "self", "--policy-document", ALICE_POLICY),
    )
    alice = took.alice = Credentials.of(took.key)
    took.allowed = server.cli("iam", "get-user", "--user-name", "alice", credentials=alice)
    took.forbidden = server.cli("iam", "list-users", credentials=alice)
    took.forbidden_write = server.cli("iam", "delete-user", "--user-name", "alice", credentials=alice)
    liar = Credentials(alice.key, "not+the+secret+of+alice+not+the+secret++")
    took.wrong_secret = server.cli("iam", "get-user", "--user-name", "alice", credentials=liar)
    took.session = server.cli_json("sts", "get-session-token")["Credentials"]
    return took


def look_up(tour, *arguments):
    """Events of `aws cloudtrail lookup-events`, newest first, with their records read."""
    found = tour.server.cli_json("cloudtrail", "lookup-events", *arguments)["Events"]
    return [SimpleNamespace(entry=entry, record=json.loads(entry["CloudTrailEvent"])) for entry in found]


def by(key, value):
    return ("--lookup-attributes", f"AttributeKey={key},AttributeValue={value}")


def only(events, **record):
    """The one event whose record has these values."""
    fitting = [event for event in events if all(event.record.get(key) == value for key, value in record.items())]
    assert len(fitting) == 1, [event.record for event in events]
    return fitting[0]


def test_the_root_learns_who_it_is(tour):
    assert tour.identity == {"UserId": SERVER_ACCOUNT, "Account": SERVER_ACCOUNT, "Arn": ROOT_ARN}


def test_a_created_user_has_aws_s_shape(tour):
    assert tour.user["UserName"] == "alice"
    assert tour.user["Path"] == "/"
    assert tour.user["Arn"] == ALICE_ARN
    assert tour.user["UserId"].startswith("AIDA") and len(tour.user["UserId"]) == 21


def test_a_created_access_key_has_aws_s_shape(tour):
    assert tour.key["UserName"] == "alice"
    assert tour.key["Status"] == "Active"
    assert tour.key["AccessKeyId"].startswith("AKIA") and len(tour.key["AccessKeyId"]) == 20
    assert len(tour.key["SecretAccessKey"]) == 40


def test_what_the_policy_allows_works(tour):
    assert tour.allowed.returncode == 0, tour.allowed.stderr
    assert json.loads(tour.allowed.stdout)["User"]["UserId"] == tour.user["UserId"]


def test_what_no_policy_allows_is_denied(tour):
    assert tour.forbidden.returncode == REFUSED
    assert "(AccessDenied) when calling the ListUsers operation" in tour.forbidden.stderr
    assert f"User: {ALICE_ARN} is not authorized to perform: iam:ListUsers on resource" in tour.forbidden.stderr


def test_a_denied_write_changes_nothing(tour):
    assert tour.forbidden_write.returncode == REFUSED
    assert "(AccessDenied) when calling the DeleteUser operation" in tour.forbidden_write.stderr
    assert tour.server.cli_json("iam", "get-user", "--user-name", "alice")["User"]["UserName"] == "alice"


def test_a_wrong_secret_is_told_as_such(tour):
    assert tour.wrong_secret.returncode == REFUSED
    assert "(SignatureDoesNotMatch) when calling the GetUser operation" in tour.wrong_secret.stderr
    assert "The request signature we calculated does not match the signature you provided" in tour.wrong_secret.stderr


def test_look_up_by_user_shows_all_that_the_user_did(tour):
    events = look_up(tour, *by("Username", "alice"))
    assert {event.entry["Username"] for event in events} == {"alice"}
    # Newest first: the wrong secret, the two denials, the allowed call.
    assert [(event.entry["EventName"], event.record.get("errorCode")) for event in events] == [
        ("GetUser", "SignatureDoesNotMatch"),
        ("DeleteUser", "AccessDenied"),
        ("ListUsers", "AccessDenied"),
        ("GetUser", None),
    ]


def test_an_event_names_the_user_the_address_and_the_client(tour):
    event = only(look_up(tour, *by("Username", "alice")), eventName="GetUser", errorCode=None)
    assert event.record["userIdentity"] == {
        "type": "IAMUser",
        "principalId": tour.user["UserId"],
        "arn": ALICE_ARN,
        "accountId": SERVER_ACCOUNT,
        "accessKeyId": tour.key["AccessKeyId"],
        "userName": "alice",
    }
    assert event.record["sourceIPAddress"] == "127.0.0.1"
    assert event.record["userAgent"].startswith("aws-cli/1.45.11")
    assert event.record["requestParameters"] == {"userName": "alice"}
    assert event.record["responseElements"] is None
    assert event.record["readOnly"] is True
    assert event.record["eventSource"] == "iam.amazonaws.com"
    assert event.record["recipientAccountId"] == SERVER_ACCOUNT
    assert event.entry["AccessKeyId"] == tour.key["AccessKeyId"]
    assert event.entry["ReadOnly"] == "true"


def test_a_denied_call_s_event_has_the_error_and_the_parameters(tour):
    event = only(look_up(tour, *by("EventName", "DeleteUser")))
    assert event.record["errorCode"] == "AccessDenied"
    assert event.record["errorMessage"].startswith(f"User: {ALICE_ARN} is not authorized to perform: iam:DeleteUser")
    assert event.record["requestParameters"] == {"userName": "alice"}
    assert event.record["responseElements"] is None
    assert event.record["userIdentity"]["userName"] == "alice"


def test_a_wrong_secret_s_event_names_the_key_s_owner_and_trusts_no_parameter(tour):
    event = only(look_up(tour, *by("Username", "alice")), errorCode="SignatureDoesNotMatch")
    assert event.record["userIdentity"]["type"] == "IAMUser"
    assert event.record["userIdentity"]["arn"] == ALICE_ARN
    assert event.record["userIdentity"]["accessKeyId"] == tour.key["AccessKeyId"]
    assert event.record["requestParameters"] is None


def test_look_up_by_event_name_shows_what_the_root_made(tour):
    event = only(look_up(tour, *by("EventName", "CreateUser")))
    assert event.record["userIdentity"] == {
        "type": "Root",
        "principalId": SERVER_ACCOUNT,
        "arn": ROOT_ARN,
        "accountId": SERVER_ACCOUNT,
        "accessKeyId": "test",
    }
    assert event.entry["Username"] == "root"
    assert event.record["requestParameters"] == {"userName": "alice"}
    made = event.record["responseElements"]["user"]
    assert made["userName"] == "alice"
    assert made["userId"] == tour.user["UserId"]
    assert made["arn"] == ALICE_ARN


def test_a_policy_is_recorded_as_it_was_sent(tour):
    event = only(look_up(tour, *by("EventName", "PutUserPolicy")))
    assert event.record["requestParameters"] == {
        "userName": "alice",
        "policyName": "self",
        "policyDocument": ALICE_POLICY,
    }
    assert event.record["responseElements"] is None


def test_a_new_key_s_event_hides_its_secret(tour):
    event = only(look_up(tour, *by("EventName", "CreateAccessKey")))
    made = event.record["responseElements"]["accessKey"]
    assert made["accessKeyId"] == tour.key["AccessKeyId"]
    assert made["userName"] == "alice"
    assert made["status"] == "Active"
    assert "secretAccessKey" not in made


def test_look_up_by_read_only_parts_reads_from_writes(tour):
    writes = look_up(tour, *by("ReadOnly", "false"))
    # GetSessionToken counts as a write, as it does at AWS.
    assert [event.entry["EventName"] for event in writes] == [
        "GetSessionToken",
        "DeleteUser",
        "PutUserPolicy",
        "CreateAccessKey",
        "CreateUser",
    ]
    reads = look_up(tour, *by("ReadOnly", "true"))
    assert {"GetCallerIdentity", "GetUser", "ListUsers"} <= {event.entry["EventName"] for event in reads}
    assert not {"CreateUser", "DeleteUser"} & {event.entry["EventName"] for event in reads}
    assert all(event.record["readOnly"] is True for event in reads)


def test_look_up_by_time_shows_the_tour_and_nothing_before_it(tour):
    within = look_up(tour, "--start-time", tour.began.split(".")[0].rstrip("Z") + "Z", "--end-time", tour.server.now())
    assert {"GetCallerIdentity", "CreateUser", "PutUserPolicy"} <= {event.entry["EventName"] for event in within}
    began = datetime.datetime.fromisoformat(tour.began.replace("Z", "+00:00"))
    before = [(began - datetime.timedelta(hours=hours)).isoformat() for hours in (2, 1)]
    assert look_up(tour, "--start-time", before[0], "--end-time", before[1]) == []


def test_no_event_holds_a_secret(tour):
    entire = json.dumps([event.entry for event in look_up(tour)])
    assert tour.key["AccessKeyId"] in entire
    assert tour.session["AccessKeyId"] in entire
    assert tour.key["SecretAccessKey"] not in entire
    assert tour.session["SecretAccessKey"] not in entire
    assert tour.session["SessionToken"] not in entire
