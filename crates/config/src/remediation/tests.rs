//! What is done about resources that break a rule, and how often.

use base::Timestamp;
use serde_json::{Value, json};
use store::catalog::Transaction;

use super::*;
use crate::ports::{AutomationProgress, AutomationState, CallFailure};
use crate::results::{self, Invocation, NewResult};
use crate::rule::Verdict;
use crate::rule_book::{self, examples::managed};
use crate::test_world::{World, scope};

const RULE: &str = "sns-encrypted-kms";

/// A world with a rule, and so many topics.
async fn world(topics: usize) -> World {
    let world = World::recording().await;
    for at in 0..topics {
        world.own("AWS::SNS::Topic", topic(at), Some(json!({}))).await;
    }
    let mut transaction = Transaction::default();
    rule_book::put(&world.parts().catalog, &mut transaction, &scope(), None, &managed("SNS_ENCRYPTED_KMS"));
    world.parts().catalog.commit(transaction).await.unwrap();
    world
}

fn topic(at: usize) -> &'static str {
    ["news-0", "news-1", "news-2", "news-3", "news-4", "news-5"][at]
}

/// Says what the rule says of topics.
async fn judge(world: &World, verdicts: &[(usize, Verdict)]) {
    let (catalog, now) = (&world.parts().catalog, world.now());
    let mut transaction = Transaction::default();
    let rule = managed("SNS_ENCRYPTED_KMS");
    let of = Invocation { rule: &rule, invoked: now };
    let result = |(at, verdict): &(usize, Verdict)| NewResult {
        resource: ResourceKey { resource_type: "AWS::SNS::Topic".to_owned(), resource_id: topic(*at).to_owned() },
        verdict: Some(verdict.clone()),
        ordering: now,
    };
    let results = verdicts.iter().map(result).collect();
    results::put_all(world.parts(), &mut transaction, &scope(), [(of, results)], now);
    catalog.commit(transaction).await.unwrap();
}

fn configuration(more: Value) -> Value {
    let mut configuration = json!({
        "ConfigRuleName": RULE,
        "TargetType": "SSM_DOCUMENT",
        "TargetId": "Acme-EncryptTopic",
        "Parameters": {
            "AutomationAssumeRole": {"StaticValue": {"Values": ["arn:aws:iam::210987654321:role/fix"]}},
            "TopicName": {"ResourceValue": {"Value": "RESOURCE_ID"}},
        },
    });
    configuration.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    configuration
}

async fn put(world: &World, more: Value) {
    let put = json!({"RemediationConfigurations": [configuration(more)]});
    assert_eq!(world.ok("PutRemediationConfigurations", put).await, json!({"FailedBatches": []}));
}

fn keys(topics: &[usize]) -> Value {
    topics.iter().map(|at| json!({"resourceType": "AWS::SNS::Topic", "resourceId": topic(*at)})).collect()
}

fn exception_keys(topics: &[usize]) -> Value {
    topics.iter().map(|at| json!({"ResourceType": "AWS::SNS::Topic", "ResourceId": topic(*at)})).collect()
}

async fn start(world: &World, topics: &[usize]) -> Value {
    let start = json!({"ConfigRuleName": RULE, "ResourceKeys": keys(topics)});
    world.ok("StartRemediationExecution", start).await
}

/// Id and state of all executions, by id.
async fn states(world: &World) -> Vec<(String, String)> {
    let statuses = world.ok("DescribeRemediationExecutionStatus", json!({"ConfigRuleName": RULE})).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let state = |status: &Value| (text(&status["ResourceKey"]["resourceId"]), text(&status["State"]));
    statuses["RemediationExecutionStatuses"].as_array().unwrap().iter().map(state).collect()
}

async fn exceptions(world: &World) -> Vec<String> {
    let found = world.ok("DescribeRemediationExceptions", json!({"ConfigRuleName": RULE})).await;
    let found = found["RemediationExceptions"].as_array().unwrap().clone();
    found.iter().map(|found| found["ResourceId"].as_str().unwrap().to_owned()).collect()
}

fn progress(world: &World, at: usize, state: AutomationState) {
    let progress = AutomationProgress { state, steps: Vec::new() };
    world.callees.state().progress.insert(format!("execution-{at}"), progress);
}

