"""Managed rules of AWS Config by their examples, as the API tells: those by change and, by the clock, the periodic ones.

The examples are those of the rules' own tests, whose file these keep current. What rules ask beside items has its own
examples here.
"""

import json
import time

import pytest

from cloud_world import CloudWorld
from harness import HOME_REGION, SERVER_ACCOUNT
from inventory import CAPTURED, INVENTORY, beat
from rule_examples import EXTERNAL, PERIODIC, Account, Trial, examples, first_priority, open_bucket, together
from sign_ins import PASSWORD, ROOT_DEVICE, enable_mfa
from test_iam_password_policy import STRONG


@pytest.fixture
def judging(make_server):
    """A server with a bucket for the recorders of all accounts."""
    server = make_server().start()
    open_bucket(server)
    return server


def compared_with_what_is_expected(trials):
    """What differs."""
    return [wrong for wrong in together(Trial.difference, trials) if wrong]


def test_rules_judge_the_examples_of_items_that_are_there(judging):
    triggers = first_priority()
    trials = [Trial(example) for example in examples() if PERIODIC not in triggers[example["rule"]]]
    trials = [trial for trial in trials if triggers[trial.rule] != EXTERNAL]
    together(lambda trial: trial.set_up(judging), trials)
    assert compared_with_what_is_expected(trials) == []


def test_periodic_rules_judge_the_examples_by_the_clock_while_nothing_is_recorded(judging):
    triggers = first_priority()
    trials = [Trial(example) for example in examples() if PERIODIC in triggers[example["rule"]]]

    def set_up(trial):
        trial.set_up(judging, MaximumExecutionFrequency="One_Hour")
        trial.account.stop()

    together(set_up, trials)
    now = judging.move_clock(advance="1h")
    together(lambda trial: trial.account.wait(trial.rule, now), trials)
    assert compared_with_what_is_expected(trials) == []


# -- rules that ask more than items ------------------------------------------------------------

USER, TRAIL, INSTANCE, WHOLE = "AWS::IAM::User", "AWS::CloudTrail::Trail", "AWS::EC2::Instance", "AWS::::Account"
GOOD, BAD = "COMPLIANT", "NON_COMPLIANT"

# What rules say of resources, by the resources' ids.
OF_USERS = {
    "ACCESS_KEYS_ROTATED": {"old": BAD, "young": GOOD},
    "IAM_USER_MFA_ENABLED": {"clerk": BAD, "guarded": GOOD},
    "IAM_USER_UNUSED_CREDENTIALS_CHECK": {"old": BAD, "young": GOOD},
    "MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS": {"clerk": BAD, "guarded": GOOD, "old": None},
}
DAYS = {
    "ACCESS_KEYS_ROTATED": {"maxAccessKeyAge": "90"},
    "IAM_USER_UNUSED_CREDENTIALS_CHECK": {"maxCredentialUsageAge": "90"},
}
OF_INSTANCES = {"EC2_STOPPED_INSTANCE": {"i-old": BAD, "i-young": GOOD, "i-runs": GOOD}}
OF_AGENTS = {"EC2_INSTANCE_MANAGED_BY_SSM": {"i-0000000000000000a": GOOD, "i-0000000000000000b": BAD}}
OF_TRAILS = {"CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED": {"logged": GOOD, "bare": BAD}}
# What they say of an account with a trail of all regions, and of one without.
OF_ACCOUNTS = {"CLOUD_TRAIL_ENABLED": (GOOD, BAD), "MULTI_REGION_CLOUD_TRAIL_ENABLED": (GOOD, BAD)}
# What they say of an account as it is, and after one call more.
OF_CALLS = {"EC2_EBS_ENCRYPTION_BY_DEFAULT": (BAD, GOOD)}
# Whose results somebody puts.
OUTSIDE = {"AWS_CONFIG_PROCESS_CHECK": (BAD, GOOD)}
# What they say of an account whose root has no key, and has one.
OF_KEYS = {"IAM_ROOT_ACCESS_KEY_CHECK": (GOOD, BAD)}
# What they say of an account whose root has no device, has one, and has none again.
OF_DEVICES = {"ROOT_ACCOUNT_MFA_ENABLED": (BAD, GOOD, BAD)}
# What they say of an account without a policy for passwords, with one that asks too little, with one that asks enough, and
# with none again.
OF_PASSWORDS = {"IAM_PASSWORD_POLICY": (BAD, BAD, GOOD, BAD)}


