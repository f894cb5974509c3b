//! What is kept of results, and what follows from those that change.

use serde_json::json;
use store::catalog::Transaction;

use super::*;
use crate::due::ComplianceDueRecord;
use crate::notices::{News, NoticeRecord};
use crate::rule_book::examples::managed;
use crate::test_world::{World, scope};

fn resource(id: &str) -> ResourceKey {
    ResourceKey { resource_type: "AWS::EC2::Volume".to_owned(), resource_id: id.to_owned() }
}

/// What a rule says, in an order in seconds.
fn result(id: &str, verdict: Option<Verdict>, order_secs: i64) -> NewResult {
    NewResult { resource: resource(id), verdict, ordering: Timestamp::from_secs(order_secs) }
}

async fn put(world: &World, rule: &RuleRecord, results: Vec<NewResult>) {
    let (catalog, now) = (&world.parts().catalog, world.now());
    let mut transaction = Transaction::default();
    put_all(world.parts(), &mut transaction, &scope(), [(Invocation { rule, invoked: now }, results)], now);
    catalog.commit(transaction).await.unwrap();
}

fn stored(world: &World, rule: &RuleRecord, id: &str) -> Option<Compliance> {
    find(&world.parts().catalog, &scope(), &rule.id, &resource(id)).map(|found| found.value.compliance)
}

/// Compliance before and after, by each notice there is; they are taken away.
async fn told(world: &World) -> Vec<(Option<Compliance>, Compliance)> {
    let catalog = &world.parts().catalog;
    let mut transaction = Transaction::default();
    let found = catalog.list_all::<NoticeRecord>();
    for (key, found) in &found {
        transaction.delete::<NoticeRecord>(key.clone(), found.version);
    }
    catalog.commit(transaction).await.unwrap();
    let change = |news: &News| match news {
        News::Compliance(change) => (change.old.as_ref().map(|old| old.compliance), change.new.compliance),
        other => panic!("{other:?}"),
    };
    found.iter().map(|(_, found)| change(&found.value.news)).collect()
}