#[tokio::test]
async fn a_configuration_is_described_as_it_was_put_with_an_arn_that_stays() {
    let world = world(0).await;
    let described = async || {
        let found = world.ok("DescribeRemediationConfigurations", json!({"ConfigRuleNames": [RULE, "nothing"]})).await;
        found["RemediationConfigurations"].clone()
    };
    assert_eq!(described().await, json!([]));
    let more = json!({
        "Automatic": true, "MaximumAutomaticAttempts": 3, "RetryAttemptSeconds": 90, "TargetVersion": "2",
        "ExecutionControls": {"SsmControls": {"ConcurrentExecutionRatePercentage": 20, "ErrorPercentage": 40}},
    });
    put(&world, more.clone()).await;
    let mut found = described().await;
    let arn = found[0].as_object_mut().unwrap().remove("Arn").unwrap();
    assert_eq!(found, json!([configuration(more)]));
    let prefix = format!("arn:aws:config:eu-west-1:210987654321:remediation-configuration/{RULE}/");
    assert_eq!(arn.as_str().unwrap().strip_prefix(&prefix).map(str::len), Some(36), "{arn}");
    put(&world, json!({})).await;
    let in_use = world.refused("DeleteConfigRule", json!({"ConfigRuleName": RULE})).await;
    assert_eq!(in_use.0, "ResourceInUseException");
    assert_eq!(described().await[0]["Arn"], arn);
    assert_eq!(described().await[0]["Automatic"], json!(false));
    world.ok("DeleteRemediationConfiguration", json!({"ConfigRuleName": RULE})).await;
    let gone = world.refused("DeleteRemediationConfiguration", json!({"ConfigRuleName": RULE})).await;
    assert_eq!(gone.0, "NoSuchRemediationConfigurationException");
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_nothing_of_it_stored() {
    let world = world(0).await;
    let both = json!({"ResourceValue": {"Value": "RESOURCE_ID"}, "StaticValue": {"Values": ["a"]}});
    for (more, message) in [
        (json!({"ConfigRuleName": "nothing"}), "The ConfigRule 'nothing' provided in the request is invalid."),
        (json!({"Parameters": {"A": both}}), "There were invalid RemediationParameterValues for configurations"),
        (json!({"Parameters": {"A": {}}}), "There were invalid RemediationParameterValues for configurations"),
        (json!({"Automatic": true, "Parameters": {}}), "The parameter AutomationAssumeRole is required"),
        (json!({"ResourceType": "Topic"}), "The resource type Topic is invalid: it is not of the form"),
        (json!({"CreatedByService": "me"}), "Arn and CreatedByService"),
        (json!({"Arn": "arn:aws:config:other"}), "Arn and CreatedByService"),
    ] {
        let put = json!({"RemediationConfigurations": [configuration(more.clone())]});
        let refused = world.refused("PutRemediationConfigurations", put).await;
        assert_eq!(refused.0, "InvalidParameterValueException", "{more}");
        assert!(refused.1.starts_with(message), "{more}: {}", refused.1);
    }
    let twice = json!({"RemediationConfigurations": [configuration(json!({})), configuration(json!({}))]});
    assert_eq!(world.refused("PutRemediationConfigurations", twice).await.0, "InvalidParameterValueException");
    assert!(find(&world.parts().catalog, &scope(), RULE).is_none());
}

#[tokio::test]
async fn an_execution_starts_the_document_and_is_followed_to_its_end() {
    let world = world(2).await;
    put(&world, json!({"TargetVersion": "2"})).await;
    assert_eq!(start(&world, &[0]).await, json!({"FailedItems": []}));
    assert_eq!(states(&world).await, [("news-0".to_owned(), "QUEUED".to_owned())]);
    world.run_woken().await;
    let started = world.callees.state().started.clone();
    assert_eq!((started[0].document.as_str(), started[0].version.as_deref()), ("Acme-EncryptTopic", Some("2")));
    assert!(started[0].parameters.contains(&("TopicName".to_owned(), vec!["news-0".to_owned()])));
    progress(&world, 1, AutomationState::Running);
    world.advance(20).await;
    assert_eq!(states(&world).await, [("news-0".to_owned(), "IN_PROGRESS".to_owned())]);
    // What is under way is not started twice, nor is its configuration taken away.
    assert_eq!(start(&world, &[0]).await["FailedItems"], keys(&[0]));
    let refused = world.refused("DeleteRemediationConfiguration", json!({"ConfigRuleName": RULE})).await;
    assert_eq!(refused.0, "RemediationInProgressException");
    progress(&world, 1, AutomationState::Succeeded);
    world.advance(10).await;
    assert_eq!(states(&world).await, [("news-0".to_owned(), "SUCCEEDED".to_owned())]);
    world.ok("DeleteRemediationConfiguration", json!({"ConfigRuleName": RULE})).await;
    let gone = world.refused("DescribeRemediationExecutionStatus", json!({"ConfigRuleName": RULE})).await;
    assert_eq!(
        gone,
        (
            "NoSuchRemediationConfigurationException".to_owned(),
            format!("No RemediationConfiguration for rule {RULE} exists")
        )
    );
}

#[tokio::test]
async fn an_execution_survives_the_end_of_the_server_and_starts_once() {
    let world = world(1).await;
    put(&world, json!({})).await;
    start(&world, &[0]).await;
    let world = world.restarted().await;
    world.callees.state().unstartable = Some(CallFailure::passing("EndpointUnreachable", "away"));
    world.run_woken().await;
    world.callees.state().unstartable = None;
    let world = world.restarted().await;
    world.advance(10).await;
    progress(&world, 1, AutomationState::Succeeded);
    world.advance(10).await;
    assert_eq!(states(&world).await, [("news-0".to_owned(), "SUCCEEDED".to_owned())]);
    let started = world.callees.state().started.clone();
    assert_eq!(started.len(), 1);
    assert_eq!(started[0].token.len(), 36);
}

#[tokio::test]
async fn what_cannot_be_started_failed_for_a_reason_that_is_told() {
    let world = world(1).await;
    put(&world, json!({})).await;
    let unserved = "no upstream is configured for ssm";
    world.callees.state().unstartable = Some(CallFailure::lasting("NoUpstream", unserved));
    start(&world, &[0]).await;
    world.run_woken().await;
    let statuses = world.ok("DescribeRemediationExecutionStatus", json!({"ConfigRuleName": RULE})).await;
    let status = &statuses["RemediationExecutionStatuses"][0];
    assert_eq!(status["State"], "FAILED");
    assert_eq!(status["StepDetails"][0]["State"], "FAILED");
    assert!(status["StepDetails"][0]["ErrorMessage"].as_str().unwrap().contains(unserved), "{status}");
}

#[tokio::test]
async fn a_webhook_is_told_which_resource_to_see_to() {
    let world = world(1).await;
    put(&world, json!({"TargetId": "https://fix.example.org/topics"})).await;
    start(&world, &[0]).await;
    world.run_woken().await;
    assert_eq!(states(&world).await, [("news-0".to_owned(), "SUCCEEDED".to_owned())]);
    let payloads = world.callees.payloads();
    assert_eq!(payloads[0]["resourceId"], "news-0");
    assert_eq!(payloads[0]["parameters"]["TopicName"], json!(["news-0"]));
}

#[tokio::test]
async fn a_result_that_breaks_the_rule_is_seen_to_by_itself_until_the_attempts_are_used_up() {
    let world = world(2).await;
    put(&world, json!({"Automatic": true, "MaximumAutomaticAttempts": 3, "RetryAttemptSeconds": 60})).await;
    judge(&world, &[(0, Verdict::non_compliant("open")), (1, Verdict::compliant())]).await;
    for at in 1..=3 {
        progress(&world, at, AutomationState::Failed("no such topic".to_owned()));
    }
    world.run_woken().await;
    world.advance(600).await;
    assert_eq!(world.callees.state().started.len(), 3);
    assert_eq!(exceptions(&world).await, ["news-0"]);
    judge(&world, &[(0, Verdict::non_compliant("open"))]).await;
    world.advance(600).await;
    assert_eq!(world.callees.state().started.len(), 3, "an exception leaves the resource alone");
    let delete = json!({"ConfigRuleName": RULE, "ResourceKeys": exception_keys(&[0])});
    world.ok("DeleteRemediationExceptions", delete).await;
    judge(&world, &[(0, Verdict::non_compliant("open"))]).await;
    world.run_woken().await;
    assert_eq!(world.callees.state().started.len(), 4);
}

#[tokio::test]
async fn what_is_right_meanwhile_is_not_tried_again() {
    let world = world(1).await;
    put(&world, json!({"Automatic": true})).await;
    judge(&world, &[(0, Verdict::non_compliant("open"))]).await;
    progress(&world, 1, AutomationState::Failed("no such topic".to_owned()));
    world.run_woken().await;
    judge(&world, &[(0, Verdict::compliant())]).await;
    world.advance(600).await;
    assert_eq!(world.callees.state().started.len(), 1);
}

#[tokio::test]
async fn putting_an_automatic_remediation_sees_to_what_breaks_the_rule_already() {
    let world = world(3).await;
    judge(&world, &[(0, Verdict::compliant()), (1, Verdict::non_compliant("a")), (2, Verdict::non_compliant("b"))])
        .await;
    put(&world, json!({"Automatic": true, "ResourceType": "AWS::SNS::Topic"})).await;
    world.run_woken().await;
    let ids: Vec<_> = states(&world).await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["news-1", "news-2"]);
}

