"""Aggregators of AWS Config by boto3 and the AWS CLI: what other accounts let them see."""

import json

import pytest
from botocore.exceptions import ClientError

from harness import HOME_REGION, SERVER_ACCOUNT, SERVER_ROOT

BUCKET = "acme-config"
VOLUME = "Acme::Store::Volume"


def record(server, credentials, account, region, resource_id):
    """Lets a recorder run that has recorded one resource; its client."""
    config = server.client("config", credentials, region)
    role = f"arn:aws:iam::{account}:role/config"
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": BUCKET})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    config.put_resource_config(
        ResourceType=VOLUME,
        SchemaVersionId="1",
        ResourceId=resource_id,
        Configuration=json.dumps({"size": 8}),
        Tags={"team": "blue"},
    )
    return config


@pytest.fixture
def accounts(make_server, other_root):
    """A server of two accounts, each of which records a resource in the same region; the clients of both."""
    server = make_server().start()
    other_account = server.client("sts", other_root).get_caller_identity()["Account"]
    s3 = server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "config.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    own = record(server, SERVER_ROOT, SERVER_ACCOUNT, HOME_REGION, "vol-own")
    other = record(server, other_root, other_account, HOME_REGION, "vol-other")
    return server, own, other, other_account


def aggregate(config, *account_ids, **more):
    source = {"AccountIds": list(account_ids), "AwsRegions": [HOME_REGION]}
    answer = config.put_configuration_aggregator(
        ConfigurationAggregatorName="all", AccountAggregationSources=[source], **more
    )
    return answer["ConfigurationAggregator"]


def shown(config):
    answer = config.list_aggregate_discovered_resources(ConfigurationAggregatorName="all", ResourceType=VOLUME)
    return sorted(found["ResourceId"] for found in answer["ResourceIdentifiers"])


def test_another_account_is_shown_once_it_authorizes_the_aggregator(accounts):
    _, own, other, other_account = accounts
    aggregate(own, SERVER_ACCOUNT, other_account)
    assert shown(own) == ["vol-own"]
    request = {"RequesterAccountId": SERVER_ACCOUNT, "RequesterAwsRegion": HOME_REGION}
    assert other.describe_pending_aggregation_requests()["PendingAggregationRequests"] == [request]
    status = own.describe_configuration_aggregator_sources_status(ConfigurationAggregatorName="all")
    words = {of["SourceId"]: of["LastUpdateStatus"] for of in status["AggregatedSourceStatusList"]}
    assert words == {SERVER_ACCOUNT: "SUCCEEDED", other_account: "FAILED"}

    other.put_aggregation_authorization(AuthorizedAccountId=SERVER_ACCOUNT, AuthorizedAwsRegion=HOME_REGION)
    assert shown(own) == ["vol-other", "vol-own"]
    assert other.describe_pending_aggregation_requests()["PendingAggregationRequests"] == []
    identifier = {
        "SourceAccountId": other_account,
        "SourceRegion": HOME_REGION,
        "ResourceId": "vol-other",
        "ResourceType": VOLUME,
    }
    item = own.get_aggregate_resource_config(ConfigurationAggregatorName="all", ResourceIdentifier=identifier)
    assert item["ConfigurationItem"]["tags"] == {"team": "blue"}
    counts = own.get_aggregate_discovered_resource_counts(
        ConfigurationAggregatorName="all", Filters={"ResourceType": VOLUME}, GroupByKey="ACCOUNT_ID"
    )
    assert {of["GroupName"]: of["ResourceCount"] for of in counts["GroupedResourceCounts"]} == {
        SERVER_ACCOUNT: 1,
        other_account: 1,
    }

    other.delete_aggregation_authorization(AuthorizedAccountId=SERVER_ACCOUNT, AuthorizedAwsRegion=HOME_REGION)
    assert shown(own) == ["vol-own"]