#[tokio::test]
async fn only_changes_are_told_and_each_is() {
    use Compliance::{Compliant, NonCompliant, NotApplicable};
    let world = World::new().await;
    let rule = managed("ENCRYPTED_VOLUMES");
    let (good, bad) = (Verdict::compliant(), Verdict::non_compliant("open"));
    for (verdict, expected, notices) in [
        (Some(good.clone()), Some(Compliant), vec![(None, Compliant)]),
        (Some(good), Some(Compliant), vec![]),
        (Some(bad.clone()), Some(NonCompliant), vec![(Some(Compliant), NonCompliant)]),
        (Some(Verdict::non_compliant("other")), Some(NonCompliant), vec![]),
        (Some(Verdict::not_applicable()), Some(NotApplicable), vec![(Some(NonCompliant), NotApplicable)]),
        (Some(bad), Some(NonCompliant), vec![(Some(NotApplicable), NonCompliant)]),
        (None, None, vec![(Some(NonCompliant), NotApplicable)]),
        (None, None, vec![]),
    ] {
        put(&world, &rule, vec![result("vol-1", verdict.clone(), 1)]).await;
        assert_eq!((stored(&world, &rule, "vol-1"), told(&world).await), (expected, notices), "{verdict:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_told_takes_the_former_result_away() {
    let world = World::new().await;
    let rule = managed("ENCRYPTED_VOLUMES");
    put(&world, &rule, vec![result("vol-1", Some(Verdict::insufficient_data("no policy")), 1)]).await;
    assert_eq!((stored(&world, &rule, "vol-1"), told(&world).await), (None, vec![]));
    put(&world, &rule, vec![result("vol-1", Some(Verdict::compliant()), 1)]).await;
    put(&world, &rule, vec![result("vol-1", Some(Verdict::insufficient_data("no policy")), 1)]).await;
    assert_eq!(stored(&world, &rule, "vol-1"), None);
    let last = told(&world).await.pop();
    assert_eq!(last, Some((Some(Compliance::Compliant), Compliance::InsufficientData)));
}

#[tokio::test]
async fn an_older_order_is_ignored_until_the_rule_is_put_anew() {
    let world = World::new().await;
    let rule = RuleRecord { changed: world.now().plus_millis(-1), ..managed("ENCRYPTED_VOLUMES") };
    put(&world, &rule, vec![result("vol-1", Some(Verdict::compliant()), 5)]).await;
    for (order_secs, expected) in [(4, Compliance::Compliant), (5, Compliance::NonCompliant)] {
        put(&world, &rule, vec![result("vol-1", Some(Verdict::non_compliant("open")), order_secs)]).await;
        assert_eq!(stored(&world, &rule, "vol-1"), Some(expected), "{order_secs}");
    }
    let anew = RuleRecord { changed: world.now().plus_millis(10), ..rule };
    put(&world, &anew, vec![result("vol-1", Some(Verdict::compliant()), 1)]).await;
    assert_eq!(stored(&world, &anew, "vol-1"), Some(Compliance::Compliant));
}

#[tokio::test]
async fn both_records_of_a_result_come_and_go_together() {
    let world = World::new().await;
    let catalog = &world.parts().catalog;
    let rule = managed("ENCRYPTED_VOLUMES");
    let other = RuleRecord { id: "config-rule-zz99zz".to_owned(), name: "other".to_owned(), ..rule.clone() };
    let all: Vec<_> = (0..5).map(|at| result(&format!("vol-{at}"), Some(Verdict::compliant()), 1)).collect();
    put(&world, &rule, all).await;
    put(&world, &other, vec![result("vol-2", Some(Verdict::non_compliant("open")), 1)]).await;
    let said = of_resource(catalog, &scope(), &resource("vol-2"));
    assert_eq!(said, [(rule.id.clone(), Compliance::Compliant), (other.id.clone(), Compliance::NonCompliant)]);
    let mut seen = Vec::new();
    each_resource(catalog, &scope(), None, Some(&resource("vol-1")), |key, said| {
        seen.push((key.resource_id, said.len()));
        seen.len() < 2
    });
    assert_eq!(seen, [("vol-2".to_owned(), 2), ("vol-3".to_owned(), 1)]);
    for (count, is_all, left) in [(2, false, 3), (3, true, 0)] {
        let mut transaction = Transaction::default();
        assert_eq!(remove_of_rule(catalog, &mut transaction, &scope(), &rule.id, count), is_all);
        catalog.commit(transaction).await.unwrap();
        assert_eq!(of_rule(catalog, &scope(), &rule.id, None, 10).len(), left);
    }
    let mut seen = Vec::new();
    each_resource(catalog, &scope(), None, None, |key, said| {
        seen.push((key.resource_id, said.to_vec()));
        true
    });
    assert_eq!(seen, [("vol-2".to_owned(), vec![(other.id, Compliance::NonCompliant)])]);
    assert_eq!(catalog.list_all::<ComplianceDueRecord>().len(), 5);
}

#[tokio::test]
async fn what_several_rules_say_at_once_is_one_item_of_compliance_that_is_due() {
    let world = World::new().await;
    let rule = managed("ENCRYPTED_VOLUMES");
    let other = RuleRecord { id: "config-rule-zz99zz".to_owned(), name: "other".to_owned(), ..rule.clone() };
    let said = || vec![result("vol-1", Some(Verdict::compliant()), 1), result("vol-2", Some(Verdict::compliant()), 1)];
    let mut transaction = Transaction::default();
    let of_rules = [&rule, &other].map(|rule| (Invocation { rule, invoked: world.now() }, said()));
    put_all(world.parts(), &mut transaction, &scope(), of_rules, world.now());
    let changes = transaction.into_changes();
    let count = |kind: &str| changes.iter().filter(|change| change.kind == kind).count();
    assert_eq!([ComplianceDueRecord::KIND, NoticeRecord::KIND, ResultRecord::KIND].map(count), [2, 4, 4]);
}

#[tokio::test]
async fn what_nobody_hears_leaves_no_word() {
    let world = World::new().await;
    let rule = managed("ENCRYPTED_VOLUMES");
    let mut parts = world.parts().clone();
    parts.outlets.events = None;
    let notices = || {
        let mut transaction = Transaction::default();
        let results = vec![result("vol-1", Some(Verdict::compliant()), 1)];
        put_all(
            &parts,
            &mut transaction,
            &scope(),
            [(Invocation { rule: &rule, invoked: world.now() }, results)],
            world.now(),
        );
        transaction.into_changes().iter().filter(|change| change.kind == NoticeRecord::KIND).count()
    };
    assert_eq!(notices(), 0);
    world.start(json!({})).await;
    assert_eq!(notices(), 1, "there is a topic");
}

#[tokio::test]
async fn pages_of_a_rule_follow_each_other() {
    let world = World::new().await;
    let catalog = &world.parts().catalog;
    let rule = managed("ENCRYPTED_VOLUMES");
    put(&world, &rule, (0..5).map(|at| result(&format!("vol-{at}"), Some(Verdict::compliant()), 1)).collect()).await;
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = of_rule(catalog, &scope(), &rule.id, after.as_ref(), 2);
        let Some((last, _)) = page.last().cloned() else { break };
        ids.extend(page.into_iter().map(|(key, _)| key.resource_id));
        after = Some(last);
    }
    assert_eq!(ids, ["vol-0", "vol-1", "vol-2", "vol-3", "vol-4"]);
}

#[test]
fn one_violation_outweighs_and_nothing_applicable_is_no_data() {
    use Compliance::{Compliant, InsufficientData, NonCompliant, NotApplicable};
    for (results, expected) in [
        (vec![], InsufficientData),
        (vec![NotApplicable], InsufficientData),
        (vec![NotApplicable, Compliant], Compliant),
        (vec![Compliant, NonCompliant, Compliant], NonCompliant),
    ] {
        assert_eq!(overall(results.clone()), expected, "{results:?}");
    }
    assert_eq!(json!(Compliance::NonCompliant), "NON_COMPLIANT");
}
