"""Custom rules of AWS Config by boto3: functions of an upstream, webhooks, and policies in Guard's language."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

from callees import invoking
from config_world import World
from harness import HOME_REGION, SERVER_ACCOUNT
from scripted_upstream import until

ALARM = "AWS::CloudWatch::Alarm"
FUNCTION = f"arn:aws:lambda:{HOME_REGION}:{SERVER_ACCOUNT}:function:owner"
CHANGE = "ConfigurationItemChangeNotification"


@pytest.fixture
def server(make_server, callees):
    return make_server(clock="system", options=callees.options).start()


@pytest.fixture
def world(server, make_receiver):
    return World(server, make_receiver(), {"allSupported": False, "resourceTypes": [ALARM]})


def put_rule(config, function=FUNCTION, message=CHANGE, **more):
    """Puts the rule `owner` over a function, or the URL of a webhook."""
    source = {
        "Owner": "CUSTOM_LAMBDA",
        "SourceIdentifier": function,
        "SourceDetails": [{"EventSource": "aws.config", "MessageType": message}],
    }
    if message == CHANGE:
        more["Scope"] = {"ComplianceResourceTypes": [ALARM]}
    config.put_config_rule(ConfigRule={"ConfigRuleName": "owner", "Source": source, **more})


def evaluation(compliance, resource_id="cpu"):
    return {
        "ComplianceResourceType": ALARM,
        "ComplianceResourceId": resource_id,
        "ComplianceType": compliance,
        "OrderingTimestamp": datetime.datetime.now(datetime.timezone.utc),
    }


def compliance(config, rule="owner"):
    """What the rule says of resources, by id."""
    found = config.get_compliance_details_by_config_rule(ConfigRuleName=rule)["EvaluationResults"]
    qualifier = "EvaluationResultQualifier"
    return {one["EvaluationResultIdentifier"][qualifier]["ResourceId"]: one["ComplianceType"] for one in found}


def refused(call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def test_a_function_hears_of_a_change_and_answers_with_its_token(world, callees):
    put_rule(world.config, InputParameters=json.dumps({"tagKey": "owner"}))
    world.put_alarm(1)
    event = callees.event(lambda event: invoking(event).get("configurationItem", {}).get("resourceId") == "cpu")
    rule = world.config.describe_config_rules(ConfigRuleNames=["owner"])["ConfigRules"][0]
    assert list(event) == [
        "version",
        "invokingEvent",
        "ruleParameters",
        "resultToken",
        "eventLeftScope",
        "executionRoleArn",
        "configRuleArn",
        "configRuleName",
        "configRuleId",
        "accountId",
    ]
    assert (event["configRuleArn"], event["configRuleId"]) == (rule["ConfigRuleArn"], rule["ConfigRuleId"])
    assert json.loads(event["ruleParameters"]) == {"tagKey": "owner"}
    assert (event["eventLeftScope"], event["accountId"]) == (False, SERVER_ACCOUNT)
    item = invoking(event)["configurationItem"]
    assert (item["configuration"]["threshold"], item["tags"]) == (1, {"team": "ops"})

    token = event["resultToken"]
    answer = world.config.put_evaluations(Evaluations=[evaluation("NON_COMPLIANT")], ResultToken=token)
    assert answer["FailedEvaluations"] == []
    assert compliance(world.config) == {"cpu": "NON_COMPLIANT"}
    status = world.config.describe_config_rule_evaluation_status(ConfigRuleNames=["owner"])
    status = status["ConfigRulesEvaluationStatus"][0]
    assert status["LastSuccessfulInvocationTime"] and status["LastSuccessfulEvaluationTime"]

    told = world.told(lambda message: message.get("configRuleName") == "owner" and "newEvaluationResult" in message)
    assert told["newEvaluationResult"]["complianceType"] == "NON_COMPLIANT"


def test_tokens_and_evaluations_are_checked(world, callees):
    put_rule(world.config)
    world.put_alarm(1)
    token = callees.event(lambda event: True)["resultToken"]
    put = world.config.put_evaluations
    invalid = ("InvalidResultTokenException", "The resultToken provided is invalid")
    assert refused(put, Evaluations=[], ResultToken=token + "x") == invalid
    null = "The Evaluations object in your request cannot be null.Add the required parameters and try again."
    assert refused(put, ResultToken=token) == ("InvalidParameterValueException", null)
    unknown = {**evaluation("COMPLIANT"), "ComplianceResourceType": "bucket"}
    tested = put(Evaluations=[evaluation("COMPLIANT"), unknown], ResultToken="any", TestMode=True)
    assert [one["ComplianceResourceType"] for one in tested["FailedEvaluations"]] == ["bucket"]
    assert compliance(world.config) == {}


def test_a_function_that_is_not_there_is_refused(world):
    missing = FUNCTION.replace("owner", "nobody")
    with pytest.raises(ClientError) as error:
        put_rule(world.config, missing)
    message = (
        f"The AWS Lambda function {missing} cannot be invoked. "
        "Check the specified function ARN, and check the function's permissions"
    )
    assert error.value.response["Error"] == {"Code": "InsufficientPermissionsException", "Message": message}


def test_an_invocation_survives_a_kill(server, world, callees):
    put_rule(world.config)
    callees.is_away = True
    world.put_alarm(1)
    world.told_of_item(ALARM, "cpu", "CREATE")

    def has_failed():
        status = world.config.describe_config_rule_evaluation_status(ConfigRuleNames=["owner"])
        return "LastFailedInvocationTime" in status["ConfigRulesEvaluationStatus"][0]

    until(has_failed)
    server.kill()
    callees.is_away = False
    server.start()
    event = callees.event(lambda event: invoking(event).get("configurationItem", {}).get("resourceId") == "cpu")
    config = server.client("config")
    config.put_evaluations(Evaluations=[evaluation("COMPLIANT")], ResultToken=event["resultToken"])
    assert compliance(config) == {"cpu": "COMPLIANT"}


def test_a_webhook_may_answer_at_once(world, callees):
    def judged(event):
        item = invoking(event)["configurationItem"]
        is_high = item["configuration"] is None or item["configuration"]["threshold"] > 5
        one = {**evaluation("COMPLIANT" if is_high else "NON_COMPLIANT", item["resourceId"])}
        one["OrderingTimestamp"] = item["configurationItemCaptureTime"]
        return "200 OK", json.dumps([one]).encode()

    callees.hears = judged
    put_rule(world.config, callees.url)
    world.put_alarm(1)
    until(lambda: compliance(world.config) == {"cpu": "NON_COMPLIANT"})
    world.put_alarm(10)
    until(lambda: compliance(world.config) == {"cpu": "COMPLIANT"})


def test_the_clock_invokes_a_function(world, callees):
    put_rule(world.config, message="ScheduledNotification")
    event = callees.event(lambda event: invoking(event)["messageType"] == "ScheduledNotification")
    assert list(invoking(event)) == ["awsAccountId", "notificationCreationTime", "messageType", "recordVersion"]


def put_policy(config, text, **more):
    details = {"PolicyRuntime": "guard-2.x.x", "PolicyText": text, **more}
    source = {
        "Owner": "CUSTOM_POLICY",
        "SourceDetails": [{"EventSource": "aws.config", "MessageType": CHANGE}],
        "CustomPolicyDetails": details,
    }
    config.put_config_rule(ConfigRule={"ConfigRuleName": "policy", "Source": source})


POLICY = """
rule high when resourceType == "AWS::CloudWatch::Alarm" {
  configuration.threshold >= 5 <<too low>>
}
rule owned when resourceType == "AWS::CloudWatch::Alarm" {
  tags.team exists
}
"""


def test_a_policy_is_evaluated_as_resources_change(world):
    put_policy(world.config, POLICY)
    assert world.config.get_custom_rule_policy(ConfigRuleName="policy")["PolicyText"] == POLICY
    described = world.config.describe_config_rules(ConfigRuleNames=["policy"])["ConfigRules"][0]
    assert "PolicyText" not in described["Source"]["CustomPolicyDetails"]
    world.put_alarm(1)
    until(lambda: compliance(world.config, "policy") == {"cpu": "NON_COMPLIANT"})
    found = world.config.get_compliance_details_by_config_rule(ConfigRuleName="policy")["EvaluationResults"][0]
    assert found["Annotation"] == "high"
    world.put_alarm(10)
    until(lambda: compliance(world.config, "policy") == {"cpu": "COMPLIANT"})


def test_policies_that_are_none_or_hostile_are_refused(world):
    for text in (
        "rule a {",
        "rule a { " + "b { " * 2000,
        "rule a { b == /(?=c)/ }",
        "rule a { b == /((((a{99}){99}){99}){99})/ }",
        "rule a { b == " + "[" * 9000 + " }",
    ):
        with pytest.raises(ClientError) as error:
            put_policy(world.config, text)
        assert error.value.response["Error"]["Code"] == "InvalidParameterValueException", text[:40]
    with pytest.raises(ClientError) as error:
        put_policy(world.config, POLICY, EnableDebugLogDelivery=True)
    assert error.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_a_policy_without_end_is_an_error_of_the_rule_alone(world):
    put_policy(world.config, "let x = %x rule a { %x exists }")
    world.put_alarm(1)

    def error():
        status = world.config.describe_config_rule_evaluation_status(ConfigRuleNames=["policy"])
        return status["ConfigRulesEvaluationStatus"][0].get("LastErrorCode")

    until(lambda: error() == "PolicyEvaluationFailed")
    assert compliance(world.config, "policy") == {}


def test_processes_are_evaluated_from_outside(world):
    source = {"Owner": "AWS", "SourceIdentifier": "AWS_CONFIG_PROCESS_CHECK"}
    world.config.put_config_rule(ConfigRule={"ConfigRuleName": "process", "Source": source})
    one = {
        "ComplianceResourceType": "AWS::::Account",
        "ComplianceResourceId": SERVER_ACCOUNT,
        "ComplianceType": "NON_COMPLIANT",
        "Annotation": "nobody looked",
        "OrderingTimestamp": datetime.datetime.now(datetime.timezone.utc),
    }
    world.config.put_external_evaluation(ConfigRuleName="process", ExternalEvaluation=one)
    assert compliance(world.config, "process") == {SERVER_ACCOUNT: "NON_COMPLIANT"}
    put = world.config.put_external_evaluation
    assert refused(put, ConfigRuleName="nothing", ExternalEvaluation=one)[0] == "NoSuchConfigRuleException"
