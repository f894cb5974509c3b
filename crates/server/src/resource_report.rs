//! What is told of a resource at a time: what it was like, what it was related to, who changed it, and the states of its
//! alarms.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::time::parse_duration;
use base::{AccountId, Region, TimeRange, Timestamp};
use cloudwatch::alarms::history::{self, Entry};
use cloudwatch::record::{AlarmStateRecord, HistoryKind};
use config::as_of::{AsOf, State};
use config::item::Item;
use config::resource_types::is_third_party;
use serde_json::{Value, json};
use store::catalog::{Catalog, Key};
use store::config_item::Resource;
use store::trail_event::{Attribute, Lookup, TrailEvent};
use store::{Store, StoreError, TrailEvents};

/// Events that are told of at most.
const CHANGES_MAX: usize = 20;
/// How long before a resource was first found the call that made it is looked for.
const BEFORE_FIRST_MS: i64 = base::time::DAY_MS;
/// How long a call can take that pushes what a resource is like.
const PUSHING_MS_MAX: i64 = 10_000;
const ALARM: &str = "AWS::CloudWatch::Alarm";

/// What reports are made of.
pub struct Reports {
    items: AsOf,
    events: Arc<TrailEvents>,
    catalog: Arc<Catalog>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// An ARN, or a type and an id with a slash between.
    pub name: &'a str,
    /// Whose resource; anybody's where there is none.
    pub account: Option<&'a AccountId>,
    /// The region, where the name is of resources in several.
    pub region: Option<&'a Region>,
    /// The time.
    pub at: Timestamp,
    /// What is left out.
    pub withheld: Withheld,
}

