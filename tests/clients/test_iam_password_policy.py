"""Password policies and credential reports by boto3, and what signing in and AWS Config make of them."""

import csv
import io

import pytest
from botocore.exceptions import ClientError

from sign_ins import PASSWORD, attempt
from test_config_rules import Rules, eventually

STRONG = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "MaxPasswordAge": 90,
    "PasswordReusePrevention": 24,
}


@pytest.fixture
def iam(server, root):
    return server.client("iam", root)


def refused(call, **members):
    """Code and words of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**members)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_policy_is_there_from_its_update_to_its_deletion(iam, root):
    none = ("NoSuchEntity", f"The Password Policy with domain name {root.key} cannot be found.")
    assert refused(iam.get_account_password_policy) == none
    assert refused(iam.delete_account_password_policy) == none
    iam.update_account_password_policy(**STRONG)
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert policy == {**STRONG, "AllowUsersToChangePassword": False, "ExpirePasswords": True}
    iam.delete_account_password_policy()
    assert refused(iam.get_account_password_policy) == none


@pytest.mark.parametrize(
    "member, given",
    [
        ("MinimumPasswordLength", 5),
        ("MinimumPasswordLength", 129),
        ("MaxPasswordAge", 0),
        ("MaxPasswordAge", 1096),
        ("PasswordReusePrevention", 0),
        ("PasswordReusePrevention", 25),
    ],
)
def test_numbers_out_of_bounds_are_refused(server, root, member, given):
    iam = server.client("iam", root, parameter_validation=False)
    code, words = refused(iam.update_account_password_policy, **{member: given})
    assert code == "ValidationError"
    assert f"at '{member[0].lower()}{member[1:]}' failed to satisfy constraint" in words
    assert refused(iam.get_account_password_policy)[0] == "NoSuchEntity"


def test_passwords_are_held_against_the_policy(server, root, iam):
    iam.update_account_password_policy(**STRONG)
    iam.create_user(UserName="dave")
    violation = lambda words: ("PasswordPolicyViolation", words)
    short = refused(iam.create_login_profile, UserName="dave", Password="Aa1!aaaaa")
    assert short == violation("Password should have a minimum length of 14")
    plain = refused(iam.create_login_profile, UserName="dave", Password="Correct1Horse2")
    assert plain == violation("Password should have at least one symbol")
    iam.create_login_profile(UserName="dave", Password=PASSWORD)
    again = refused(iam.update_login_profile, UserName="dave", Password=PASSWORD)
    assert again == violation("Password should be none of the last 24")
    assert attempt(server, root.key, "dave")[0] == 200


def test_a_report_holds_every_user(server, iam, root):
    assert refused(iam.get_credential_report)[0] == "ReportNotPresent"
    iam.update_account_password_policy(**STRONG)
    iam.create_user(UserName="dave")
    iam.create_login_profile(UserName="dave", Password=PASSWORD)
    iam.create_access_key(UserName="dave")
    assert iam.generate_credential_report()["State"] == "STARTED"
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    report = iam.get_credential_report()
    assert report["ReportFormat"] == "text/csv"
    rows = {row["user"]: row for row in csv.DictReader(io.StringIO(report["Content"].decode()))}
    assert set(rows) == {"<root_account>", "dave"}
    assert rows["<root_account>"]["arn"] == f"arn:aws:iam::{root.key}:root"
    dave = rows["dave"]
    assert dave["password_enabled"] == dave["access_key_1_active"] == "true"
    assert dave["mfa_active"] == dave["access_key_2_active"] == dave["cert_1_active"] == "false"
    assert dave["password_next_rotation"] > dave["password_last_changed"] == dave["user_creation_time"]


def test_the_rule_judges_the_policy(make_server, make_receiver):
    server = make_server(clock="system").start()
    rules, iam = Rules(server, make_receiver()), server.client("iam")
    says = lambda name, compliance: eventually(lambda: compliance in rules.said(name).values())
    rules.put("before", "IAM_PASSWORD_POLICY")
    assert says("before", "NON_COMPLIANT")
    iam.update_account_password_policy(**STRONG)
    rules.put("strong", "IAM_PASSWORD_POLICY")
    assert says("strong", "COMPLIANT")
    iam.update_account_password_policy(**{**STRONG, "MaxPasswordAge": 91})
    rules.put("old", "IAM_PASSWORD_POLICY")
    assert says("old", "NON_COMPLIANT")
