use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::rule::Compliance;
use crate::rules;
use crate::test_world::{NOW, World, description, scope};
use crate::{Observation, Source};

fn contacts() -> BTreeMap<String, Timestamp> {
    BTreeMap::from([("i-1".to_owned(), NOW)])
}

#[tokio::test]
async fn each_question_is_asked_once_and_only_what_is_declared() {
    let world = World::new().await;
    let summary = AccountSummary { root_has_access_keys: true, root_has_mfa: false };
    world.outside.state().facts.summary = Asked::Known(summary);
    let wanted = [Fact::AccountSummary, Fact::AccountSummary];
    let facts = Facts::fetch(world.parts(), &scope(), wanted, NOW).await;
    let informed = Informed::new(world.parts().clone(), scope(), Arc::new(facts), NOW);
    assert_eq!(informed.account_summary(), Asked::Known(summary));
    assert_eq!(informed.user_credentials("anna"), Asked::Unknown);
    assert_eq!(world.outside.state().facts.asked, ["summary"]);
}

#[tokio::test]
async fn of_whom_nothing_is_told_among_others_there_is_nothing() {
    let world = World::new().await;
    world.outside.state().facts.contacts = Asked::Known(contacts());
    let facts = Facts::fetch(world.parts(), &scope(), [Fact::AgentContact], NOW).await;
    let informed = Informed::new(world.parts().clone(), scope(), Arc::new(facts), NOW);
    assert_eq!(informed.last_agent_contact("i-1"), Asked::Known(NOW));
    assert_eq!(informed.last_agent_contact("i-2"), Asked::Nothing);
}

#[tokio::test]
async fn tags_are_asked_of_the_images_of_instances() {
    let world = World::recording().await;
    for (id, image) in [("i-1", "ami-2"), ("i-2", "ami-1"), ("i-3", "ami-2")] {
        seen(&world, id, json!({ "imageId": image })).await;
    }
    let facts = Facts::fetch(world.parts(), &scope(), [Fact::ImageTags], world.now()).await;
    assert_eq!(world.outside.state().facts.asked, ["ami-1,ami-2"]);
    assert_eq!(facts.image_tags, Asked::Unknown);
}

/// Lets an upstream tell of an instance.
async fn seen(world: &World, id: &str, configuration: Value) {
    let observation = Observation {
        resource_type: INSTANCE.to_owned(),
        resource_id: id.to_owned(),
        description: Some(description(configuration)),
        source: Source::Upstream,
    };
    world.parts().observe(&scope(), vec![observation], world.now()).await.unwrap();
}

fn instance(state: &str, image: &str) -> Value {
    json!({ "state": { "name": state }, "imageId": image })
}

#[tokio::test]
async fn the_past_tells_since_when_an_instance_is_stopped() {
    let world = World::recording().await;
    let day = 24 * 60 * 60;
    seen(&world, "i-1", instance("running", "ami-1")).await;
    world.sleep(day);
    seen(&world, "i-1", instance("stopped", "ami-1")).await;
    world.sleep(20 * day);
    // A change that leaves it stopped.
    seen(&world, "i-1", instance("stopped", "ami-2")).await;
    world.sleep(5 * day);
    let rule = rules::rule("EC2_STOPPED_INSTANCE").unwrap();
    let facts = Arc::new(Facts::fetch(world.parts(), &scope(), rule.facts.iter().copied(), world.now()).await);
    for (allowed, expected) in [("26", Compliance::Compliant), ("24", Compliance::NonCompliant)] {
        let informed = Informed::new(world.parts().clone(), scope(), facts.clone(), world.now());
        let parameters = json!({ "AllowedDays": allowed }).to_string();
        let parameters = crate::rule::Parameters::read(rule.parameters, Some(&parameters)).unwrap();
        let judged = tokio::task::spawn_blocking(move || {
            let item = informed.item(INSTANCE, "i-1").unwrap();
            (rule.evaluate)(&item, &parameters, &informed).compliance
        });
        assert_eq!(judged.await.unwrap(), expected, "{allowed}");
    }
}