/// What of a report is left out, because whoever asks may not see it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Withheld {
    /// Events.
    pub changes: bool,
    /// States of alarms.
    pub alarms: bool,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum NoReport {
    /// What was asked for is not there, or not asked for rightly.
    #[error("{0}")]
    Asked(String),
    /// The store failed.
    #[error("the report could not be made")]
    Failed(#[from] StoreError),
}

/// The time that a text is: ISO 8601, or how long ago.
pub fn time(text: &str, now: Timestamp) -> Option<Timestamp> {
    let ago = || parse_duration(text.strip_prefix('-').unwrap_or(text)).map(|ago| now.minus(ago));
    Timestamp::parse_iso(text).or_else(ago)
}

impl Reports {
    /// Those of a store.
    pub fn new(store: &Store) -> Self {
        Self {
            items: AsOf::new(store.catalog().clone(), store.config_items().clone()),
            events: store.trail_events().clone(),
            catalog: store.catalog().clone(),
        }
    }

    /// The report of the resource that a name is of.
    ///
    /// # Errors
    /// There is no such resource, or more than one.
    pub async fn report(&self, asked: Asked<'_>, now: Timestamp) -> Result<Value, NoReport> {
        let Asked { at, withheld, .. } = asked;
        let of = &self.named(asked, now)?;
        let mut report = json!({
            "at": at.iso_millis(),
            "resource": {
                "accountId": of.scope.account.as_str(), "region": of.scope.region.as_str(),
                "resourceType": of.resource_type, "resourceId": of.resource_id,
            },
        });
        let Some(state) = self.items.state(of, at, now).await? else {
            report["item"] = Value::Null;
            report["firstKnown"] = json!(self.items.first_known(of, now).await?.map(Timestamp::iso_millis));
            return Ok(report);
        };
        report["since"] = json!(state.item.taken.iso_millis());
        report["until"] = json!(state.ended.map(Timestamp::iso_millis));
        report["relatedTo"] = related_to(&state.item);
        report["relatedFrom"] = related_from(of, &self.items.naming(of, at, now).await?);
        if !withheld.changes {
            report["changes"] = self.changes(&state).await?;
        }
        if !withheld.alarms {
            report["alarms"] = self.alarms(&state.item, at, now).await?;
        }
        report["item"] = state.item.to_stream();
        Ok(report)
    }

    /// The one resource that a name is of.
    fn named(&self, asked: Asked<'_>, now: Timestamp) -> Result<Resource, NoReport> {
        let Asked { name, account, region, .. } = asked;
        let mut found = self.items.named(name, account, now);
        let places: Vec<_> = found.iter().map(|of| format!("{} {}", of.scope.account, of.scope.region)).collect();
        if found.len() > 1 {
            found.retain(|of| region.is_some_and(|region| of.scope.region == *region));
        }
        match (found.pop(), found.is_empty()) {
            (Some(of), true) => Ok(of),
            _ if places.is_empty() => Err(NoReport::Asked(format!("no resource {name} is or was recorded"))),
            _ => {
                let detail = format!("{name} is a resource of {}: say of which region", places.join(" and of "));
                Err(NoReport::Asked(detail))
            }
        }
    }

    /// The calls between the state before and this one that name the resource and succeeded, the last first (H-15).
    async fn changes(&self, state: &State) -> Result<Value, StoreError> {
        let item = &state.item;
        let is_pushed = is_third_party(&item.resource_type);
        let range = match is_pushed {
            // The call that said it is over a moment after what it said.
            true => TimeRange { start: item.taken, end: item.taken.plus_millis(PUSHING_MS_MAX) },
            false => {
                let first = item.taken.plus_millis(-BEFORE_FIRST_MS);
                TimeRange { start: state.before.map_or(first, |before| before.plus_millis(1)), end: item.taken }
            }
        };
        let mut found: BTreeMap<_, TrailEvent> = BTreeMap::new();
        for name in names(item) {
            let lookup = Lookup {
                account: item.scope.account.clone(),
                region: item.scope.region.clone(),
                range,
                attribute: Some(Attribute::ResourceName(name)),
                after: None,
                limit: 10 * CHANGES_MAX,
            };
            for event in self.events.lookup(lookup).await?.events {
                found.insert((event.time, event.event_id.clone()), event);
            }
        }
        let changes = found.into_values().filter(|event| !event.read_only).filter_map(|event| {
            let record: Value = serde_json::from_str(&event.record).ok()?;
            let failed = record.get("errorCode").is_some_and(|code| !code.is_null());
            (!failed).then(|| {
                json!({
                    "time": event.time.iso_millis(), "eventName": event.event_name, "eventSource": event.event_source,
                    "username": event.username, "principal": record["userIdentity"]["arn"],
                    "sourceIPAddress": record["sourceIPAddress"], "eventId": event.event_id,
                })
            })
        });
        let mut changes: Vec<Value> = changes.collect();
        if is_pushed {
            // Those after it said the same once more, or made another state of it.
            changes.truncate(1);
        }
        changes.reverse();
        changes.truncate(CHANGES_MAX);
        Ok(changes.into())
    }

    /// The alarms that watched the resource, with their states.
    async fn alarms(&self, item: &Item, at: Timestamp, now: Timestamp) -> Result<Value, StoreError> {
        let names = names(item);
        let mut alarms = self.items.holding(&item.scope, Some(ALARM), &names, at, now).await?;
        let is_itself = |alarm: &Item| item.resource_type == ALARM && alarm.resource_id == item.resource_id;
        alarms.retain(|alarm| is_itself(alarm) || watches(&alarm.configuration, &names));
        Ok(alarms.iter().map(|alarm| self.alarm(alarm, at, now)).collect())
    }

    fn alarm(&self, alarm: &Item, at: Timestamp, now: Timestamp) -> Value {
        let name = alarm.resource_name.as_deref().unwrap_or(&alarm.resource_id);
        let mut updates = history::read(&self.catalog, &alarm.scope, Some(name), now);
        updates.retain(|entry| entry.record.value.kind == HistoryKind::StateUpdate);
        updates.sort_by_key(|entry| (entry.at, entry.sequence));
        let next = updates.partition_point(|entry| entry.at <= at);
        let told = |entry: &Entry, member: &str| {
            let data: Value = serde_json::from_str(&entry.record.value.data).unwrap_or_default();
            data.get(member).cloned().unwrap_or_default()
        };
        if let Some(last) = next.checked_sub(1).map(|last| &updates[last]) {
            let state = told(last, "newState");
            return json!({
                "name": name, "state": state["stateValue"], "since": last.at.iso_millis(),
                "reason": state["stateReason"],
            });
        }
        if let Some(next) = updates.get(next) {
            // What it left had begun before all that is kept.
            let state = told(next, "oldState");
            return json!({ "name": name, "state": state["stateValue"], "reason": state["stateReason"] });
        }
        // History is kept for a month; a state that is older is still the alarm's.
        let key = Key::regional(&alarm.scope.account, &alarm.scope.region, name);
        match self.catalog.get::<AlarmStateRecord>(&key).filter(|found| found.value.state.since <= at) {
            Some(found) => {
                let state = &found.value.state;
                json!({
                    "name": name, "state": state.value.as_str(), "since": state.since.iso_millis(),
                    "reason": state.reason,
                })
            }
            None => json!({ "name": name, "state": null }),
        }
    }
}

/// What events and dimensions call a resource.
fn names(item: &Item) -> Vec<String> {
    let mut names = vec![item.resource_id.clone()];
    for name in item.resource_name.iter().chain(&item.arn) {
        if !name.is_empty() && !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// Whether a dimension of an alarm, or of one of its metrics, has one of these values.
fn watches(configuration: &Value, names: &[String]) -> bool {
    match configuration {
        Value::Array(elements) => elements.iter().any(|element| watches(element, names)),
        Value::Object(members) => members.iter().any(|(key, value)| match key.eq_ignore_ascii_case("dimensions") {
            true => value.as_array().into_iter().flatten().any(|dimension| {
                let value = dimension.get("value").or_else(|| dimension.get("Value")).and_then(Value::as_str);
                value.is_some_and(|value| names.iter().any(|name| name == value))
            }),
            false => watches(value, names),
        }),
        _ => false,
    }
}

fn related_to(item: &Item) -> Value {
    let one = |related: &config::item::Relationship| {
        json!({
            "resourceType": related.resource_type, "resourceId": related.resource_id,
            "resourceName": related.resource_name, "relationship": related.name.trim_end(),
        })
    };
    item.relationships.iter().map(one).collect()
}

fn related_from(of: &Resource, naming: &[Item]) -> Value {
    let mut found = Vec::new();
    for item in naming {
        let named =
            item.related(&of.resource_type).filter(|related| related.resource_id.as_ref() == Some(&of.resource_id));
        found.extend(named.map(|related| {
            json!({
                "resourceType": item.resource_type, "resourceId": item.resource_id, "resourceName": item.resource_name,
                "relationship": related.name.trim_end(),
            })
        }));
    }
    Value::Array(found)
}
