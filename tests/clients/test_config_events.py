"""AWS Config by boto3: the event webhook hears of items and of compliance, also what facts about the account decide."""

import json

import pytest

from harness import HOME_REGION, SERVER_ACCOUNT

ITEM, COMPLIANCE = "Config Configuration Item Change", "Config Rules Compliance Change"
BUCKET = "acme-config"


class World:
    """A server whose recorder runs without a topic, and whose events come to a webhook."""

    def __init__(self, server, receiver):
        self.inbox = receiver.inbox
        self.config, self.s3, self.iam = (server.client(name) for name in ("config", "s3", "iam"))
        self.s3.create_bucket(Bucket=BUCKET)
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": "config.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        }
        self.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
        group = {"allSupported": True, "includeGlobalResourceTypes": True}
        role = f"arn:aws:iam::{SERVER_ACCOUNT}:role/config"
        self.config.put_configuration_recorder(
            ConfigurationRecorder={"name": "default", "roleARN": role, "recordingGroup": group}
        )
        self.config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": BUCKET})
        self.config.start_configuration_recorder(ConfigurationRecorderName="default")

    def event(self, kind, wanted):
        """The first event of a kind whose detail is as wanted, as soon as it is there."""

        def is_it(request):
            event = request.json()
            return event["detail-type"] == kind and wanted(event["detail"])

        return self.inbox.wait_for(is_it)[0].json()

    def judged(self, rule, resource_id, compliance):
        """Waits until a rule says so of a resource."""

        def wanted(detail):
            is_it = (detail["configRuleName"], detail["resourceId"]) == (rule, resource_id)
            return is_it and detail["newEvaluationResult"]["complianceType"] == compliance

        return self.event(COMPLIANCE, wanted)

    def put_rule(self, identifier):
        """A managed rule under the name of its identifier."""
        source = {"Owner": "AWS", "SourceIdentifier": identifier}
        self.config.put_config_rule(ConfigRule={"ConfigRuleName": identifier, "Source": source})


@pytest.fixture
def world(make_server, make_receiver):
    receiver = make_receiver()
    server = make_server(clock="system", options=("--event-webhook", f"{receiver.url}/events")).start()
    return World(server, receiver)


def test_a_change_of_an_item_is_an_event_without_a_topic(world):
    world.s3.create_bucket(Bucket="acme-data")
    event = world.event(ITEM, lambda detail: detail["configurationItem"]["resourceId"] == "acme-data")
    assert (event["source"], event["account"], event["region"]) == ("aws.config", SERVER_ACCOUNT, HOME_REGION)
    assert event["resources"] == ["arn:aws:s3:::acme-data"]
    assert event["detail"]["messageType"] == "ConfigurationItemChangeNotification"
    assert event["detail"]["configurationItemDiff"]["changeType"] == "CREATE"


def test_a_change_of_compliance_is_an_event(world):
    world.put_rule("S3_BUCKET_VERSIONING_ENABLED")
    event = world.judged("S3_BUCKET_VERSIONING_ENABLED", BUCKET, "NON_COMPLIANT")
    assert event["detail"]["messageType"] == "ComplianceChangeNotification"
    enabled = {"Status": "Enabled"}
    world.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration=enabled)
    event = world.judged("S3_BUCKET_VERSIONING_ENABLED", BUCKET, "COMPLIANT")
    assert event["detail"]["oldEvaluationResult"]["complianceType"] == "NON_COMPLIANT"


def test_rules_ask_the_servers_own_iam_and_trails(world):
    user = world.iam.create_user(UserName="anna")["User"]
    world.event(ITEM, lambda detail: detail["configurationItem"]["resourceId"] == user["UserId"])
    world.put_rule("IAM_USER_MFA_ENABLED")
    world.judged("IAM_USER_MFA_ENABLED", user["UserId"], "NON_COMPLIANT")
    for rule in ("CLOUD_TRAIL_ENABLED", "IAM_PASSWORD_POLICY", "ROOT_ACCOUNT_MFA_ENABLED"):
        world.put_rule(rule)
        world.judged(rule, SERVER_ACCOUNT, "NON_COMPLIANT")
    # Nobody serves EC2 here, so that nobody knows.
    world.put_rule("EC2_EBS_ENCRYPTION_BY_DEFAULT")
    world.put_rule("IAM_ROOT_ACCESS_KEY_CHECK")
    world.judged("IAM_ROOT_ACCESS_KEY_CHECK", SERVER_ACCOUNT, "COMPLIANT")
    (told,) = world.config.describe_compliance_by_config_rule(ConfigRuleNames=["EC2_EBS_ENCRYPTION_BY_DEFAULT"])[
        "ComplianceByConfigRules"
    ]
    assert told["Compliance"]["ComplianceType"] == "INSUFFICIENT_DATA"
