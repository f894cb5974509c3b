"""What is secret passes the gateway and stays nowhere: not in look-ups, not in trails' files, not in the data folder.

Each secret is random. It is searched for as it is, inside base64 and in URLs; what is no secret is found the same way,
so that the search is known to find.
"""

import base64
import hashlib
import io
import json
import re
import secrets
import subprocess
import urllib.request
import zipfile

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from gateway_world import GatewayWorld
from harness import Credentials, binary

ACCOUNT = "210000000031"


def archive(text=""):
    """The code of a function."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as code:
        code.writestr("f.py", f"def f(event, context): return {text!r}")
    return out.getvalue()


def tried(call, **given):
    """Makes a call, which the upstream may refuse: it was sent and is recorded all the same."""
    try:
        return call(**given)
    except (ClientError, ResponseParserError):
        # Where moto lacks what it needs for a service, its answer is no answer of AWS at all.
        return None


# Each takes a function that gives clients, and a secret; and gives what else is secret in the answers.


def database_password(client, secret):
    given = {"DBInstanceClass": "db.t3.micro", "Engine": "postgres", "MasterUsername": "u", "AllocatedStorage": 20}
    client("rds").create_db_instance(DBInstanceIdentifier="main", MasterUserPassword=secret, **given)
    client("rds").modify_db_instance(DBInstanceIdentifier="main", MasterUserPassword=f"{secret}2")


def warehouse_password(client, secret):
    given = {"NodeType": "ra3.large", "MasterUsername": "u", "DBName": "d"}
    client("redshift").create_cluster(ClusterIdentifier="c", MasterUserPassword=f"Aa1{secret}", **given)


def secret_text(client, secret):
    client("secretsmanager").create_secret(Name="text", SecretString=secret)
    client("secretsmanager").update_secret(SecretId="text", SecretString=f"{secret}2")
    assert secret in client("secretsmanager").get_secret_value(SecretId="text")["SecretString"]


def secret_bytes(client, secret):
    client("secretsmanager").create_secret(Name="bytes", SecretBinary=secret.encode())
    client("secretsmanager").put_secret_value(SecretId="bytes", SecretBinary=f"2{secret}".encode())


def parameter(client, secret):
    client("ssm").put_parameter(Name="/a/b", Value=secret, Type="SecureString")
    assert client("ssm").get_parameter(Name="/a/b", WithDecryption=True)["Parameter"]["Value"] == secret


def user_data(client, secret):
    client("ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, UserData=secret)


def user_data_of_template(client, secret):
    data = {"UserData": base64.b64encode(secret.encode()).decode()}
    client("ec2").create_launch_template(LaunchTemplateName="template", LaunchTemplateData=data)


def user_data_of_group(client, secret):
    given = {"ImageId": "ami-12c6146b", "InstanceType": "t3.nano", "InstanceMonitoring": {"Enabled": False}}
    client("autoscaling").create_launch_configuration(LaunchConfigurationName="lc", UserData=secret, **given)


def key_material(client, _):
    material = client("ec2").create_key_pair(KeyName="k")["KeyMaterial"]
    return [line for line in material.splitlines() if len(line) == 64][3:5]


def data_key(client, secret):
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=secret.encode())["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == secret.encode()
    plain = kms.generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"]
    return [base64.b64encode(plain).decode(), plain.hex()]


def environment_of_function(client, secret):
    given = {"Runtime": "python3.12", "Role": client.role, "Handler": "f.f", "Code": {"ZipFile": archive()}}
    client("lambda").create_function(FunctionName="f", Environment={"Variables": {"MODE": secret}}, **given)
    client("lambda").update_function_configuration(FunctionName="f", Environment={"Variables": {"MODE": secret}})


def payload_of_function(client, secret):
    tried(client("lambda").invoke, FunctionName="f", Payload=json.dumps({"a": secret}), InvocationType="Event")


def environment_of_container(client, secret):
    container = {"name": "n", "image": "i", "memory": 64, "environment": [{"name": "MODE", "value": secret}]}
    client("ecs").register_task_definition(family="w", containerDefinitions=[container])


def environment_of_job(client, secret):
    properties = {"image": "i", "memory": 64, "vcpus": 1, "environment": [{"name": "MODE", "value": secret}]}
    tried(
        client("batch").register_job_definition,
        jobDefinitionName="j",
        type="container",
        containerProperties=properties,
    )


def password_of_user(client, secret):
    given = {"UserPoolId": "us-east-1_abcdef123", "Username": "me"}
    tried(client("cognito-idp").admin_set_user_password, Password=f"Aa1!{secret}", Permanent=True, **given)


def api_key(client, secret):
    tried(client("apigateway").create_api_key, name="k", value=secret, enabled=True)


def connection_key(client, secret):
    parameters = {"ApiKeyAuthParameters": {"ApiKeyName": "n", "ApiKeyValue": secret}}
    client("events").create_connection(Name="c", AuthorizationType="API_KEY", AuthParameters=parameters)


def registry_token(client, _):
    return [client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]]


def item(client, secret):
    dynamodb = client("dynamodb")
    dynamodb.put_item(TableName="people", Item={"k": {"S": "1"}, "name": {"S": secret}})
    dynamodb.put_item(TableName="people", Item={"k": {"S": "1"}, "name": {"S": secret}}, ReturnValues="ALL_OLD")
    dynamodb.update_item(
        TableName="people",
        Key={"k": {"S": "1"}},
        UpdateExpression="SET nick = :n",
        ExpressionAttributeValues={":n": {"S": f"{secret}2"}},
        ReturnValues="ALL_NEW",
    )
    put = {"PutRequest": {"Item": {"k": {"S": "2"}, "name": {"S": secret}}}}
    dynamodb.batch_write_item(RequestItems={"people": [put]})
    assert dynamodb.scan(TableName="people")["Count"] == 2


def message(client, secret):
    attributes = {"a": {"DataType": "String", "StringValue": f"a{secret}"}}
    sent = client("sqs").send_message(QueueUrl=client.queue, MessageBody=secret, MessageAttributes=attributes)
    assert sent["MessageId"]
    entries = [{"Id": "1", "MessageBody": f"{secret}2"}]
    client("sqs").send_message_batch(QueueUrl=client.queue, Entries=entries)
    assert client("sqs").receive_message(QueueUrl=client.queue)["Messages"][0]["Body"].startswith(secret)


def notification(client, secret):
    topic = client("sns").create_topic(Name="t")["TopicArn"]
    client("sns").publish(TopicArn=topic, Message=secret, Subject=f"s{secret}")


def streamed(client, secret):
    client("kinesis").create_stream(StreamName="s", ShardCount=1)
    client("kinesis").put_record(StreamName="s", Data=secret.encode(), PartitionKey="k")


def object_content(client, secret):
    client("s3").put_object(Bucket="things", Key="k", Body=secret.encode(), Metadata={"about": f"m{secret}"})
    assert client("s3").get_object(Bucket="things", Key="k")["Body"].read() == secret.encode()


def customer_key(client, secret):
    key = hashlib.sha256(secret.encode()).digest()
    # Clients refuse to send such keys without TLS; they are headers all the same.
    headers = {
        "x-amz-server-side-encryption-customer-algorithm": "AES256",
        "x-amz-server-side-encryption-customer-key": base64.b64encode(key).decode(),
        "x-amz-server-side-encryption-customer-key-MD5": base64.b64encode(hashlib.md5(key).digest()).decode(),
    }
    s3 = client.fresh("s3")
    s3.meta.events.register("before-call.s3.PutObject", lambda params, **_: params["headers"].update(headers))
    tried(s3.put_object, Bucket="things", Key="sealed", Body=b"x")
    return [headers["x-amz-server-side-encryption-customer-key"], key.hex()]


def presigned(client, _):
    # Else it is signed with version 2 towards such an endpoint.
    s3 = client.fresh("s3", signature_version="s3v4")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "things", "Key": "k"}, ExpiresIn=600)
    with urllib.request.urlopen(url, timeout=60) as answer:
        assert answer.status == 200
    return re.findall(r"X-Amz-Signature=([0-9a-f]{64})", url)


def cache_token(client, secret):
    given = {"ReplicationGroupDescription": "d", "Engine": "redis", "CacheNodeType": "cache.t3.micro"}
    more = {"NumCacheClusters": 1, "TransitEncryptionEnabled": True}
    client("elasticache").create_replication_group(ReplicationGroupId="r", AuthToken=secret, **given, **more)


def session_token(client, _):
    session = client("sts").get_session_token()["Credentials"]
    client.of(session)("ec2").describe_regions()
    return [session["SessionToken"], session["SecretAccessKey"]]


def stack_parameter(client, secret):
    given = {"StackName": "s", "TemplateBody": '{"Resources":{}}'}
    tried(client("cloudformation").create_stack, Parameters=[{"ParameterKey": "p", "ParameterValue": secret}], **given)


def bus_detail(client, secret):
    entry = {"Source": "a", "DetailType": "b", "Detail": json.dumps({"a": secret})}
    tried(client("events").put_events, Entries=[entry])


# What is sent, and an event that shows that it was.
KINDS = [
    (database_password, "CreateDBInstance"),
    (warehouse_password, "CreateCluster"),
    (secret_text, "UpdateSecret"),
    (secret_bytes, "PutSecretValue"),
    (parameter, "PutParameter"),
    (user_data, "RunInstances"),
    (user_data_of_template, "CreateLaunchTemplate"),
    (user_data_of_group, "CreateLaunchConfiguration"),
    (key_material, "CreateKeyPair"),
    (data_key, "GenerateDataKey"),
    (environment_of_function, "CreateFunction20150331"),
    (payload_of_function, "Invoke"),
    (environment_of_container, "RegisterTaskDefinition"),
    (environment_of_job, "RegisterJobDefinition"),
    (password_of_user, "AdminSetUserPassword"),
    (api_key, "CreateApiKey"),
    (connection_key, "CreateConnection"),
    (registry_token, "GetAuthorizationToken"),
    (item, "UpdateItem"),
    (message, "SendMessage"),
    (notification, "Publish"),
    (streamed, "PutRecord"),
    (object_content, "PutObject"),
    (customer_key, "PutObject"),
    (presigned, "GetObject"),
    (cache_token, "CreateReplicationGroup"),
    (session_token, "GetSessionToken"),
    (stack_parameter, "CreateStack"),
    (bus_detail, "PutEvents"),
]

DATA = [
    ("dynamodb", "AWS::DynamoDB::Table"),
    ("kinesis", "AWS::Kinesis::Stream"),
    ("lambda", "AWS::Lambda::Function"),
    ("s3", "AWS::S3::Object"),
    ("sns", "AWS::SNS::Topic"),
    ("sqs", "AWS::SQS::Queue"),
    ("events", "AWS::Events::EventBus"),
]


class Clients:
    """Clients of one caller."""

    def __init__(self, world, credentials=None):
        self.world, self.credentials = world, credentials

    def __call__(self, service):
        return self.world.client(service, self.credentials)

    def of(self, credentials):
        return Clients(self.world, Credentials.of(credentials))

    def fresh(self, service, **config):
        return self.world.server.client(service, self.world.root, **config)


class Places:
    """Everything that was kept, by where it is."""

    def __init__(self, world, folder):
        kept = files_of(folder, "running")
        records = world.delivered("all")
        self.names = {record["eventName"] for record in records}
        kept["trail"] = json.dumps(records).encode()
        kept["look-ups"] = json.dumps(world.server.records(world.root)).encode()
        assert world.server.stop() == 0
        kept["log"] = world.server.stderr.encode()
        # Files hold what is compressed too; of the tables the server's own reader unpacks it.
        for table in ("trail_events", "log_events"):
            reader = [binary(), "sql", f"SELECT * FROM {table}", "--data", str(folder), "--format", "json"]
            kept[table] = subprocess.run(reader, capture_output=True, check=True, timeout=120).stdout
        self.kept = kept | files_of(folder, "stopped")

    def holding(self, text):
        """Where a text is: as it is, or at any place of something in base64."""
        needles = [text.encode(), *inside_base64(text.encode())]
        return [place for place, content in self.kept.items() if any(needle in content for needle in needles)]


def files_of(folder, when):
    """What is in the files below a folder."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {f"{when}: {path.relative_to(folder)}": path.read_bytes() for path in files}


