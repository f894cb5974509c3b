//! Rules that are evaluated as a whole at the same time.

use std::collections::BTreeSet;
use std::pin::pin;
use std::task::Poll;

use serde_json::{Value, json};
use store::job::Job as _;

use super::world::*;
use crate::judge::JudgeRules;
use crate::results::{self, ResultRecord};
use crate::rule_state::RuleStateRecord;
use crate::test_world::{World, scope};
use crate::{Observation, Source};

const VOLUME: &str = "AWS::EC2::Volume";
/// More than are judged in one transaction.
const VOLUMES: usize = 600;

async fn volumes(world: &World, count: usize) {
    let volume = |at: usize| Observation {
        resource_type: VOLUME.to_owned(),
        resource_id: format!("vol-{at:03}"),
        description: Some(volume(at.is_multiple_of(2))),
        source: Source::Upstream,
    };
    world.parts().observe(&scope(), (0..count).map(volume).collect(), world.now()).await.unwrap();
    world.run_woken().await;
    world.outside.published();
}

/// Puts a rule; no job runs.
async fn put(world: &World, name: &str, identifier: &str, more: Value) {
    let mut rule = json!({"ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": identifier}});
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.ok("PutConfigRule", json!({"ConfigRule": rule})).await;
}

/// Evaluates rules until something is written, as if the server were killed then.
async fn evaluate_in_part(world: &World) {
    let job = JudgeRules::new(world.parts().clone());
    let mut run = pin!(job.run(world.now()));
    let is_begun = || !world.parts().catalog.versions::<ResultRecord>().is_empty();
    std::future::poll_fn(|cx| match run.as_mut().poll(cx) {
        Poll::Ready(_) => panic!("it came to its end"),
        Poll::Pending if is_begun() => Poll::Ready(()),
        Poll::Pending => Poll::Pending,
    })
    .await;
}

fn rule_names(item: &Value) -> Vec<&str> {
    item["configRuleList"].as_array().unwrap().iter().map(|rule| rule["configRuleName"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn new_rules_leave_one_item_of_compliance_a_resource_and_each_its_notices() {
    let world = World::recording().await;
    volumes(&world, 3).await;
    for name in ["a", "b", "c"] {
        put(&world, name, "ENCRYPTED_VOLUMES", json!({})).await;
    }
    world.run_woken().await;
    for at in 0..3 {
        let history = world.history("AWS::Config::ResourceCompliance", &format!("{VOLUME}/vol-{at:03}")).await;
        assert_eq!(history.len(), 1, "{at}");
        assert_eq!(rule_names(&history[0].1), ["a", "b", "c"], "{at}");
    }
    let told = published(&world, "ComplianceChangeNotification");
    let told: BTreeSet<_> = told
        .iter()
        .map(|(_, sent)| (&sent["configRuleName"], &sent["resourceId"]))
        .map(|(rule, id)| (rule.to_string(), id.to_string()))
        .collect();
    assert_eq!(told.len(), 9);
}

#[tokio::test]
async fn an_evaluation_that_is_cut_short_is_done_anew_and_tells_nothing_twice() {
    let world = World::recording().await;
    volumes(&world, VOLUMES).await;
    for name in ["a", "b"] {
        put(&world, name, "ENCRYPTED_VOLUMES", json!({})).await;
    }
    evaluate_in_part(&world).await;
    let begun = world.parts().catalog.versions::<ResultRecord>().len();
    assert!(begun < 2 * VOLUMES, "{begun}");
    let world = world.restarted().await;
    world.run_woken().await;
    let catalog = &world.parts().catalog;
    assert_eq!(catalog.versions::<ResultRecord>().len(), 2 * VOLUMES);
    assert!(catalog.list_all::<RuleStateRecord>().iter().all(|(_, state)| state.value.wanted.is_none()));
    let told = published(&world, "ComplianceChangeNotification");
    let told: Vec<_> =
        told.iter().map(|(_, sent)| format!("{} {}", sent["configRuleName"], sent["resourceId"])).collect();
    assert_eq!((told.len(), BTreeSet::from_iter(&told).len()), (2 * VOLUMES, 2 * VOLUMES));
    let history = world.history("AWS::Config::ResourceCompliance", &format!("{VOLUME}/vol-000")).await;
    assert_eq!(history.len(), 1);
}

#[tokio::test]
async fn a_rule_that_changes_meanwhile_is_left_out_and_the_others_go_on() {
    let world = World::recording().await;
    volumes(&world, VOLUMES).await;
    for name in ["changed", "other"] {
        put(&world, name, "ENCRYPTED_VOLUMES", json!({})).await;
    }
    let job = JudgeRules::new(world.parts().clone());
    let mut run = pin!(job.run(world.now()));
    let catalog = &world.parts().catalog;
    let begun = std::future::poll_fn(|cx| match run.as_mut().poll(cx) {
        Poll::Ready(_) => panic!("it came to its end"),
        Poll::Pending if !catalog.versions::<ResultRecord>().is_empty() => Poll::Ready(()),
        Poll::Pending => Poll::Pending,
    });
    begun.await;
    let one = json!({"Scope": {"ComplianceResourceTypes": [VOLUME], "ComplianceResourceId": "vol-599"}});
    let changing = put(&world, "changed", "ENCRYPTED_VOLUMES", one);
    let (ran, ()) = tokio::join!(run.as_mut(), changing);
    ran.unwrap();
    let wanted = |name: &str| {
        let rule = crate::rule_book::find(catalog, &scope(), name).unwrap();
        (crate::rule_state::of(catalog, &scope(), &rule.value.id).wanted.is_some(), rule.value.id.clone())
    };
    let (is_wanted, id) = wanted("other");
    assert_eq!((is_wanted, results::resources_of_rule(catalog, &scope(), &id, None, 1000).len()), (false, VOLUMES));
    assert!(wanted("changed").0, "it is evaluated anew");
    world.run_woken().await;
    let (is_wanted, id) = wanted("changed");
    let left = results::resources_of_rule(catalog, &scope(), &id, None, 1000);
    assert_eq!((is_wanted, left.len(), &*left[0].resource_id), (false, 1, "vol-599"));
}

#[tokio::test]
async fn rules_of_all_kinds_of_subjects_are_judged_together() {
    let world = World::recording().await;
    volumes(&world, 2).await;
    observe(&world, "AWS::S3::Bucket", "acme", Some(tagged(&[("team", "ops")]))).await;
    put(&world, "encrypted", "ENCRYPTED_VOLUMES", json!({})).await;
    let parameters = json!({"tag1Key": "team"}).to_string();
    put(&world, "team", "REQUIRED_TAGS", json!({"InputParameters": parameters})).await;
    put(&world, "root", "ROOT_ACCOUNT_MFA_ENABLED", json!({})).await;
    world.outside.state().facts.summary =
        crate::rule::Asked::Known(crate::rule::AccountSummary { root_has_access_keys: false, root_has_mfa: true });
    world.run_woken().await;
    let expected = [("vol-000", "COMPLIANT"), ("vol-001", "NON_COMPLIANT")];
    assert_eq!(said(&world, "encrypted").await, pairs(&expected));
    let team = said(&world, "team").await;
    let word = |id: &str| team.iter().find(|(of, _)| of == id).map(|(_, word)| word.as_str());
    assert_eq!(word("acme"), Some("COMPLIANT"));
    assert_eq!(said(&world, "root").await, pairs(&[("210987654321", "COMPLIANT")]));
}
