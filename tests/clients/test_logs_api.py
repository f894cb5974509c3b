"""Log groups, streams, tags and resource policies by real clients (logs.md §0, §1.1-§1.3, §1.5, §2.3, §2.4, §5.5)."""

import json
import string

import pytest

import raw
from harness import HOME_REGION, Credentials
from policies import allow, deny, document
from refusals import refused

NO_GROUP = "The specified log group does not exist."
NO_STREAM = "The specified log stream does not exist."
PROTECTED = "Cannot delete log group with deletion protection enabled. Disable deletion protection first."
INVALID_TOKEN = "The specified nextToken is invalid."


@pytest.fixture
def logs(server, root):
    return server.client("logs", root, parameter_validation=False)


@pytest.fixture
def arn(root):
    """Makes the ARN of a group."""
    return lambda name, tail="": f"arn:aws:logs:{HOME_REGION}:{root.key}:log-group:{name}{tail}"


def refusal(call, code, **input):
    """The message of a call that is refused with this code; every error of a client is a 400 (W-4)."""
    with refused(code, 400) as refusal:
        call(**input)
    return refusal.message


def names(answer):
    return [group["logGroupName"] for group in answer["logGroups"]]


def constraint(value, member, text):
    return f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {text}"


# -- the wire ----------------------------------------------------------------------------------


def call(server, root, operation, body):
    request = raw.json_call("logs", f"Logs_20140328.{operation}", body)
    return request.signed(server, root).send(server)


def test_answers_without_output_have_an_empty_body_and_a_request_id(server, root):
    reply = call(server, root, "CreateLogGroup", {"logGroupName": "g"})
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["content-type"] == "application/x-amz-json-1.1"
    assert len(reply.headers["x-amzn-requestid"]) == 36


def test_errors_are_400_with_type_and_message(server, root):
    reply = call(server, root, "DeleteLogGroup", {"logGroupName": "no"})
    assert reply.status == 400
    assert json.loads(reply.body) == {"__type": "ResourceNotFoundException", "message": NO_GROUP}


# -- groups ------------------------------------------------------------------------------------


def test_a_group_is_described_with_all_its_members(logs, arn):
    logs.create_log_group(logGroupName="/app/web")
    (group,) = logs.describe_log_groups()["logGroups"]
    created = group.pop("creationTime")
    assert isinstance(created, int) and created > 1_700_000_000_000
    assert group == {
        "arn": arn("/app/web", ":*"),
        "logGroupArn": arn("/app/web"),
        "deletionProtectionEnabled": False,
        "logGroupClass": "STANDARD",
        "logGroupName": "/app/web",
        "metricFilterCount": 0,
        "storedBytes": 0,
    }


def test_names_of_groups(logs):
    logs.create_log_group(logGroupName="a" * 512)
    long = "Invalid LogGroup or LogStream, both must have length less than or equal to 512."
    assert refusal(logs.create_log_group, "InvalidParameterException", logGroupName="a" * 513) == long
    text = refusal(logs.create_log_group, "InvalidParameterException", logGroupName="a:b")
    assert text == constraint("a:b", "logGroupName", r"satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+")
    reserved = "Log groups starting with AWS/ are reserved for AWS."
    assert refusal(logs.create_log_group, "InvalidParameterException", logGroupName="aws/x") == reserved
    missing = "1 validation error detected: Value null at 'logGroupName' failed to satisfy constraint: Member must not be null"
    assert refusal(logs.create_log_group, "InvalidParameterException") == missing


def test_several_violations_are_told_together(logs):
    text = refusal(logs.get_log_events, "InvalidParameterException", logGroupName="a b", logStreamName="s", limit=0)
    assert text.startswith("2 validation errors detected: Value 'a b' at 'logGroupName' failed")
    assert text.endswith("; Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1")


def test_a_group_exists_once(logs):
    logs.create_log_group(logGroupName="g")
    exists = "The specified log group already exists"
    assert refusal(logs.create_log_group, "ResourceAlreadyExistsException", logGroupName="g") == exists


def test_groups_are_kept_apart_by_account_and_region(server, root, other_root):
    for credentials, region in [(root, HOME_REGION), (root, "eu-west-1"), (other_root, HOME_REGION)]:
        client = server.client("logs", credentials, region)
        client.create_log_group(logGroupName="g")
        assert len(client.describe_log_groups()["logGroups"]) == 1


def test_partitions_follow_the_region(server, root):
    client = server.client("logs", root, "cn-north-1")
    client.create_log_group(logGroupName="g")
    (group,) = client.describe_log_groups()["logGroups"]
    assert group["logGroupArn"] == f"arn:aws-cn:logs:cn-north-1:{root.key}:log-group:g"


