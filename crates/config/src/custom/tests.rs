//! What functions are told, and what becomes of what they answer.

use serde_json::{Value, json};
use store::catalog::Transaction;

use super::invocation::{InvocationRecord, LeftScope};
use super::*;
use crate::ports::{CallFailure, Invoked};
use crate::results;
use crate::rule::{Compliance, ResourceKey};
use crate::rule_book::{self, RuleSource, SourceDetail, examples::managed};
use crate::rule_state;
use crate::test_world::{World, scope};

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:210987654321:function:owner";

fn rule(kinds: &[MessageKind]) -> RuleRecord {
    let details = kinds.iter().map(|kind| SourceDetail { message: *kind, period_hours: None }).collect();
    RuleRecord {
        name: "owner-tag".to_owned(),
        source: RuleSource::Lambda { function_arn: FUNCTION.to_owned(), details },
        ..managed("EXAMPLE")
    }
}

/// A world with a topic among its resources and a rule.
async fn world(kinds: &[MessageKind]) -> World {
    let world = World::recording().await;
    world.own("AWS::SNS::Topic", "news", Some(json!({"a": 1}))).await;
    let mut transaction = Transaction::default();
    rule_book::put(&world.parts().catalog, &mut transaction, &scope(), None, &rule(kinds));
    world.parts().catalog.commit(transaction).await.unwrap();
    world
}

fn topic() -> ResourceKey {
    ResourceKey { resource_type: "AWS::SNS::Topic".to_owned(), resource_id: "news".to_owned() }
}

async fn ask(world: &World, occasion: Occasion) {
    let (parts, now) = (world.parts(), world.now());
    let mut transaction = Transaction::default();
    let rule = rule_book::find(&parts.catalog, &scope(), "owner-tag").unwrap().value;
    invoke(&mut transaction, &*parts.entropy, &scope(), &rule, occasion, now);
    parts.catalog.commit(transaction).await.unwrap();
}

async fn ask_of_change(world: &World, left_scope: LeftScope) {
    let taken = crate::present::live(&world.parts().catalog, &scope(), "AWS::SNS::Topic", "news").unwrap().taken;
    ask(world, Occasion::changed(&topic(), taken, left_scope)).await;
}

/// The only event since this was last asked for, and the message in it.
fn told(world: &World) -> (Value, Value) {
    let mut payloads = world.callees.payloads();
    assert_eq!(payloads.len(), 1, "{payloads:?}");
    let event = payloads.remove(0);
    let message = serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap();
    (event, message)
}

fn stored(world: &World) -> Option<Compliance> {
    let found = results::find(&world.parts().catalog, &scope(), "config-rule-ab12cd", &topic());
    found.map(|found| found.value.compliance)
}

fn evaluation(compliance: &str) -> Value {
    json!({
        "ComplianceResourceType": "AWS::SNS::Topic",
        "ComplianceResourceId": "news",
        "ComplianceType": compliance,
        "OrderingTimestamp": 1_783_157_405.0,
    })
}

#[tokio::test]
async fn a_change_is_told_as_on_the_topic_and_answered_with_the_token() {
    let world = world(&[MessageKind::Change]).await;
    ask_of_change(&world, LeftScope::Yes).await;
    world.run_woken().await;
    let (event, message) = told(&world);
    assert_eq!((&event["configRuleName"], &event["eventLeftScope"]), (&json!("owner-tag"), &json!(true)));
    assert_eq!(event["executionRoleArn"], crate::test_world::ROLE);
    assert_eq!(message["messageType"], "ConfigurationItemChangeNotification");
    assert_eq!(message["configurationItemDiff"]["changeType"], "CREATE");
    assert_eq!(message["configurationItem"]["configuration"], json!({"a": 1}));
    let put = json!({"Evaluations": [evaluation("NON_COMPLIANT")], "ResultToken": event["resultToken"]});
    assert_eq!(world.ok("PutEvaluations", put).await, json!({"FailedEvaluations": []}));
    assert_eq!(stored(&world), Some(Compliance::NonCompliant));
}

