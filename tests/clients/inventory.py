"""Hosts that tell of themselves: with boto3, and below it what agents alone call."""

import json

from harness import HOME_REGION, SERVER_ACCOUNT, SERVER_ROOT
from policies import document
from raw import Request

CAPTURED = "2026-07-04T09:30:00Z"
INVENTORY = "AWS::SSM::ManagedInstanceInventory"


def host(number):
    """The id of a host that made its own."""
    return f"mi-{number:017x}"


def item(type_name, entries=None, version="1.0", **more):
    """An item of an inventory; without entries it has a hash alone."""
    content = {} if entries is None else {"Content": entries}
    return {"TypeName": type_name, "SchemaVersion": version, "CaptureTime": CAPTURED, **content, **more}


def agent_call(server, operation, members, credentials=SERVER_ROOT, region=HOME_REGION):
    """Calls what SDKs do not have; unsigned where nobody is named. The answer's status, and what it says."""
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"AmazonSSM.{operation}"}
    request = Request("ssm", "POST", "/", headers, json.dumps(members).encode())
    if credentials is not None:
        request = request.signed(server, credentials, region)
    reply = request.send(server)
    return reply.status, json.loads(reply.body or b"{}")


def start_recorder(server):
    """Lets AWS Config record what hosts tell."""
    config, s3 = server.client("config"), server.client("s3")
    role = f"arn:aws:iam::{SERVER_ACCOUNT}:role/config"
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    s3.create_bucket(Bucket="acme-config")
    may = {
        "Effect": "Allow", "Principal": {"Service": "config.amazonaws.com"}, "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::acme-config/*",
    }
    s3.put_bucket_policy(Bucket="acme-config", Policy=document(may))
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "acme-config"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")


def beat(server, instance_id, credentials=SERVER_ROOT, **members):
    """What an agent says every five minutes; it must be taken."""
    answer = agent_call(server, "UpdateInstanceInformation", {"InstanceId": instance_id, **members}, credentials)
    assert answer == (200, {}), answer


def all_of(client, operation, member, **how):
    """All elements of a member of all pages of an answer, and how many pages there were."""
    pages, found, token = 0, [], {}
    while True:
        answer = getattr(client, operation)(**how, **token)
        pages += 1
        found += answer[member]
        if not answer.get("NextToken"):
            return found, pages
        token = {"NextToken": answer["NextToken"]}
