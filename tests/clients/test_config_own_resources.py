"""AWS Config by boto3: the server's own buckets and what is IAM's are recorded as they change."""

import json
from urllib.parse import quote

import pytest

from config_world import World
from harness import HOME_REGION, SERVER_ACCOUNT

BUCKET = "AWS::S3::Bucket"
USER, GROUP, ROLE, POLICY = (f"AWS::IAM::{kind}" for kind in ("User", "Group", "Role", "Policy"))
WITH_GLOBAL = {"allSupported": True, "includeGlobalResourceTypes": True}
DOCUMENT = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:Get*", "Resource": "*"}]}
)
# As RFC 3986 has it.
ENCODED = quote(DOCUMENT, safe="")
ROLE_ARN = f"arn:aws:iam::{SERVER_ACCOUNT}:role/config"

NAME = "acme-data"
BLOCK = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": False,
    "RestrictPublicBuckets": True,
}
AES = {"SSEAlgorithm": "AES256"}
DENY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": f"arn:aws:s3:::{NAME}/*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
)

# Each call that changes a bucket: its name, what it says beside the bucket, and what the item has then.
CHANGES = [
    (
        "put_bucket_versioning",
        {"VersioningConfiguration": {"Status": "Enabled"}},
        "BucketVersioningConfiguration",
        {"status": "Enabled", "isMfaDeleteEnabled": None},
    ),
    (
        "put_bucket_tagging",
        {"Tagging": {"TagSet": [{"Key": "team", "Value": "red"}]}},
        "BucketTaggingConfiguration",
        {"tagSets": [{"tags": {"team": "red"}}]},
    ),
    ("put_bucket_policy", {"Policy": DENY}, "BucketPolicy", {"policyText": DENY}),
    (
        "put_bucket_encryption",
        {
            "ServerSideEncryptionConfiguration": {
                "Rules": [{"ApplyServerSideEncryptionByDefault": AES, "BucketKeyEnabled": True}]
            }
        },
        "ServerSideEncryptionConfiguration",
        {
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256", "kmsMasterKeyID": None},
                    "bucketKeyEnabled": True,
                }
            ]
        },
    ),
    (
        "put_public_access_block",
        {"PublicAccessBlockConfiguration": BLOCK},
        "PublicAccessBlockConfiguration",
        {name[0].lower() + name[1:]: value for name, value in BLOCK.items()},
    ),
    (
        "put_object_lock_configuration",
        {
            "ObjectLockConfiguration": {
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}},
            }
        },
        "ObjectLockConfiguration",
        {
            "objectLockEnabled": "Enabled",
            "rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 30, "years": None}},
        },
    ),
    ("delete_bucket_tagging", {}, "BucketTaggingConfiguration", None),
    ("delete_bucket_policy", {}, "BucketPolicy", {"policyText": None}),
    ("delete_public_access_block", {}, "PublicAccessBlockConfiguration", None),
]


@pytest.fixture
def world(make_server, make_receiver):
    server = make_server(clock="system").start()
    made = World(server, make_receiver(), WITH_GLOBAL)
    made.iam = server.client("iam")
    return made


def test_a_bucket_has_an_item_for_each_change(world):
    world.s3.create_bucket(Bucket=NAME)
    made = world.told_of_item(BUCKET, NAME, "CREATE")["configurationItem"]
    assert made["ARN"] == f"arn:aws:s3:::{NAME}"
    assert (made["awsRegion"], made["availabilityZone"], made["resourceName"]) == (HOME_REGION, "Regional", NAME)
    assert set(made["configuration"]) == {"name", "owner", "creationDate"}
    acl = json.loads(made["supplementaryConfiguration"]["AccessControlList"])
    assert [grant["permission"] for grant in acl["grantList"]] == ["FullControl"]
    assert acl["owner"]["id"] == made["configuration"]["owner"]["id"]
    # An object is no change of its bucket, and neither is what is put as it was.
    world.s3.put_object(Bucket=NAME, Key="a", Body=b"a")
    world.s3.delete_object(Bucket=NAME, Key="a")
    world.s3.put_bucket_acl(Bucket=NAME, ACL="private")

    for call, input, key, expected in CHANGES:
        getattr(world.s3, call)(Bucket=NAME, **input)
        world.told_of_state(
            BUCKET,
            lambda item, key=key, expected=expected: (
                item["resourceId"] == NAME and item["supplementaryConfiguration"].get(key) == expected
            ),
        )
    world.s3.delete_bucket(Bucket=NAME)
    world.told_of_item(BUCKET, NAME, "DELETE")
    history = world.config.get_resource_config_history(
        resourceType=BUCKET, resourceId=NAME, limit=100, chronologicalOrder="Forward"
    )["configurationItems"]
    statuses = [item["configurationItemStatus"] for item in history]
    assert statuses == ["ResourceDiscovered", *["OK"] * len(CHANGES), "ResourceDeleted"]
    assert history[2]["tags"] == {"team": "red"}
    assert NAME not in world.listed(BUCKET)


def test_users_groups_and_policies_tell_of_each_other(world):
    iam = world.iam
    policy = iam.create_policy(PolicyName="read", PolicyDocument=DOCUMENT)["Policy"]
    group = iam.create_group(GroupName="ops")["Group"]
    user = iam.create_user(UserName="anna", Tags=[{"Key": "team", "Value": "red"}])["User"]
    made = world.told_of_item(USER, user["UserId"], "CREATE")["configurationItem"]
    assert (made["awsRegion"], made["availabilityZone"], made["resourceName"]) == ("global", "Not Applicable", "anna")
    assert (made["ARN"], made["tags"]) == (user["Arn"], {"team": "red"})

    def relationship(resource_type, one, kind, name):
        return {
            "resourceType": resource_type,
            "resourceId": one[f"{kind}Id"],
            "resourceName": one[f"{kind}Name"],
            "name": name,
        }

    iam.add_user_to_group(GroupName="ops", UserName="anna")
    in_group = relationship(GROUP, group, "Group", "Is attached to Group")
    contains = relationship(USER, user, "User", "Contains User")
    world.told_of_state(USER, lambda item: item["relationships"] == [in_group])
    world.told_of_state(GROUP, lambda item: item["relationships"] == [contains])

    iam.attach_group_policy(GroupName="ops", PolicyArn=policy["Arn"])
    iam.attach_user_policy(UserName="anna", PolicyArn=policy["Arn"])
    attached = relationship(POLICY, policy, "Policy", "Is attached to CustomerManagedPolicy")
    both = [
        relationship(GROUP, group, "Group", "Is attached to Group"),
        relationship(USER, user, "User", "Is attached to User"),
    ]
    told = world.told_of_state(POLICY, lambda item: item["relationships"] == both)
    assert told["configuration"]["attachmentCount"] == 2
    assert told["configuration"]["policyVersionList"][0]["document"] == ENCODED
    told = world.told_of_state(USER, lambda item: len(item["relationships"]) == 2)
    assert told["relationships"] == [in_group, attached]

    iam.put_user_policy(UserName="anna", PolicyName="inline", PolicyDocument=DOCUMENT)
    inline = [{"policyName": "inline", "policyDocument": ENCODED}]
    world.told_of_state(USER, lambda item: item["configuration"]["userPolicyList"] == inline)
    iam.delete_user_policy(UserName="anna", PolicyName="inline")
    iam.detach_user_policy(UserName="anna", PolicyArn=policy["Arn"])
    iam.remove_user_from_group(GroupName="ops", UserName="anna")
    iam.delete_user(UserName="anna")
    world.told_of_item(USER, user["UserId"], "DELETE")
    assert world.listed(USER) == []
    assert world.listed(GROUP) == [group["GroupId"]]


def test_a_role_and_a_policy_have_items_until_they_are_gone(world):
    iam = world.iam
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    )
    role = iam.create_role(RoleName="batch", AssumeRolePolicyDocument=trust)["Role"]
    made = world.told_of_item(ROLE, role["RoleId"], "CREATE")["configurationItem"]
    assert made["configuration"]["assumeRolePolicyDocument"].startswith("%7B%22Version%22")
    iam.attach_role_policy(RoleName="batch", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    attached = [{"policyName": "ReadOnlyAccess", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]
    told = world.told_of_state(ROLE, lambda item: item["configuration"]["attachedManagedPolicies"] == attached)
    # AWS's own policies are no resources of the account.
    assert told["relationships"] == []
    policy = iam.create_policy(PolicyName="read", PolicyDocument=DOCUMENT)["Policy"]
    world.told_of_item(POLICY, policy["PolicyId"], "CREATE")
    iam.tag_policy(PolicyArn=policy["Arn"], Tags=[{"Key": "team", "Value": "red"}])
    world.told_of_state(POLICY, lambda item: item["tags"] == {"team": "red"})
    iam.delete_policy(PolicyArn=policy["Arn"])
    world.told_of_item(POLICY, policy["PolicyId"], "DELETE")


def recorder(server, region, **group):
    """Sets up a recorder in a region that delivers to a bucket; gives Config's client."""
    config = server.client("config", region=region)
    group = {"allSupported": True, **group}
    config.put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": ROLE_ARN, "recordingGroup": group}
    )
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "acme-config"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    return config


def test_what_belongs_to_no_region_is_recorded_at_home_and_when_it_is_included(make_server):
    server = make_server().start()
    s3, iam = server.client("s3"), server.client("iam")
    s3.create_bucket(Bucket="acme-config")
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "config.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::acme-config/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": SERVER_ACCOUNT}},
    }
    s3.put_bucket_policy(Bucket="acme-config", Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    user = iam.create_user(UserName="anna")["User"]
    server.client("logs", region="eu-west-1").create_log_group(logGroupName="far")
    home = recorder(server, HOME_REGION)
    far = recorder(server, "eu-west-1", includeGlobalResourceTypes=True)
    server.move_clock(advance="61m")

    def statuses(config):
        found = config.get_resource_config_history(resourceType=USER, resourceId=user["UserId"])
        return [item["configurationItemStatus"] for item in found["configurationItems"]]

    assert far.list_discovered_resources(resourceType="AWS::Logs::LogGroup")["resourceIdentifiers"] != []
    assert far.list_discovered_resources(resourceType=USER)["resourceIdentifiers"] == []
    assert statuses(home) == ["ResourceNotRecorded"]
    recorder(server, HOME_REGION, includeGlobalResourceTypes=True)
    server.move_clock(advance="61m")
    assert statuses(home) == ["ResourceDiscovered", "ResourceNotRecorded"]


def test_a_bucket_is_recorded_in_its_region_alone(make_server):
    server = make_server().start()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="acme-config")
    s3.create_bucket(Bucket="acme-far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "config.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::acme-config/*",
    }
    s3.put_bucket_policy(Bucket="acme-config", Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    clients = [recorder(server, region) for region in (HOME_REGION, "eu-west-1")]
    server.move_clock(advance="61m")
    found = [client.list_discovered_resources(resourceType=BUCKET)["resourceIdentifiers"] for client in clients]
    assert [[one["resourceId"] for one in of_region] for of_region in found] == [["acme-config"], ["acme-far"]]
