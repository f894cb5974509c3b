//! Rules that the clock sets off, evaluations that somebody asks for, and rules that go.

use serde_json::json;

use super::world::*;
use crate::results::{ResourceResultRecord, ResultRecord};
use crate::rule::{Asked, PasswordPolicy};
use crate::rule_state::RuleStateRecord;
use crate::test_world::World;

const HOUR: i64 = 3600;
const VOLUME: &str = "AWS::EC2::Volume";

fn password_length(length: &str) -> serde_json::Value {
    let parameters = json!({
        "RequireUppercaseCharacters": "false", "RequireLowercaseCharacters": "false", "RequireSymbols": "false",
        "RequireNumbers": "false", "MinimumPasswordLength": length,
    });
    json!({"InputParameters": parameters.to_string(), "MaximumExecutionFrequency": "Three_Hours"})
}

fn set_policy(world: &World, length_min: u32) {
    let policy = PasswordPolicy {
        length_min,
        // What holds where the rule says nothing of it.
        age_days_max: Some(90),
        reuse_prevention: Some(24),
        ..PasswordPolicy::default()
    };
    world.outside.state().facts.password_policy = Asked::Known(policy);
}

#[tokio::test]
async fn the_clock_judges_the_account_also_while_the_recorder_is_stopped() {
    let world = World::recording().await;
    set_policy(&world, 8);
    put_rule(&world, "passwords", "IAM_PASSWORD_POLICY", password_length("14")).await;
    assert_eq!(said(&world, "passwords").await, pairs(&[("210987654321", "NON_COMPLIANT")]));
    stop(&world).await;
    set_policy(&world, 14);
    world.advance(3 * HOUR - 1).await;
    assert_eq!(overall(&world, "passwords").await, "NON_COMPLIANT");
    world.advance(1).await;
    assert_eq!(overall(&world, "passwords").await, "COMPLIANT");
    set_policy(&world, 13);
    world.advance(3 * HOUR).await;
    assert_eq!(overall(&world, "passwords").await, "NON_COMPLIANT");
    assert_eq!(
        status(&world, "passwords").await["LastSuccessfulEvaluationTime"].as_f64(),
        Some(world.now().secs_f64())
    );
}

#[tokio::test]
async fn a_server_that_was_down_makes_up_for_it_once_and_keeps_its_step() {
    let world = World::recording().await;
    set_policy(&world, 8);
    put_rule(&world, "passwords", "IAM_PASSWORD_POLICY", password_length("14")).await;
    let put = world.now();
    world.sleep(10 * HOUR);
    let world = world.restarted().await;
    world.run_woken().await;
    let states = world.parts().catalog.list_all::<RuleStateRecord>();
    assert_eq!(states[0].1.value.next_due, Some(put.plus_millis(12 * HOUR * 1000)));
    assert_eq!(states[0].1.value.evaluated, Some(world.now()));
}

#[tokio::test]
async fn what_cannot_be_told_is_said_in_the_status() {
    let world = World::recording().await;
    put_rule(&world, "passwords", "IAM_PASSWORD_POLICY", password_length("14")).await;
    assert_eq!(overall(&world, "passwords").await, "INSUFFICIENT_DATA");
    assert_eq!(status(&world, "passwords").await["LastErrorCode"], "InsufficientData");
    set_policy(&world, 14);
    world.advance(3 * HOUR).await;
    assert_eq!(status(&world, "passwords").await.get("LastErrorCode"), None);
}

#[tokio::test]
async fn a_rule_that_nobody_wrote_is_kept_and_says_so() {
    let world = World::recording().await;
    put_rule(&world, "later", "ACCOUNT_PART_OF_ORGANIZATIONS", json!({})).await;
    assert_eq!(overall(&world, "later").await, "INSUFFICIENT_DATA");
    let status = status(&world, "later").await;
    assert_eq!(
        (&status["LastErrorCode"], &status["FirstEvaluationStarted"]),
        (&json!("NotImplemented"), &json!(false))
    );
}