def test_protection_blocks_deletion_of_group_and_streams(logs, arn):
    logs.create_log_group(logGroupName="g", deletionProtectionEnabled=True)
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    assert refusal(logs.delete_log_group, "ValidationException", logGroupName="g") == PROTECTED
    assert refusal(logs.delete_log_stream, "ValidationException", logGroupName="g", logStreamName="s") == PROTECTED
    assert logs.describe_log_groups()["logGroups"][0]["deletionProtectionEnabled"] is True
    logs.put_log_group_deletion_protection(logGroupIdentifier=arn("g"), deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName="g")
    assert logs.describe_log_groups()["logGroups"] == []
    assert refusal(logs.delete_log_group, "ResourceNotFoundException", logGroupName="g") == NO_GROUP


@pytest.mark.parametrize("days", [2, 0, -1, 3654])
def test_only_known_retentions_are_taken(logs, days):
    logs.create_log_group(logGroupName="g")
    refusal(logs.put_retention_policy, "InvalidParameterException", logGroupName="g", retentionInDays=days)
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]


def test_retention_is_shown_until_it_is_deleted(logs):
    logs.create_log_group(logGroupName="g")
    logs.put_retention_policy(logGroupName="g", retentionInDays=14)
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 14
    for _ in range(2):
        logs.delete_retention_policy(logGroupName="g")
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]


def test_pages_of_groups(logs):
    made = sorted(f"g-{letter}" for letter in string.ascii_letters)
    for name in made:
        logs.create_log_group(logGroupName=name)
    assert len(logs.describe_log_groups()["logGroups"]) == 50
    pages = logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 20})
    assert [name for page in pages for name in names(page)] == made
    text = refusal(logs.describe_log_groups, "InvalidParameterException", nextToken="garbage")
    assert text == INVALID_TOKEN
    text = refusal(logs.describe_log_groups, "InvalidParameterException", limit=51)
    assert text == constraint(51, "limit", "have value less than or equal to 50")


