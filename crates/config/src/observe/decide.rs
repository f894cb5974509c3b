//! Whether an observation is a change, and which item it makes: a pure function (CI-1 to CI-8).

use base::{Scope, Timestamp};
use serde_json::Value;

use super::{Description, Observation};
use crate::item::{Item, ItemStatus};
use crate::present::Present;

/// The newest item of a resource after an observation; `None` when that tells nothing new.
pub(crate) fn next_item(
    before: Option<&Present>,
    scope: &Scope,
    observation: &Observation,
    is_recorded: bool,
    now: Timestamp,
) -> Option<Present> {
    let was = before.map(|before| before.item.status);
    let status = match (&observation.description, is_recorded) {
        (Some(_), true) if was.is_some_and(ItemStatus::is_recorded) => ItemStatus::Ok,
        (Some(_), true) => ItemStatus::ResourceDiscovered,
        (Some(_), false) => ItemStatus::ResourceNotRecorded,
        (None, true) => ItemStatus::ResourceDeleted,
        (None, false) => ItemStatus::ResourceDeletedNotRecorded,
    };
    match was {
        // What was never there, or is gone, cannot go.
        None if status.is_gone() => return None,
        Some(was) if was.is_gone() && status.is_gone() => return None,
        // Of what is not recorded, changes are not either.
        Some(ItemStatus::ResourceNotRecorded) if status == ItemStatus::ResourceNotRecorded => return None,
        _ => {}
    }
    // Its id rises with every item, whatever the clock does.
    let taken = before.map_or(now, |before| now.max(before.item.taken.plus_millis(1)));
    let item = match &observation.description {
        Some(description) if is_recorded => described(scope, observation, description, status, taken),
        other => bare(before, scope, observation, other.as_ref(), status, taken),
    };
    let next = Present::new(item, observation.source);
    let is_same = before.is_some_and(|before| before.digest == next.digest);
    (!is_same).then_some(next)
}

fn described(
    scope: &Scope,
    observation: &Observation,
    description: &Description,
    status: ItemStatus,
    taken: Timestamp,
) -> Item {
    let description = description.clone();
    let mut relationships = description.relationships;
    relationships.sort();
    relationships.dedup();
    Item {
        scope: scope.clone(),
        aws_region: description.aws_region,
        resource_type: observation.resource_type.clone(),
        resource_id: observation.resource_id.clone(),
        resource_name: description.resource_name,
        arn: description.arn,
        availability_zone: description.availability_zone,
        created: description.created,
        taken,
        status,
        tags: description.tags,
        relationships,
        configuration: description.configuration,
        supplementary: description.supplementary,
        delivered: None,
    }
}

/// An item without details: of what is gone, or not recorded (CI-7, CI-8).
fn bare(
    before: Option<&Present>,
    scope: &Scope,
    observation: &Observation,
    description: Option<&Description>,
    status: ItemStatus,
    taken: Timestamp,
) -> Item {
    let before = before.map(|before| &before.item);
    let told = |told: fn(&Description) -> Option<String>, known: fn(&Item) -> Option<String>| {
        description.map_or_else(|| before.and_then(known), told)
    };
    let region = told(|told| Some(told.aws_region.clone()), |known| Some(known.aws_region.clone()));
    Item {
        aws_region: region.unwrap_or_else(|| scope.region.to_string()),
        resource_type: observation.resource_type.clone(),
        resource_id: observation.resource_id.clone(),
        resource_name: told(|told| told.resource_name.clone(), |known| known.resource_name.clone()),
        arn: told(|told| told.arn.clone(), |known| known.arn.clone()),
        status,
        configuration: Value::Null,
        ..Item::of_account(scope, taken)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::observe::Source;
    use crate::rule::shelf;

    fn observed(configuration: Option<Value>) -> Observation {
        let description = configuration.map(|configuration| Description {
            aws_region: "eu-west-1".to_owned(),
            resource_name: Some("name".to_owned()),
            availability_zone: Some("eu-west-1a".to_owned()),
            created: Some(shelf::now()),
            tags: [("k".to_owned(), "v".to_owned())].into(),
            configuration,
            ..Description::default()
        });
        Observation {
            resource_type: "AWS::EC2::Volume".to_owned(),
            resource_id: "vol-1".to_owned(),
            description,
            source: Source::Own,
        }
    }

    #[test]
    fn the_status_of_each_step() {
        use ItemStatus::{Ok, ResourceDeleted, ResourceDeletedNotRecorded, ResourceDiscovered, ResourceNotRecorded};
        let (one, two) = (Some(json!({"size":1})), Some(json!({"size":2})));
        // What is observed, whether the type is recorded, and the item that it makes after those before.
        let steps = [
            (None, true, None),
            (one.clone(), true, Some(ResourceDiscovered)),
            (one.clone(), true, None),
            (two.clone(), true, Some(Ok)),
            (two, false, Some(ResourceNotRecorded)),
            (one.clone(), false, None),
            (one.clone(), true, Some(ResourceDiscovered)),
            (None, true, Some(ResourceDeleted)),
            (None, true, None),
            (None, false, None),
            (one.clone(), true, Some(ResourceDiscovered)),
            (None, false, Some(ResourceDeletedNotRecorded)),
            (one, false, Some(ResourceNotRecorded)),
            (None, true, Some(ResourceDeleted)),
        ];
        let mut before: Option<Present> = None;
        for (at, (configuration, is_recorded, expected)) in steps.into_iter().enumerate() {
            let now = shelf::now().plus_millis(at as i64 * 1000);
            let next = next_item(before.as_ref(), &shelf::scope(), &observed(configuration), is_recorded, now);
            assert_eq!(next.as_ref().map(|next| next.item.status), expected, "step {at}");
            before = next.or(before);
        }
    }

    #[test]
    fn what_is_gone_keeps_its_names_and_nothing_else() {
        let before = next_item(None, &shelf::scope(), &observed(Some(json!({"size":1}))), true, shelf::now()).unwrap();
        let gone = next_item(Some(&before), &shelf::scope(), &observed(None), true, shelf::now()).unwrap().item;
        assert_eq!((gone.resource_name.as_deref(), &*gone.aws_region), (Some("name"), "eu-west-1"));
        assert_eq!((gone.availability_zone, gone.created, gone.configuration), (None, None, Value::Null));
        assert!(gone.tags.is_empty());
    }

    #[test]
    fn the_id_of_a_state_rises_even_when_the_clock_goes_back() {
        let before = next_item(None, &shelf::scope(), &observed(Some(json!({"size":1}))), true, shelf::now()).unwrap();
        let changed = observed(Some(json!({"size":2})));
        for now in [shelf::now(), shelf::now().plus_millis(-5000)] {
            let next = next_item(Some(&before), &shelf::scope(), &changed, true, now).unwrap();
            assert_eq!(next.item.taken, shelf::now().plus_millis(1));
        }
    }
}
