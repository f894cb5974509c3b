"""Rules of AWS Config by boto3, over the server's own alarms, topics and log groups."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from harness import HOME_REGION, SERVER_ACCOUNT
from test_config_recorder import World

ALARM = "AWS::CloudWatch::Alarm"
LOG_GROUP = "AWS::Logs::LogGroup"


class Rules(World):
    """A server whose recorder runs, and its rules."""

    def put(self, name, identifier, parameters=None, **more):
        """Puts a managed rule."""
        if parameters is not None:
            more["InputParameters"] = json.dumps(parameters)
        rule = {"ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": identifier}, **more}
        self.config.put_config_rule(ConfigRule=rule)

    def said(self, name):
        """What a rule says, by id of the resource."""
        pages = self.config.get_paginator("get_compliance_details_by_config_rule").paginate(ConfigRuleName=name)
        results = [result for page in pages for result in page["EvaluationResults"]]
        of = lambda result: result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]
        return {of(result)["ResourceId"]: result["ComplianceType"] for result in results}

    def told_of_compliance(self, rule, resource_id, compliance):
        """The notification that a rule says something of a resource that it did not before."""

        def wanted(message):
            names = (message.get("configRuleName"), message.get("resourceId"))
            is_it = message["messageType"] == "ComplianceChangeNotification" and names == (rule, resource_id)
            return is_it and message["newEvaluationResult"]["complianceType"] == compliance

        return self.told(wanted)


def eventually(ask):
    """What `ask` answers, once that is something."""
    end = time.monotonic() + 30
    while True:
        answer = ask()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(0.05)


@pytest.fixture
def rules(make_server, make_receiver):
    return Rules(make_server(clock="system").start(), make_receiver())


ACTIONS = {"alarmActionRequired": "false", "insufficientDataActionRequired": "false", "okActionRequired": "true"}


def test_an_alarm_is_judged_as_it_is_and_as_it_changes(rules):
    rules.put_alarm(1)
    rules.told_of_item(ALARM, "cpu", "CREATE")
    rules.put("actions", "CLOUDWATCH_ALARM_ACTION_CHECK", ACTIONS)
    first = rules.told_of_compliance("actions", "cpu", "COMPLIANT")
    assert first["oldEvaluationResult"] is None
    assert first["awsAccountId"] == SERVER_ACCOUNT
    (rule,) = rules.config.describe_config_rules()["ConfigRules"]
    assert first["configRuleARN"] == rule["ConfigRuleArn"]
    assert rule["ConfigRuleState"] == "ACTIVE"

    rules.alarms.put_metric_alarm(
        AlarmName="cpu",
        Namespace="Acme",
        MetricName="load",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=2,
        ComparisonOperator="GreaterThanThreshold",
    )
    second = rules.told_of_compliance("actions", "cpu", "NON_COMPLIANT")
    assert second["oldEvaluationResult"]["complianceType"] == "COMPLIANT"
    assert rules.said("actions") == {"cpu": "NON_COMPLIANT"}
    (overall,) = rules.config.describe_compliance_by_config_rule()["ComplianceByConfigRules"]
    count = {"CappedCount": 1, "CapExceeded": False}
    assert overall["Compliance"] == {"ComplianceType": "NON_COMPLIANT", "ComplianceContributorCount": count}
    (by_resource,) = rules.config.describe_compliance_by_resource(ResourceType=ALARM)["ComplianceByResources"]
    assert (by_resource["ResourceId"], by_resource["Compliance"]) == ("cpu", overall["Compliance"])

    compliance = rules.told_of_item("AWS::Config::ResourceCompliance", f"{ALARM}/cpu", "UPDATE")
    listed = compliance["configurationItem"]["configuration"]["configRuleList"]
    assert [(one["configRuleName"], one["complianceType"]) for one in listed] == [("actions", "NON_COMPLIANT")]

    rules.alarms.delete_alarms(AlarmNames=["cpu"])
    rules.told_of_compliance("actions", "cpu", "NOT_APPLICABLE")
    assert rules.said("actions") == {}


def test_a_rule_that_is_deleted_is_gone_with_its_results(rules):
    rules.put_alarm(1)
    rules.told_of_item(ALARM, "cpu", "CREATE")
    rules.put("actions", "CLOUDWATCH_ALARM_ACTION_CHECK", ACTIONS)
    rules.told_of_compliance("actions", "cpu", "COMPLIANT")
    rules.config.delete_config_rule(ConfigRuleName="actions")

    def gone():
        try:
            rules.config.describe_config_rules(ConfigRuleNames=["actions"])
        except rules.config.exceptions.NoSuchConfigRuleException as error:
            return error.response["Error"]["Message"]
        return None

    assert eventually(gone) == (
        "The ConfigRule 'actions' provided in the request is invalid. Please check the configRule name"
    )
    assert rules.config.describe_compliance_by_resource(ResourceType=ALARM)["ComplianceByResources"] == []
    rules.told_of_item("AWS::Config::ResourceCompliance", f"{ALARM}/cpu", "DELETE")


def test_periodic_rules_follow_the_clock_while_nothing_is_recorded(make_server):
    server = make_server().start()
    config, logs = server.client("config"), server.client("logs")
    server.client("s3").create_bucket(Bucket="acme-config")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "config.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::acme-config/*",
            }
        ],
    }
    server.client("s3").put_bucket_policy(Bucket="acme-config", Policy=json.dumps(policy))
    role = f"arn:aws:iam::{SERVER_ACCOUNT}:role/config"
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "acme-config"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    logs.create_log_group(logGroupName="/acme/web")
    logs.put_retention_policy(logGroupName="/acme/web", retentionInDays=7)

    def listed():
        return config.list_discovered_resources(resourceType=LOG_GROUP)["resourceIdentifiers"]

    assert [group["resourceId"] for group in eventually(listed)] == ["/acme/web"]
    rule = {
        "ConfigRuleName": "kept",
        "Source": {"Owner": "AWS", "SourceIdentifier": "CW_LOGGROUP_RETENTION_PERIOD_CHECK"},
        "InputParameters": json.dumps({"MinRetentionTime": "30"}),
        "MaximumExecutionFrequency": "Three_Hours",
    }
    config.put_config_rule(ConfigRule=rule)

    def result():
        found = config.get_compliance_details_by_config_rule(ConfigRuleName="kept")["EvaluationResults"]
        return found and found[0]

    first = eventually(result)
    assert first["ComplianceType"] == "NON_COMPLIANT"
    config.stop_configuration_recorder(ConfigurationRecorderName="default")
    server.move_clock(advance="2h59m")
    assert result()["ConfigRuleInvokedTime"] == first["ConfigRuleInvokedTime"]
    server.move_clock(advance="2m")
    later = eventually(lambda: result()["ConfigRuleInvokedTime"] > first["ConfigRuleInvokedTime"])
    assert later, "the rule was not evaluated by the clock"
    (status,) = config.describe_config_rule_evaluation_status()["ConfigRulesEvaluationStatus"]
    assert status["LastSuccessfulEvaluationTime"] == result()["ConfigRuleInvokedTime"]


def test_a_rule_by_change_waits_for_the_recorder_unless_somebody_asks(rules):
    rules.put_alarm(1)
    rules.told_of_item(ALARM, "cpu", "CREATE")
    rules.config.stop_configuration_recorder(ConfigurationRecorderName="default")
    rules.put("actions", "CLOUDWATCH_ALARM_ACTION_CHECK", ACTIONS)
    rules.config.start_config_rules_evaluation(ConfigRuleNames=["actions"])
    rules.told_of_compliance("actions", "cpu", "COMPLIANT")
    started = rules.told(lambda message: message["messageType"] == "ConfigRulesEvaluationStarted")
    assert started["configRuleNames"] == ["actions"]
    with pytest.raises(ClientError) as refused:
        rules.config.start_config_rules_evaluation(ConfigRuleNames=["actions"])
    assert refused.value.response["Error"]["Code"] == "LimitExceededException"


def test_a_rule_has_an_arn_tags_and_a_place_in_the_summary(rules):
    source = {"Owner": "AWS", "SourceIdentifier": "SNS_ENCRYPTED_KMS"}
    rules.config.put_config_rule(
        ConfigRule={"ConfigRuleName": "topics", "Source": source}, Tags=[{"Key": "team", "Value": "ops"}]
    )
    rules.told_of_compliance("topics", rules.topic, "NON_COMPLIANT")
    (rule,) = rules.config.describe_config_rules(ConfigRuleNames=["topics"])["ConfigRules"]
    assert rule["ConfigRuleArn"].startswith(f"arn:aws:config:{HOME_REGION}:{SERVER_ACCOUNT}:config-rule/config-rule-")
    tags = rules.config.list_tags_for_resource(ResourceArn=rule["ConfigRuleArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "ops"}]
    summary = rules.config.get_compliance_summary_by_config_rule()["ComplianceSummary"]
    assert summary["NonCompliantResourceCount"] == {"CappedCount": 1, "CapExceeded": False}


def test_rules_and_pushed_resources_are_found_in_the_history(make_server, make_receiver):
    server = make_server(clock="system").start()
    rules = Rules(server, make_receiver())
    rules.put("actions", "CLOUDWATCH_ALARM_ACTION_CHECK", ACTIONS)
    rules.config.delete_config_rule(ConfigRuleName="actions")
    named = {"ResourceType": "MyOrg::Net::Host", "ResourceId": "h-1"}
    rules.config.put_resource_config(**named, ResourceName="front", SchemaVersionId="1", Configuration="{}")
    rules.config.delete_resource_config(**named)
    for name, resource_type, events in [
        ("actions", "AWS::Config::ConfigRule", {"PutConfigRule", "DeleteConfigRule"}),
        ("h-1", "MyOrg::Net::Host", {"PutResourceConfig", "DeleteResourceConfig"}),
        ("front", "MyOrg::Net::Host", {"PutResourceConfig"}),
    ]:
        lookup = [{"AttributeKey": "ResourceName", "AttributeValue": name}]
        found = server.events(LookupAttributes=lookup)
        assert {event["EventName"] for event in found} == events, name
        for event in found:
            assert {"ResourceType": resource_type, "ResourceName": name} in event["Resources"]
