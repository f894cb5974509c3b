"""Conformance packs of AWS Config by boto3: templates become rules that come and go together."""

import json

import pytest
from botocore.exceptions import ClientError

from harness import HOME_REGION, SERVER_ACCOUNT
from policies import allow, document
from refusals import refused

BUCKET = "acme-config"

TEMPLATE = """
Parameters:
  Severity: {Type: String, Default: '90'}
  WithMetric: {Type: String, Default: 'true'}
Conditions:
  withMetric: !Equals [!Ref WithMetric, 'true']
Resources:
  AlarmActions:
    Type: AWS::Config::ConfigRule
    Properties:
      ConfigRuleName: alarm-actions
      Source: {Owner: AWS, SourceIdentifier: CLOUDWATCH_ALARM_ACTION_ENABLED_CHECK}
  Retention:
    Type: AWS::Config::ConfigRule
    Condition: withMetric
    Properties:
      ConfigRuleName: retention
      InputParameters:
        MinRetentionTime: !If [withMetric, !Ref Severity, !Ref 'AWS::NoValue']
      Source: {Owner: AWS, SourceIdentifier: CW_LOGGROUP_RETENTION_PERIOD_CHECK}
"""


@pytest.fixture
def world(make_server):
    """A server whose recorder runs, with an alarm whose actions are off; with its client of Config."""
    server = make_server().start()
    s3 = server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "config.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:GetObject"],
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    config = server.client("config")
    role = f"arn:aws:iam::{SERVER_ACCOUNT}:role/config"
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": BUCKET})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    server.client("cloudwatch").put_metric_alarm(
        AlarmName="cpu",
        Namespace="Acme",
        MetricName="load",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        ActionsEnabled=False,
    )
    server.client("logs").create_log_group(logGroupName="/acme/web")
    server.move_clock(advance="1m")
    return server, config


def until(server, look, wanted):
    """Moves the clock until what is looked at is as wanted: jobs that are woken run beside the moves."""
    for _ in range(120):
        found = look()
        if found == wanted:
            return
        server.move_clock(advance="1m")
    assert found == wanted


def word_of(config, name):
    return lambda: state(config).get(name, {}).get("ConformancePackState")


def state(config):
    details = config.describe_conformance_pack_status()["ConformancePackStatusDetails"]
    return {of["ConformancePackName"]: of for of in details}


def rule_names(config):
    rules = config.describe_config_rules()["ConfigRules"]
    return [rule["ConfigRuleName"].split("-conformance-pack-")[0] for rule in rules]


def test_a_pack_is_deployed_judged_changed_and_removed(world):
    server, config = world
    arn = config.put_conformance_pack(ConformancePackName="base", TemplateBody=TEMPLATE)["ConformancePackArn"]
    until(server, word_of(config, "base"), "CREATE_COMPLETE")
    assert rule_names(config) == ["alarm-actions", "retention"]

    def overall():
        summary = config.get_conformance_pack_compliance_summary(ConformancePackNames=["base"])
        return summary["ConformancePackComplianceSummaryList"][0]["ConformancePackComplianceStatus"]

    until(server, overall, "NON_COMPLIANT")
    rules = config.describe_conformance_pack_compliance(ConformancePackName="base")["ConformancePackRuleComplianceList"]
    words = {of["ConfigRuleName"].split("-conf")[0]: of["ComplianceType"] for of in rules}
    assert words["alarm-actions"] == "NON_COMPLIANT"
    filters = {"ComplianceType": "NON_COMPLIANT", "ResourceType": "AWS::CloudWatch::Alarm"}
    details = config.get_conformance_pack_compliance_details(ConformancePackName="base", Filters=filters)
    (result,) = details["ConformancePackRuleEvaluationResults"]
    assert result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"] == "cpu"

    def recorded():
        keys = [{"resourceType": "AWS::Config::ConformancePackCompliance", "resourceId": arn.rsplit("/", 1)[1]}]
        items = config.batch_get_resource_config(resourceKeys=keys)["baseConfigurationItems"]
        found = [json.loads(item["configuration"]) for item in items]
        return [(item["complianceType"], item["totalRuleCount"]) for item in found]

    until(server, recorded, [("NON_COMPLIANT", 2)])

    parameters = [{"ParameterName": "WithMetric", "ParameterValue": "false"}]
    config.put_conformance_pack(
        ConformancePackName="base", TemplateBody=TEMPLATE, ConformancePackInputParameters=parameters
    )
    until(server, lambda: rule_names(config), ["alarm-actions"])

    config.delete_conformance_pack(ConformancePackName="base")
    until(server, lambda: state(config), {})
    until(server, lambda: rule_names(config), [])