#[tokio::test]
async fn a_resource_as_it_is_comes_without_a_difference() {
    let world = world(&[MessageKind::Change]).await;
    let taken = crate::present::live(&world.parts().catalog, &scope(), "AWS::SNS::Topic", "news").unwrap().taken;
    ask(&world, Occasion::asked(&topic(), taken)).await;
    world.run_woken().await;
    let (_, message) = told(&world);
    assert_eq!(message["configurationItemDiff"], Value::Null);
    assert_eq!(message["configurationItem"]["resourceId"], "news");
}

#[tokio::test]
async fn a_function_hears_only_of_what_it_listens_to() {
    let world = world(&[MessageKind::OversizedChange]).await;
    ask_of_change(&world, LeftScope::No).await;
    world.run_woken().await;
    assert!(world.callees.payloads().is_empty());
    let large = json!({"a": "x".repeat(crate::messages::MESSAGE_BYTES_MAX)});
    world.own("AWS::SNS::Topic", "news", Some(large)).await;
    world.run_woken().await;
    let (_, message) = told(&world);
    assert_eq!(message["messageType"], "OversizedConfigurationItemChangeNotification");
    assert!(message["s3DeliverySummary"]["s3BucketLocation"].is_string(), "{message}");
}

#[tokio::test]
async fn a_snapshot_that_was_delivered_is_told() {
    let world = world(&[MessageKind::SnapshotDelivered]).await;
    let snapshot = world.ok("DeliverConfigSnapshot", json!({"deliveryChannelName": "default"})).await;
    world.run_woken().await;
    let (_, message) = told(&world);
    assert_eq!(message["configSnapshotId"], snapshot["configSnapshotId"]);
    assert_eq!(message["messageType"], "ConfigurationSnapshotDeliveryCompleted");
}

#[tokio::test]
async fn an_invocation_survives_the_end_of_the_server_and_so_does_its_token() {
    let world = world(&[MessageKind::Change]).await;
    ask_of_change(&world, LeftScope::No).await;
    let world = world.restarted().await;
    world.run_woken().await;
    let (event, _) = told(&world);
    let world = world.restarted().await;
    let put = json!({"Evaluations": [evaluation("COMPLIANT")], "ResultToken": event["resultToken"]});
    world.ok("PutEvaluations", put).await;
    assert_eq!(stored(&world), Some(Compliance::Compliant));
    world.run_woken().await;
    assert!(world.callees.payloads().is_empty());
}

#[tokio::test]
async fn a_function_that_is_away_is_invoked_again_and_one_that_is_gone_is_not() {
    for (failure, expected) in
        [(CallFailure::passing("EndpointUnreachable", "away"), 3), (CallFailure::lasting("NotFound", "gone"), 1)]
    {
        let world = world(&[MessageKind::Scheduled]).await;
        world.callees.state().answers.extend([Err(failure.clone()), Err(failure.clone())]);
        ask(&world, Occasion::Scheduled).await;
        world.run_woken().await;
        let state = rule_state::of(&world.parts().catalog, &scope(), "config-rule-ab12cd");
        assert_eq!(state.error.map(|error| error.code), Some(failure.code.clone()));
        assert_eq!(state.invocation_failed, Some(world.now()));
        world.advance(100).await;
        let payloads = world.callees.payloads();
        assert_eq!(payloads.len(), expected, "{failure}");
        assert!(payloads.iter().all(|event| event["resultToken"] == payloads[0]["resultToken"]));
        let state = rule_state::of(&world.parts().catalog, &scope(), "config-rule-ab12cd");
        assert_eq!(state.error.is_none(), failure.is_passing);
        assert!(world.parts().catalog.list_all::<InvocationRecord>().is_empty());
    }
}

#[tokio::test]
async fn what_a_webhook_answers_at_once_is_a_result_and_nonsense_is_an_error() {
    let world = world(&[MessageKind::Scheduled]).await;
    let answer = |value: Value| Ok(Invoked::Answered(value.to_string().into_bytes()));
    world.callees.state().answers.push_back(answer(json!([evaluation("NON_COMPLIANT")])));
    ask(&world, Occasion::Scheduled).await;
    world.run_woken().await;
    assert_eq!(stored(&world), Some(Compliance::NonCompliant));
    world.callees.state().answers.push_back(answer(json!([{"ComplianceType": "COMPLIANT"}])));
    ask(&world, Occasion::Scheduled).await;
    world.run_woken().await;
    let state = rule_state::of(&world.parts().catalog, &scope(), "config-rule-ab12cd");
    assert_eq!(state.error.map(|error| error.code).as_deref(), Some("InvalidEvaluations"));
    assert_eq!(stored(&world), Some(Compliance::NonCompliant));
}