def by_the_clock(judging, account, rules):
    """Puts periodic rules, stops the recorder, and lets their period pass."""
    for rule in rules:
        account.put(rule, DAYS.get(rule), MaximumExecutionFrequency="One_Hour")
        account.wait(rule, judging.now())
    account.stop()
    now = judging.move_clock(advance="1h")
    for rule in rules:
        account.wait(rule, now)


def compared(account, resource_type, rules):
    """What rules say of the resources that their tables name."""
    said = {rule: account.said(rule) for rule in rules}
    return {rule: {id: said[rule].get((resource_type, id)) for id in table} for rule, table in rules.items()}


def eventually_listed(account, resource_type, names):
    """Waits until resources are recorded; their ids by their names."""
    end = time.monotonic() + 30
    while True:
        found = account.config.list_discovered_resources(resourceType=resource_type)["resourceIdentifiers"]
        by_name = {one.get("resourceName", one["resourceId"]): one["resourceId"] for one in found}
        if names <= by_name.keys():
            return by_name
        assert time.monotonic() < end, found
        time.sleep(0.05)


def test_rules_about_users_ask_how_they_sign_in(judging):
    account = Account(judging, {USER}, region=HOME_REGION)
    iam = account.client("iam")
    iam.create_user(UserName="old")
    iam.create_access_key(UserName="old")
    judging.move_clock(advance="91d")
    for name in ("young", "clerk", "guarded"):
        iam.create_user(UserName=name)
    iam.create_access_key(UserName="young")
    for name in ("clerk", "guarded"):
        iam.create_login_profile(UserName=name, Password=PASSWORD)
    enable_mfa(judging, iam, "guarded", "guarded")
    ids = eventually_listed(account, USER, {"old", "young", "clerk", "guarded"})
    by_the_clock(judging, account, OF_USERS)
    by_id = {rule: {ids[name]: compliance for name, compliance in table.items()} for rule, table in OF_USERS.items()}
    assert compared(account, USER, by_id) == by_id


def test_an_instance_that_is_stopped_for_long_is_told_by_its_past(judging):
    account = Account(judging, {INSTANCE})

    def observe(instance_id, state):
        account.observe(
            {"resourceType": INSTANCE, "resourceId": instance_id, "configuration": {"state": {"name": state}}}
        )

    for instance_id in ("i-old", "i-young", "i-runs"):
        observe(instance_id, "running")
    observe("i-old", "stopped")
    judging.move_clock(advance="30d")
    observe("i-young", "stopped")
    by_the_clock(judging, account, OF_INSTANCES)
    assert compared(account, INSTANCE, OF_INSTANCES) == OF_INSTANCES