def test_a_template_comes_from_a_bucket_of_the_server(world):
    server, config = world
    server.client("s3").put_object(Bucket=BUCKET, Key="packs/base.yaml", Body=TEMPLATE.encode())
    config.put_conformance_pack(ConformancePackName="base", TemplateS3Uri=f"s3://{BUCKET}/packs/base.yaml")
    until(server, lambda: rule_names(config), ["alarm-actions", "retention"])
    with pytest.raises(ClientError) as refusal:
        config.put_conformance_pack(ConformancePackName="other", TemplateS3Uri=f"s3://{BUCKET}/packs/no.yaml")
    assert refusal.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_a_template_is_stored_in_the_delivery_bucket(world):
    server, config = world
    made = config.put_conformance_pack(
        ConformancePackName="base", TemplateBody=TEMPLATE, DeliveryS3Bucket=BUCKET, DeliveryS3KeyPrefix="packs"
    )
    until(server, word_of(config, "base"), "CREATE_COMPLETE")
    pack_id = made["ConformancePackArn"].rsplit("/", 1)[1]
    key = f"packs/AWSLogs/{SERVER_ACCOUNT}/Config/{HOME_REGION}/ConformancePacks/base/{pack_id}.yaml"
    assert server.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() == TEMPLATE
    config.put_conformance_pack(ConformancePackName="lost", TemplateBody=TEMPLATE, DeliveryS3Bucket="nobodys")
    until(server, word_of(config, "lost"), "CREATE_FAILED")
    assert "nobodys" in state(config)["lost"]["ConformancePackStatusReason"]


def test_a_policy_about_packs_of_a_name_lets_the_first_be_put(server, people):
    packs = f"arn:aws:config:{HOME_REGION}:{people.account}:conformance-pack/team-*"
    config = server.client("config", people.make("deployer", document(allow("config:*", packs))))
    config.put_conformance_pack(ConformancePackName="team-a", TemplateBody=TEMPLATE)
    with refused("AccessDeniedException"):
        config.put_conformance_pack(ConformancePackName="other", TemplateBody=TEMPLATE)


def test_a_pack_that_was_put_survives_a_kill(world):
    server, config = world
    config.put_conformance_pack(ConformancePackName="base", TemplateBody=TEMPLATE)
    server.kill()
    server.start()
    config = server.client("config")
    until(server, word_of(config, "base"), "CREATE_COMPLETE")
    assert rule_names(config) == ["alarm-actions", "retention"]


def test_the_aws_cli_puts_a_pack_whose_parameter_is_missing(world):
    server, config = world
    template = TEMPLATE.replace(", Default: '90'", "")
    arguments = ("--conformance-pack-name", "cli", "--template-body", template)
    made = server.cli_json("configservice", "put-conformance-pack", *arguments)
    assert "conformance-pack/cli/" in made["ConformancePackArn"]
    until(server, word_of(config, "cli"), "CREATE_FAILED")
    status = state(config)["cli"]
    assert status["ConformancePackStatusReason"] == "Parameters: [Severity] must have values"
    assert rule_names(config) == []