#[tokio::test]
async fn a_token_is_of_a_day_and_of_a_rule_that_is_there() {
    let world = world(&[MessageKind::Scheduled]).await;
    ask(&world, Occasion::Scheduled).await;
    world.run_woken().await;
    let (event, _) = told(&world);
    let put = json!({"Evaluations": [evaluation("COMPLIANT")], "ResultToken": event["resultToken"]});
    let invalid = ("InvalidResultTokenException".to_owned(), "The resultToken provided is invalid".to_owned());
    let made_up = json!({"Evaluations": [], "ResultToken": "made-up"});
    assert_eq!(world.refused("PutEvaluations", made_up).await, invalid);
    world.advance(86_399).await;
    world.ok("PutEvaluations", put.clone()).await;
    let found = rule_book::find(&world.parts().catalog, &scope(), "owner-tag").unwrap();
    let mut transaction = Transaction::default();
    rule_book::remove(&mut transaction, &scope(), &found);
    world.parts().catalog.commit(transaction).await.unwrap();
    assert_eq!(world.refused("PutEvaluations", put.clone()).await.0, "NoSuchConfigRuleException");
    world.advance(1).await;
    assert_eq!(world.refused("PutEvaluations", put).await, invalid);
    world.advance(3600).await;
    assert!(world.parts().catalog.list_all::<token::TokenRecord>().is_empty());
}

#[tokio::test]
async fn evaluations_are_checked_and_in_test_mode_only_that() {
    let world = world(&[MessageKind::Change]).await;
    let test = |evaluations: Value| json!({"Evaluations": evaluations, "ResultToken": "any", "TestMode": true});
    let mut unknown = evaluation("COMPLIANT");
    unknown["ComplianceResourceType"] = json!("bucket");
    let answer = world.ok("PutEvaluations", test(json!([evaluation("COMPLIANT"), unknown.clone()]))).await;
    assert_eq!(answer["FailedEvaluations"], json!([unknown]));
    assert_eq!(stored(&world), None);
    let none = json!({"ResultToken": "any", "TestMode": true});
    let null = "The Evaluations object in your request cannot be null.Add the required parameters and try again.";
    let invalid = ("InvalidParameterValueException".to_owned(), null.to_owned());
    assert_eq!(world.refused("PutEvaluations", none).await, invalid);
    let refused = world.refused("PutEvaluations", test(json!([evaluation("INSUFFICIENT_DATA")]))).await;
    assert_eq!(refused.0, "InvalidParameterValueException");
}

#[tokio::test]
async fn only_processes_are_evaluated_from_outside_and_only_for_the_account() {
    let world = world(&[MessageKind::Change]).await;
    let check = RuleRecord { id: "config-rule-pr0cess".to_owned(), ..managed("AWS_CONFIG_PROCESS_CHECK") };
    let mut transaction = Transaction::default();
    rule_book::put(&world.parts().catalog, &mut transaction, &scope(), None, &check);
    world.parts().catalog.commit(transaction).await.unwrap();
    let put = |rule: &str, resource_type: &str, id: &str, word: &str| {
        let evaluation = json!({
            "ComplianceResourceType": resource_type, "ComplianceResourceId": id, "ComplianceType": word,
            "OrderingTimestamp": 1_783_157_405.0,
        });
        json!({"ConfigRuleName": rule, "ExternalEvaluation": evaluation})
    };
    let account = crate::test_world::ACCOUNT;
    for (input, error) in [
        (put("owner-tag", "AWS::::Account", account, "COMPLIANT"), "NoSuchConfigRuleException"),
        (put("nothing", "AWS::::Account", account, "COMPLIANT"), "NoSuchConfigRuleException"),
        (put(&check.name, "AWS::S3::Bucket", account, "COMPLIANT"), "InvalidParameterValueException"),
        (put(&check.name, "AWS::::Account", "111122223333", "COMPLIANT"), "InvalidParameterValueException"),
        (put(&check.name, "AWS::::Account", account, "INSUFFICIENT_DATA"), "InvalidParameterValueException"),
    ] {
        assert_eq!(world.refused("PutExternalEvaluation", input.clone()).await.0, error, "{input}");
    }
    world.ok("PutExternalEvaluation", put(&check.name, "AWS::::Account", account, "NON_COMPLIANT")).await;
    let of_account = ResourceKey { resource_type: "AWS::::Account".to_owned(), resource_id: account.to_owned() };
    let found = results::find(&world.parts().catalog, &scope(), &check.id, &of_account).unwrap();
    assert_eq!(found.value.compliance, Compliance::NonCompliant);
}

