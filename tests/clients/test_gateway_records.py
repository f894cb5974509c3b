"""Whole `requestParameters` and `responseElements` of calls that moto served, as each service's records have them
(what they hold is from CloudTrail's own records, not from what the server gave)."""

import pytest

from gateway_world import GatewayWorld, arn, seen_id
from test_gateway_secrets import archive

ACCOUNT = "210000000033"
OWNER = "123456789012"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    one = GatewayWorld(tmp_path_factory.mktemp("gateway-records"), ACCOUNT)
    yield one
    one.end()


def record_of(world, answer, name, region="us-east-1"):
    """The record of a call, found by the id that its caller saw."""
    return next(
        one
        for one in world.server.records(world.root, region=region, EventName=name)
        if one["requestID"] == seen_id(answer)
    )


def test_rules_of_security_groups(world):
    ec2 = world.client("ec2", region="eu-west-1")
    group = ec2.create_security_group(GroupName="web", Description="for tests")["GroupId"]
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    answer = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    record = record_of(world, answer, "AuthorizeSecurityGroupIngress", "eu-west-1")
    assert record["requestParameters"] == {
        "groupId": group,
        "ipPermissions": {
            "items": [
                {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}
            ]
        },
    }
    assert record["responseElements"]["_return"] is True and record["awsRegion"] == "eu-west-1"
    assert "resources" not in record


def test_instances_that_are_made_and_ended(world):
    ec2 = world.client("ec2")
    group = ec2.create_security_group(GroupName="db", Description="for tests")["GroupId"]
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}]
    answer = ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=2,
        InstanceType="t3.nano",
        SecurityGroupIds=[group],
        UserData="secret",
        TagSpecifications=tags,
        ClientToken="once",
    )
    record = record_of(world, answer, "RunInstances")
    specification = {"resourceType": "instance", "tagSet": {"items": [{"key": "Name", "value": "web"}]}}
    assert record["requestParameters"] == {
        "instancesSet": {"items": [{"imageId": "ami-12c6146b", "minCount": 1, "maxCount": 2}]},
        "instanceType": "t3.nano",
        "groupSet": {"items": [{"groupId": group}]},
        "userData": "<sensitiveDataRemoved>",
        "tagSpecificationSet": {"items": [specification]},
        "clientToken": "once",
    }
    made = [one["InstanceId"] for one in answer["Instances"]]
    elements = record["responseElements"]
    assert [one["instanceId"] for one in elements["instancesSet"]["items"]] == made
    assert elements["reservationId"] == answer["ReservationId"] and elements["groupSet"] == {}

    record = record_of(world, ec2.terminate_instances(InstanceIds=made[:1]), "TerminateInstances")
    assert record["requestParameters"] == {"instancesSet": {"items": [{"instanceId": made[0]}]}}
    ended = record["responseElements"]["instancesSet"]["items"][0]
    assert ended["currentState"] == {"code": 32, "name": "shutting-down"}


def test_zones_and_their_records(world):
    route53 = world.client("route53", region="eu-west-1")
    answer = route53.create_hosted_zone(Name="example.test.", CallerReference="once")
    record = record_of(world, answer, "CreateHostedZone")
    assert record["awsRegion"] == "us-east-1", "Route 53 is in one region, whatever was signed for"
    assert record["requestParameters"] == {"name": "example.test.", "callerReference": "once"}
    assert record["responseElements"]["delegationSet"]["nameServers"] == answer["DelegationSet"]["NameServers"]
    zone = answer["HostedZone"]["Id"].rsplit("/", 1)[-1]
    entry = {"Name": "a.example.test.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "198.51.100.1"}]}
    changes = {"Comment": "x", "Changes": [{"Action": "CREATE", "ResourceRecordSet": entry}]}
    answer = route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)
    expected = {"name": "a.example.test.", "type": "A", "tTL": 60, "resourceRecords": [{"value": "198.51.100.1"}]}
    assert record_of(world, answer, "ChangeResourceRecordSets")["requestParameters"] == {
        "hostedZoneId": zone,
        "changeBatch": {"comment": "x", "changes": [{"action": "CREATE", "resourceRecordSet": expected}]},
    }


def test_databases(world):
    rds = world.client("rds")
    answer = rds.create_db_instance(
        DBInstanceIdentifier="main",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        MasterUsername="boss",
        MasterUserPassword="not-told",
        AllocatedStorage=20,
        VpcSecurityGroupIds=["sg-1"],
        Tags=[{"Key": "a", "Value": "b"}],
    )
    record = record_of(world, answer, "CreateDBInstance")
    assert record["requestParameters"] == {
        "dBInstanceIdentifier": "main",
        "dBInstanceClass": "db.t3.micro",
        "engine": "postgres",
        "masterUsername": "boss",
        "masterUserPassword": "****",
        "allocatedStorage": 20,
        "vpcSecurityGroupIds": ["sg-1"],
        "tags": [{"key": "a", "value": "b"}],
    }
    groups = record["responseElements"]["vpcSecurityGroups"]
    assert [one["vpcSecurityGroupId"] for one in groups] == ["sg-1"]


def test_functions(world):
    functions = world.client("lambda")
    given = {"Runtime": "python3.12", "Role": world.upstream_role("functions"), "Handler": "f.f", "Timeout": 5}
    answer = functions.create_function(
        FunctionName="f", Code={"ZipFile": archive()}, Environment={"Variables": {"A": "not told"}}, **given
    )
    record = record_of(world, answer, "CreateFunction20150331")
    assert record["requestParameters"] == {
        "functionName": "f",
        "runtime": "python3.12",
        "role": given["Role"],
        "handler": "f.f",
        "timeout": 5,
        "code": {},
        "environment": {},
    }
    assert record["responseElements"]["functionArn"] == arn("lambda", "function:f", OWNER)
    assert record["responseElements"]["environment"] == {} and "resources" not in record


def test_keys_and_what_is_done_with_them(world):
    kms = world.client("kms")
    key = kms.create_key(Description="for tests")["KeyMetadata"]["KeyId"]
    answer = kms.encrypt(KeyId=key, Plaintext=b"not told", EncryptionContext={"Purpose": "x"})
    record = record_of(world, answer, "Encrypt")
    assert record["requestParameters"] == {"keyId": key, "encryptionContext": {"Purpose": "x"}}
    assert (record["readOnly"], record["managementEvent"], record["responseElements"]) == (True, True, None)
    assert record["resources"] == [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn("kms", f"key/{key}", ACCOUNT)}]


def test_queues(world):
    answer = world.client("sqs").create_queue(QueueName="work", Attributes={"VisibilityTimeout": "60"}, tags={"Team": "x"})
    record = record_of(world, answer, "CreateQueue")
    assert record["requestParameters"] == {
        "queueName": "work",
        "attributes": {"VisibilityTimeout": "60"},
        "tags": {"Team": "x"},
    }
    assert record["responseElements"] == {"queueUrl": answer["QueueUrl"]}
    assert record["resources"] == [{"accountId": ACCOUNT, "type": "AWS::SQS::Queue", "ARN": arn("sqs", "work", ACCOUNT)}]
