//! Rules that changes set off.

use serde_json::json;

use super::world::*;
use crate::due::DueRecord;
use crate::item::Relationship;
use crate::observe::Description;
use crate::rule::Asked;
use crate::test_world::World;

const VOLUME: &str = "AWS::EC2::Volume";
const BUCKET: &str = "AWS::S3::Bucket";

#[tokio::test]
async fn a_rule_judges_what_is_there_and_then_what_changes() {
    let world = World::recording().await;
    observe(&world, VOLUME, "vol-1", Some(volume(true))).await;
    put_rule(&world, "encrypted", "ENCRYPTED_VOLUMES", json!({})).await;
    assert_eq!(said(&world, "encrypted").await, pairs(&[("vol-1", "COMPLIANT")]));
    observe(&world, VOLUME, "vol-2", Some(volume(false))).await;
    observe(&world, VOLUME, "vol-3", Some(described(json!({"encrypted": false, "attachments": []})))).await;
    let expected = [("vol-1", "COMPLIANT"), ("vol-2", "NON_COMPLIANT"), ("vol-3", "NOT_APPLICABLE")];
    assert_eq!(said(&world, "encrypted").await, pairs(&expected));
    assert_eq!(overall(&world, "encrypted").await, "NON_COMPLIANT");
    observe(&world, VOLUME, "vol-2", Some(volume(true))).await;
    assert_eq!(overall(&world, "encrypted").await, "COMPLIANT");
    assert!(world.parts().catalog.list_all::<DueRecord>().is_empty());
}

#[tokio::test]
async fn the_order_of_a_result_is_when_its_item_was_taken() {
    let world = World::recording().await;
    observe(&world, VOLUME, "vol-1", Some(volume(true))).await;
    let taken = world.now();
    world.sleep(60);
    put_rule(&world, "encrypted", "ENCRYPTED_VOLUMES", json!({})).await;
    let answer = world.ok("GetComplianceDetailsByConfigRule", json!({"ConfigRuleName": "encrypted"})).await;
    let result = &answer["EvaluationResults"][0];
    assert_eq!(result["EvaluationResultIdentifier"]["OrderingTimestamp"].as_f64(), Some(taken.secs_f64()));
    assert_eq!(result["ConfigRuleInvokedTime"].as_f64(), Some(world.now().secs_f64()));
    assert_eq!(result["ResultRecordedTime"].as_f64(), Some(world.now().secs_f64()));
}

#[tokio::test]
async fn a_resource_that_goes_takes_its_results_along() {
    let world = World::recording().await;
    put_rule(&world, "encrypted", "ENCRYPTED_VOLUMES", json!({})).await;
    observe(&world, VOLUME, "vol-1", Some(volume(false))).await;
    world.outside.published();
    observe(&world, VOLUME, "vol-1", None).await;
    assert_eq!(said(&world, "encrypted").await, []);
    assert_eq!(overall(&world, "encrypted").await, "INSUFFICIENT_DATA");
    let told = published(&world, "ComplianceChangeNotification");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].1["newEvaluationResult"]["complianceType"], "NOT_APPLICABLE");
    assert_eq!(told[0].1["oldEvaluationResult"]["complianceType"], "NON_COMPLIANT");
}

#[tokio::test]
async fn periodic_results_of_a_resource_that_goes_go_too() {
    let world = World::recording().await;
    let more = json!({"InputParameters": json!({"MinRetentionTime": "30"}).to_string()});
    observe(&world, "AWS::Logs::LogGroup", "app", Some(described(json!({"RetentionInDays": 7})))).await;
    put_rule(&world, "kept", "CW_LOGGROUP_RETENTION_PERIOD_CHECK", more).await;
    assert_eq!(said(&world, "kept").await, pairs(&[("app", "NON_COMPLIANT")]));
    observe(&world, "AWS::Logs::LogGroup", "app", None).await;
    assert_eq!(said(&world, "kept").await, []);
}

#[tokio::test]
async fn a_resource_that_leaves_the_scope_is_judged_no_more() {
    let world = World::recording().await;
    let scope = json!({"Scope": {"TagKey": "stage", "TagValue": "prod"}});
    put_rule(&world, "encrypted", "ENCRYPTED_VOLUMES", scope).await;
    let staged =
        |stage: &str| Description { ..Description { tags: tagged(&[("stage", stage)]).tags, ..volume(false) } };
    observe(&world, VOLUME, "vol-1", Some(staged("prod"))).await;
    observe(&world, VOLUME, "vol-2", Some(staged("test"))).await;
    assert_eq!(said(&world, "encrypted").await, pairs(&[("vol-1", "NON_COMPLIANT")]));
    observe(&world, VOLUME, "vol-1", Some(staged("test"))).await;
    assert_eq!(said(&world, "encrypted").await, []);
}