def inside_base64(text):
    """What base64 makes of a text after nothing, one and two bytes of other text, without what its neighbours change."""
    found = []
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + text)
        found.append(encoded[(0, 2, 3)[before] : len(encoded) - 4])
    return found


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """By kind: its secrets; and all places, after everything was sent."""
    folder = tmp_path_factory.mktemp("secrets")
    world = GatewayWorld(folder, ACCOUNT, named=("s3", "ssm", "sns"))
    management = [{"Field": "eventCategory", "Equals": ["Management"]}]
    selectors = [{"Name": "management", "FieldSelectors": management}]
    for name, resource_type in DATA:
        fields = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": [resource_type]}]
        selectors.append({"Name": name, "FieldSelectors": fields})
    world.start_trail("all", AdvancedEventSelectors=selectors)
    world.client("s3").create_bucket(Bucket="things")
    control = f"table-{secrets.token_hex(8)}"
    for table in ("people", control):
        world.client("dynamodb").create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    world.client("dynamodb").get_item(TableName=control, Key={"k": {"S": "1"}})
    clients = Clients(world)
    clients.role = world.upstream_role()
    clients.queue = world.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    sent = {}
    try:
        for kind, _ in KINDS:
            secret = secrets.token_hex(12)
            sent[kind] = [secret, *(kind(clients, secret) or [])]
        places = Places(world, folder / "data")
    finally:
        world.end()
    return sent, places, control


def test_what_is_no_secret_is_found_where_it_was_recorded(searched):
    _, places, control = searched
    assert {"trail", "look-ups", "trail_events"} <= set(places.holding(control))
    assert any(place.startswith("stopped: wal/") for place in places.kept), "the data folder was searched too"
    wrapped = base64.b64encode(b"x" + control.encode() + b"yz")
    assert any(needle in wrapped for needle in inside_base64(control.encode()))


@pytest.mark.parametrize("kind, event", KINDS, ids=[kind.__name__ for kind, _ in KINDS])
def test_a_secret_that_passes_stays_nowhere(searched, kind, event):
    sent, places, _ = searched
    assert event in places.names, "it was sent, and what was done is recorded"
    for secret in sent[kind]:
        assert places.holding(secret) == []