def test_a_pattern_gives_short_entries(logs, arn):
    for name in ("app-web", "web", "Web"):
        logs.create_log_group(logGroupName=name)
    groups = logs.describe_log_groups(logGroupNamePattern="web")["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["app-web", "web"]
    members = {"arn", "creationTime", "logGroupArn", "logGroupClass", "logGroupName", "metricFilterCount"}
    assert all(set(group) == members for group in groups)
    text = refusal(
        logs.describe_log_groups, "InvalidParameterException", logGroupNamePrefix="a", logGroupNamePattern="a"
    )
    assert text == "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."


def test_groups_are_listed_by_alternatives(logs, arn):
    for name in ("/aws/lambda/a", "orders-a", "orders-b"):
        logs.create_log_group(logGroupName=name)
    listed = logs.list_log_groups(logGroupNamePattern="^/aws|ders-b")["logGroups"]
    assert listed == [
        {"logGroupName": name, "logGroupArn": arn(name), "logGroupClass": "STANDARD"}
        for name in ("/aws/lambda/a", "orders-b")
    ]


def test_a_key_is_refused_while_nobody_provides_any(logs):
    logs.create_log_group(logGroupName="g")
    text = refusal(logs.associate_kms_key, "InvalidParameterException", logGroupName="g", kmsKeyId="alias/x")
    assert "no provider of keys" in text
    refusal(logs.create_log_group, "InvalidParameterException", logGroupName="h", kmsKeyId="alias/x")
    assert names(logs.describe_log_groups()) == ["g"]


# -- streams -----------------------------------------------------------------------------------


def test_an_empty_stream_has_four_members(logs, arn):
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    (stream,) = logs.describe_log_streams(logGroupName="g")["logStreams"]
    assert stream.pop("creationTime") > 1_700_000_000_000
    assert stream == {"arn": arn("g", ":log-stream:s"), "logStreamName": "s", "storedBytes": 0}
    exists = "The specified log stream already exists"
    text = refusal(logs.create_log_stream, "ResourceAlreadyExistsException", logGroupName="g", logStreamName="s")
    assert text == exists
    logs.delete_log_stream(logGroupName="g", logStreamName="s")
    text = refusal(logs.delete_log_stream, "ResourceNotFoundException", logGroupName="g", logStreamName="s")
    assert text == NO_STREAM
    text = refusal(logs.create_log_stream, "ResourceNotFoundException", logGroupName="no", logStreamName="s")
    assert text == NO_GROUP


def test_a_group_is_named_or_identified(logs, arn):
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    for identifier in ("g", arn("g")):
        (stream,) = logs.describe_log_streams(logGroupIdentifier=identifier)["logStreams"]
        assert stream["logStreamName"] == "s"
    text = refusal(logs.describe_log_streams, "ValidationException", logGroupName="g", logGroupIdentifier=arn("g"))
    assert text == "LogGroup name and LogGroup ARN are mutually exclusive parameters."
    text = refusal(logs.describe_log_streams, "InvalidParameterException", logGroupIdentifier=arn("g", ":*"))
    assert text == (
        "1 validation error detected: Value at 'logGroupIdentifier' failed to satisfy constraint: Member must "
        r"satisfy regular expression pattern: [\w#+=/:,.@-]*"
    )
    refusal(logs.describe_log_streams, "InvalidParameterException")


def test_streams_by_name_and_by_last_event(server, root, logs):
    logs.create_log_group(logGroupName="g")
    now = logs.describe_log_groups()["logGroups"][0]["creationTime"]
    for name, at in (("a", 30), ("b", None), ("c", 20)):
        logs.create_log_stream(logGroupName="g", logStreamName=name)
        if at:
            event = {"timestamp": now + at, "message": "m"}
            logs.put_log_events(logGroupName="g", logStreamName=name, logEvents=[event])
    pages = logs.get_paginator("describe_log_streams")

    def order(**how):
        found = pages.paginate(logGroupName="g", PaginationConfig={"PageSize": 2}, **how)
        return "".join(stream["logStreamName"] for page in found for stream in page["logStreams"])

    assert order() == "abc"
    assert order(descending=True) == "cba"
    assert order(orderBy="LastEventTime") == "bca"
    assert order(orderBy="LastEventTime", descending=True) == "acb"
    text = refusal(
        logs.describe_log_streams,
        "InvalidParameterException",
        logGroupName="g",
        orderBy="LastEventTime",
        logStreamNamePrefix="a",
    )
    assert text == "Cannot order by LastEventTime with a logStreamNamePrefix."


# -- tags --------------------------------------------------------------------------------------


def test_tags_through_both_apis_agree(logs, arn):
    logs.create_log_group(logGroupName="g", tags={"made": "1"})
    logs.tag_resource(resourceArn=arn("g"), tags={"by": "arn"})
    logs.tag_log_group(logGroupName="g", tags={"too": "name"})
    tags = {"made": "1", "by": "arn", "too": "name"}
    assert logs.list_tags_for_resource(resourceArn=arn("g"))["tags"] == tags
    assert logs.list_tags_log_group(logGroupName="g")["tags"] == tags
    logs.untag_resource(resourceArn=arn("g"), tagKeys=["by", "absent"])
    logs.untag_log_group(logGroupName="g", tags=["made", "too"])
    assert logs.list_tags_for_resource(resourceArn=arn("g"))["tags"] == {}
    refusal(logs.list_tags_for_resource, "ResourceNotFoundException", resourceArn=arn("no"))


def test_the_fifty_first_tag_names_the_resource(logs, arn):
    logs.create_log_group(logGroupName="g", tags={f"k{n}": "v" for n in range(50)})
    with refused("TooManyTagsException", 400) as refusal:
        logs.tag_resource(resourceArn=arn("g"), tags={"more": "v"})
    assert refusal.answer["resourceName"] == arn("g")


# -- resource policies -------------------------------------------------------------------------

POLICY = document(
    allow(
        ["logs:PutLogEvents", "logs:CreateLogStream"],
        Principal={"Service": ["es.amazonaws.com"]},
    )
    | {"Resource": "*"}
)


def test_resource_policies(logs):
    without_version = {name: value for name, value in json.loads(POLICY).items() if name != "Version"}
    put = logs.put_resource_policy(policyName="p", policyDocument=json.dumps(without_version))["resourcePolicy"]
    assert put.pop("lastUpdatedTime") > 1_700_000_000_000
    assert (put["policyName"], put["policyScope"]) == ("p", "ACCOUNT")
    (policy,) = logs.describe_resource_policies()["resourcePolicies"]
    kept = json.loads(policy["policyDocument"])
    assert kept["Version"] == "2008-10-17"
    assert kept["Statement"][0]["Principal"] == {"Service": "es.amazonaws.com"}
    for n in range(9):
        logs.put_resource_policy(policyName=f"p{n}", policyDocument=POLICY)
    text = refusal(logs.put_resource_policy, "LimitExceededException", policyName="more", policyDocument=POLICY)
    assert text == "Resource limit exceeded."
    logs.put_resource_policy(policyName="p", policyDocument=POLICY)
    text = refusal(logs.delete_resource_policy, "ResourceNotFoundException", policyName="n")
    assert text == "Policy with name [n] does not exist."
    logs.delete_resource_policy(policyName="p")
    refusal(logs.put_resource_policy, "InvalidParameterException", policyName="bad", policyDocument="{")


# -- permissions -------------------------------------------------------------------------------


def test_permissions_name_groups_as_aws_does(server, people, arn):
    owner = server.client("logs", Credentials(people.account, "test"))
    owner.create_log_group(logGroupName="g")
    ann = server.client("logs", people.make("ann", document(allow("logs:*", arn("g", ":*")))))
    ann.create_log_stream(logGroupName="g", logStreamName="s")
    ann.describe_log_streams(logGroupName="g")
    with refused("AccessDeniedException", 400) as refusal:
        ann.put_retention_policy(logGroupName="h", retentionInDays=1)
    assert f"not authorized to perform: logs:PutRetentionPolicy on resource: {arn('h', ':log-stream:')}" in refusal.message
    with refused("AccessDeniedException", 400) as refusal:
        ann.create_log_stream(logGroupName="h", logStreamName="s")
    assert f"logs:CreateLogStream on resource: {arn('h', ':log-stream:s')}" in refusal.message
    with refused("AccessDeniedException", 400) as refusal:
        ann.describe_log_groups()
    assert f"logs:DescribeLogGroups on resource: {arn('', ':log-stream:')}" in refusal.message
    # The form without `:*` is for tags by ARN alone.
    bob = server.client("logs", people.make("bob", document(allow("logs:*", arn("g")))))
    bob.list_tags_for_resource(resourceArn=arn("g"))
    with refused("AccessDeniedException"):
        bob.describe_log_streams(logGroupName="g")


def test_tags_are_conditions(server, people, arn):
    owner = server.client("logs", Credentials(people.account, "test"))
    owner.create_log_group(logGroupName="red", tags={"team": "red"})
    owner.create_log_group(logGroupName="blue", tags={"team": "blue"})
    own = allow("logs:*", Condition={"StringEquals": {"aws:ResourceTag/team": "red"}})
    tagged = allow("logs:CreateLogGroup", Condition={"StringEquals": {"aws:RequestTag/team": "red"}})
    never = deny("logs:UntagResource", Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}})
    ann = server.client("logs", people.make("ann", document(own, tagged, never)))
    ann.describe_log_streams(logGroupName="red")
    with refused("AccessDeniedException"):
        ann.describe_log_streams(logGroupName="blue")
    ann.create_log_group(logGroupName="new", tags={"team": "red"})
    with refused("AccessDeniedException"):
        ann.create_log_group(logGroupName="newer", tags={"team": "blue"})
    ann.untag_resource(resourceArn=arn("red"), tagKeys=["other"])
    with refused("AccessDeniedException"):
        ann.untag_resource(resourceArn=arn("red"), tagKeys=["team"])