#[tokio::test]
async fn a_type_that_is_recorded_no_more_is_judged_no_more() {
    let world = World::recording().await;
    put_rule(&world, "encrypted", "ENCRYPTED_VOLUMES", json!({})).await;
    observe(&world, VOLUME, "vol-1", Some(volume(false))).await;
    let group = json!({"allSupported": false, "resourceTypes": [BUCKET]});
    let recorder = json!({"name": "default", "roleARN": crate::test_world::ROLE, "recordingGroup": group});
    world.ok("PutConfigurationRecorder", json!({"ConfigurationRecorder": recorder})).await;
    world.run_woken().await;
    assert_eq!(said(&world, "encrypted").await, []);
}

#[tokio::test]
async fn nothing_is_judged_while_the_recorder_is_stopped_and_nothing_is_lost() {
    let world = World::recording().await;
    observe(&world, VOLUME, "vol-1", Some(volume(false))).await;
    stop(&world).await;
    world.run_woken().await;
    put_rule(&world, "encrypted", "ENCRYPTED_VOLUMES", json!({})).await;
    assert_eq!(said(&world, "encrypted").await, []);
    // What is known is judged when somebody asks.
    world.ok("StartConfigRulesEvaluation", json!({"ConfigRuleNames": ["encrypted"]})).await;
    world.run_woken().await;
    assert_eq!(said(&world, "encrypted").await, pairs(&[("vol-1", "NON_COMPLIANT")]));
    put_rule(&world, "other", "ENCRYPTED_VOLUMES", json!({})).await;
    world.ok("StartConfigurationRecorder", json!({"ConfigurationRecorderName": "default"})).await;
    world.run_woken().await;
    assert_eq!(said(&world, "other").await, pairs(&[("vol-1", "NON_COMPLIANT")]));
}

#[tokio::test]
async fn what_waits_to_be_judged_outlives_the_server() {
    let world = World::recording().await;
    put_rule(&world, "encrypted", "ENCRYPTED_VOLUMES", json!({})).await;
    let observation = crate::Observation {
        resource_type: VOLUME.to_owned(),
        resource_id: "vol-1".to_owned(),
        description: Some(volume(false)),
        source: crate::Source::Upstream,
    };
    world.parts().observe(&crate::test_world::scope(), vec![observation], world.now()).await.unwrap();
    let world = world.restarted().await;
    world.run_woken().await;
    assert_eq!(said(&world, "encrypted").await, pairs(&[("vol-1", "NON_COMPLIANT")]));
}

#[tokio::test]
async fn what_another_resource_tells_is_judged_with_it() {
    let world = World::recording().await;
    put_rule(&world, "managed", "EC2_INSTANCE_MANAGED_BY_SSM", json!({})).await;
    let instance = described(json!({"instanceId": "i-1", "state": {"name": "running"}}));
    observe(&world, "AWS::EC2::Instance", "i-1", Some(instance)).await;
    assert_eq!(said(&world, "managed").await, pairs(&[("i-1", "NON_COMPLIANT")]));
    world.outside.state().facts.contacts = Asked::Known([("i-1".to_owned(), world.now())].into());
    let relationship = Relationship {
        resource_type: "AWS::EC2::Instance".to_owned(),
        resource_id: Some("i-1".to_owned()),
        resource_name: None,
        name: "Is associated with ".to_owned(),
    };
    let inventory =
        Description { relationships: vec![relationship], ..described(json!({"AWS:InstanceInformation": {}})) };
    observe(&world, "AWS::SSM::ManagedInstanceInventory", "i-1", Some(inventory)).await;
    // The inventory has the id of its instance, and no verdict of its own.
    assert_eq!(said(&world, "managed").await, pairs(&[("i-1", "COMPLIANT"), ("i-1", "NOT_APPLICABLE")]));
    // What is gone names nothing any more, and who was named by it is judged all the same.
    observe(&world, "AWS::SSM::ManagedInstanceInventory", "i-1", None).await;
    assert_eq!(said(&world, "managed").await, pairs(&[("i-1", "NON_COMPLIANT")]));
}

