"""Remediation of AWS Config by boto3: automations of an upstream and webhooks, asked for and by themselves."""

import datetime

import pytest
from botocore.exceptions import ClientError

from config_world import World
from harness import SERVER_ACCOUNT
from scripted_upstream import until

ALARM = "AWS::CloudWatch::Alarm"
RULE = "low"
KEY = {"resourceType": ALARM, "resourceId": "cpu"}
EXCEPTION_KEY = {"ResourceType": ALARM, "ResourceId": "cpu"}
POLICY = 'rule high when resourceType == "AWS::CloudWatch::Alarm" { configuration.threshold >= 5 }'


@pytest.fixture
def server(make_server, callees):
    return make_server(clock="system", options=callees.options).start()


@pytest.fixture
def world(server, make_receiver):
    world = World(server, make_receiver(), {"allSupported": False, "resourceTypes": [ALARM]})
    source = {
        "Owner": "CUSTOM_POLICY",
        "SourceDetails": [{"EventSource": "aws.config", "MessageType": "ConfigurationItemChangeNotification"}],
        "CustomPolicyDetails": {"PolicyRuntime": "guard-2.x.x", "PolicyText": POLICY},
    }
    world.config.put_config_rule(ConfigRule={"ConfigRuleName": RULE, "Source": source})
    return world


def put(config, **more):
    """Puts the rule's remediation."""
    role = f"arn:aws:iam::{SERVER_ACCOUNT}:role/fix"
    configuration = {
        "ConfigRuleName": RULE,
        "TargetType": "SSM_DOCUMENT",
        "TargetId": "Acme-RaiseThreshold",
        "Parameters": {
            "AutomationAssumeRole": {"StaticValue": {"Values": [role]}},
            "AlarmName": {"ResourceValue": {"Value": "RESOURCE_ID"}},
        },
        **more,
    }
    assert config.put_remediation_configurations(RemediationConfigurations=[configuration])["FailedBatches"] == []
    return configuration


def break_rule(world):
    """Makes the alarm break the rule."""
    world.put_alarm(1)

    def is_broken():
        found = world.config.get_compliance_details_by_config_rule(ConfigRuleName=RULE)["EvaluationResults"]
        return [one["ComplianceType"] for one in found] == ["NON_COMPLIANT"]

    until(is_broken)


def status(config):
    """The alarm's execution."""
    found = config.describe_remediation_execution_status(ConfigRuleName=RULE, ResourceKeys=[KEY])
    return (found["RemediationExecutionStatuses"] or [{}])[0]


def test_a_remediation_runs_an_automation_and_is_followed(world, callees):
    break_rule(world)
    given = put(world.config)
    described = world.config.describe_remediation_configurations(ConfigRuleNames=[RULE])["RemediationConfigurations"]
    assert given.items() <= described[0].items()
    started = world.config.start_remediation_execution(ConfigRuleName=RULE, ResourceKeys=[KEY])
    assert started["FailedItems"] == []
    until(lambda: callees.started)
    assert callees.started[0]["DocumentName"] == "Acme-RaiseThreshold"
    assert callees.started[0]["Parameters"]["AlarmName"] == ["cpu"]
    until(lambda: status(world.config).get("State") == "IN_PROGRESS")
    with pytest.raises(ClientError) as error:
        world.config.delete_remediation_configuration(ConfigRuleName=RULE)
    assert error.value.response["Error"]["Code"] == "RemediationInProgressException"
    callees.progress["execution-1"] = "Success"
    until(lambda: status(world.config).get("State") == "SUCCEEDED")
    (step,) = status(world.config)["StepDetails"]
    assert (step["Name"], step["State"]) == ("fix", "SUCCEEDED")

    with pytest.raises(ClientError) as error:
        world.config.delete_config_rule(ConfigRuleName=RULE)
    assert error.value.response["Error"]["Code"] == "ResourceInUseException"
    world.config.delete_remediation_configuration(ConfigRuleName=RULE)
    world.config.delete_config_rule(ConfigRuleName=RULE)


def test_a_remediation_survives_a_kill_and_starts_once(server, world, callees):
    break_rule(world)
    put(world.config)
    world.config.start_remediation_execution(ConfigRuleName=RULE, ResourceKeys=[KEY])
    until(lambda: callees.started)
    server.kill()
    server.start()
    config = server.client("config")
    callees.progress["execution-1"] = "Success"
    callees.progress["execution-2"] = "Success"
    until(lambda: status(config).get("State") == "SUCCEEDED")
    # Killed between the call and its record it is called again, with the same token.
    assert len({one["ClientToken"] for one in callees.started}) == 1


def test_what_breaks_the_rule_is_remediated_by_itself_until_it_is_left_alone(world, callees):
    callees.progress.update({f"execution-{at}": "Failed" for at in range(1, 9)})
    put(world.config, Automatic=True, MaximumAutomaticAttempts=2, RetryAttemptSeconds=12)
    break_rule(world)
    until(lambda: status(world.config).get("State") == "FAILED")
    assert status(world.config)["StepDetails"][0]["ErrorMessage"] == "it cannot be fixed"

    def left_alone():
        found = world.config.describe_remediation_exceptions(ConfigRuleName=RULE)["RemediationExceptions"]
        return [one["ResourceId"] for one in found] == ["cpu"]

    until(left_alone)
    assert len(callees.started) == 2
    world.config.delete_remediation_exceptions(ConfigRuleName=RULE, ResourceKeys=[EXCEPTION_KEY])
    with pytest.raises(ClientError) as error:
        world.config.delete_remediation_exceptions(ConfigRuleName=RULE, ResourceKeys=[EXCEPTION_KEY])
    assert error.value.response["Error"]["Code"] == "NoSuchRemediationExceptionException"


def test_a_webhook_can_set_a_resource_right(world, callees):
    def fix(event):
        world.put_alarm(10)
        return "204 No Content", b""

    callees.hears = fix
    put(world.config, TargetId=callees.url, Automatic=True)
    break_rule_and_be_fixed(world)
    assert callees.events[0]["resourceId"] == "cpu"
    assert callees.events[0]["parameters"]["AlarmName"] == ["cpu"]
    until(lambda: status(world.config).get("State") == "SUCCEEDED")


def break_rule_and_be_fixed(world):
    world.put_alarm(1)

    def is_kept():
        found = world.config.get_compliance_details_by_config_rule(ConfigRuleName=RULE)["EvaluationResults"]
        return [one["ComplianceType"] for one in found] == ["COMPLIANT"]

    until(is_kept)


def test_exceptions_are_for_what_breaks_the_rule(world):
    world.put_alarm(10)
    put(world.config)
    until(lambda: world.config.get_compliance_details_by_config_rule(ConfigRuleName=RULE)["EvaluationResults"])
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    asked = {"ConfigRuleName": RULE, "ResourceKeys": [EXCEPTION_KEY], "Message": "known", "ExpirationTime": later}
    (failed,) = world.config.put_remediation_exceptions(**asked)["FailedBatches"]
    assert [one["ResourceId"] for one in failed["FailedItems"]] == ["cpu"]
    break_rule(world)
    assert world.config.put_remediation_exceptions(**asked)["FailedBatches"] == []
    (found,) = world.config.describe_remediation_exceptions(ConfigRuleName=RULE)["RemediationExceptions"]
    assert (found["Message"], found["ResourceId"]) == ("known", "cpu")
