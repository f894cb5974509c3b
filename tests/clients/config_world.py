"""A recorder that runs and delivers, for tests of AWS Config."""

import json

from harness import SERVER_ACCOUNT

BUCKET = "acme-config"
SERVICE = {"Service": "config.amazonaws.com"}


def allowed(action, resource, **conditions):
    """A policy that lets Config in, for this account alone."""
    of_account = {"aws:SourceAccount": SERVER_ACCOUNT, **conditions}
    statement = {"Effect": "Allow", "Principal": SERVICE, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | {"Condition": {"StringEquals": of_account}}]})


class World:
    """A server whose recorder runs, with a bucket and a topic that Config may use."""

    def __init__(self, server, receiver, group=None):
        self.receiver = receiver
        self.config, self.s3, self.alarms = (server.client(name) for name in ("config", "s3", "cloudwatch"))
        sns = server.client("sns")
        self.s3.create_bucket(Bucket=BUCKET)
        may_put = allowed(
            "s3:PutObject", f"arn:aws:s3:::{BUCKET}/*", **{"s3:x-amz-acl": "bucket-owner-full-control"}
        )
        self.s3.put_bucket_policy(Bucket=BUCKET, Policy=may_put)
        self.topic = sns.create_topic(Name="changes")["TopicArn"]
        policy = allowed("sns:Publish", self.topic)
        sns.set_topic_attributes(TopicArn=self.topic, AttributeName="Policy", AttributeValue=policy)
        sns.subscribe(TopicArn=self.topic, Protocol="http", Endpoint=f"{receiver.url}/in")
        receiver.confirm("/in")
        role = f"arn:aws:iam::{SERVER_ACCOUNT}:role/config"
        recorder = {"name": "default", "roleARN": role}
        if group is not None:
            recorder["recordingGroup"] = group
        self.config.put_configuration_recorder(ConfigurationRecorder=recorder)
        self.config.put_delivery_channel(
            DeliveryChannel={"name": "default", "s3BucketName": BUCKET, "snsTopicARN": self.topic}
        )
        self.config.start_configuration_recorder(ConfigurationRecorderName="default")

    def put_alarm(self, threshold):
        """Makes or changes the alarm."""
        self.alarms.put_metric_alarm(
            AlarmName="cpu",
            Namespace="Acme",
            MetricName="load",
            Statistic="Average",
            Period=60,
            EvaluationPeriods=1,
            Threshold=threshold,
            ComparisonOperator="GreaterThanThreshold",
            OKActions=[self.topic],
            Tags=[{"Key": "team", "Value": "ops"}],
        )

    def told(self, wanted):
        """The first message on the topic for which `wanted` holds, as soon as it is there."""

        def message(request):
            return json.loads(request.json()["Message"])

        def is_it(request):
            return request.kind == "Notification" and request.json()["Message"][0] == "{" and wanted(message(request))

        return message(self.receiver.inbox.wait_for(is_it)[0])

    def told_of_item(self, resource_type, resource_id, change):
        """The notification of a change to a resource."""

        def wanted(message):
            item = message.get("configurationItem") or {}
            is_it = (item.get("resourceType"), item.get("resourceId")) == (resource_type, resource_id)
            return is_it and message["configurationItemDiff"]["changeType"] == change

        return self.told(wanted)

    def told_of_state(self, resource_type, is_it):
        """The item of a type, as notified, that is as wanted."""

        def wanted(message):
            item = message.get("configurationItem") or {}
            return item.get("resourceType") == resource_type and is_it(item)

        return self.told(wanted)["configurationItem"]

    def listed(self, resource_type):
        """Ids of all resources of a type."""
        found = self.config.list_discovered_resources(resourceType=resource_type)["resourceIdentifiers"]
        return [one["resourceId"] for one in found]
