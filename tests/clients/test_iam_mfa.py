"""MFA devices of users and of root by boto3 and the AWS CLI: what they prove, and what is said of them."""

import base64
import csv
import io
import json
import zlib

import pytest

from harness import Credentials
from policies import allow, document, trust
from refusals import refused
from sign_ins import ROOT_DEVICE, attempt, code, enable_mfa, sign_in, step

WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
WRONG_CODE = "Authentication code for device is not valid."
DENIED = "MultiFactorAuthentication failed with invalid MFA one time pass code. "


@pytest.fixture
def iam(server, root):
    return server.client("iam", root)


def summary(iam):
    """What the account's summary says of devices."""
    found = iam.get_account_summary()["SummaryMap"]
    return {name: found[name] for name in ("AccountMFAEnabled", "MFADevices", "MFADevicesInUse")}


def authenticated(server, root, key):
    """What the events of a session say of its second factor."""
    records = server.records(root, AccessKeyId=key)
    assert records
    return {record["userIdentity"]["sessionContext"]["attributes"]["mfaAuthenticated"] for record in records}


def proof(seed, serial, first, second):
    """Two codes of a device."""
    return {"SerialNumber": serial, "AuthenticationCode1": code(seed, first), "AuthenticationCode2": code(seed, second)}


# -- root --------------------------------------------------------------------------------------


def test_root_has_a_device_from_its_enabling_to_its_deactivation(server, root, iam):
    assert summary(iam) == {"AccountMFAEnabled": 0, "MFADevices": 0, "MFADevicesInUse": 0}
    serial, _ = enable_mfa(server, iam, "root", ROOT_DEVICE)
    assert serial == f"arn:aws:iam::{root.key}:mfa/root-account-mfa-device"
    assert summary(iam) == {"AccountMFAEnabled": 1, "MFADevices": 1, "MFADevicesInUse": 1}
    (device,) = iam.list_mfa_devices()["MFADevices"]
    assert (device["SerialNumber"], device["UserName"]) == (serial, "root")
    (assigned,) = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert (assigned["User"]["Arn"], assigned["User"]["UserId"]) == (f"arn:aws:iam::{root.key}:root", root.key)
    iam.generate_credential_report()
    report = csv.DictReader(io.StringIO(iam.get_credential_report()["Content"].decode()))
    assert [(row["user"], row["mfa_active"]) for row in report] == [("<root_account>", "true")]
    with refused("DeleteConflict"):
        iam.delete_virtual_mfa_device(SerialNumber=serial)
    iam.deactivate_mfa_device(SerialNumber=serial)
    assert summary(iam) == {"AccountMFAEnabled": 0, "MFADevices": 1, "MFADevicesInUse": 0}
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []


def test_root_with_a_device_signs_in_with_its_code_as_the_events_say(server, root, iam):
    serial, seed = enable_mfa(server, iam, "root", ROOT_DEVICE)
    assert attempt(server, root.key, password="test")[0] == 401
    session = sign_in(server, root.key, password="test", mfaCode=code(seed, step(server) + 1))
    server.client("sts", session).get_caller_identity()
    assert authenticated(server, root, session.key) == {"true"}
    success, failure = server.records(root, EventName="ConsoleLogin")
    assert (success["userIdentity"]["type"], failure["userIdentity"]["type"]) == ("Root", "Root")
    assert success["additionalEventData"]["MFAIdentifier"] == serial
    used = [record["additionalEventData"]["MFAUsed"] for record in (success, failure)]
    assert used == ["Yes", "No"]
    assert len(server.records(root, EventName="CheckMfa")) == 2


def test_a_root_with_the_cli(server, root, tmp_path):
    seed_file = tmp_path / "seed.txt"
    how = ("--outfile", str(seed_file), "--bootstrap-method", "Base32StringSeed")
    made = server.cli_json(
        "iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", ROOT_DEVICE, *how, credentials=root
    )
    serial, seed, now = made["VirtualMFADevice"]["SerialNumber"], seed_file.read_bytes(), step(server)
    codes = ("--authentication-code1", code(seed, now - 1), "--authentication-code2", code(seed, now))
    named = ("--user-name", "root", "--serial-number", serial)
    server.cli_json("iam", "enable-mfa-device", *named, *codes, credentials=root)
    found = server.cli_json("iam", "get-account-summary", credentials=root)
    assert found["SummaryMap"]["AccountMFAEnabled"] == 1
    given = ("--serial-number", serial, "--token-code", code(seed, now + 1))
    session = Credentials.of(server.cli_json("sts", "get-session-token", *given, credentials=root)["Credentials"])
    server.cli_json("sts", "get-caller-identity", credentials=session)
    assert authenticated(server, root, session.key) == {"true"}


def test_administrators_have_no_say_in_the_devices_of_root(server, root, iam, people):
    serial, seed = enable_mfa(server, iam, "root", ROOT_DEVICE)
    admin = server.client("iam", people.make("admin", document(allow("iam:*"))))
    for name in ({}, {"UserName": "root"}):
        with refused("NoSuchEntity"):
            admin.deactivate_mfa_device(SerialNumber=serial, **name)
    with refused("DeleteConflict"):
        admin.delete_virtual_mfa_device(SerialNumber=serial)
    assert summary(iam)["AccountMFAEnabled"] == 1


# -- users -------------------------------------------------------------------------------------


