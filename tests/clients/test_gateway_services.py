"""One endpoint in front of moto: calls of many services work through it and stand in look-ups as they were."""

import io
import json
import zipfile

import boto3
import pytest
from botocore.exceptions import ClientError

from harness import HOME_REGION, Credentials, Server
from policies import allow, document, trust
from receivers import Moto

ACCOUNT = "210000000002"
KEYS = {"KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}
KEYS["AttributeDefinitions"] = [{"AttributeName": "k", "AttributeType": "S"}]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A server with moto behind it, also in place of its own S3, and a user who may do all but delete."""
    folder = tmp_path_factory.mktemp("gateway")
    moto = Moto(folder)
    url = f"http://test:test@127.0.0.1:{moto.port}"
    server = Server(folder / "data", options=("--upstream", url, "--upstream", f"s3={url}")).start()
    root = Credentials(ACCOUNT, "test")
    iam = server.client("iam", root)
    iam.create_user(UserName="alice")
    policy = document(allow("*"), {"Effect": "Deny", "Action": ["*:Delete*", "ec2:Terminate*"], "Resource": "*"})
    iam.put_user_policy(UserName="alice", PolicyName="most", PolicyDocument=policy)
    alice = Credentials.of(iam.create_access_key(UserName="alice")["AccessKey"])
    # A function of moto's needs a role of moto's.
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": HOME_REGION}
    role = boto3.client("iam", endpoint_url=moto.url, **keys)
    role.create_role(RoleName="r", AssumeRolePolicyDocument=trust("*"))
    yield World(server, root, alice)
    server.end()
    moto.close()


class World:
    def __init__(self, server, root, alice):
        self.server, self.root, self.alice = server, root, alice

    def newest(self, name):
        """The newest record of an operation."""
        return self.server.records(self.root, EventName=name)[0]


def archive():
    """A function's code."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as code:
        code.writestr("f.py", "def f(event, context): return event")
    return out.getvalue()


# Service, operation, its input, source and name of the event, members of requestParameters and responseElements.
CALLS = [
    ("ec2", "create_vpc", {"CidrBlock": "10.9.0.0/16"}, "ec2", "CreateVpc", {"cidrBlock": "10.9.0.0/16"}, ["vpc"]),
    ("ec2", "describe_vpcs", {}, "ec2", "DescribeVpcs", None, None),
    (
        "ec2", "run_instances", {"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.nano"},
        "ec2", "RunInstances",
        {"instanceType": "t3.nano", "instancesSet": {"items": [{"imageId": "ami-12c6146b", "minCount": 1, "maxCount": 1}]}},
        ["instancesSet", "reservationId"],
    ),
    (
        "dynamodb", "create_table", {"TableName": "accounts", "BillingMode": "PAY_PER_REQUEST", **KEYS},
        "dynamodb", "CreateTable", {"tableName": "accounts", "billingMode": "PAY_PER_REQUEST"}, ["tableDescription"],
    ),
    ("dynamodb", "describe_table", {"TableName": "accounts"}, "dynamodb", "DescribeTable", {"tableName": "accounts"}, None),
    ("sqs", "create_queue", {"QueueName": "work"}, "sqs", "CreateQueue", {"queueName": "work"}, ["queueUrl"]),
    (
        "lambda", "create_function",
        {"FunctionName": "f", "Runtime": "python3.12", "Role": "arn:aws:iam::123456789012:role/r", "Handler": "f.f",
         "Code": {"ZipFile": archive()}, "Publish": True},
        "lambda", "CreateFunction20150331", {"functionName": "f", "runtime": "python3.12", "publish": True}, ["functionArn"],
    ),
    ("lambda", "get_function", {"FunctionName": "f"}, "lambda", "GetFunction20150331v2", {"functionName": "f"}, None),
    ("kms", "create_key", {"Description": "for tests"}, "kms", "CreateKey", {"description": "for tests"}, ["keyMetadata"]),
    (
        "secretsmanager", "create_secret", {"Name": "db", "SecretString": "not told"},
        "secretsmanager", "CreateSecret", {"name": "db"}, ["aRN", "name"],
    ),
    (
        "rds", "create_db_instance",
        {"DBInstanceIdentifier": "main", "DBInstanceClass": "db.t3.micro", "Engine": "postgres", "MasterUsername": "u",
         "MasterUserPassword": "not-told", "AllocatedStorage": 20},
        "rds", "CreateDBInstance", {"dBInstanceIdentifier": "main", "engine": "postgres", "allocatedStorage": 20},
        ["dBInstanceIdentifier"],
    ),
    (
        "route53", "create_hosted_zone", {"Name": "example.test.", "CallerReference": "1"},
        "route53", "CreateHostedZone", {"name": "example.test.", "callerReference": "1"}, ["hostedZone"],
    ),
    ("ecs", "create_cluster", {"clusterName": "blue"}, "ecs", "CreateCluster", {"clusterName": "blue"}, ["cluster"]),
    ("s3", "create_bucket", {"Bucket": "of-moto"}, "s3", "CreateBucket", {"bucketName": "of-moto"}, None),
    ("s3", "list_buckets", {}, "s3", "ListBuckets", {}, None),
    (
        "ssm", "put_parameter", {"Name": "/a/b", "Value": "not told", "Type": "SecureString"},
        "ssm", "PutParameter", {"name": "/a/b", "type": "SecureString"}, ["version"],
    ),
    ("events", "put_rule", {"Name": "r", "ScheduleExpression": "rate(1 day)"}, "events", "PutRule", {"name": "r"}, ["ruleArn"]),
    ("ecr", "create_repository", {"repositoryName": "images"}, "ecr", "CreateRepository", {"repositoryName": "images"}, ["repository"]),
]


def reads(operation):
    """Whether an operation only reads, by its name."""
    return operation.split("_")[0] in ("describe", "get", "list")


# What is made is made once, by alice.
CALLERS = [(call, "alice") for call in CALLS] + [(call, "root") for call in CALLS if reads(call[1])]


@pytest.mark.parametrize("call, who", CALLERS, ids=[f"{call[0]}.{call[1]}-{who}" for call, who in CALLERS])
def test_a_call_stands_in_look_ups_as_it_was(world, call, who):
    service, operation, given, source, name, parameters, elements = call
    client = world.server.client(service, getattr(world, who))
    answer = getattr(client, operation)(**given)
    record = world.newest(name)
    assert record["eventSource"] == f"{source}.amazonaws.com" and record["eventType"] == "AwsApiCall"
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert record["requestID"] == headers.get("x-amzn-requestid", headers.get("x-amz-request-id"))
    assert record["recipientAccountId"] == ACCOUNT and record["managementEvent"] and "errorCode" not in record
    assert record["awsRegion"] == HOME_REGION
    identity = record["userIdentity"]
    assert identity["type"] == ("IAMUser" if who == "alice" else "Root") and identity["accountId"] == ACCOUNT
    assert who == "root" or identity["userName"] == "alice"
    assert record["readOnly"] is reads(operation)
    assert holds(record["requestParameters"] or {}, parameters or {}), record["requestParameters"]
    if elements is None:
        assert record["responseElements"] is None
    else:
        assert set(elements) <= set(record["responseElements"]), record["responseElements"]
    assert "not told" not in json.dumps(record) and "not-told" not in json.dumps(record)


def holds(found, expected):
    """Whether all of `expected` is in what was found, at its place."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(name in found and holds(found[name], expected[name]) for name in expected)
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(holds, found, expected))
    return found == expected


FAILING = [
    ("ec2", "describe_instances", {"InstanceIds": ["i-0123"]}, "DescribeInstances", "Client.InvalidInstanceID.NotFound"),
    ("dynamodb", "describe_table", {"TableName": "nothing"}, "DescribeTable", "ResourceNotFoundException"),
    ("sqs", "get_queue_url", {"QueueName": "nothing"}, None, None),
    ("lambda", "get_function", {"FunctionName": "nothing"}, "GetFunction20150331v2", "ResourceNotFoundException"),
    ("kms", "describe_key", {"KeyId": "4c4c4c4c-0000-4000-8000-000000000000"}, "DescribeKey", "NotFoundException"),
    ("secretsmanager", "get_secret_value", {"SecretId": "nothing"}, "GetSecretValue", "ResourceNotFoundException"),
    ("rds", "describe_db_instances", {"DBInstanceIdentifier": "nothing"}, "DescribeDBInstances", "DBInstanceNotFoundFault"),
    ("route53", "get_hosted_zone", {"Id": "NOTHING"}, "GetHostedZone", "NoSuchHostedZone"),
    ("ecs", "describe_services", {"cluster": "nothing", "services": ["s"]}, "DescribeServices", "ClusterNotFoundException"),
    ("s3", "get_bucket_policy", {"Bucket": "nothing-here"}, "GetBucketPolicy", "NoSuchBucket"),
]


@pytest.mark.parametrize("call", FAILING, ids=lambda call: f"{call[0]}.{call[1]}")
def test_the_upstreams_error_is_the_callers_and_the_records(world, call):
    service, operation, given, name, code = call
    with pytest.raises(ClientError) as refused:
        getattr(world.server.client(service, world.alice), operation)(**given)
    if name is None:
        return
    record = world.newest(name)
    assert record["errorCode"] == code, record
    assert refused.value.response["Error"]["Message"] == record["errorMessage"]
    assert record["responseElements"] is None


DENIED = [
    ("ec2", "terminate_instances", {"InstanceIds": ["i-0123"]}, "TerminateInstances", "UnauthorizedOperation"),
    ("dynamodb", "delete_table", {"TableName": "accounts"}, "DeleteTable", "AccessDeniedException"),
    ("lambda", "delete_function", {"FunctionName": "f"}, "DeleteFunction20150331", "AccessDeniedException"),
    ("rds", "delete_db_instance", {"DBInstanceIdentifier": "main"}, "DeleteDBInstance", "AccessDenied"),
    ("route53", "delete_hosted_zone", {"Id": "Z1"}, "DeleteHostedZone", "AccessDenied"),
    ("s3", "delete_bucket", {"Bucket": "of-moto"}, "DeleteBucket", "AccessDenied"),
]


@pytest.mark.parametrize("call", DENIED, ids=lambda call: f"{call[0]}.{call[1]}")
def test_what_policies_deny_no_upstream_is_asked_and_the_refusal_is_recorded(world, call):
    service, operation, given, name, code = call
    with pytest.raises(ClientError) as refused:
        getattr(world.server.client(service, world.alice), operation)(**given)
    assert refused.value.response["Error"]["Code"] == code
    record = world.newest(name)
    assert record["errorCode"] == (f"Client.{code}" if service == "ec2" else code)
    assert record["userIdentity"]["userName"] == "alice"


COMMANDS = [
    ("ec2 describe-subnets", "DescribeSubnets"),
    ("dynamodb list-tables", "ListTables"),
    ("lambda list-functions", "ListFunctions20150331"),
    ("kms list-keys", "ListKeys"),
    ("secretsmanager list-secrets", "ListSecrets"),
    ("rds describe-db-clusters", "DescribeDBClusters"),
    ("route53 list-hosted-zones", "ListHostedZones"),
    ("ecs list-clusters", "ListClusters"),
    ("s3api get-bucket-location --bucket of-moto", "GetBucketLocation"),
    ("sqs create-queue --queue-name by-cli", "CreateQueue"),
]


@pytest.mark.parametrize("command, name", COMMANDS)
def test_the_cli_works_through_the_same_endpoint(world, command, name):
    if "of-moto" in command:
        world.server.client("s3", world.alice).create_bucket(Bucket="of-moto")
    # Of some services the first version of the CLI ignores the endpoint that the environment names.
    world.server.cli_json(*command.split(), "--endpoint-url", world.server.url, credentials=world.alice)
    record = world.newest(name)
    assert "errorCode" not in record and "aws-cli" in record["userAgent"]
    assert record["userIdentity"]["userName"] == "alice"