def test_what_an_aggregator_shows_is_there_after_a_restart(accounts):
    server, own, _, _ = accounts
    made = aggregate(own, SERVER_ACCOUNT, Tags=[{"Key": "team", "Value": "ops"}])
    server.stop()
    server.start()
    own = server.client("config")
    (found,) = own.describe_configuration_aggregators()["ConfigurationAggregators"]
    assert found == made
    arn = found["ConfigurationAggregatorArn"]
    assert own.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "ops"}]
    assert shown(own) == ["vol-own"]


def test_rules_of_several_accounts_are_told_of_together(accounts):
    server, own, other, other_account = accounts
    other.put_aggregation_authorization(AuthorizedAccountId=SERVER_ACCOUNT, AuthorizedAwsRegion=HOME_REGION)
    aggregate(own, SERVER_ACCOUNT, other_account)
    rule = {"ConfigRuleName": "checked", "Source": {"Owner": "AWS", "SourceIdentifier": "AWS_CONFIG_PROCESS_CHECK"}}
    for config, account, word in ((own, SERVER_ACCOUNT, "COMPLIANT"), (other, other_account, "NON_COMPLIANT")):
        config.put_config_rule(ConfigRule=rule)
        evaluation = {
            "ComplianceResourceType": "AWS::::Account",
            "ComplianceResourceId": account,
            "ComplianceType": word,
            "OrderingTimestamp": server.now(),
        }
        config.put_external_evaluation(ConfigRuleName="checked", ExternalEvaluation=evaluation)
    rules = own.describe_aggregate_compliance_by_config_rules(ConfigurationAggregatorName="all")
    words = {of["AccountId"]: of["Compliance"]["ComplianceType"] for of in rules["AggregateComplianceByConfigRules"]}
    assert words == {SERVER_ACCOUNT: "COMPLIANT", other_account: "NON_COMPLIANT"}
    details = own.get_aggregate_compliance_details_by_config_rule(
        ConfigurationAggregatorName="all", ConfigRuleName="checked", AccountId=other_account, AwsRegion=HOME_REGION
    )
    (result,) = details["AggregateEvaluationResults"]
    assert (result["ComplianceType"], result["AccountId"]) == ("NON_COMPLIANT", other_account)
    summary = own.get_aggregate_config_rule_compliance_summary(ConfigurationAggregatorName="all")
    (count,) = summary["AggregateComplianceCounts"]
    assert count["ComplianceSummary"]["CompliantResourceCount"]["CappedCount"] == 1
    assert count["ComplianceSummary"]["NonCompliantResourceCount"]["CappedCount"] == 1


def test_the_aws_cli_makes_and_removes_an_aggregator(accounts):
    server, own, _, _ = accounts
    source = f"AccountIds={SERVER_ACCOUNT},AllAwsRegions=true"
    arguments = ("--configuration-aggregator-name", "cli", "--account-aggregation-sources", source)
    made = server.cli_json("configservice", "put-configuration-aggregator", *arguments)
    assert made["ConfigurationAggregator"]["AccountAggregationSources"][0]["AllAwsRegions"] is True
    server.cli("configservice", "delete-configuration-aggregator", "--configuration-aggregator-name", "cli")
    with pytest.raises(ClientError) as refusal:
        own.describe_configuration_aggregators(ConfigurationAggregatorNames=["cli"])
    assert refusal.value.response["Error"]["Code"] == "NoSuchConfigurationAggregatorException"


def test_an_account_outside_of_organizations_is_told_so(server, root):
    config = server.client("config", root)
    for call in (
        config.describe_organization_config_rules,
        config.describe_organization_config_rule_statuses,
        config.describe_organization_conformance_packs,
        config.describe_organization_conformance_pack_statuses,
    ):
        with pytest.raises(ClientError) as refusal:
            call()
        error = refusal.value.response["Error"]
        assert error["Code"] == "OrganizationAccessDeniedException"
        assert error["Message"] == "This action can only be made by accounts in an AWS Organization"