def test_trails_are_judged_with_what_they_do(judging):
    account = Account(judging, {TRAIL}, region=HOME_REGION)
    other = Account(judging, {TRAIL}, region=HOME_REGION)
    s3, logs, trails, iam = (account.client(name) for name in ("s3", "logs", "cloudtrail", "iam"))
    bucket = f"trails-{account.account}"
    s3.create_bucket(Bucket=bucket)
    statement = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:*"}
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    policy = {"Version": "2012-10-17", "Statement": [statement | {"Resource": resources}]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    logs.create_log_group(logGroupName="trails")
    group = logs.describe_log_groups()["logGroups"][0]["arn"]
    trust = statement | {"Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="trails", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    may = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    iam.put_role_policy(RoleName="trails", PolicyName="logs", PolicyDocument=policy)
    trails.create_trail(
        Name="logged",
        S3BucketName=bucket,
        IsMultiRegionTrail=True,
        CloudWatchLogsLogGroupArn=group,
        CloudWatchLogsRoleArn=role,
    )
    trails.start_logging(Name="logged")
    trails.create_trail(Name="bare", S3BucketName=bucket)
    eventually_listed(account, TRAIL, {"logged", "bare"})
    by_the_clock(judging, account, [*OF_TRAILS, *OF_ACCOUNTS])
    by_the_clock(judging, other, OF_ACCOUNTS)
    assert compared(account, TRAIL, OF_TRAILS) == OF_TRAILS
    both = lambda rule: tuple(one.said(rule)[WHOLE, one.account] for one in (account, other))
    assert {rule: both(rule) for rule in OF_ACCOUNTS} == OF_ACCOUNTS


def test_instances_are_managed_whose_agents_are_heard_of(judging):
    account = Account(judging, {INSTANCE, INVENTORY}, region=HOME_REGION)
    (table,) = OF_AGENTS.values()
    for instance_id in table:
        state = {"state": {"name": "running"}}
        account.observe({"resourceType": INSTANCE, "resourceId": instance_id, "configuration": state})
    (managed,) = [instance_id for instance_id, compliance in table.items() if compliance == GOOD]
    beat(judging, managed, account.root)
    inventory = {"TypeName": "AWS:InstanceInformation", "SchemaVersion": "1.0", "CaptureTime": CAPTURED}
    about = {"InstanceId": managed, "PlatformType": "Linux"}
    account.client("ssm").put_inventory(InstanceId=managed, Items=[{**inventory, "Content": [about]}])
    end = time.monotonic() + 30
    while not account.config.list_discovered_resources(resourceType=INVENTORY)["resourceIdentifiers"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    (rule,) = OF_AGENTS
    account.put(rule)
    account.wait(rule, judging.now())
    assert compared(account, INSTANCE, OF_AGENTS) == OF_AGENTS


def test_accounts_are_judged_by_what_an_upstream_says_of_them(tmp_path):
    world = CloudWorld(tmp_path)
    try:
        rules = [*OF_CALLS]
        open_bucket(world.server)
        account = Account(world.server, {INSTANCE}, SERVER_ACCOUNT, HOME_REGION)
        by_the_clock(world.server, account, rules)
        said = lambda: {rule: account.said(rule)[WHOLE, SERVER_ACCOUNT] for rule in rules}
        before = said()
        world.behind("ec2").enable_ebs_encryption_by_default()
        now = world.server.move_clock(advance="1h")
        for rule in rules:
            account.wait(rule, now)
        after = said()
        assert {rule: (before[rule], after[rule]) for rule in rules} == OF_CALLS
    finally:
        world.end()


def said_of_the_account(judging, account, rule, *changes):
    """What a rule says of an account as it is, and after each change."""
    by_the_clock(judging, account, [rule])
    said = [account.said(rule)[WHOLE, account.account]]
    for change in changes:
        change()
        account.wait(rule, judging.move_clock(advance="1h"))
        said.append(account.said(rule)[WHOLE, account.account])
    return {rule: tuple(said)}


def test_a_root_is_judged_by_its_keys(judging):
    account = Account(judging, {INSTANCE}, region=HOME_REGION)
    (rule,) = OF_KEYS
    assert said_of_the_account(judging, account, rule, account.client("iam").create_access_key) == OF_KEYS


def test_a_root_is_judged_by_its_devices(judging):
    account = Account(judging, {INSTANCE}, region=HOME_REGION)
    iam = account.client("iam")
    (rule,) = OF_DEVICES
    changes = (
        lambda: enable_mfa(judging, iam, "root", ROOT_DEVICE),
        lambda: iam.deactivate_mfa_device(SerialNumber=f"arn:aws:iam::{account.account}:mfa/{ROOT_DEVICE}"),
    )
    assert said_of_the_account(judging, account, rule, *changes) == OF_DEVICES


def test_an_account_is_judged_by_what_it_asks_of_passwords(judging):
    account = Account(judging, {INSTANCE}, region=HOME_REGION)
    iam = account.client("iam")
    (rule,) = OF_PASSWORDS
    changes = (
        lambda: iam.update_account_password_policy(**{**STRONG, "PasswordReusePrevention": 23}),
        lambda: iam.update_account_password_policy(**STRONG),
        iam.delete_account_password_policy,
    )
    assert said_of_the_account(judging, account, rule, *changes) == OF_PASSWORDS


def test_what_is_told_from_outside_is_what_a_rule_says(judging):
    account = Account(judging, {INSTANCE})
    (rule, told), = OUTSIDE.items()
    account.put(rule)
    for compliance in told:
        now = judging.move_clock(advance="1m")
        about = {"ComplianceResourceType": WHOLE, "ComplianceResourceId": account.account}
        account.config.put_external_evaluation(
            ConfigRuleName=rule,
            ExternalEvaluation={**about, "ComplianceType": compliance, "OrderingTimestamp": now},
        )
        assert account.said(rule) == {(WHOLE, account.account): compliance}


def test_every_rule_has_examples_of_both_kinds():
    seen = {}
    for example in examples():
        seen.setdefault(example["rule"], set()).add(example["expected"])
    for tables in (OF_USERS, OF_INSTANCES, OF_AGENTS, OF_TRAILS):
        seen |= {rule: set(table.values()) for rule, table in tables.items()}
    for tables in (OF_ACCOUNTS, OF_CALLS, OF_KEYS, OF_DEVICES, OF_PASSWORDS, OUTSIDE):
        seen |= {rule: set(said) for rule, said in tables.items()}
    assert {rule for rule in first_priority() if not {GOOD, BAD} <= seen.get(rule, set())} == set()


# -- the page that takes items -----------------------------------------------------------------

PAGE = "/_trailwatch/config/observe"


def test_what_is_observed_can_change_and_go(judging):
    account = Account(judging, {INSTANCE})
    said = {"resourceType": INSTANCE, "resourceId": "i-1", "tags": {"team": "ops"}}
    more = {"supplementaryConfiguration": {"more": {"is": "here"}}, "configuration": {"imageId": "ami-1"}}
    vpc = {"resourceType": "AWS::EC2::VPC", "resourceId": "vpc-1", "name": "Is contained in Vpc"}
    account.observe({**said, **more, "relationships": [vpc]})
    account.observe({**said, "configuration": {"imageId": "ami-2"}})
    account.observe(said)
    key = {"resourceType": INSTANCE, "resourceId": "i-1", "chronologicalOrder": "Forward"}
    first, second, gone = account.config.get_resource_config_history(**key)["configurationItems"]
    assert json.loads(first["configuration"]) == more["configuration"]
    assert json.loads(first["supplementaryConfiguration"]["more"]) == {"is": "here"}
    assert (first["tags"], first["relationships"][0]["resourceId"]) == ({"team": "ops"}, "vpc-1")
    assert json.loads(second["configuration"]) == {"imageId": "ami-2"}
    assert gone["configurationItemStatus"] == "ResourceDeleted"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"resourceType": INSTANCE}, "resourceId"),
        ({"resourceType": INSTANCE, "resourceId": "i-1", "colour": "red"}, "colour"),
        ({"resourceType": "Instance", "resourceId": "i-1"}, "names no resource"),
        ({"resourceType": INSTANCE, "resourceId": "i\u00001"}, "control characters"),
        ({"resourceType": INSTANCE, "resourceId": "i-1", "resourceCreationTime": "once"}, "once is no time"),
    ],
)
def test_what_is_no_item_is_refused(server, root, item, message):
    status, body = server.page(PAGE, {"account": root.key, "region": HOME_REGION, "items": [item]})
    assert (status, message in json.loads(body)["error"]) == (400, True), body


def test_where_nothing_is_recorded_nothing_is_taken(server, root):
    item = {"resourceType": INSTANCE, "resourceId": "i-1", "configuration": {}}
    assert server.page(PAGE, {"account": root.key, "region": HOME_REGION, "items": [item]})[0] == 409
    assert server.page(PAGE)[0] == 405


def test_the_page_is_for_development_alone(make_server):
    status, body = make_server(dev=False).start().page(PAGE, {})
    assert (status, "--dev" in body) == (409, True)
