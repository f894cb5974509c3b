"""Signing in with a password: the session, and what the event history says of it."""

import json

import pytest
from botocore.exceptions import ClientError

import sign_ins
from harness import Server
from policies import allow, document
from sign_ins import BROWSER, PASSWORD, attempt, code, enable_mfa, sign_in, step

REFUSED = (401, {"error": "the sign-in information is incorrect"})
WITHOUT_MFA = (
    '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && '
    '($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }'
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of these tests' own: refusals are counted by where they come from."""
    one = Server(tmp_path_factory.mktemp("signin") / "data").start()
    yield one
    died = not one.running()
    one.end()
    assert not died, one.stderr


@pytest.fixture
def iam(server, root):
    """IAM with a user `dave` that has a password."""
    client = server.client("iam", root)
    client.create_user(UserName="dave", Path="/ops/")
    client.create_login_profile(UserName="dave", Password=PASSWORD)
    return client


def logins(server, root, name="ConsoleLogin", **more):
    return server.records(root, EventName=name, **more)


def test_a_session_acts_as_its_user_and_says_where_it_came_from(server, root, iam):
    iam.put_user_policy(UserName="dave", PolicyName="p", PolicyDocument=document(allow("iam:*")))
    dave = sign_in(server, root.key, "dave")
    me = server.client("sts", dave).get_caller_identity()
    assert me["Arn"] == f"arn:aws:iam::{root.key}:user/ops/dave"
    server.client("iam", dave).create_user(UserName="made-by-dave")
    (record,) = server.records(root, ResourceName="made-by-dave")
    assert record["sessionCredentialFromConsole"] == "true"
    assert record["userIdentity"]["accessKeyId"] == dave.key
    assert record["userIdentity"]["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"
    by_root = server.records(root, EventName="CreateLoginProfile")[0]
    assert "sessionCredentialFromConsole" not in by_root


def test_a_success_is_recorded_as_aws_does(server, root, iam):
    sign_in(server, root.key, "dave")
    (record,) = logins(server, root)
    (user,) = [one for one in iam.list_users()["Users"] if one["UserName"] == "dave"]
    assert user["PasswordLastUsed"]
    assert record["userIdentity"] == {
        "type": "IAMUser",
        "principalId": user["UserId"],
        "arn": user["Arn"],
        "accountId": root.key,
        "userName": "dave",
    }
    assert (record["eventSource"], record["eventType"]) == ("signin.amazonaws.com", "AwsConsoleSignIn")
    assert (record["awsRegion"], record["sourceIPAddress"]) == ("us-east-1", "127.0.0.1")
    assert (record["userAgent"], record["requestParameters"]) == (BROWSER, None)
    assert record["responseElements"] == {"ConsoleLogin": "Success"}
    login_to = record["additionalEventData"].pop("LoginTo")
    assert login_to == f"{server.url}/"
    assert record["additionalEventData"] == {"MobileVersion": "No", "MFAUsed": "No"}
    assert record["readOnly"] is False and record["managementEvent"] is True
    assert "requestID" not in record and "errorCode" not in record and "errorMessage" not in record
    (event,) = server.events(root, LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": "dave"}])
    assert (event["EventName"], event["ReadOnly"]) == ("ConsoleLogin", "false")


def test_every_refusal_looks_the_same_and_is_recorded_for_what_it_was(server, root, iam):
    iam.create_user(UserName="keyed")
    iam.create_user(UserName="new")
    iam.create_login_profile(UserName="new", Password=PASSWORD, PasswordResetRequired=True)
    for user, password in [("dave", "wrong"), ("keyed", PASSWORD), ("new", PASSWORD), ("my-secret", PASSWORD)]:
        assert attempt(server, root.key, user, password) == REFUSED, user
    hidden, *known = logins(server, root)
    assert hidden["userIdentity"] == {
        "type": "IAMUser",
        "accountId": root.key,
        "accessKeyId": "",
        "userName": "HIDDEN_DUE_TO_SECURITY_REASONS",
    }
    assert hidden["errorMessage"] == "No username found in supplied account"
    assert [record["userIdentity"]["userName"] for record in known] == ["new", "keyed", "dave"]
    for record in known:
        assert record["errorMessage"] == "Failed authentication"
        assert "errorCode" not in record and "arn" not in record["userIdentity"]
        assert record["userIdentity"]["accessKeyId"] == ""
    assert all(record["responseElements"] == {"ConsoleLogin": "Failure"} for record in [hidden, *known])


def test_a_second_factor_is_asked_for_used_once_and_recorded(server, root, iam):
    serial, seed = enable_mfa(server, iam, "dave", "dave")
    now = step(server)
    assert attempt(server, root.key, "dave") == REFUSED
    assert attempt(server, root.key, "dave", mfaCode=code(seed, now)) == REFUSED, "it enabled the device"
    dave = sign_in(server, root.key, "dave", mfaCode=code(seed, now + 1))
    assert attempt(server, root.key, "dave", mfaCode=code(seed, now + 1)) == REFUSED, "it was used"
    again, success, wrong, without = logins(server, root)
    assert success["additionalEventData"]["MFAIdentifier"] == serial
    used = [record["additionalEventData"]["MFAUsed"] for record in (again, success, wrong, without)]
    assert used == ["Yes", "Yes", "Yes", "No"]
    asked = logins(server, root, "CheckMfa")
    assert len(asked) == 4
    assert all(record["responseElements"] == {"CheckMfa": "Success"} for record in asked)
    assert all(record["additionalEventData"] == {"MfaType": "Virtual MFA"} for record in asked)
    allowed = allow("iam:ListUsers", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    iam.put_user_policy(UserName="dave", PolicyName="p", PolicyDocument=document(allowed))
    server.client("iam", dave).list_users()


def test_root_signs_in_at_the_global_endpoint(server, root):
    credentials = sign_in(server, root.key, password="test", host="eu-west-1.signin.aws.amazon.com")
    assert server.client("sts", credentials).get_caller_identity()["Arn"].endswith(":root")
    (record,) = logins(server, root)
    assert (record["userIdentity"]["type"], record["awsRegion"]) == ("Root", "us-east-1")


def test_users_sign_in_at_regional_endpoints_too(server, root, iam):
    sign_in(server, root.key, "dave", host="eu-west-1.signin.aws.amazon.com")
    (record,) = server.records(root, region="eu-west-1", EventName="ConsoleLogin")
    assert record["awsRegion"] == "eu-west-1"
    assert logins(server, root) == []


def test_accounts_are_named_by_alias(server, root, iam):
    alias = f"acme-{root.key}"
    iam.create_account_alias(AccountAlias=alias)
    sign_in(server, alias, "dave")
    assert len(logins(server, root)) == 1


@pytest.mark.parametrize("seconds", [0, 899, 43201, -1])
def test_sessions_last_as_long_as_consoles_do(server, root, iam, seconds):
    status, answer = attempt(server, root.key, "dave", duration=seconds)
    assert (status, answer) == (400, {"error": "duration must be from 900 to 43200 seconds"})


def test_a_session_ends(make_server, root):
    own = make_server().start()
    iam = own.client("iam", root)
    iam.create_user(UserName="dave")
    iam.create_login_profile(UserName="dave", Password=PASSWORD)
    dave = sign_in(own, root.key, "dave", duration=900)
    sts = own.client("sts", dave)
    sts.get_caller_identity()
    own.move_clock(advance="15m")
    with pytest.raises(ClientError) as refused:
        sts.get_caller_identity()
    assert refused.value.response["Error"]["Code"] == "ExpiredToken"


def test_bodies_of_another_form_are_refused_without_being_told_back(server):
    for body in [{"account": "1", "password": 12345678}, {"account": "1", "password": "hunter2!", "pasword": "hunter2!"}, []]:
        status, text = server.page(sign_ins.PATH, body)
        assert status == 400, text
        assert "12345678" not in text and "hunter2!" not in text
    assert server.page(sign_ins.PATH)[0] == 405


def test_guessing_ends_and_others_sign_in_all_the_same(make_server, root):
    own = make_server().start()
    iam = own.client("iam", root)
    for name in ("dave", "erin"):
        iam.create_user(UserName=name)
        iam.create_login_profile(UserName=name, Password=PASSWORD)
    answers = [attempt(own, root.key, "dave", f"wrong-{n}") for n in range(15)]
    too_many = (429, {"error": "too many attempts; try again later"})
    assert answers[:10] == [REFUSED] * 10
    # The machine may be so slow that some more are let through by then.
    assert answers[-1] in (REFUSED, too_many) and too_many in answers
    sign_in(own, root.key, "erin")
    assert len(own.records(root, EventName="ConsoleLogin")) == answers.count(REFUSED) + 1


def test_what_was_sent_is_nowhere_but_in_the_answer(make_server, root):
    own = make_server().start()
    iam = own.client("iam", root)
    iam.create_user(UserName="dave")
    iam.create_login_profile(UserName="dave", Password=PASSWORD)
    _, seed = enable_mfa(own, iam, "dave", "phone")
    right = code(seed, step(own) + 1)
    attempt(own, root.key, "dave", "Wrong-Secret-1", mfaCode="987654")
    attempt(own, root.key, "Password-As-Name-1", PASSWORD)
    session = sign_in(own, root.key, "dave", mfaCode=right)
    records = json.dumps(own.records(root))
    assert own.stop() == 0
    files = b"".join(path.read_bytes() for path in own.data.rglob("*") if path.is_file())
    for secret in (PASSWORD, "Wrong-Secret-1", "Password-As-Name-1", seed.decode(), session.secret, session.token):
        assert secret not in records and secret not in own.stderr and secret.encode() not in files, secret
    for number in ("987654", right):
        assert f'"{number}"' not in records and number not in own.stderr


def test_the_pattern_of_cis_for_sign_ins_without_a_second_factor_matches(server, root, iam):
    iam.create_user(UserName="erin")
    iam.create_login_profile(UserName="erin", Password=PASSWORD)
    _, seed = enable_mfa(server, iam, "erin", "erin")
    sign_in(server, root.key, "dave")
    sign_in(server, root.key, "erin", mfaCode=code(seed, step(server) + 1))
    attempt(server, root.key, "dave", "wrong")
    messages = [json.dumps(record) for record in logins(server, root)]
    found = server.client("logs", root).test_metric_filter(filterPattern=WITHOUT_MFA, logEventMessages=messages)
    (match,) = found["matches"]
    assert json.loads(match["eventMessage"])["userIdentity"]["userName"] == "dave"


def test_the_console_of_iam_by_boto3_and_cli(server, root, iam):
    iam.update_login_profile(UserName="dave", Password="Another-Horse-2")
    assert attempt(server, root.key, "dave") == REFUSED
    sign_in(server, root.key, "dave", password="Another-Horse-2")
    profile = server.cli_json("iam", "get-login-profile", "--user-name", "dave", credentials=root)
    assert profile["LoginProfile"]["PasswordResetRequired"] is False
    serial, _ = enable_mfa(server, iam, "dave", "phone")
    (device,) = iam.list_mfa_devices(UserName="dave")["MFADevices"]
    assert device["SerialNumber"] == serial == f"arn:aws:iam::{root.key}:mfa/phone"
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="tablet", Path="/x/")["VirtualMFADevice"]
    assert made["SerialNumber"] == f"arn:aws:iam::{root.key}:mfa/x/tablet"
    assert made["QRCodePNG"].startswith(b"\x89PNG")
    assigned = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert [one["User"]["UserName"] for one in assigned] == ["dave"]
    record = server.records(root, EventName="CreateVirtualMFADevice")[0]
    assert record["responseElements"] == {"virtualMFADevice": {"serialNumber": made["SerialNumber"]}}
    record = server.records(root, EventName="CreateLoginProfile")[0]
    assert record["requestParameters"] == {"userName": "dave"}