# -- what lasts --------------------------------------------------------------------------------


def test_what_was_acknowledged_outlives_a_power_cut(make_server):
    server = make_server().start()
    logs = server.client("logs")
    logs.create_log_group(logGroupName="g", tags={"a": "b"})
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    now = logs.describe_log_groups()["logGroups"][0]["creationTime"]
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": now, "message": "kept"}])
    logs.create_log_group(logGroupName="gone")
    logs.delete_log_group(logGroupName="gone")
    server.kill()
    logs = server.start().client("logs")
    assert names(logs.describe_log_groups()) == ["g"]
    assert logs.list_tags_log_group(logGroupName="g")["tags"] == {"a": "b"}
    events = logs.get_log_events(logGroupName="g", logStreamName="s")["events"]
    assert [event["message"] for event in events] == ["kept"]


def test_a_group_made_anew_never_sees_old_events(make_server):
    server = make_server().start()
    logs = server.client("logs")
    for _ in range(2):
        logs.create_log_group(logGroupName="g")
        logs.create_log_stream(logGroupName="g", logStreamName="s")
        assert logs.filter_log_events(logGroupName="g")["events"] == []
        now = logs.describe_log_groups()["logGroups"][0]["creationTime"]
        logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": now, "message": "m"}])
        logs.delete_log_group(logGroupName="g")
        server.kill()
        logs = server.start().client("logs")


# -- the CLI -----------------------------------------------------------------------------------


def test_the_cli_makes_and_describes(server, root):
    server.cli_json("logs", "create-log-group", "--log-group-name", "/cli", "--tags", "a=b", credentials=root)
    server.cli_json("logs", "create-log-stream", "--log-group-name", "/cli", "--log-stream-name", "s", credentials=root)
    described = server.cli_json("logs", "describe-log-groups", "--log-group-name-prefix", "/cli", credentials=root)
    assert names(described) == ["/cli"]
