//! Aggregators and what lets them look at other accounts (config.md §8.1).

use base::Scope;
use serde_json::{Value, json};

use crate::test_world::{ACCOUNT, ROLE, World, description, scope};
use crate::{Observation, Source};

const OTHER: &str = "111122223333";

fn in_region(account: &str, region: &str) -> Scope {
    Scope { account: account.parse().unwrap(), region: region.parse().unwrap() }
}

fn of(accounts: &[&str], regions: &[&str]) -> Value {
    json!({"ConfigurationAggregatorName": "all", "AccountAggregationSources": [{"AccountIds": accounts, "AwsRegions": regions}]})
}

/// Makes a recorder run in an account and region, with a volume in it.
async fn record(world: &World, of: &Scope, id: &str) {
    let recorder = json!({"ConfigurationRecorder": {"name": "default", "roleARN": ROLE}});
    let channel = json!({"DeliveryChannel": {"name": "default", "s3BucketName": crate::test_world::BUCKET}});
    for (operation, input) in [
        ("PutConfigurationRecorder", recorder),
        ("PutDeliveryChannel", channel),
        ("StartConfigurationRecorder", json!({"ConfigurationRecorderName": "default"})),
    ] {
        world.call_in(of, operation, input).await.unwrap();
    }
    let mut description = description(json!({"size": 8}));
    description.resource_name = Some(format!("name of {id}"));
    description.tags.insert("team".to_owned(), "blue".to_owned());
    let observation = Observation {
        resource_type: "AWS::EC2::Volume".to_owned(),
        resource_id: id.to_owned(),
        description: Some(description),
        source: Source::Upstream,
    };
    world.parts().observe(of, vec![observation], world.now()).await.unwrap();
}

/// A world whose aggregator names two regions of its own account and one other account, which lets it look at one.
async fn world() -> World {
    let world = World::new().await;
    for (account, region, id) in [
        (ACCOUNT, "eu-west-1", "vol-1"),
        (ACCOUNT, "us-east-1", "vol-2"),
        (OTHER, "eu-west-1", "vol-3"),
        (OTHER, "us-east-1", "vol-4"),
    ] {
        record(&world, &in_region(account, region), id).await;
    }
    world.ok("PutConfigurationAggregator", of(&[ACCOUNT, OTHER], &["us-east-1", "eu-west-1"])).await;
    let authorized = json!({"AuthorizedAccountId": ACCOUNT, "AuthorizedAwsRegion": "eu-west-1"});
    world.call_in(&in_region(OTHER, "eu-west-1"), "PutAggregationAuthorization", authorized).await.unwrap();
    world
}