def test_codes_that_do_not_follow_one_another_prove_nothing(server, iam):
    iam.create_user(UserName="dave")
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    seed, serial, now = made["Base32StringSeed"], made["SerialNumber"], step(server)
    for first, second in [(now, now - 1), (now, now), (now - 2, now), (now + 100, now + 101)]:
        with refused("InvalidAuthenticationCode", 403) as refusal:
            iam.enable_mfa_device(UserName="dave", **proof(seed, serial, first, second))
        assert refusal.message == WRONG_CODE
    assert iam.list_mfa_devices(UserName="dave")["MFADevices"] == []


def test_a_user_with_a_device_cannot_be_deleted(server, iam):
    iam.create_user(UserName="dave")
    serial, _ = enable_mfa(server, iam, "dave", "phone")
    with refused("DeleteConflict", 409) as refusal:
        iam.delete_user(UserName="dave")
    assert refusal.message == "Cannot delete entity, must delete MFA device first."
    iam.deactivate_mfa_device(UserName="dave", SerialNumber=serial)
    iam.delete_user(UserName="dave")


def test_a_session_with_a_second_factor_is_told_apart_and_ages(make_server, root):
    server = make_server().start()
    iam = server.client("iam", root)
    iam.create_user(UserName="dave")
    young = {**WITH_MFA, "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}
    policy = document(allow("iam:ListUsers", Condition=WITH_MFA), allow("iam:ListRoles", Condition=young))
    iam.put_user_policy(UserName="dave", PolicyName="p", PolicyDocument=policy)
    dave = Credentials.of(iam.create_access_key(UserName="dave")["AccessKey"])
    serial, seed = enable_mfa(server, iam, "dave", "phone")
    with refused("AccessDenied"):
        server.client("iam", dave).list_users()
    given = {"SerialNumber": serial, "TokenCode": code(seed, step(server) + 1)}
    sts = server.client("sts", dave)
    session = Credentials.of(sts.get_session_token(**given)["Credentials"])
    with refused("AccessDenied", 403) as refusal:
        sts.get_session_token(**given)
    assert refusal.message == DENIED, "a code is good once"
    mine = server.client("iam", session)
    mine.list_users(), mine.list_roles()
    server.move_clock(advance="61m")
    mine.list_users()
    with refused("AccessDenied"):
        mine.list_roles()
    assert authenticated(server, root, session.key) == {"true"}


def test_a_role_can_ask_for_a_second_factor(server, root, iam, people):
    dave = people.make("dave")
    asking = trust(f"arn:aws:iam::{root.key}:user/dave", Condition=WITH_MFA)
    role = iam.create_role(RoleName="careful", AssumeRolePolicyDocument=asking)["Role"]["Arn"]
    serial, seed = enable_mfa(server, iam, "dave", "phone")
    sts = server.client("sts", dave)
    into = {"RoleArn": role, "RoleSessionName": "s1"}
    with refused("AccessDenied"):
        sts.assume_role(**into)
    for wrong in ("000000", code(seed, step(server) + 7)):
        with refused("AccessDenied") as refusal:
            sts.assume_role(**into, SerialNumber=serial, TokenCode=wrong)
        assert refusal.message == DENIED
    given = {"SerialNumber": serial, "TokenCode": code(seed, step(server) + 1)}
    session = Credentials.of(sts.assume_role(**into, **given)["Credentials"])
    server.client("sts", session).get_caller_identity()
    assert authenticated(server, root, session.key) == {"true"}


# -- what is secret ----------------------------------------------------------------------------


def rows(png):
    """The pixels of a picture of one bit each, by row; white is 1."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    parts, at = {}, 8
    while at < len(png):
        length, kind = int.from_bytes(png[at : at + 4]), png[at + 4 : at + 8]
        body = png[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + body) == int.from_bytes(png[at + 8 + length : at + 12 + length])
        parts[kind] = parts.get(kind, b"") + body
        at += 12 + length
    side, height = (int.from_bytes(parts[b"IHDR"][n : n + 4]) for n in (0, 4))
    assert side == height and parts[b"IHDR"][8:10] == b"\x01\x00" and b"IEND" in parts
    width = 1 + (side + 7) // 8
    raw = zlib.decompress(parts[b"IDAT"])
    assert len(raw) == width * height
    return side, [raw[width * n : width * (n + 1)] for n in range(height)]


def test_a_seed_comes_with_its_picture(iam):
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    assert len(base64.b32decode(made["Base32StringSeed"])) == 40
    side, pixels = rows(made["QRCodePNG"])
    # Codes have 17 squares and 4 more for each size, a border of four squares, and four pixels to the side of a square.
    assert (side // 4 - 8 - 17) % 4 == 0 and side // 4 > 40
    assert len(set(pixels)) > 40, "it shows something"


def test_seeds_and_codes_are_not_in_the_history(server, root, iam):
    serial, seed = enable_mfa(server, iam, "root", ROOT_DEVICE)
    right = code(seed, step(server) + 1)
    server.client("sts", root).get_session_token(SerialNumber=serial, TokenCode=right)
    (made,) = server.records(root, EventName="CreateVirtualMFADevice")
    assert made["responseElements"] == {"virtualMFADevice": {"serialNumber": serial}}
    (enabled,) = server.records(root, EventName="EnableMFADevice")
    assert enabled["requestParameters"] == {"userName": "root", "serialNumber": serial}
    (got,) = server.records(root, EventName="GetSessionToken")
    assert got["requestParameters"] == {"serialNumber": serial}
    everything = json.dumps(server.records(root))
    assert seed.decode() not in everything and f'"{right}"' not in everything
