//! Conformance packs, and aggregators over their rules (config.md §8.1, §8.2).

use serde_json::{Value, json};

use crate::ports::{NewObject, ObjectContent};
use crate::test_world::{ACCOUNT, BUCKET, World, description, scope};
use crate::{Observation, Source};

/// Made for this test, in the form of AWS's sample packs.
const TEMPLATE: &str = r#"
Parameters:
  Key: {Type: String, Default: team}
  InUse: {Type: String, Default: 'yes'}
Conditions:
  inUse: !Equals [!Ref InUse, 'yes']
Resources:
  Tagged:
    Type: AWS::Config::ConfigRule
    Properties:
      ConfigRuleName: tagged
      Scope: {ComplianceResourceTypes: ['AWS::EC2::Volume']}
      InputParameters: {tag1Key: !Ref Key}
      Source: {Owner: AWS, SourceIdentifier: REQUIRED_TAGS}
  InUseRule:
    Type: AWS::Config::ConfigRule
    Condition: inUse
    Properties:
      ConfigRuleName: in-use
      Source: {Owner: AWS, SourceIdentifier: EC2_VOLUME_INUSE_CHECK}
"#;

const REMEDIATION: &str = r#"
  Fix:
    Type: AWS::Config::RemediationConfiguration
    DependsOn: Tagged
    Properties:
      ConfigRuleName: tagged
      TargetType: SSM_DOCUMENT
      TargetId: Fix-Tags
      MaximumAutomaticAttempts: '3'
      Parameters:
        ResourceId: {ResourceValue: {Value: RESOURCE_ID}}
"#;

/// A world with a volume that has the tag, and one that has not; neither is in use.
async fn world() -> World {
    let world = World::recording().await;
    for (id, tag) in [("vol-1", Some("blue")), ("vol-2", None)] {
        let mut description = description(json!({"attachments": [], "state": "available"}));
        description.tags.extend(tag.map(|tag| ("team".to_owned(), tag.to_owned())));
        let observation = Observation {
            resource_type: "AWS::EC2::Volume".to_owned(),
            resource_id: id.to_owned(),
            description: Some(description),
            source: Source::Upstream,
        };
        world.parts().observe(&scope(), vec![observation], world.now()).await.unwrap();
    }
    world
}

async fn put(world: &World, template: &str, more: Value) -> Value {
    let mut input = json!({"ConformancePackName": "base", "TemplateBody": template});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = world.ok("PutConformancePack", input).await;
    world.run_woken().await;
    world.advance(30).await;
    answer
}

async fn status(world: &World) -> Value {
    world.ok("DescribeConformancePackStatus", json!({})).await["ConformancePackStatusDetails"].clone()
}