#[tokio::test]
async fn only_so_many_run_at_a_time_and_the_rest_is_given_up_after_too_many_errors() {
    let world = world(5).await;
    let controls = json!({"SsmControls": {"ConcurrentExecutionRatePercentage": 40, "ErrorPercentage": 20}});
    put(&world, json!({"ExecutionControls": controls})).await;
    start(&world, &[0, 1, 2, 3, 4]).await;
    for at in 1..=5 {
        progress(&world, at, AutomationState::Running);
    }
    world.run_woken().await;
    world.advance(60).await;
    assert_eq!(world.callees.state().started.len(), 2);
    for at in 1..=2 {
        progress(&world, at, AutomationState::Failed("no".to_owned()));
    }
    world.advance(60).await;
    assert!(states(&world).await.iter().all(|(_, state)| state == "FAILED"), "{:?}", states(&world).await);
    assert_eq!(world.callees.state().started.len(), 2);
}

#[tokio::test]
async fn exceptions_are_for_what_breaks_the_rule_and_end_with_their_time() {
    let world = world(2).await;
    judge(&world, &[(0, Verdict::non_compliant("open")), (1, Verdict::compliant())]).await;
    let put = |more: Value| {
        let mut put = json!({"ConfigRuleName": RULE, "ResourceKeys": exception_keys(&[0, 1]), "Message": "known"});
        put.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        put
    };
    let until = |secs: i64| Timestamp::secs(world.now()) + secs;
    let answer = world.ok("PutRemediationExceptions", put(json!({"ExpirationTime": until(100)}))).await;
    let failed = &answer["FailedBatches"][0]["FailedItems"];
    assert_eq!((failed.as_array().unwrap().len(), &failed[0]["ResourceId"]), (1, &json!("news-1")));
    assert_eq!(exceptions(&world).await, ["news-0"]);
    for (input, error) in [
        (put(json!({"ExpirationTime": until(0)})), "InvalidParameterValueException"),
        (put(json!({"ConfigRuleName": "nothing"})), "InvalidParameterValueException"),
        (put(json!({"ResourceKeys": [{"ResourceId": "news-0"}]})), "InvalidParameterValueException"),
    ] {
        assert_eq!(world.refused("PutRemediationExceptions", input.clone()).await.0, error, "{input}");
    }
    let delete = |topics: &[usize]| json!({"ConfigRuleName": RULE, "ResourceKeys": exception_keys(topics)});
    let answer = world.ok("DeleteRemediationExceptions", delete(&[1])).await;
    assert_eq!(answer["FailedBatches"][0]["FailedItems"], exception_keys(&[1]));
    world.advance(100).await;
    assert!(exceptions(&world).await.is_empty());
    let refused = world.refused("DeleteRemediationExceptions", delete(&[0])).await;
    assert_eq!(refused.0, "NoSuchRemediationExceptionException");
    world.advance(3600).await;
    assert!(world.parts().catalog.list_all::<exception::ExceptionRecord>().is_empty());
}

