"""Cloud Custodian on AWS Config, trails, alarms and log groups: policies that read, and one that is a rule."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from callees import invoking
from cloud_world import CloudWorld
from config_world import World
from harness import HOME_REGION, SERVER_ACCOUNT, SERVER_ROOT
from scripted_upstream import until

ALARM = "AWS::CloudWatch::Alarm"
RECORDED = (ALARM, "AWS::EC2::SecurityGroup", "AWS::SQS::Queue")
ANYBODY = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


class Custodian:
    """`custodian`, which is told of the server by the environment, as every client of boto3 is."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder

    def environment(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return environment | {
            "AWS_ENDPOINT_URL": self.server.url,
            "AWS_ACCESS_KEY_ID": SERVER_ROOT.key,
            "AWS_SECRET_ACCESS_KEY": SERVER_ROOT.secret,
            "AWS_DEFAULT_REGION": HOME_REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def run(self, **policies):
        """Runs policies by name; the resources that each finds, by name."""
        # What is JSON is YAML.
        file = self.folder / "policies.json"
        file.write_text(json.dumps({"policies": [{"name": name, **policy} for name, policy in policies.items()]}))
        tool = pathlib.Path(sys.executable).parent / "custodian"
        out = self.folder / "out"
        command = [str(tool), "run", "--cache-period", "0", "--output-dir", str(out), str(file)]
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return {name: json.loads((out / name / "resources.json").read_text()) for name in policies}

    def answer_as_rule(self, policy, event):
        """Runs a policy as the function of a rule, in the way that Lambda does."""
        (self.folder / "config.json").write_text(json.dumps({"execution-options": {}, "policies": [policy]}))
        handle = "import json, sys; from c7n.handler import dispatch_event; dispatch_event(json.load(sys.stdin), None)"
        done = subprocess.run(
            [sys.executable, "-c", handle],
            input=json.dumps(event),
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """Moto's cloud with an open group, recorded and judged, and what the server has of its own."""
    group = {"allSupported": False, "resourceTypes": list(RECORDED)}
    world = CloudWorld(tmp_path_factory.mktemp("cloud"), group=group)
    try:
        ec2 = world.client("ec2")
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        for name in ("open", "shut"):
            group = ec2.create_security_group(GroupName=f"{name}-group", Description=name, VpcId=vpc)["GroupId"]
            if name == "open":
                ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=ANYBODY)
        world.client("sqs").create_queue(QueueName="orders", tags={"team": "ops"})
        logs = world.client("logs")
        logs.create_log_group(logGroupName="app")
        logs.put_metric_filter(
            logGroupName="app",
            filterName="errors",
            filterPattern="ERROR",
            metricTransformations=[{"metricName": "errors", "metricNamespace": "Acme", "metricValue": "1"}],
        )
        world.client("cloudwatch").put_metric_alarm(
            AlarmName="errors",
            Namespace="Acme",
            MetricName="errors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            Tags=[{"Key": "team", "Value": "ops"}],
        )
        config = world.client("config")
        source = {"Owner": "AWS", "SourceIdentifier": "INCOMING_SSH_DISABLED"}
        config.put_config_rule(ConfigRule={"ConfigRuleName": "ssh", "Source": source})
        world.list_everything()
        until(lambda: judged(config, "ssh"))
        yield world
    finally:
        world.end()


def judged(config, rule):
    """What a rule says, by id of the resource."""
    results = config.get_compliance_details_by_config_rule(ConfigRuleName=rule)["EvaluationResults"]
    qualifier = "EvaluationResultQualifier"
    return {one["EvaluationResultIdentifier"][qualifier]["ResourceId"]: one["ComplianceType"] for one in results}


def names(resources, key):
    return {resource[key] for resource in resources}


def test_groups_are_found_by_advanced_queries_as_they_are_described(cloud, tmp_path):
    group = {"resource": "aws.security-group"}
    found = Custodian(cloud.server, tmp_path).run(
        described=group,
        recorded={**group, "source": "config"},
        clause={**group, "source": "config", "query": [{"clause": " resourceName LIKE 'open%'"}]},
        ingress={**group, "source": "config", "filters": [{"type": "ingress", "Cidr": {"value": "0.0.0.0/0"}}]},
    )
    key = "GroupName"
    assert names(found["recorded"], key) == names(found["described"], key) >= {"open-group", "shut-group"}
    assert names(found["clause"], key) == names(found["ingress"], key) == {"open-group"}


def test_what_has_no_supplementary_configuration_is_read_from_queries(cloud, tmp_path):
    found = Custodian(cloud.server, tmp_path).run(
        alarms={"resource": "aws.alarm", "source": "config"},
        queues={"resource": "aws.sqs", "source": "config"},
    )
    assert [(one["AlarmName"], one["Threshold"]) for one in found["alarms"]] == [("errors", 1)]
    assert len(found["queues"]) == 1 and found["queues"][0]["QueueUrl"].endswith("/orders")


def test_groups_that_break_a_rule_are_found(cloud, tmp_path):
    filters = [{"type": "config-compliance", "rules": ["ssh"]}]
    broken = {"resource": "aws.security-group", "filters": filters}
    found = Custodian(cloud.server, tmp_path).run(described=broken, recorded={**broken, "source": "config"})
    for source in ("described", "recorded"):
        assert names(found[source], "GroupName") == {"open-group"}, source


def test_the_servers_own_resources_are_found(cloud, tmp_path):
    def value(kind, key, value):
        return [{"type": kind, "key": key, "value": value}]

    found = Custodian(cloud.server, tmp_path).run(
        rules={"resource": "aws.config-rule", "filters": value("status", "FirstEvaluationStarted", True)},
        recorders={"resource": "aws.config-recorder", "filters": value("value", "status.recording", True)},
        alarms={"resource": "aws.alarm"},
        groups={"resource": "aws.log-group"},
        metrics={"resource": "aws.log-metric"},
        trails={"resource": "aws.cloudtrail"},
        account={"resource": "aws.account", "filters": [{"type": "check-config"}]},
        untracked={"resource": "aws.account", "filters": [{"type": "check-cloudtrail", "multi-region": True}]},
    )
    assert names(found["rules"], "ConfigRuleName") == {"ssh"}
    assert found["recorders"][0]["deliveryChannel"]["s3BucketName"] == "acme-config"
    assert names(found["alarms"], "AlarmName") == {"errors"}
    assert names(found["groups"], "logGroupName") == {"app"}
    assert names(found["metrics"], "filterName") == {"errors"}
    assert found["trails"] == []
    # Config is on, so that its check finds nothing, and there is no trail.
    assert found["account"] == []
    assert names(found["untracked"], "account_id") == {SERVER_ACCOUNT}


def test_a_policy_is_a_rule_that_judges_what_changed(make_server, make_receiver, callees, tmp_path):
    server = make_server(clock="system", options=callees.options).start()
    world = World(server, make_receiver(), {"allSupported": False, "resourceTypes": [ALARM]})
    details = [{"EventSource": "aws.config", "MessageType": "ConfigurationItemChangeNotification"}]
    source = {"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": callees.url, "SourceDetails": details}
    rule = {"ConfigRuleName": "high", "Source": source, "Scope": {"ComplianceResourceTypes": [ALARM]}}
    world.config.put_config_rule(ConfigRule=rule)
    policy = {
        "name": "high",
        "resource": "aws.alarm",
        "mode": {"type": "config-rule", "role": f"arn:aws:iam::{SERVER_ACCOUNT}:role/custodian"},
        "filters": [{"type": "value", "key": "Threshold", "op": "greater-than", "value": 10}],
    }
    custodian = Custodian(server, tmp_path)
    for threshold, compliance in ((50, "NON_COMPLIANT"), (5, "COMPLIANT")):
        world.put_alarm(threshold)

        def is_it(event):
            item = invoking(event).get("configurationItem") or {"configuration": None}
            return (item["configuration"] or {}).get("threshold") == threshold

        custodian.answer_as_rule(policy, callees.event(is_it))
        assert judged(world.config, "high") == {"cpu": compliance}