#[tokio::test]
async fn the_text_of_a_policy_is_given_back() {
    let world = world(&[MessageKind::Change]).await;
    let text = "rule one { resourceType exists }".to_owned();
    let source = RuleSource::Policy {
        runtime: "guard-2.x.x".to_owned(),
        text: text.clone(),
        logs_evaluations: false,
        details: vec![],
    };
    let policy = RuleRecord { name: "policy".to_owned(), id: "config-rule-p0licy".to_owned(), source, ..rule(&[]) };
    let mut transaction = Transaction::default();
    rule_book::put(&world.parts().catalog, &mut transaction, &scope(), None, &policy);
    world.parts().catalog.commit(transaction).await.unwrap();
    for (name, expected) in [("policy", json!({"PolicyText": text})), ("owner-tag", json!({}))] {
        assert_eq!(world.ok("GetCustomRulePolicy", json!({"ConfigRuleName": name})).await, expected, "{name}");
    }
    let described = world.ok("DescribeConfigRules", json!({"ConfigRuleNames": ["policy"]})).await;
    let details = &described["ConfigRules"][0]["Source"]["CustomPolicyDetails"];
    let expected = json!({"PolicyRuntime": "guard-2.x.x", "EnableDebugLogDelivery": false});
    assert_eq!(*details, expected, "a description leaves the text out (R-2)");
    let refused = world.refused("GetCustomRulePolicy", json!({"ConfigRuleName": "nothing"})).await;
    assert_eq!(refused.0, "NoSuchConfigRuleException");
}

#[tokio::test]
async fn a_function_that_cannot_be_invoked_is_refused() {
    let world = world(&[]).await;
    check_function(world.parts(), &scope(), "", FUNCTION).await.unwrap();
    world.callees.state().missing.push(FUNCTION.to_owned());
    let refused = check_function(world.parts(), &scope(), "", FUNCTION).await.unwrap_err();
    let message = format!(
        "The AWS Lambda function {FUNCTION} cannot be invoked. Check the specified function ARN, and check the function's permissions"
    );
    assert_eq!((refused.name.as_ref(), refused.message), ("InsufficientPermissionsException", Some(message)));
}

#[tokio::test]
async fn a_function_is_told_of_snapshots_no_more_often_than_it_wants_to() {
    let world = World::recording().await;
    let mut listening = rule(&[MessageKind::SnapshotDelivered]);
    let RuleSource::Lambda { details, .. } = &mut listening.source else { panic!("it is a function's") };
    details[0].period_hours = Some(3);
    let mut transaction = Transaction::default();
    rule_book::put(&world.parts().catalog, &mut transaction, &scope(), None, &listening);
    world.parts().catalog.commit(transaction).await.unwrap();
    let frequency = json!({"deliveryFrequency": "One_Hour"});
    let bucket = crate::test_world::BUCKET;
    let channel = json!({"name": "default", "s3BucketName": bucket, "configSnapshotDeliveryProperties": frequency});
    world.ok("PutDeliveryChannel", json!({"DeliveryChannel": channel})).await;
    let mut told = Vec::new();
    for _ in 0..7 {
        world.advance(3600).await;
        world.run_woken().await;
        told.push(world.callees.payloads().len());
    }
    assert_eq!(told, [1, 0, 0, 1, 0, 0, 1], "a snapshot is delivered every hour");
    assert_eq!(world.outside.keys("ConfigSnapshot").len(), 7);
}
