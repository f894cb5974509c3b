"""A server whose AWS Config records what moto has, which is behind it for all that it does not serve, and for S3."""

import json
import time

import boto3

from harness import HOME_REGION, SERVER_ACCOUNT, Server
from receivers import WAIT_SECONDS_MAX, Moto

BUCKET = "acme-config"
# All types but one: moto's stacks need a library that is not among the tests'.
EVERYTHING = {
    "exclusionByResourceTypes": {"resourceTypes": ["AWS::CloudFormation::Stack"]},
    "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
}


class CloudWorld:
    """A server, moto behind it, and a recorder, for all types unless a group is given. The clock is simulated."""

    def __init__(self, folder, receiver=None, group=EVERYTHING, options=()):
        self.moto = Moto(folder)
        everything = ("--upstream", f"http://test:test@127.0.0.1:{self.moto.port}")
        self.server = Server(folder / "data", options=everything + self.moto.upstream("s3") + options)
        self.receiver = receiver
        self.clients = {}
        try:
            self.server.start()
            self.client("s3").create_bucket(Bucket=BUCKET)
            self.topic = self._topic() if receiver else None
            self.record(HOME_REGION, group)
        except BaseException:
            self.end()
            raise

    def _topic(self):
        sns = self.client("sns")
        topic = sns.create_topic(Name="changes")["TopicArn"]
        statement = {"Effect": "Allow", "Principal": {"Service": "config.amazonaws.com"}, "Action": "sns:Publish"}
        policy = {"Version": "2012-10-17", "Statement": [statement | {"Resource": topic}]}
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy))
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{self.receiver.url}/in")
        self.receiver.confirm("/in")
        return topic

    def record(self, region, group=EVERYTHING):
        """Lets a recorder run in a region, and everything be listed."""
        config = self.client("config", region)
        role = f"arn:aws:iam::{SERVER_ACCOUNT}:role/config"
        recorder = {"name": "default", "roleARN": role, "recordingGroup": group}
        config.put_configuration_recorder(ConfigurationRecorder=recorder)
        channel = {"name": "default", "s3BucketName": BUCKET}
        if self.topic:
            channel["snsTopicARN"] = self.topic
        config.put_delivery_channel(DeliveryChannel=channel)
        config.start_configuration_recorder(ConfigurationRecorderName="default")
        self.list_everything()

    def client(self, service, region=HOME_REGION):
        """A client of the server, and of moto through it."""
        if (service, region) not in self.clients:
            self.clients[service, region] = self.server.client(service, region=region)
        return self.clients[service, region]

    def behind(self, service, region=HOME_REGION):
        """A client of moto, around the server."""
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, region_name=region, endpoint_url=self.moto.url, **keys)

    def restart(self, kill=False):
        """Ends the server and starts it on what it kept."""
        self.server.kill() if kill else self.server.stop()
        self.server.start()
        self.clients.clear()

    # -- time ------------------------------------------------------------------------------

    def list_everything(self):
        """Lets the time pass after which everything is listed, and that be done."""
        self.server.move_clock(advance="10m")

    def a_moment(self):
        """Lets the time pass after which a resource that a call changed is looked at, and that be done."""
        self.server.move_clock(advance="2s")

    # -- what is recorded ------------------------------------------------------------------

    def ids(self, resource_type, region=HOME_REGION):
        """Ids of all resources of a type that are there."""
        pages = self.client("config", region).get_paginator("list_discovered_resources")
        found = [one for page in pages.paginate(resourceType=resource_type) for one in page["resourceIdentifiers"]]
        return {one["resourceId"] for one in found}

    def wait_for(self, resource_type, resource_id):
        """Waits until a resource is recorded: moto may be slower than a move of the clock is patient."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while resource_id not in self.ids(resource_type):
            assert time.monotonic() < deadline, f"{resource_id} is not recorded"

    def history(self, resource_type, resource_id, region=HOME_REGION):
        """A resource's items, oldest first, with their values parsed."""
        config = self.client("config", region)
        key = {"resourceType": resource_type, "resourceId": resource_id}
        items = config.get_resource_config_history(**key, chronologicalOrder="Forward")["configurationItems"]
        for item in items:
            item["configuration"] = json.loads(item.get("configuration") or "null")
            more = item.get("supplementaryConfiguration", {})
            item["supplementaryConfiguration"] = {key: json.loads(value) for key, value in more.items()}
        return items

    def item(self, resource_type, resource_id, region=HOME_REGION):
        """What a resource is like now."""
        return self.history(resource_type, resource_id, region)[-1]

    def statuses(self, resource_type, resource_id, region=HOME_REGION):
        """The statuses of a resource's items, oldest first."""
        return [item["configurationItemStatus"] for item in self.history(resource_type, resource_id, region)]

    def recorder_status(self, region=HOME_REGION):
        """How the last look at everything went: the word, the error's code and its message."""
        answer = self.client("config", region).describe_configuration_recorder_status()
        (status,) = answer["ConfigurationRecordersStatus"]
        return status["lastStatus"], status.get("lastErrorCode"), status.get("lastErrorMessage")

    def told_of(self, resource_type, resource_id, change):
        """The notification of a change, as soon as it is there."""

        def message(request):
            text = request.json()["Message"] if request.kind == "Notification" else ""
            return json.loads(text) if text.startswith("{") else {}

        def is_it(request):
            told = message(request)
            item = told.get("configurationItem") or {}
            named = (item.get("resourceType"), item.get("resourceId")) == (resource_type, resource_id)
            return named and told["configurationItemDiff"]["changeType"] == change

        return message(self.receiver.inbox.wait_for(is_it)[0])

    def end(self):
        """Ends both."""
        self.server.end()
        self.moto.close()


def related(item):
    """Types and ids, or names, of all that an item names."""
    return {(one["resourceType"], one.get("resourceId") or one.get("resourceName")) for one in item["relationships"]}
