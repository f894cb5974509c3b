"""AWS Config by boto3: the server's own resources are recorded, told of and delivered."""

import gzip
import json

import pytest

from buckets import body_of
from config_world import BUCKET, World, allowed
from harness import HOME_REGION, SERVER_ACCOUNT

ALARM = "AWS::CloudWatch::Alarm"


@pytest.fixture
def world(make_server, make_receiver):
    return World(make_server(clock="system").start(), make_receiver())


def test_an_alarm_has_an_item_for_each_of_its_states(world):
    world.put_alarm(1)
    made = world.told_of_item(ALARM, "cpu", "CREATE")
    assert made["messageType"] == "ConfigurationItemChangeNotification"
    assert world.listed(ALARM) == ["cpu"]
    keys = [{"resourceType": ALARM, "resourceId": "cpu"}]
    (now,) = world.config.batch_get_resource_config(resourceKeys=keys)["baseConfigurationItems"]
    configuration = json.loads(now["configuration"])
    assert configuration["threshold"] == 1
    assert configuration["okactions"] == [world.topic]

    world.put_alarm(2)
    world.told_of_item(ALARM, "cpu", "UPDATE")
    world.alarms.delete_alarms(AlarmNames=["cpu"])
    world.told_of_item(ALARM, "cpu", "DELETE")
    assert world.listed(ALARM) == []
    history = world.config.get_resource_config_history(resourceType=ALARM, resourceId="cpu")["configurationItems"]
    assert [item["configurationItemStatus"] for item in history] == ["ResourceDeleted", "OK", "ResourceDiscovered"]
    assert [json.loads(item["configuration"])["threshold"] for item in history[1:]] == [2, 1]
    assert history[1]["tags"] == {"team": "ops"}
    assert history[1]["arn"] == f"arn:aws:cloudwatch:{HOME_REGION}:{SERVER_ACCOUNT}:alarm:cpu"


def test_a_snapshot_in_a_bucket_has_what_is_there(world):
    world.put_alarm(1)
    world.told_of_item(ALARM, "cpu", "CREATE")
    snapshot = world.config.deliver_config_snapshot(deliveryChannelName="default")["configSnapshotId"]
    done = world.told(lambda message: message.get("configSnapshotId") == snapshot and "s3ObjectKey" in message)
    assert done["messageType"] == "ConfigurationSnapshotDeliveryCompleted"
    assert done["s3Bucket"] == BUCKET
    file = json.loads(gzip.decompress(body_of(world.s3, BUCKET, done["s3ObjectKey"])))
    assert file["configSnapshotId"] == snapshot
    items = {(item["resourceType"], item["resourceId"]): item for item in file["configurationItems"]}
    assert items[ALARM, "cpu"]["configuration"]["threshold"] == 1
    assert ("AWS::SNS::Topic", world.topic) in items


def test_topics_log_groups_and_trails_are_recorded(make_server, make_receiver):
    server = make_server(clock="system").start()
    world = World(server, make_receiver())
    topic = world.told_of_item("AWS::SNS::Topic", world.topic, "CREATE")["configurationItem"]
    assert topic["resourceName"] == "changes"
    assert topic["configuration"]["TopicArn"] == world.topic

    logs = server.client("logs")
    logs.create_log_group(logGroupName="/acme/web", tags={"team": "web"})
    world.told_of_item("AWS::Logs::LogGroup", "/acme/web", "CREATE")
    logs.put_retention_policy(logGroupName="/acme/web", retentionInDays=7)
    changed = world.told_of_item("AWS::Logs::LogGroup", "/acme/web", "UPDATE")
    assert changed["configurationItem"]["configuration"]["RetentionInDays"] == 7
    assert changed["configurationItem"]["tags"] == {"team": "web"}

    arn = f"arn:aws:cloudtrail:{HOME_REGION}:{SERVER_ACCOUNT}:trail/main"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": ["s3:GetBucketAcl", "s3:PutObject"],
                "Resource": ["arn:aws:s3:::acme-trail", "arn:aws:s3:::acme-trail/*"],
                "Condition": {"StringEquals": {"aws:SourceArn": arn}},
            }
        ],
    }
    world.s3.create_bucket(Bucket="acme-trail")
    world.s3.put_bucket_policy(Bucket="acme-trail", Policy=json.dumps(policy))
    server.client("cloudtrail").create_trail(Name="main", S3BucketName="acme-trail")
    trail = world.told_of_item("AWS::CloudTrail::Trail", "main", "CREATE")["configurationItem"]
    assert (trail["ARN"], trail["configuration"]["s3BucketName"]) == (arn, "acme-trail")


def test_a_bucket_whose_policy_does_not_let_config_in_is_no_channel(make_server):
    server = make_server(clock="system").start()
    config, s3 = server.client("config"), server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    role = f"arn:aws:iam::{SERVER_ACCOUNT}:role/config"
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    channel = {"name": "default", "s3BucketName": BUCKET}
    with pytest.raises(config.exceptions.InsufficientDeliveryPolicyException):
        config.put_delivery_channel(DeliveryChannel=channel)
    assert config.describe_delivery_channels()["DeliveryChannels"] == []
    s3.put_bucket_policy(Bucket=BUCKET, Policy=allowed("s3:PutObject", f"arn:aws:s3:::{BUCKET}/*"))
    config.put_delivery_channel(DeliveryChannel=channel)
    assert config.describe_delivery_channels()["DeliveryChannels"] == [channel]
