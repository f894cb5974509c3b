"""Who may do what: users, groups, roles, policies, conditions, sessions."""

import datetime
import json

import pytest

from harness import HOME_REGION, Credentials
from policies import allow, deny, document, trust
from refusals import refused

LOOPBACK = {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
ELSEWHERE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def acting(server, people):
    """Makes a user with a policy; gives its IAM client."""
    return lambda name="dave", policy=None, **more: server.client("iam", people.make(name, policy, **more))


class TestPolicies:
    def test_a_user_without_a_policy_may_do_nothing(self, acting, people):
        with refused("AccessDenied", 403) as refusal:
            acting().list_users()
        user = f"arn:aws:iam::{people.account}:user/dave"
        assert refusal.message.startswith(
            f"User: {user} is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::{people.account}:user/"
        )
        assert refusal.message.endswith("because no identity-based policy allows the iam:ListUsers action")

    def test_a_user_without_a_policy_may_still_ask_who_it_is(self, server, people):
        dave = people.make("dave")
        assert server.client("sts", dave).get_caller_identity()["Arn"].endswith(":user/dave")

    def test_an_inline_policy_allows_what_it_names(self, acting):
        dave = acting(policy=document(allow("iam:ListUsers")))
        assert [user["UserName"] for user in dave.list_users()["Users"]] == ["dave"]
        with refused("AccessDenied", 403):
            dave.list_groups()

    def test_actions_take_wildcards_and_ignore_case(self, acting):
        dave = acting(policy=document(allow(["IAM:list*", "iam:GetUse?"])))
        dave.list_users()
        dave.list_groups()
        dave.get_user(UserName="dave")
        with refused("AccessDenied"):
            dave.get_group(GroupName="ops")

    def test_a_removed_policy_allows_no_more(self, acting, people):
        dave = acting(policy=document(allow("iam:ListUsers")))
        dave.list_users()
        people.iam.delete_user_policy(UserName="dave", PolicyName="inline")
        with refused("AccessDenied"):
            dave.list_users()

    def test_deny_wins_over_allow(self, acting, people):
        dave = acting(policy=document(allow("iam:*"), deny("iam:DeleteUser")))
        dave.create_user(UserName="erin")
        with refused("AccessDenied", 403) as refusal:
            dave.delete_user(UserName="erin")
        assert "with an explicit deny in an identity-based policy" in refusal.message
        assert people.iam.get_user(UserName="erin")["User"]["UserName"] == "erin"

    def test_not_action_allows_all_but_what_it_names(self, acting):
        dave = acting(policy=document(allow(None, NotAction="iam:Delete*")))
        dave.create_user(UserName="erin")
        with refused("AccessDenied"):
            dave.delete_user(UserName="erin")

    def test_not_resource_leaves_out_what_it_names(self, acting, people):
        guarded = f"arn:aws:iam::{people.account}:user/boss"
        dave = acting(policy=document(allow("iam:*", None, NotResource=guarded)))
        people.iam.create_user(UserName="boss")
        dave.get_user(UserName="dave")
        with refused("AccessDenied"):
            dave.get_user(UserName="boss")

    def test_a_resource_narrows_to_a_path(self, acting, people):
        people.iam.create_user(UserName="erin", Path="/ops/")
        people.iam.create_user(UserName="frank")
        dave = acting(policy=document(allow("iam:GetUser", f"arn:aws:iam::{people.account}:user/ops/*")))
        assert dave.get_user(UserName="erin")["User"]["Path"] == "/ops/"
        with refused("AccessDenied"):
            dave.get_user(UserName="frank")

    def test_a_user_name_variable_stands_for_the_caller(self, acting, people):
        own = f"arn:aws:iam::{people.account}:user/${{aws:username}}"
        dave = acting("dave", document(allow("iam:GetUser", own)))
        acting("erin")
        dave.get_user(UserName="dave")
        with refused("AccessDenied"):
            dave.get_user(UserName="erin")

    @pytest.mark.parametrize(
        "text", ["{", "[]", '{"Version":"2012-10-17"}', document(allow("iam:*")).replace("Allow", "Permit")]
    )
    def test_a_broken_policy_is_refused(self, people, text):
        people.iam.create_user(UserName="dave")
        with refused("MalformedPolicyDocument", 400):
            people.iam.put_user_policy(UserName="dave", PolicyName="inline", PolicyDocument=text)
        assert people.iam.list_user_policies(UserName="dave")["PolicyNames"] == []

    def test_a_stored_policy_comes_back_as_it_was_put(self, people):
        people.make("dave", document(allow("iam:ListUsers")))
        answer = people.iam.get_user_policy(UserName="dave", PolicyName="inline")
        assert answer["PolicyDocument"] == json.loads(document(allow("iam:ListUsers")))


class TestConditions:
    @pytest.mark.parametrize(("condition", "holds"), [(LOOPBACK, True), (ELSEWHERE, False)], ids=["here", "elsewhere"])
    def test_source_ip(self, acting, condition, holds):
        dave = acting(policy=document(allow("iam:ListUsers", Condition=condition)))
        if holds:
            dave.list_users()
        else:
            with refused("AccessDenied"):
                dave.list_users()

    def test_a_deny_from_elsewhere_spares_those_who_are_here(self, acting):
        outside = {"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
        acting(policy=document(allow("iam:*"), deny("*", Condition=outside))).list_users()

    def test_requested_region(self, server, people):
        only_there = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
        dave = people.make("dave", document(allow("cloudtrail:LookupEvents", Condition=only_there)))
        server.client("cloudtrail", dave, "eu-west-1").lookup_events()
        with refused("AccessDeniedException", 400):
            server.client("cloudtrail", dave, HOME_REGION).lookup_events()

    def test_username(self, acting):
        policy = document(allow("iam:ListUsers", Condition={"StringLike": {"aws:username": "da*"}}))
        acting("dave", policy).list_users()
        with refused("AccessDenied"):
            acting("erin", policy).list_users()

    def test_principal_arn(self, acting, people):
        policy = document(
            allow(
                "iam:ListUsers",
                Condition={"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{people.account}:user/dave"}},
            )
        )
        acting("dave", policy).list_users()
        with refused("AccessDenied"):
            acting("erin", policy).list_users()

    def test_current_time_follows_the_server_s_clock(self, make_server, root):
        own = make_server().start()
        iam = own.client("iam", root)
        now = datetime.datetime.fromisoformat(own.now().replace("Z", "+00:00"))
        until = (now + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        iam.create_user(UserName="dave")
        policy = document(allow("iam:ListUsers", Condition={"DateLessThan": {"aws:CurrentTime": until}}))
        iam.put_user_policy(UserName="dave", PolicyName="inline", PolicyDocument=policy)
        dave = Credentials.of(iam.create_access_key(UserName="dave")["AccessKey"])
        own.client("iam", dave).list_users()
        own.move_clock(advance="2h")
        with refused("AccessDenied"):
            own.client("iam", dave).list_users()

    def test_every_condition_of_a_statement_must_hold(self, acting):
        both = {**LOOPBACK, "StringEquals": {"aws:username": "erin"}}
        with refused("AccessDenied"):
            acting("dave", document(allow("iam:ListUsers", Condition=both))).list_users()

    def test_a_condition_key_that_is_absent_matches_only_if_exists(self, acting):
        absent = document(allow("iam:ListUsers", Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}}))
        with refused("AccessDenied"):
            acting("dave", absent).list_users()
        if_exists = document(allow("iam:ListUsers", Condition={"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}))
        acting("erin", if_exists).list_users()


class TestGroupsAndManagedPolicies:
    def test_a_group_s_inline_policy_reaches_its_members(self, acting, people):
        dave = acting()
        people.iam.create_group(GroupName="ops")
        people.iam.put_group_policy(GroupName="ops", PolicyName="list", PolicyDocument=document(allow("iam:ListUsers")))
        with refused("AccessDenied"):
            dave.list_users()
        people.iam.add_user_to_group(GroupName="ops", UserName="dave")
        dave.list_users()
        people.iam.remove_user_from_group(GroupName="ops", UserName="dave")
        with refused("AccessDenied"):
            dave.list_users()

    def test_a_group_s_managed_policy_reaches_its_members(self, acting, people):
        dave = acting()
        people.iam.create_group(GroupName="ops")
        people.iam.add_user_to_group(GroupName="ops", UserName="dave")
        people.iam.attach_group_policy(GroupName="ops", PolicyArn=READ_ONLY)
        dave.list_users()

    def test_a_managed_policy_allows_what_it_names(self, acting, people):
        dave = acting()
        made = people.iam.create_policy(PolicyName="listing", PolicyDocument=document(allow("iam:ListUsers")))
        arn = made["Policy"]["Arn"]
        assert arn == f"arn:aws:iam::{people.account}:policy/listing"
        people.iam.attach_user_policy(UserName="dave", PolicyArn=arn)
        dave.list_users()
        people.iam.detach_user_policy(UserName="dave", PolicyArn=arn)
        with refused("AccessDenied"):
            dave.list_users()

    def test_administrator_access_allows_everything(self, acting, people):
        dave = acting()
        people.iam.attach_user_policy(UserName="dave", PolicyArn=ADMINISTRATOR)
        dave.create_user(UserName="erin")
        dave.delete_user(UserName="erin")

    def test_read_only_access_allows_reads_alone(self, server, people):
        credentials = people.make("dave")
        people.iam.attach_user_policy(UserName="dave", PolicyArn=READ_ONLY)
        server.client("iam", credentials).list_users()
        server.client("cloudtrail", credentials).lookup_events()
        with refused("AccessDenied"):
            server.client("iam", credentials).create_user(UserName="erin")

    def test_attaching_what_does_not_exist_is_refused(self, people):
        people.iam.create_user(UserName="dave")
        with refused("NoSuchEntity", 404):
            people.iam.attach_user_policy(UserName="dave", PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")

    def test_a_permission_boundary_bounds(self, acting, people):
        dave = acting(PermissionsBoundary=READ_ONLY)
        people.iam.attach_user_policy(UserName="dave", PolicyArn=ADMINISTRATOR)
        dave.list_users()
        with refused("AccessDenied", 403) as refusal:
            dave.create_user(UserName="erin")
        assert "because no permissions boundary allows the iam:CreateUser action" in refusal.message

    def test_a_permission_boundary_grants_nothing(self, acting):
        with refused("AccessDenied"):
            acting(PermissionsBoundary=ADMINISTRATOR).list_users()


class TestKeys:
    def test_an_inactive_key_does_not_sign(self, server, people):
        dave = people.make("dave")
        people.iam.update_access_key(UserName="dave", AccessKeyId=dave.key, Status="Inactive")
        with refused("InvalidClientTokenId", 403):
            server.client("sts", dave).get_caller_identity()
        people.iam.update_access_key(UserName="dave", AccessKeyId=dave.key, Status="Active")
        server.client("sts", dave).get_caller_identity()

    def test_a_deleted_key_does_not_sign(self, server, people):
        dave = people.make("dave")
        people.iam.delete_access_key(UserName="dave", AccessKeyId=dave.key)
        with refused("InvalidClientTokenId", 403):
            server.client("sts", dave).get_caller_identity()

    def test_a_user_has_two_keys_at_most(self, people):
        people.make("dave")
        people.iam.create_access_key(UserName="dave")
        with refused("LimitExceeded", 409):
            people.iam.create_access_key(UserName="dave")

    def test_a_user_with_a_key_cannot_be_deleted(self, people):
        people.make("dave")
        with refused("DeleteConflict", 409):
            people.iam.delete_user(UserName="dave")

    def test_users_of_two_accounts_may_share_a_name(self, server, people, other_root):
        mine = people.make("dave")
        theirs = server.client("iam", other_root)
        theirs.create_user(UserName="dave")
        other = Credentials.of(theirs.create_access_key(UserName="dave")["AccessKey"])
        assert server.client("sts", mine).get_caller_identity()["Account"] == people.account
        assert server.client("sts", other).get_caller_identity()["Account"] == other_root.key


class TestRoles:
    @pytest.fixture
    def role(self, people):
        """Makes a role that trusts `principals`, with an inline policy; gives its ARN."""

        def make(*principals, policy=None, name="deployer", **more):
            made = people.iam.create_role(
                RoleName=name, Path="/ci/", AssumeRolePolicyDocument=trust(*principals, **more)
            )
            if policy:
                people.iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=policy)
            return made["Role"]["Arn"]

        return make

    @pytest.fixture
    def assume(self, server):
        def by(credentials, arn, **more):
            answer = server.client("sts", credentials).assume_role(RoleArn=arn, RoleSessionName="work", **more)
            return Credentials.of(answer["Credentials"])

        return by

    def test_a_trusted_user_may_assume_and_acts_as_the_role(self, server, people, role, assume):
        dave = people.make("dave")
        arn = role(f"arn:aws:iam::{people.account}:user/dave", policy=document(allow("iam:ListUsers")))
        session = assume(dave, arn)
        assert session.key.startswith("ASIA")
        identity = server.client("sts", session).get_caller_identity()
        assert identity["Arn"] == f"arn:aws:sts::{people.account}:assumed-role/deployer/work"
        server.client("iam", session).list_users()
        with refused("AccessDenied", 403) as refusal:
            server.client("iam", session).create_user(UserName="erin")
        assert f"arn:aws:sts::{people.account}:assumed-role/deployer/work" in refusal.message

    def test_who_is_not_trusted_may_not_assume(self, people, role, assume):
        erin = people.make("erin", document(allow("sts:AssumeRole")))
        people.iam.create_user(UserName="dave")
        arn = role(f"arn:aws:iam::{people.account}:user/dave")
        with refused("AccessDenied", 403) as refusal:
            assume(erin, arn)
        assert "is not authorized to perform: sts:AssumeRole on resource: " + arn in refusal.message

    def test_trust_in_the_account_needs_the_user_s_own_permission(self, people, role, assume):
        arn = role(f"arn:aws:iam::{people.account}:root")
        erin = people.make("erin")
        frank = people.make("frank", document(allow("sts:AssumeRole", arn)))
        with refused("AccessDenied", 403):
            assume(erin, arn)
        assume(frank, arn)

    def test_trust_may_ask_for_an_external_id(self, people, role, assume):
        dave = people.make("dave", document(allow("sts:AssumeRole")))
        condition = {"StringEquals": {"sts:ExternalId": "s3same"}}
        arn = role(f"arn:aws:iam::{people.account}:user/dave", Condition=condition)
        with refused("AccessDenied"):
            assume(dave, arn)
        with refused("AccessDenied"):
            assume(dave, arn, ExternalId="other")
        assume(dave, arn, ExternalId="s3same")

    def test_a_session_policy_narrows_the_role(self, server, people, role, assume):
        dave = people.make("dave")
        arn = role(f"arn:aws:iam::{people.account}:user/dave", policy=document(allow("iam:*")))
        session = assume(dave, arn, Policy=document(allow("iam:ListUsers"), allow("sts:*")))
        server.client("iam", session).list_users()
        with refused("AccessDenied"):
            server.client("iam", session).list_groups()

    def test_a_changed_trust_policy_counts_at_once(self, people, role, assume):
        dave = people.make("dave")
        people.iam.create_user(UserName="erin")
        arn = role(f"arn:aws:iam::{people.account}:user/dave")
        assume(dave, arn)
        people.iam.update_assume_role_policy(
            RoleName="deployer", PolicyDocument=trust(f"arn:aws:iam::{people.account}:user/erin")
        )
        with refused("AccessDenied"):
            assume(dave, arn)

    def test_a_role_of_another_account_needs_both_sides(self, server, people, role, assume, other_root):
        theirs = server.client("iam", other_root)
        theirs.create_user(UserName="guest")
        guest = Credentials.of(theirs.create_access_key(UserName="guest")["AccessKey"])
        arn = role(f"arn:aws:iam::{other_root.key}:root", policy=document(allow("iam:ListUsers")))
        with refused("AccessDenied"):
            assume(guest, arn)
        policy = document(allow("sts:AssumeRole", arn))
        theirs.put_user_policy(UserName="guest", PolicyName="inline", PolicyDocument=policy)
        session = assume(guest, arn)
        assert server.client("sts", session).get_caller_identity()["Account"] == people.account

    def test_a_role_that_does_not_exist_is_denied_like_any_other(self, people, assume):
        dave = people.make("dave", document(allow("sts:AssumeRole")))
        with refused("AccessDenied", 403):
            assume(dave, f"arn:aws:iam::{people.account}:role/ghost")

    @pytest.mark.parametrize("seconds", [899, 43201])
    def test_a_session_s_length_has_bounds(self, server, people, role, seconds):
        dave = people.make("dave")
        arn = role(f"arn:aws:iam::{people.account}:user/dave")
        sts = server.client("sts", dave, parameter_validation=False)
        with refused("ValidationError", 400):
            sts.assume_role(RoleArn=arn, RoleSessionName="work", DurationSeconds=seconds)


class TestWhatIsNotBuilt:
    def test_permission_comes_before_the_answer_that_nothing_is_built(self, server, people):
        dave = people.make("dave")
        erin = people.make("erin", document(allow("logs:PutBearerTokenAuthentication")))
        unbuilt = {"logGroupIdentifier": "web", "bearerTokenAuthenticationEnabled": True}
        with refused("AccessDeniedException", 400):
            server.client("logs", dave).put_bearer_token_authentication(**unbuilt)
        with refused("NotImplementedException", 501):
            server.client("logs", erin).put_bearer_token_authentication(**unbuilt)