#[tokio::test]
async fn pages_of_exceptions_and_executions_follow_each_other() {
    let world = world(5).await;
    put(&world, json!({})).await;
    let all: Vec<_> = (0..5).map(|at| (at, Verdict::non_compliant("open"))).collect();
    judge(&world, &all).await;
    start(&world, &[0, 1, 2, 3, 4]).await;
    let put = json!({"ConfigRuleName": RULE, "ResourceKeys": exception_keys(&[0, 1, 2, 3, 4])});
    world.ok("PutRemediationExceptions", put).await;
    for (operation, member) in [
        ("DescribeRemediationExceptions", "RemediationExceptions"),
        ("DescribeRemediationExecutionStatus", "RemediationExecutionStatuses"),
    ] {
        let (mut sizes, mut token) = (Vec::new(), Value::Null);
        loop {
            let page = world.ok(operation, json!({"ConfigRuleName": RULE, "Limit": 2, "NextToken": token})).await;
            sizes.push(page[member].as_array().unwrap().len());
            token = page["NextToken"].clone();
            if token.is_null() {
                break;
            }
        }
        assert_eq!(sizes, [2, 2, 1], "{operation}");
    }
}

#[tokio::test]
async fn the_account_that_is_seen_to_is_the_callers() {
    let world = world(0).await;
    put(&world, json!({})).await;
    let key = |id: &str| json!({"resourceType": "AWS::::Account", "resourceId": id});
    let start = json!({"ConfigRuleName": RULE, "ResourceKeys": [key("210987654321"), key("111122223333")]});
    let answer = world.ok("StartRemediationExecution", start).await;
    assert_eq!(answer["FailedItems"], json!([key("111122223333")]));
}
