"""Trails select among data events of what others serve: objects, functions, items and messages that passed the gateway."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from gateway_world import TRAIL_BUCKET, GatewayWorld, arn, seen_id
from harness import HOME_REGION
from policies import allow, document
from test_gateway_secrets import archive

ACCOUNT = "210000000032"
PEOPLE = arn("dynamodb", "table/people", ACCOUNT)


def basic(resource_type, *values, kind="All"):
    """Basic selectors for data events alone."""
    resources = [{"Type": resource_type, "Values": list(values)}]
    return {"EventSelectors": [{"ReadWriteType": kind, "IncludeManagementEvents": False, "DataResources": resources}]}


def advanced(resource_type, **fields):
    """An advanced selector for data events of a type: a field is `name__Operator`."""
    given = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": [resource_type]}]
    for name, values in fields.items():
        field, operator = name.split("__")
        given.append({"Field": field.replace("_", "."), operator: values})
    return {"AdvancedEventSelectors": [{"Name": resource_type, "FieldSelectors": given}]}


TRAILS = {
    "in-prefix": basic("AWS::S3::Object", "arn:aws:s3:::things/in/"),
    "object-writes": advanced(
        "AWS::S3::Object", readOnly__Equals=["false"], resources_ARN__NotStartsWith=["arn:aws:s3:::things/in/"]
    ),
    "functions": basic("AWS::Lambda::Function", "arn:aws:lambda"),
    "table": basic("AWS::DynamoDB::Table", PEOPLE, kind="WriteOnly"),
    "queues": advanced("AWS::SQS::Queue", eventName__Equals=["SendMessage", "ReceiveMessage"]),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """After the calls of `make_calls` each trail has delivered."""
    one = GatewayWorld(tmp_path_factory.mktemp("gateway-trails"), ACCOUNT)
    try:
        for name, selectors in TRAILS.items():
            one.start_trail(name, **selectors)
        make_calls(one)
        one.by_trail = {name: one.delivered(name) for name in TRAILS}
        yield one
    finally:
        one.end()


def make_calls(world):
    """Calls of four services; some answers' ids are kept."""
    s3, dynamodb, sqs, functions = (world.client(name) for name in ("s3", "dynamodb", "sqs", "lambda"))
    alice = world.user("alice", document(allow("s3:GetObject", "arn:aws:s3:::things/in/*"), allow("sqs:ReceiveMessage")))
    s3.create_bucket(Bucket="things")
    world.put_id = seen_id(s3.put_object(Bucket="things", Key="in/a", Body=b"abc", ServerSideEncryption="AES256"))
    s3.put_object(Bucket="things", Key="out/b", Body=b"b")
    s3.copy_object(Bucket="things", Key="out/c", CopySource="things/in/a")
    world.client("s3", alice).get_object(Bucket="things", Key="in/a")["Body"].read()
    with pytest.raises(ClientError):
        world.client("s3", alice).put_object(Bucket="things", Key="in/forbidden", Body=b"x")
    with pytest.raises(ClientError):
        s3.head_object(Bucket="things", Key="in/none")
    s3.delete_objects(Bucket="things", Delete={"Objects": [{"Key": "out/b"}, {"Key": "out/c"}]})

    role = world.upstream_role()
    given = {"Runtime": "python3.12", "Role": role, "Handler": "f.f", "Code": {"ZipFile": archive()}}
    functions.create_function(FunctionName="f", **given)
    with pytest.raises(ClientError):
        functions.invoke(FunctionName="none", InvocationType="Event", Payload=b"{}")

    for table in ("people", "others"):
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.put_item(TableName=table, Item={"k": {"S": "1"}, "name": {"S": "x"}})
        dynamodb.get_item(TableName=table, Key={"k": {"S": "1"}})
    puts = {table: [{"PutRequest": {"Item": {"k": {"S": f"2 {table}"}}}}] for table in ("people", "others")}
    dynamodb.batch_write_item(RequestItems=puts)

    queue = sqs.create_queue(QueueName="work")["QueueUrl"]
    world.message_id = seen_id(sqs.send_message(QueueUrl=queue, MessageBody="hello"))
    world.client("sqs", alice).receive_message(QueueUrl=queue)
    sqs.list_queues()


def told(records):
    """Who did what to which resource, and how it ended; sorted."""
    rows = []
    for record in records:
        of = record["userIdentity"].get("userName", record["userIdentity"]["type"])
        last = record["resources"][-1]
        named = (last.get("ARN") or last.get("ARNPrefix") or "").split(":", 5)[-1]
        rows.append((record["eventName"], of, named, record.get("errorCode")))
    return sorted(rows, key=str)