/// The rules of the account, without what is the pack's in their names.
async fn rules(world: &World) -> Vec<String> {
    let answer = world.ok("DescribeConfigRules", json!({})).await;
    let name =
        |rule: &Value| rule["ConfigRuleName"].as_str().unwrap().split_once("-conformance-pack-").unwrap().0.to_owned();
    answer["ConfigRules"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn a_pack_puts_its_rules_which_are_its_own_and_judged() {
    let world = world().await;
    let answer = world.ok("PutConformancePack", json!({"ConformancePackName": "base", "TemplateBody": TEMPLATE})).await;
    let arn = answer["ConformancePackArn"].as_str().unwrap().to_owned();
    let id = arn.strip_prefix("arn:aws:config:eu-west-1:210987654321:conformance-pack/base/").unwrap().to_owned();
    assert_eq!(id.len(), "conformance-pack-".len() + 9);
    assert_eq!(status(&world).await[0]["ConformancePackState"], "CREATE_IN_PROGRESS");
    let busy = world.refused("DeleteConformancePack", json!({"ConformancePackName": "base"})).await;
    assert_eq!(busy.0, "ResourceInUseException");
    world.run_woken().await;
    let status = status(&world).await[0].clone();
    assert_eq!(status["ConformancePackState"], "CREATE_COMPLETE");
    let stack = format!("arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/awsconfigconforms-base-{id}/");
    assert!(status["StackArn"].as_str().unwrap().starts_with(&stack), "{status}");
    let rules = world.ok("DescribeConfigRules", json!({})).await["ConfigRules"].clone();
    assert_eq!(rules[0]["ConfigRuleName"], format!("in-use-{id}"));
    let rule = &rules[1];
    assert_eq!(rule["ConfigRuleName"], format!("tagged-{id}"));
    assert_eq!(
        (&rule["CreatedBy"], &rule["InputParameters"]),
        (&json!("config-conforms.amazonaws.com"), &json!(r#"{"tag1Key":"team"}"#))
    );
    let prefix = format!(
        "arn:aws:config:eu-west-1:{ACCOUNT}:config-rule/aws-service-rule/config-conforms.amazonaws.com/config-rule-"
    );
    assert!(rule["ConfigRuleArn"].as_str().unwrap().starts_with(&prefix));
    let alone = json!({"ConfigRuleName": rule["ConfigRuleName"]});
    assert_eq!(world.refused("DeleteConfigRule", alone).await.0, "InsufficientPermissionsException");
}

#[tokio::test]
async fn how_it_stands_with_a_pack_is_told_by_rule_by_result_and_as_a_score() {
    let world = world().await;
    put(&world, TEMPLATE, json!({})).await;
    let name = json!({"ConformancePackName": "base"});
    let rules = world.ok("DescribeConformancePackCompliance", name.clone()).await;
    let list = rules["ConformancePackRuleComplianceList"].as_array().unwrap();
    assert_eq!(list.len(), 2);
    assert!(list.iter().all(|rule| rule["ComplianceType"] == "NON_COMPLIANT"), "{list:?}");
    let details =
        world.ok("GetConformancePackComplianceDetails", json!({"ConformancePackName": "base", "Limit": 3})).await;
    assert_eq!(details["ConformancePackRuleEvaluationResults"].as_array().unwrap().len(), 3);
    let more = json!({"ConformancePackName": "base", "Limit": 3, "NextToken": details["NextToken"]});
    let more = world.ok("GetConformancePackComplianceDetails", more).await;
    assert_eq!(more["ConformancePackRuleEvaluationResults"].as_array().unwrap().len(), 1);
    assert!(more.get("NextToken").is_none());
    let compliant = json!({"ConformancePackName": "base", "Filters": {"ComplianceType": "COMPLIANT"}});
    let compliant = world.ok("GetConformancePackComplianceDetails", compliant).await;
    let result = &compliant["ConformancePackRuleEvaluationResults"][0];
    assert_eq!(result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"], "vol-1");
    let summary = world.ok("GetConformancePackComplianceSummary", json!({"ConformancePackNames": ["base"]})).await;
    assert_eq!(
        summary["ConformancePackComplianceSummaryList"],
        json!([{"ConformancePackName": "base", "ConformancePackComplianceStatus": "NON_COMPLIANT"}])
    );
    let scores = world.ok("ListConformancePackComplianceScores", json!({"SortBy": "SCORE"})).await;
    assert_eq!(scores["ConformancePackComplianceScores"][0]["Score"], "25.00");
    for (filters, error) in [
        (json!({"ConfigRuleNames": ["x"]}), "NoSuchConfigRuleInConformancePackException"),
        (json!({"ComplianceType": "INSUFFICIENT_DATA"}), "InvalidParameterValueException"),
    ] {
        let input = json!({"ConformancePackName": "base", "Filters": filters});
        assert_eq!(world.refused("DescribeConformancePackCompliance", input.clone()).await.0, error);
        assert_eq!(world.refused("GetConformancePackComplianceDetails", input).await.0, error);
    }
}

#[tokio::test]
async fn how_it_stands_with_a_pack_is_an_item_until_the_pack_is_gone() {
    let world = world().await;
    let answer = put(&world, TEMPLATE, json!({})).await;
    let id = answer["ConformancePackArn"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
    let history = world.history("AWS::Config::ConformancePackCompliance", &id).await;
    let (_, newest) = history.last().unwrap();
    assert_eq!((&newest["complianceType"], &newest["totalRuleCount"]), (&json!("NON_COMPLIANT"), &json!(2)));
    assert_eq!(newest["nonCompliantRuleCount"], 2);
    world.ok("DeleteConformancePack", json!({"ConformancePackName": "base"})).await;
    assert_eq!(status(&world).await[0]["ConformancePackState"], "DELETE_IN_PROGRESS");
    world.run_woken().await;
    world.advance(60).await;
    let history = world.history("AWS::Config::ConformancePackCompliance", &id).await;
    assert_eq!(history.last().unwrap().0, "ResourceDeleted");
    assert_eq!(status(&world).await, json!([]));
    assert!(rules(&world).await.is_empty());
    let gone = world.refused("DescribeConformancePacks", json!({"ConformancePackNames": ["base"]})).await;
    assert_eq!(gone.0, "NoSuchConformancePackException");
}

#[tokio::test]
async fn an_update_removes_what_is_gone_from_the_template_and_keeps_the_rest() {
    let world = world().await;
    put(&world, TEMPLATE, json!({})).await;
    let before = world.ok("DescribeConfigRules", json!({})).await["ConfigRules"][1]["ConfigRuleId"].clone();
    let inputs = json!([{"ParameterName": "InUse", "ParameterValue": "no"}, {"ParameterName": "Key", "ParameterValue": "owner"}]);
    put(&world, TEMPLATE, json!({"ConformancePackInputParameters": inputs})).await;
    assert_eq!(rules(&world).await, ["tagged"]);
    let rule = world.ok("DescribeConfigRules", json!({})).await["ConfigRules"][0].clone();
    assert_eq!((&rule["ConfigRuleId"], &rule["InputParameters"]), (&before, &json!(r#"{"tag1Key":"owner"}"#)));
    let described = world.ok("DescribeConformancePacks", json!({})).await["ConformancePackDetails"][0].clone();
    assert_eq!(described["ConformancePackInputParameters"], inputs);
    put(&world, TEMPLATE, json!({})).await;
    assert_eq!(rules(&world).await, ["in-use", "tagged"]);
}

#[tokio::test]
async fn a_pack_that_fails_says_why_and_leaves_what_was() {
    let world = world().await;
    let unknown = TEMPLATE.replace("EC2_VOLUME_INUSE_CHECK", "NO_SUCH_RULE");
    put(&world, &unknown, json!({})).await;
    let failed = status(&world).await[0].clone();
    assert_eq!(failed["ConformancePackState"], "CREATE_FAILED");
    let reason = failed["ConformancePackStatusReason"].as_str().unwrap();
    assert!(reason.starts_with("The sourceIdentifier NO_SUCH_RULE is invalid."), "{reason}");
    assert!(rules(&world).await.is_empty(), "a rule of a pack that failed was put");
    put(&world, TEMPLATE, json!({})).await;
    assert_eq!(status(&world).await[0]["ConformancePackState"], "CREATE_COMPLETE");
    for (template, inputs, expected) in [
        (TEMPLATE.replace(", Default: team", ""), json!([]), "Parameters: [Key] must have values"),
        (TEMPLATE.to_owned(), json!([{"ParameterName": "No", "ParameterValue": ""}]), "Parameters: [No] do not exist"),
        (TEMPLATE.replace("ConfigRuleName: in-use", "ConfigRuleName: tagged"), json!([]), "stands twice"),
        (
            TEMPLATE.replace("ConfigRuleName: in-use", &format!("ConfigRuleName: {}", "x".repeat(120))),
            json!([]),
            "less than or equal to 128",
        ),
    ] {
        put(&world, &template, json!({"ConformancePackInputParameters": inputs})).await;
        let failed = status(&world).await[0].clone();
        let reason = failed["ConformancePackStatusReason"].as_str().unwrap();
        assert!(reason.contains(expected), "{reason}");
        assert_eq!(rules(&world).await, ["in-use", "tagged"]);
    }
}

#[tokio::test]
async fn a_pack_beyond_the_rules_that_an_account_may_have_is_not_put() {
    let world = world().await;
    let rule = |number: usize| {
        format!(
            "  R{number}: {{Type: 'AWS::Config::ConfigRule', Properties: {{Source: {{Owner: AWS, SourceIdentifier: ENCRYPTED_VOLUMES}}}}}}\n"
        )
    };
    let template = |count: usize| format!("Resources:\n{}", (0..count).map(rule).collect::<String>());
    put(&world, &template(13), json!({})).await;
    let reason = status(&world).await[0]["ConformancePackStatusReason"].clone();
    assert_eq!(reason, "The account can contain at most 12 config rules in this region.");
    put(&world, &template(12), json!({})).await;
    assert_eq!(rules(&world).await.len(), 12);
}

#[tokio::test]
async fn a_remediation_of_a_pack_comes_and_goes_with_it() {
    let world = world().await;
    put(&world, &format!("{TEMPLATE}{REMEDIATION}"), json!({})).await;
    let rule = world.ok("DescribeConfigRules", json!({})).await["ConfigRules"][1]["ConfigRuleName"].clone();
    let described = async || {
        let named = json!({"ConfigRuleNames": [rule]});
        world.ok("DescribeRemediationConfigurations", named).await["RemediationConfigurations"].clone()
    };
    let remediation = described().await[0].clone();
    assert_eq!((&remediation["TargetId"], &remediation["MaximumAutomaticAttempts"]), (&json!("Fix-Tags"), &json!(3)));
    put(&world, TEMPLATE, json!({})).await;
    assert_eq!(described().await, json!([]));
    put(
        &world,
        &format!("{TEMPLATE}{}", REMEDIATION.replace("ConfigRuleName: tagged", "ConfigRuleName: other")),
        json!({}),
    )
    .await;
    let reason = status(&world).await[0]["ConformancePackStatusReason"].as_str().unwrap().to_owned();
    assert!(reason.starts_with("The remediation of other-conformance-pack-"), "{reason}");
}

#[tokio::test]
async fn what_is_no_pack_is_refused_at_once() {
    let world = world().await;
    let bucket = "Resources: {B: {Type: 'AWS::S3::Bucket', Properties: {}}}";
    for (input, error) in [
        (json!({}), "InvalidParameterValueException"),
        (json!({"TemplateBody": TEMPLATE, "TemplateS3Uri": "s3://a/b"}), "InvalidParameterValueException"),
        (json!({"TemplateSSMDocumentDetails": {"DocumentName": "Some-Pack"}}), "InvalidParameterValueException"),
        (json!({"TemplateBody": bucket}), "ConformancePackTemplateValidationException"),
        (json!({"TemplateBody": "a: &a [*a]"}), "ConformancePackTemplateValidationException"),
        (json!({"TemplateBody": "x".repeat(51201)}), "ValidationException"),
        (json!({"ConformancePackName": "1st", "TemplateBody": TEMPLATE}), "ValidationException"),
        (
            json!({"TemplateBody": TEMPLATE, "ConformancePackInputParameters": [
                {"ParameterName": "Key", "ParameterValue": "a"}, {"ParameterName": "Key", "ParameterValue": "b"},
            ]}),
            "InvalidParameterValueException",
        ),
    ] {
        let mut whole = json!({"ConformancePackName": "base"});
        whole.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
        let (name, message) = world.refused("PutConformancePack", whole).await;
        assert_eq!(name, error, "{input}: {message}");
    }
    assert_eq!(status(&world).await, json!([]));
}

#[tokio::test]
async fn a_template_is_read_from_a_bucket() {
    let world = world().await;
    let (key, body) = ("packs/base.yaml".to_owned(), TEMPLATE.as_bytes().to_vec());
    let object = NewObject { key: key.clone(), body, content: ObjectContent::Plain, kms_key_arn: None };
    world.outside.state().objects.insert(key, object);
    let at = |uri: &str| json!({"ConformancePackName": "base", "TemplateS3Uri": uri});
    for (uri, expected) in [
        ("s3://acme-config/packs/other.yaml", "NoSuchKey"),
        ("s3://elsewhere/packs/base.yaml", "NoSuchBucket"),
        ("s3://acme-config", "not of the form"),
    ] {
        let (name, message) = world.refused("PutConformancePack", at(uri)).await;
        assert_eq!(name, "InvalidParameterValueException");
        assert!(message.contains(expected), "{message}");
    }
    world.ok("PutConformancePack", at("s3://acme-config/packs/base.yaml")).await;
    world.run_woken().await;
    assert_eq!(rules(&world).await, ["in-use", "tagged"]);
}

#[tokio::test]
async fn a_pack_that_was_put_before_the_server_ended_is_deployed_after() {
    let world = world().await;
    world.ok("PutConformancePack", json!({"ConformancePackName": "base", "TemplateBody": TEMPLATE})).await;
    let world = world.restarted().await;
    world.run_woken().await;
    assert_eq!(status(&world).await[0]["ConformancePackState"], "CREATE_COMPLETE");
    assert_eq!(rules(&world).await, ["in-use", "tagged"]);
}

#[tokio::test]
async fn aggregators_show_how_it_stands_with_rules_and_packs() {
    let world = world().await;
    put(&world, TEMPLATE, json!({})).await;
    let sources = json!([{"AccountIds": [ACCOUNT], "AwsRegions": ["eu-west-1"]}]);
    let name = "ConfigurationAggregatorName";
    world.ok("PutConfigurationAggregator", json!({name: "all", "AccountAggregationSources": sources})).await;
    let rules = world.ok("DescribeAggregateComplianceByConfigRules", json!({name: "all"})).await;
    let rules = rules["AggregateComplianceByConfigRules"].as_array().unwrap().clone();
    assert_eq!(rules.len(), 2);
    assert_eq!((&rules[1]["AccountId"], &rules[1]["AwsRegion"]), (&json!(ACCOUNT), &json!("eu-west-1")));
    let one = json!({"ComplianceType": "NON_COMPLIANT", "ComplianceContributorCount": {"CappedCount": 1, "CapExceeded": false}});
    assert_eq!(rules[1]["Compliance"], one);
    let none = json!({name: "all", "Filters": {"ComplianceType": "COMPLIANT"}});
    let none = world.ok("DescribeAggregateComplianceByConfigRules", none).await;
    assert_eq!(none["AggregateComplianceByConfigRules"], json!([]));
    let details = |account: &str| json!({name: "all", "ConfigRuleName": rules[1]["ConfigRuleName"], "AccountId": account, "AwsRegion": "eu-west-1"});
    let results = world.ok("GetAggregateComplianceDetailsByConfigRule", details(ACCOUNT)).await;
    let results = results["AggregateEvaluationResults"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert_eq!((&results[0]["ComplianceType"], &results[0]["AccountId"]), (&json!("COMPLIANT"), &json!(ACCOUNT)));
    let foreign = world.ok("GetAggregateComplianceDetailsByConfigRule", details("111122223333")).await;
    assert_eq!(foreign["AggregateEvaluationResults"], json!([]));
    let summary = json!({name: "all", "GroupByKey": "ACCOUNT_ID"});
    let summary = world.ok("GetAggregateConfigRuleComplianceSummary", summary).await;
    let count = &summary["AggregateComplianceCounts"][0];
    assert_eq!((&summary["GroupByKey"], &count["GroupName"]), (&json!("ACCOUNT_ID"), &json!(ACCOUNT)));
    assert_eq!(count["ComplianceSummary"]["NonCompliantResourceCount"]["CappedCount"], 2);
    let packs = world.ok("DescribeAggregateComplianceByConformancePacks", json!({name: "all"})).await;
    let pack = &packs["AggregateComplianceByConformancePacks"][0];
    let expected = json!({"ComplianceType": "NON_COMPLIANT", "CompliantRuleCount": 0, "NonCompliantRuleCount": 2, "TotalRuleCount": 2});
    assert_eq!((&pack["ConformancePackName"], &pack["Compliance"]), (&json!("base"), &expected));
    let summary = world.ok("GetAggregateConformancePackComplianceSummary", json!({name: "all"})).await;
    let count = json!({"CompliantConformancePackCount": 0, "NonCompliantConformancePackCount": 1});
    assert_eq!(summary["AggregateConformancePackComplianceSummaries"][0]["ComplianceSummary"], count);
}

#[tokio::test]
async fn whatever_has_an_arn_has_tags() {
    let world = world().await;
    let pack = put(&world, TEMPLATE, json!({"Tags": [{"Key": "a", "Value": "1"}]})).await["ConformancePackArn"].clone();
    let sources = json!([{"AccountIds": [ACCOUNT], "AwsRegions": ["eu-west-1"]}]);
    let input = json!({"ConfigurationAggregatorName": "all", "AccountAggregationSources": sources, "Tags": [{"Key": "a", "Value": "1"}]});
    let aggregator =
        world.ok("PutConfigurationAggregator", input).await["ConfigurationAggregator"]["ConfigurationAggregatorArn"]
            .clone();
    let input = json!({"AuthorizedAccountId": "111122223333", "AuthorizedAwsRegion": "eu-west-1", "Tags": [{"Key": "a", "Value": "1"}]});
    let authorization =
        world.ok("PutAggregationAuthorization", input).await["AggregationAuthorization"]["AggregationAuthorizationArn"]
            .clone();
    let rule = json!({"ConfigRuleName": "r", "Source": {"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"}});
    world.ok("PutConfigRule", json!({"ConfigRule": rule, "Tags": [{"Key": "a", "Value": "1"}]})).await;
    let named = json!({"ConfigRuleNames": ["r"]});
    let rule = world.ok("DescribeConfigRules", named).await["ConfigRules"][0]["ConfigRuleArn"].clone();
    for arn in [pack, aggregator, authorization, rule] {
        let tags = async || world.ok("ListTagsForResource", json!({"ResourceArn": arn})).await["Tags"].clone();
        assert_eq!(tags().await, json!([{"Key": "a", "Value": "1"}]), "{arn}");
        world.ok("TagResource", json!({"ResourceArn": arn, "Tags": [{"Key": "b", "Value": "2"}]})).await;
        world.ok("UntagResource", json!({"ResourceArn": arn, "TagKeys": ["a", "c"]})).await;
        assert_eq!(tags().await, json!([{"Key": "b", "Value": "2"}]), "{arn}");
    }
    for arn in ["arn:aws:config:eu-west-1:210987654321:conformance-pack/base/conformance-pack-xxxxxxxxx", "x"] {
        let (name, message) = world.refused("ListTagsForResource", json!({"ResourceArn": arn})).await;
        assert_eq!(
            (name.as_str(), message),
            ("ResourceNotFoundException", format!("ResourceArn '{arn}' does not exist"))
        );
    }
}

#[tokio::test]
async fn a_template_is_stored_where_the_pack_is_delivered() {
    let world = world().await;
    put(&world, TEMPLATE, json!({"DeliveryS3Bucket": "elsewhere"})).await;
    let failed = status(&world).await[0].clone();
    assert_eq!(failed["ConformancePackState"], "CREATE_FAILED");
    let reason = failed["ConformancePackStatusReason"].as_str().unwrap();
    assert!(reason.starts_with("The template cannot be stored in the bucket elsewhere (NoSuchBucket"), "{reason}");
    assert!(rules(&world).await.is_empty());
    let delivery = json!({"DeliveryS3Bucket": BUCKET, "DeliveryS3KeyPrefix": "packs"});
    let id = put(&world, TEMPLATE, delivery).await["ConformancePackArn"]
        .as_str()
        .unwrap()
        .rsplit_once('/')
        .unwrap()
        .1
        .to_owned();
    assert_eq!(status(&world).await[0]["ConformancePackState"], "CREATE_COMPLETE");
    let key = format!("packs/AWSLogs/{ACCOUNT}/Config/eu-west-1/ConformancePacks/base/{id}.yaml");
    assert_eq!(world.outside.keys("ConformancePacks"), std::slice::from_ref(&key));
    assert_eq!(world.outside.state().objects[&key].body, TEMPLATE.as_bytes());
    assert_eq!(rules(&world).await, ["in-use", "tagged"]);
}

#[tokio::test]
async fn scores_come_in_pages_that_meet_in_every_order() {
    let world = world().await;
    let of = |identifier: &str| {
        format!(
            "Resources: {{R: {{Type: 'AWS::Config::ConfigRule', Properties: {{ConfigRuleName: r, Source: {{Owner: AWS, SourceIdentifier: {identifier}}}}}}}}}"
        )
    };
    for (name, identifier) in [
        ("a", "EC2_VOLUME_INUSE_CHECK"),
        ("b", "S3_BUCKET_VERSIONING_ENABLED"),
        ("c", "ENCRYPTED_VOLUMES"),
        ("d", "EC2_VOLUME_INUSE_CHECK"),
    ] {
        put(&world, &of(identifier), json!({"ConformancePackName": name})).await;
    }
    for (order, expected) in [
        (json!({}), ["a", "b", "c", "d"]),
        (json!({"SortOrder": "DESCENDING"}), ["d", "c", "b", "a"]),
        (json!({"SortBy": "SCORE"}), ["a", "d", "b", "c"]),
        (json!({"SortBy": "SCORE", "SortOrder": "DESCENDING"}), ["a", "d", "b", "c"]),
    ] {
        let mut input = order.clone();
        input["Limit"] = json!(1);
        let mut names = Vec::new();
        loop {
            let page = world.ok("ListConformancePackComplianceScores", input.clone()).await;
            let scores = page["ConformancePackComplianceScores"].as_array().unwrap().clone();
            names.extend(scores.iter().map(|score| score["ConformancePackName"].as_str().unwrap().to_owned()));
            let Some(token) = page.get("NextToken") else { break };
            input["NextToken"] = token.clone();
        }
        assert_eq!(names, expected, "{order}");
    }
}