async fn ids(world: &World, more: Value) -> Vec<String> {
    let mut input = json!({"ConfigurationAggregatorName": "all", "ResourceType": "AWS::EC2::Volume"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = world.ok("ListAggregateDiscoveredResources", input).await;
    let id = |found: &Value| found["ResourceId"].as_str().unwrap().to_owned();
    answer["ResourceIdentifiers"].as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn what_is_wrong_with_an_aggregator_is_told_in_aws_words() {
    let world = World::new().await;
    let account = |more: Value| {
        let mut source = json!({"AccountIds": [ACCOUNT]});
        source.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        source
    };
    let organization = json!({"RoleArn": ROLE, "AllAwsRegions": true});
    let eu = account(json!({"AwsRegions": ["eu-west-1"]}));
    for (input, error, text) in [
        (
            json!({"AccountAggregationSources": [eu], "OrganizationAggregationSource": organization}),
            "InvalidParameterValueException",
            "The configuration aggregator cannot be created because your request contains both the AccountAggregationSource and the OrganizationAggregationSource. Include only one aggregation source and try again.",
        ),
        (
            json!({}),
            "InvalidParameterValueException",
            "The configuration aggregator cannot be created because your request is missing either the AccountAggregationSource or the OrganizationAggregationSource. Include the appropriate aggregation source and try again.",
        ),
        (
            json!({"AccountAggregationSources": [account(json!({"AwsRegions": ["eu-west-1"], "AllAwsRegions": true}))]}),
            "InvalidParameterValueException",
            "Your configuration aggregator contains a list of regions and also specifies the use of all regions. You must choose one of these options.",
        ),
        (
            json!({"AccountAggregationSources": [account(json!({}))]}),
            "InvalidParameterValueException",
            "Your request does not specify any regions. Select AWS Config-supported regions and try again.",
        ),
        (
            json!({"AccountAggregationSources": [eu, eu]}),
            "ValidationException",
            "at 'accountAggregationSources' failed to satisfy constraint: Member must have length less than or equal to 1",
        ),
        (
            json!({"ConfigurationAggregatorName": "x".repeat(257), "AccountAggregationSources": [eu]}),
            "ValidationException",
            "at 'configurationAggregatorName' failed to satisfy constraint: Member must have length less than or equal to 256",
        ),
        (json!({"OrganizationAggregationSource": organization}), "NoAvailableOrganizationException", ""),
        (
            json!({"AccountAggregationSources": [eu], "AggregatorFilters": {"ServicePrincipal": {"Type": "INCLUDE", "Value": ["ssm.amazonaws.com"]}}}),
            "InvalidParameterValueException",
            "ServicePrincipal",
        ),
        (
            json!({"AccountAggregationSources": [eu], "AggregatorFilters": {"ResourceType": {"Type": "INCLUDE", "Value": []}}}),
            "InvalidParameterValueException",
            "at least one value",
        ),
    ] {
        let mut whole = json!({"ConfigurationAggregatorName": "all"});
        whole.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
        let (name, message) = world.refused("PutConfigurationAggregator", whole).await;
        assert_eq!(name, error, "{input}");
        assert!(message.contains(text), "{message}");
    }
    let none = world.ok("DescribeConfigurationAggregators", json!({})).await;
    assert_eq!(none, json!({"ConfigurationAggregators": []}));
}

#[tokio::test]
async fn an_aggregator_that_is_put_again_keeps_its_arn_its_time_and_its_tags() {
    let world = World::new().await;
    let mut input = of(&[ACCOUNT], &["eu-west-1"]);
    input["Tags"] = json!([{"Key": "a", "Value": "1"}]);
    let first = world.ok("PutConfigurationAggregator", input).await["ConfigurationAggregator"].clone();
    let arn = first["ConfigurationAggregatorArn"].as_str().unwrap().to_owned();
    let id = arn.strip_prefix("arn:aws:config:eu-west-1:210987654321:config-aggregator/config-aggregator-").unwrap();
    assert_eq!(id.len(), 8);
    world.sleep(60);
    let all = json!({
        "ConfigurationAggregatorName": "all",
        "AccountAggregationSources": [{"AccountIds": [ACCOUNT], "AllAwsRegions": true}],
        "Tags": [{"Key": "b", "Value": "2"}],
    });
    let second = world.ok("PutConfigurationAggregator", all).await["ConfigurationAggregator"].clone();
    let sources = json!([{"AccountIds": [ACCOUNT], "AllAwsRegions": true}]);
    assert_eq!(second["AccountAggregationSources"], sources);
    assert_eq!((&second["ConfigurationAggregatorArn"], &second["CreationTime"]), (&json!(arn), &first["CreationTime"]));
    assert_ne!(second["LastUpdatedTime"], first["LastUpdatedTime"]);
    let described = world.ok("DescribeConfigurationAggregators", json!({})).await;
    assert_eq!(described["ConfigurationAggregators"], json!([second]));
}

#[tokio::test]
async fn unknown_aggregators_are_told_of_in_the_singular_and_in_the_plural() {
    let world = World::new().await;
    let one = "The configuration aggregator does not exist. Check the configuration aggregator name and try again.";
    let several = "At least one of the configuration aggregators does not exist. Check the configuration aggregator names and try again.";
    world.ok("PutConfigurationAggregator", of(&[ACCOUNT], &["eu-west-1"])).await;
    for (operation, input, text) in [
        ("DescribeConfigurationAggregators", json!({"ConfigurationAggregatorNames": ["x"]}), one),
        ("DescribeConfigurationAggregators", json!({"ConfigurationAggregatorNames": ["all", "x"]}), several),
        ("DeleteConfigurationAggregator", json!({"ConfigurationAggregatorName": "x"}), one),
        ("DescribeConfigurationAggregatorSourcesStatus", json!({"ConfigurationAggregatorName": "x"}), one),
        ("GetAggregateDiscoveredResourceCounts", json!({"ConfigurationAggregatorName": "x"}), one),
    ] {
        let (name, message) = world.refused(operation, input).await;
        assert_eq!((name.as_str(), message.as_str()), ("NoSuchConfigurationAggregatorException", text), "{operation}");
    }
    world.ok("DeleteConfigurationAggregator", json!({"ConfigurationAggregatorName": "all"})).await;
    assert_eq!(world.ok("DescribeConfigurationAggregators", json!({})).await["ConfigurationAggregators"], json!([]));
}

#[tokio::test]
async fn the_fifty_first_aggregator_is_refused_and_the_fifty_are_paged() {
    let world = World::new().await;
    for number in 0..50 {
        let mut input = of(&[ACCOUNT], &["eu-west-1"]);
        input["ConfigurationAggregatorName"] = json!(format!("a{number:02}"));
        world.ok("PutConfigurationAggregator", input).await;
    }
    let (name, _) = world.refused("PutConfigurationAggregator", of(&[ACCOUNT], &["eu-west-1"])).await;
    assert_eq!(name, "LimitExceededException");
    let first = world.ok("DescribeConfigurationAggregators", json!({"Limit": 30})).await;
    let second =
        world.ok("DescribeConfigurationAggregators", json!({"Limit": 30, "NextToken": first["NextToken"]})).await;
    assert_eq!(first["ConfigurationAggregators"][29]["ConfigurationAggregatorName"], "a29");
    assert_eq!(second["ConfigurationAggregators"][0]["ConfigurationAggregatorName"], "a30");
    assert!(second.get("NextToken").is_none());
}

#[tokio::test]
async fn another_account_is_shown_where_it_authorizes_the_aggregators_region() {
    let world = world().await;
    assert_eq!(ids(&world, json!({})).await, ["vol-3", "vol-1", "vol-2"]);
    let status = world
        .ok(
            "DescribeConfigurationAggregatorSourcesStatus",
            json!({"ConfigurationAggregatorName": "all", "UpdateStatus": ["FAILED"]}),
        )
        .await;
    let failed = status["AggregatedSourceStatusList"].as_array().unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!((&failed[0]["SourceId"], &failed[0]["AwsRegion"]), (&json!(OTHER), &json!("us-east-1")));
    assert_eq!(
        (&failed[0]["SourceType"], &failed[0]["LastErrorCode"]),
        (&json!("ACCOUNT"), &json!("AccessDeniedException"))
    );
    let authorized = json!({"AuthorizedAccountId": ACCOUNT, "AuthorizedAwsRegion": "us-east-1"});
    world.call_in(&in_region(OTHER, "us-east-1"), "PutAggregationAuthorization", authorized).await.unwrap();
    assert_eq!(ids(&world, json!({})).await.len(), 3, "aggregators of another region were let in");
    let gone = json!({"AuthorizedAccountId": ACCOUNT, "AuthorizedAwsRegion": "eu-west-1"});
    for _ in 0..2 {
        world.call_in(&in_region(OTHER, "eu-west-1"), "DeleteAggregationAuthorization", gone.clone()).await.unwrap();
    }
    assert_eq!(ids(&world, json!({})).await, ["vol-1", "vol-2"]);
}

#[tokio::test]
async fn all_regions_are_those_with_a_recorder() {
    let world = world().await;
    let all = json!({"ConfigurationAggregatorName": "all", "AccountAggregationSources": [{"AccountIds": [ACCOUNT], "AllAwsRegions": true}]});
    world.ok("PutConfigurationAggregator", all).await;
    let status = json!({"ConfigurationAggregatorName": "all"});
    let status = world.ok("DescribeConfigurationAggregatorSourcesStatus", status).await;
    let regions: Vec<_> =
        status["AggregatedSourceStatusList"].as_array().unwrap().iter().map(|of| &of["AwsRegion"]).collect();
    assert_eq!(regions, ["eu-west-1", "us-east-1"]);
    assert_eq!(ids(&world, json!({})).await, ["vol-1", "vol-2"]);
}

#[tokio::test]
async fn resources_are_listed_by_what_is_asked_and_page_by_page() {
    let world = world().await;
    for (filters, expected) in [
        (json!({"AccountId": ACCOUNT}), vec!["vol-1", "vol-2"]),
        (json!({"Region": "eu-west-1"}), vec!["vol-3", "vol-1"]),
        (json!({"ResourceId": "vol-2"}), vec!["vol-2"]),
        (json!({"ResourceName": "name of vol-3"}), vec!["vol-3"]),
        (json!({"AccountId": OTHER, "Region": "us-east-1"}), vec![]),
    ] {
        assert_eq!(ids(&world, json!({"Filters": filters})).await, expected, "{filters}");
    }
    let mut input = json!({"ConfigurationAggregatorName": "all", "ResourceType": "AWS::EC2::Volume", "Limit": 1});
    let mut found = Vec::new();
    loop {
        let page = world.ok("ListAggregateDiscoveredResources", input.clone()).await;
        found.extend(page["ResourceIdentifiers"].as_array().unwrap().iter().map(|of| of["ResourceId"].clone()));
        let Some(token) = page.get("NextToken") else { break };
        input["NextToken"] = token.clone();
    }
    assert_eq!(found, ["vol-3", "vol-1", "vol-2"]);
}

#[tokio::test]
async fn a_resource_is_whole_alone_and_bare_in_a_batch() {
    let world = world().await;
    let identifier = |account: &str, id: &str| json!({"SourceAccountId": account, "SourceRegion": "eu-west-1", "ResourceId": id, "ResourceType": "AWS::EC2::Volume"});
    let one = json!({"ConfigurationAggregatorName": "all", "ResourceIdentifier": identifier(OTHER, "vol-3")});
    let item = world.ok("GetAggregateResourceConfig", one).await["ConfigurationItem"].clone();
    assert_eq!((&item["accountId"], &item["tags"]), (&json!(OTHER), &json!({"team": "blue"})));
    let unknown = identifier(OTHER, "vol-4");
    let refused = json!({"ConfigurationAggregatorName": "all", "ResourceIdentifier": unknown});
    assert_eq!(world.refused("GetAggregateResourceConfig", refused).await.0, "ResourceNotDiscoveredException");
    let batch =
        json!({"ConfigurationAggregatorName": "all", "ResourceIdentifiers": [unknown, identifier(ACCOUNT, "vol-1")]});
    let answer = world.ok("BatchGetAggregateResourceConfig", batch).await;
    assert_eq!(answer["UnprocessedResourceIdentifiers"], json!([unknown]));
    assert_eq!(answer["BaseConfigurationItems"][0]["resourceId"], "vol-1");
    assert!(answer["BaseConfigurationItems"][0].get("tags").is_none());
}

#[tokio::test]
async fn counts_are_in_all_and_by_group() {
    let world = world().await;
    world
        .call_in(&scope(), "StopConfigurationRecorder", json!({"ConfigurationRecorderName": "default"}))
        .await
        .unwrap();
    for (more, total, groups) in [
        (json!({"Filters": {"ResourceType": "AWS::EC2::Volume"}}), 3, json!([])),
        (
            json!({"Filters": {"ResourceType": "AWS::EC2::Volume"}, "GroupByKey": "AWS_REGION"}),
            3,
            json!([{"GroupName": "eu-west-1", "ResourceCount": 2}, {"GroupName": "us-east-1", "ResourceCount": 1}]),
        ),
        (
            json!({"Filters": {"ResourceType": "AWS::EC2::Volume"}, "GroupByKey": "ACCOUNT_ID"}),
            3,
            json!([{"GroupName": OTHER, "ResourceCount": 1}, {"GroupName": ACCOUNT, "ResourceCount": 2}]),
        ),
        (
            json!({"Filters": {"ResourceType": "AWS::EC2::Volume", "AccountId": OTHER}, "GroupByKey": "RESOURCE_TYPE"}),
            1,
            json!([{"GroupName": "AWS::EC2::Volume", "ResourceCount": 1}]),
        ),
    ] {
        let mut input = json!({"ConfigurationAggregatorName": "all"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = world.ok("GetAggregateDiscoveredResourceCounts", input).await;
        assert_eq!((&answer["TotalDiscoveredResources"], &answer["GroupedResourceCounts"]), (&json!(total), &groups));
    }
}

#[tokio::test]
async fn a_filter_by_type_holds_for_every_read() {
    let world = world().await;
    let mut input = of(&[ACCOUNT], &["eu-west-1"]);
    input["AggregatorFilters"] = json!({"ResourceType": {"Type": "INCLUDE", "Value": ["AWS::S3::Bucket"]}});
    let put = world.ok("PutConfigurationAggregator", input.clone()).await;
    assert_eq!(put["ConfigurationAggregator"]["AggregatorFilters"], input["AggregatorFilters"]);
    assert!(ids(&world, json!({})).await.is_empty());
    let counts = json!({"ConfigurationAggregatorName": "all"});
    assert_eq!(world.ok("GetAggregateDiscoveredResourceCounts", counts).await["TotalDiscoveredResources"], 0);
    let identifier = json!({"SourceAccountId": ACCOUNT, "SourceRegion": "eu-west-1", "ResourceId": "vol-1", "ResourceType": "AWS::EC2::Volume"});
    let one = json!({"ConfigurationAggregatorName": "all", "ResourceIdentifier": identifier});
    assert_eq!(world.refused("GetAggregateResourceConfig", one).await.0, "ResourceNotDiscoveredException");
}

#[tokio::test]
async fn a_request_is_pending_until_it_is_let_in_or_turned_down() {
    let world = world().await;
    let there = in_region(OTHER, "us-east-1");
    let pending = async || {
        let answer = world.call_in(&there, "DescribePendingAggregationRequests", json!({})).await.unwrap();
        answer["PendingAggregationRequests"].as_array().unwrap().clone()
    };
    let request = json!({"RequesterAccountId": ACCOUNT, "RequesterAwsRegion": "eu-west-1"});
    assert_eq!(pending().await, std::slice::from_ref(&request));
    world.call_in(&there, "DeletePendingAggregationRequest", request.clone()).await.unwrap();
    assert!(pending().await.is_empty());
    world.sleep(1);
    world.ok("PutConfigurationAggregator", of(&[OTHER], &["us-east-1"])).await;
    assert_eq!(pending().await, [request]);
    let authorized = json!({"AuthorizedAccountId": ACCOUNT, "AuthorizedAwsRegion": "eu-west-1"});
    let put = world.call_in(&there, "PutAggregationAuthorization", authorized).await.unwrap();
    let expected = format!("arn:aws:config:us-east-1:{OTHER}:aggregation-authorization/{ACCOUNT}/eu-west-1");
    assert_eq!(put["AggregationAuthorization"]["AggregationAuthorizationArn"], expected);
    assert!(pending().await.is_empty());
    let all = world.call_in(&there, "DescribeAggregationAuthorizations", json!({})).await.unwrap();
    assert_eq!(all["AggregationAuthorizations"], json!([put["AggregationAuthorization"]]));
}

#[tokio::test]
async fn an_account_outside_of_organizations_has_no_rules_or_packs_of_one() {
    let world = World::recording().await;
    let rule = json!({"RuleIdentifier": "ENCRYPTED_VOLUMES"});
    for (operation, input) in [
        (
            "PutOrganizationConfigRule",
            json!({"OrganizationConfigRuleName": "r", "OrganizationManagedRuleMetadata": rule}),
        ),
        ("DescribeOrganizationConfigRules", json!({})),
        ("DescribeOrganizationConfigRuleStatuses", json!({})),
        ("GetOrganizationConfigRuleDetailedStatus", json!({"OrganizationConfigRuleName": "r"})),
        ("GetOrganizationCustomRulePolicy", json!({"OrganizationConfigRuleName": "r"})),
        ("DeleteOrganizationConfigRule", json!({"OrganizationConfigRuleName": "r"})),
        ("PutOrganizationConformancePack", json!({"OrganizationConformancePackName": "p", "TemplateBody": "{}"})),
        ("DescribeOrganizationConformancePacks", json!({})),
        ("DescribeOrganizationConformancePackStatuses", json!({})),
        ("GetOrganizationConformancePackDetailedStatus", json!({"OrganizationConformancePackName": "p"})),
        ("DeleteOrganizationConformancePack", json!({"OrganizationConformancePackName": "p"})),
    ] {
        let refused = world.refused(operation, input).await;
        let message = "This action can only be made by accounts in an AWS Organization";
        assert_eq!(refused, ("OrganizationAccessDeniedException".to_owned(), message.to_owned()), "{operation}");
    }
    let (error, _) = world.refused("DeleteOrganizationConfigRule", json!({"OrganizationConfigRuleName": ""})).await;
    assert_eq!(error, "ValidationException", "what is wrong with a request is said first");
}