#[tokio::test]
async fn a_rule_is_evaluating_from_the_call_to_its_end_and_that_is_told() {
    let world = World::recording().await;
    observe(&world, VOLUME, "vol-1", Some(volume(false))).await;
    put_rule(&world, "encrypted", "ENCRYPTED_VOLUMES", json!({})).await;
    assert_eq!(state(&world, "encrypted").await, "ACTIVE");
    world.outside.published();
    world.ok("StartConfigRulesEvaluation", json!({"ConfigRuleNames": ["encrypted"]})).await;
    assert_eq!(state(&world, "encrypted").await, "EVALUATING");
    let rule =
        json!({"ConfigRuleName": "encrypted", "Source": {"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"}});
    let (error, message) = world.refused("PutConfigRule", json!({"ConfigRule": rule})).await;
    assert_eq!(error, "ResourceInUseException");
    assert_eq!(message, "The rule encrypted is currently being evaluated.  Please retry after some time");
    world.run_woken().await;
    assert_eq!(state(&world, "encrypted").await, "ACTIVE");
    let told = published(&world, "ConfigRulesEvaluationStarted");
    assert_eq!(told[0].0, "[AWS Config:eu-west-1] Config Rules Evaluation Started for Account 210987654321");
    let expected = r#"{"awsAccountId":"210987654321","awsRegion":"eu-west-1","configRuleNames":["encrypted"],"notificationCreationTime":"2026-07-04T09:30:00.000Z","messageType":"ConfigRulesEvaluationStarted","recordVersion":"1.0"}"#;
    assert_eq!((told.len(), told[0].1.to_string().as_str()), (1, expected));
}

#[tokio::test]
async fn a_second_evaluation_is_refused_for_a_minute() {
    let world = World::recording().await;
    put_rule(&world, "encrypted", "ENCRYPTED_VOLUMES", json!({})).await;
    world.ok("StartConfigRulesEvaluation", json!({})).await;
    world.run_woken().await;
    for (secs, is_refused) in [(0, true), (59, true), (1, false)] {
        world.sleep(secs);
        let answer = world.call("StartConfigRulesEvaluation", json!({"ConfigRuleNames": ["encrypted"]})).await;
        let error = answer.err().map(|error| error.name.into_owned());
        assert_eq!(error.as_deref(), is_refused.then_some("LimitExceededException"), "{secs}");
    }
}

#[tokio::test]
async fn a_rule_goes_with_all_that_it_said() {
    let world = World::recording().await;
    // More than are removed, or judged, in one transaction.
    let volumes = (0..600).map(|at| crate::Observation {
        resource_type: VOLUME.to_owned(),
        resource_id: format!("vol-{at:03}"),
        description: Some(volume(at % 2 == 0)),
        source: crate::Source::Upstream,
    });
    world.parts().observe(&crate::test_world::scope(), volumes.collect(), world.now()).await.unwrap();
    put_rule(&world, "encrypted", "ENCRYPTED_VOLUMES", json!({})).await;
    let catalog = &world.parts().catalog;
    assert_eq!(catalog.list_all::<ResultRecord>().len(), 600);
    assert_eq!(catalog.list_all::<ResourceResultRecord>().len(), 600);
    assert_eq!(world.history("AWS::Config::ResourceCompliance", "AWS::EC2::Volume/vol-599").await.len(), 1);
    world.ok("DeleteConfigRule", json!({"ConfigRuleName": "encrypted"})).await;
    assert_eq!(state(&world, "encrypted").await, "DELETING");
    world.ok("DeleteConfigRule", json!({"ConfigRuleName": "encrypted"})).await;
    world.sleep(1);
    world.run_woken().await;
    let (error, message) = world.refused("DescribeConfigRules", json!({"ConfigRuleNames": ["encrypted"]})).await;
    assert_eq!(error, "NoSuchConfigRuleException");
    assert_eq!(
        message,
        "The ConfigRule 'encrypted' provided in the request is invalid. Please check the configRule name"
    );
    assert_eq!(catalog.list_all::<ResultRecord>().len() + catalog.list_all::<ResourceResultRecord>().len(), 0);
    assert!(catalog.list_all::<RuleStateRecord>().is_empty());
    let history = world.history("AWS::Config::ResourceCompliance", "AWS::EC2::Volume/vol-599").await;
    assert_eq!(history.last().unwrap().0, "ResourceDeleted");
}

#[tokio::test]
async fn results_that_are_deleted_come_back_with_the_next_evaluation() {
    let world = World::recording().await;
    observe(&world, VOLUME, "vol-1", Some(volume(false))).await;
    put_rule(&world, "encrypted", "ENCRYPTED_VOLUMES", json!({})).await;
    world.ok("DeleteEvaluationResults", json!({"ConfigRuleName": "encrypted"})).await;
    assert_eq!(state(&world, "encrypted").await, "DELETING_RESULTS");
    world.run_woken().await;
    assert_eq!((state(&world, "encrypted").await.as_str(), said(&world, "encrypted").await), ("ACTIVE", vec![]));
    world.ok("StartConfigRulesEvaluation", json!({"ConfigRuleNames": ["encrypted"]})).await;
    world.run_woken().await;
    assert_eq!(said(&world, "encrypted").await, pairs(&[("vol-1", "NON_COMPLIANT")]));
}