#[tokio::test]
async fn a_rule_that_is_put_anew_judges_anew_and_lets_go_of_what_it_left() {
    let world = World::recording().await;
    observe(&world, VOLUME, "vol-1", Some(volume(false))).await;
    observe(&world, VOLUME, "vol-2", Some(volume(false))).await;
    put_rule(&world, "encrypted", "ENCRYPTED_VOLUMES", json!({})).await;
    assert_eq!(said(&world, "encrypted").await.len(), 2);
    let one = json!({"Scope": {"ComplianceResourceTypes": [VOLUME], "ComplianceResourceId": "vol-2"}});
    put_rule(&world, "encrypted", "ENCRYPTED_VOLUMES", one).await;
    assert_eq!(said(&world, "encrypted").await, pairs(&[("vol-2", "NON_COMPLIANT")]));
}

#[tokio::test]
async fn compliance_is_an_item_that_changes_when_a_rule_says_something_else() {
    let world = World::recording().await;
    observe(&world, BUCKET, "acme", Some(tagged(&[("team", "ops")]))).await;
    let parameters = |key: &str| json!({"InputParameters": json!({"tag1Key": key}).to_string()});
    put_rule(&world, "team", "REQUIRED_TAGS", parameters("team")).await;
    put_rule(&world, "cost", "REQUIRED_TAGS", parameters("cost")).await;
    world.sleep(1);
    observe(&world, BUCKET, "acme", Some(tagged(&[("team", "web")]))).await;
    world.sleep(1);
    observe(&world, BUCKET, "acme", Some(tagged(&[("team", "web"), ("cost", "1")]))).await;
    world.sleep(1);
    observe(&world, BUCKET, "acme", None).await;
    let history = world.history("AWS::Config::ResourceCompliance", "AWS::S3::Bucket/acme").await;
    let summary: Vec<_> = history
        .iter()
        .map(|(status, item)| {
            let rules = item["configRuleList"].as_array().map(Vec::as_slice).unwrap_or_default();
            let rules: Vec<_> = rules.iter().map(|rule| rule["configRuleName"].as_str().unwrap()).collect();
            (status.as_str(), item["complianceType"].as_str().unwrap_or_default(), rules)
        })
        .collect();
    let expected = [
        ("ResourceDiscovered", "COMPLIANT", vec!["team"]),
        ("OK", "NON_COMPLIANT", vec!["cost", "team"]),
        ("OK", "COMPLIANT", vec!["cost", "team"]),
        ("ResourceDeleted", "", vec![]),
    ];
    assert_eq!(summary, expected);
    assert_eq!(history[0].1["targetResourceId"], "acme");
    // No rule judges what tells how resources are judged.
    assert_eq!(said(&world, "team").await, []);
}

#[tokio::test]
async fn changes_of_compliance_are_told_on_the_topic() {
    let world = World::recording().await;
    observe(&world, VOLUME, "vol-1", Some(volume(true))).await;
    world.outside.published();
    put_rule(&world, "encrypted", "ENCRYPTED_VOLUMES", json!({})).await;
    let told = published(&world, "ComplianceChangeNotification");
    assert_eq!(told.len(), 1);
    let (subject, message) = &told[0];
    // The subject is cut to 100 characters, as AWS's are.
    assert_eq!(
        subject,
        "[AWS Config:eu-west-1] AWS::EC2::Volume vol-1 is COMPLIANT with encrypted in Account 210987654321"
    );
    let keys: Vec<_> = message.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "awsAccountId",
        "configRuleName",
        "configRuleARN",
        "resourceType",
        "resourceId",
        "awsRegion",
        "newEvaluationResult",
        "oldEvaluationResult",
        "notificationCreationTime",
        "messageType",
        "recordVersion",
    ];
    assert_eq!(keys, expected);
    assert_eq!(
        message["newEvaluationResult"].to_string(),
        concat!(
            r#"{"evaluationResultIdentifier":{"evaluationResultQualifier":{"configRuleName":"encrypted","#,
            r#""resourceType":"AWS::EC2::Volume","resourceId":"vol-1"},"orderingTimestamp":"2026-07-04T09:30:00.000Z"},"#,
            r#""complianceType":"COMPLIANT","resultRecordedTime":"2026-07-04T09:30:00.000Z","#,
            r#""configRuleInvokedTime":"2026-07-04T09:30:00.000Z","annotation":null,"resultToken":null}"#,
        )
    );
    assert_eq!(message["oldEvaluationResult"], json!(null));
    world.sleep(90);
    world.ok("StartConfigRulesEvaluation", json!({})).await;
    world.run_woken().await;
    assert_eq!(published(&world, "ComplianceChangeNotification").len(), 0, "nothing has changed");
}