def test_objects_below_a_prefix_are_selected_read_written_missed_and_refused(world):
    # A copy is selected by what it makes, not by its source.
    assert told(world.by_trail["in-prefix"]) == [
        ("GetObject", "alice", "things/in/a", None),
        ("HeadObject", "Root", "things/in/none", "NoSuchKey"),
        ("PutObject", "Root", "things/in/a", None),
        ("PutObject", "alice", "things/in/forbidden", "AccessDenied"),
    ]


def test_an_objects_event_is_whole(world):
    record = next(one for one in world.by_trail["in-prefix"] if one["requestID"] == world.put_id)
    assert (record["eventSource"], record["eventCategory"]) == ("s3.amazonaws.com", "Data")
    assert (record["readOnly"], record["managementEvent"], record["awsRegion"]) == (False, False, HOME_REGION)
    asked = record["requestParameters"]
    assert (asked["bucketName"], asked["key"], asked["x-amz-server-side-encryption"]) == ("things", "in/a", "AES256")
    assert record["responseElements"]["x-amz-server-side-encryption"] == "AES256"
    assert record["resources"] == [
        {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::things"},
        {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::things/in/a"},
    ]
    assert record["additionalEventData"]["AuthenticationMethod"] == "AuthHeader"


def test_writes_elsewhere_are_selected_each_deleted_object_by_itself(world):
    assert told(world.by_trail["object-writes"]) == [
        ("CopyObject", "Root", "things/out/c", None),
        ("DeleteObject", "Root", "things/out/b", None),
        ("DeleteObject", "Root", "things/out/c", None),
        ("DeleteObjects", "Root", "things/", None),
        ("PutObject", "Root", "things/out/b", None),
    ]
    kinds = {one["eventName"]: one["eventType"] for one in world.by_trail["object-writes"]}
    assert (kinds["DeleteObject"], kinds["DeleteObjects"]) == ("AwsServiceEvent", "AwsApiCall")


def test_invocations_are_selected_without_what_manages_functions(world):
    records = world.by_trail["functions"]
    assert told(records) == [("Invoke", "Root", "function:none", "ResourceNotFoundException")]
    assert records[0]["requestParameters"] == {"functionName": "none", "invocationType": "Event"}
    assert records[0]["responseElements"] is None


def test_writes_to_one_table_are_selected_a_batch_that_touches_it_too(world):
    records = world.by_trail["table"]
    assert [one["eventName"] for one in records if one["eventName"] != "BatchWriteItem"] == ["PutItem"]
    batch = next(one for one in records if one["eventName"] == "BatchWriteItem")
    assert {one["ARN"] for one in batch["resources"]} == {PEOPLE, PEOPLE.replace("people", "others")}
    single = next(one for one in records if one["eventName"] == "PutItem")
    assert single["requestParameters"] == {"tableName": "people", "items": ["k", "name"]}
    assert single["resources"] == [{"accountId": ACCOUNT, "type": "AWS::DynamoDB::Table", "ARN": PEOPLE}]


def test_messages_are_selected_by_the_names_of_events(world):
    records = world.by_trail["queues"]
    assert [(name, who) for name, who, *_ in told(records)] == [("ReceiveMessage", "alice"), ("SendMessage", "Root")]
    sent = next(one for one in records if one["eventName"] == "SendMessage")
    assert sent["requestID"] == world.message_id
    assert sent["requestParameters"]["messageBody"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert "hello" not in json.dumps(records)
    assert {one["eventName"]: one["readOnly"] for one in records} == {"ReceiveMessage": True, "SendMessage": False}


def test_look_ups_have_what_manages_and_no_data_event(world):
    names = {record["eventName"] for record in world.server.records(world.root)}
    assert {"CreateBucket", "CreateTable", "CreateQueue", "CreateFunction20150331"} <= names
    data = {"PutObject", "GetObject", "HeadObject", "DeleteObject", "DeleteObjects", "CopyObject", "ListObjects"}
    assert not names & (data | {"Invoke", "PutItem", "GetItem", "BatchWriteItem", "SendMessage", "ReceiveMessage"})


def test_files_are_in_the_upstreams_bucket_and_tell_nothing_of_themselves(world):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    moto = boto3.client("s3", region_name=HOME_REGION, endpoint_url=world.moto.url, **keys)
    found = [one["Key"] for one in moto.list_objects_v2(Bucket=TRAIL_BUCKET)["Contents"]]
    assert {key.split("/")[0] for key in found if key.endswith(".json.gz")} == set(TRAILS)
    written = [one["requestParameters"]["bucketName"] for one in world.by_trail["object-writes"]]
    assert TRAIL_BUCKET not in written
