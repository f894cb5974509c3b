//! What calls act on, for the policy engine: trails, event data stores and channels by their ARNs.

use api::{Authorization, CallContext, ResourcePolicy};
use store::Catalog;
use wire::schema::Operation;
use wire::value::Value;

use crate::lake::policies::{self, Kind};
use crate::lake::{self, channels, queries, stores};
use crate::service::Parts;
use crate::trails::{TrailName, arn};

/// What a member names.
#[derive(Clone, Copy)]
enum Named {
    Trail,
    EventDataStore,
    Channel,
    /// Any of them, by its ARN.
    Anything,
}

/// The members that name what an operation acts on; those that are given count.
fn members(operation: &str) -> &'static [(&'static str, Named)] {
    match operation {
        "CreateTrail" | "DeleteTrail" | "GetTrail" | "GetTrailStatus" | "StartLogging" | "StopLogging"
        | "UpdateTrail" => &[("Name", Named::Trail)],
        "GetEventSelectors" | "ListInsightsMetricData" | "PutEventSelectors" => &[("TrailName", Named::Trail)],
        "PutInsightSelectors" => &[
            ("TrailName", Named::Trail),
            ("EventDataStore", Named::EventDataStore),
            ("InsightsDestination", Named::EventDataStore),
        ],
        "ListInsightsData" => &[("InsightSource", Named::Anything)],
        "GetEventConfiguration" | "GetInsightSelectors" | "PutEventConfiguration" => {
            &[("TrailName", Named::Trail), ("EventDataStore", Named::EventDataStore)]
        }
        "DeleteEventDataStore"
        | "DisableFederation"
        | "EnableFederation"
        | "GetEventDataStore"
        | "ListQueries"
        | "RestoreEventDataStore"
        | "StartEventDataStoreIngestion"
        | "StopEventDataStoreIngestion"
        | "UpdateEventDataStore" => &[("EventDataStore", Named::EventDataStore)],
        "StartImport" => &[("Destinations", Named::EventDataStore)],
        "DeleteChannel" | "GetChannel" | "UpdateChannel" => &[("Channel", Named::Channel)],
        "AddTags" | "RemoveTags" => &[("ResourceId", Named::Anything)],
        "ListTags" => &[("ResourceIdList", Named::Anything)],
        "DeleteResourcePolicy" | "GetResourcePolicy" | "PutResourcePolicy" => &[("ResourceArn", Named::Anything)],
        _ => &[],
    }
}

/// The action, and what it is on. Reading lists is on `*`.
pub(crate) fn resources(
    parts: &Parts,
    cx: &CallContext,
    operation: &'static Operation,
    input: Option<&Value>,
) -> Authorization {
    let catalog = &*parts.catalog;
    let mut wanted = Authorization::any(&api::cloudtrail::SERVICE, operation.name);
    let mut arns = Vec::new();
    for store in queried(parts, cx, operation.name, input) {
        arns.extend(shared(catalog, cx, Kind::EventDataStore, &store, &mut wanted));
    }
    match operation.name {
        // What is to be made has no id yet.
        "CreateEventDataStore" => arns.push(stores::arn(&cx.scope(), "*")),
        "CreateChannel" => arns.push(channels::arn(&cx.scope(), "*")),
        _ => {}
    }
    for (member, named) in members(operation.name) {
        for text in texts(input, member) {
            match named {
                Named::Trail => arns.extend(trail(catalog, cx, &text)),
                Named::EventDataStore => arns.extend(shared(catalog, cx, Kind::EventDataStore, &text, &mut wanted)),
                Named::Channel => arns.extend(shared(catalog, cx, Kind::Channel, &text, &mut wanted)),
                Named::Anything => arns.extend(
                    trail(catalog, cx, &text)
                        .or_else(|| shared(catalog, cx, Kind::EventDataStore, &text, &mut wanted))
                        .or_else(|| shared(catalog, cx, Kind::Channel, &text, &mut wanted)),
                ),
            }
        }
    }
    if operation.name == "ListInsightsMetricData" {
        // Documented: rates of management events are linked to the right to look events up, those of a trail's data
        // events to that to list its Insights events.
        let right = if arns.is_empty() { "LookupEvents" } else { "ListInsightsData" };
        wanted.action = Authorization::any(&api::cloudtrail::SERVICE, right).action;
    }
    if !arns.is_empty() {
        wanted.resources = arns;
    }
    request_tags(input, &mut wanted);
    wanted
}

/// The ARNs of the stores that a query reads, or is to read (cloudtrail.md §9.3).
fn queried(parts: &Parts, cx: &CallContext, operation: &str, input: Option<&Value>) -> Vec<String> {
    let mut scope = cx.scope();
    let ids = match operation {
        "StartQuery" => {
            let owner = texts(input, "EventDataStoreOwnerAccountId").pop();
            scope.account = owner.and_then(|owner| owner.parse().ok()).unwrap_or(scope.account);
            let statement = texts(input, "QueryStatement").pop();
            statement.map(|statement| parts.lake.named(&statement)).unwrap_or_default()
        }
        "CancelQuery" | "DescribeQuery" | "GetQueryResults" => {
            let id = texts(input, "QueryId").pop().unwrap_or_default();
            let Some(found) = queries::current(&parts.catalog, cx, &id) else { return Vec::new() };
            scope.account = found.value.owner.clone();
            found.value.stores.clone()
        }
        _ => return Vec::new(),
    };
    ids.iter().map(|id| stores::arn(&scope, id)).collect()
}

/// `aws:RequestTag/…` and `aws:TagKeys`.
fn request_tags(input: Option<&Value>, wanted: &mut Authorization) {
    let given = ["TagsList", "Tags"].into_iter().find_map(|member| input?.get(member)?.as_list());
    let mut keys = Vec::new();
    for tag in given.unwrap_or_default() {
        let text = |name: &str| tag.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(key) = text("Key") else { continue };
        if let Some(value) = text("Value") {
            wanted.conditions.push((format!("aws:RequestTag/{key}"), vec![value]));
        }
        keys.push(key);
    }
    if !keys.is_empty() {
        wanted.conditions.push(("aws:TagKeys".to_owned(), keys));
    }
}

/// The ARN of the trail that a text names, whether or not there is one; none for what can name no trail.
fn trail(catalog: &Catalog, cx: &CallContext, text: &str) -> Option<String> {
    let name = TrailName::parse(text).ok()?;
    match (&name.home, name.visible(catalog, cx)) {
        (Some(home), _) => Some(arn(home, &name.name)),
        (None, Some(trail)) => Some(trail.arn()),
        (None, None) => Some(arn(&cx.scope(), &name.name)),
    }
}

/// The ARN of the store or channel that a text names, whether or not there is one; its policy is weighed too, and a
/// caller of another account needs one. None for what can name none.
pub(crate) fn shared(
    catalog: &Catalog,
    cx: &CallContext,
    kind: Kind,
    text: &str,
    wanted: &mut Authorization,
) -> Option<String> {
    let (scope, id) = lake::parse(cx, kind.resource(), text)?;
    let arn = lake::arn(&scope, kind.resource(), &id);
    wanted.resource_policies.push(ResourcePolicy {
        resource: arn.clone(),
        policy: policies::of(catalog, &scope, kind.resource(), &id),
        owner: scope.account.clone(),
    });
    let tags = match kind {
        Kind::EventDataStore => stores::at(catalog, &scope, &id).map(|store| store.record.tags.clone()),
        Kind::Channel => channels::at(catalog, &scope, &id).map(|channel| channel.record.tags.clone()),
    };
    let condition =
        |(key, value): (String, Option<String>)| (format!("aws:ResourceTag/{key}"), vec![value.unwrap_or_default()]);
    let conditions = tags.unwrap_or_default().into_iter().map(condition).collect();
    wanted.resource_conditions.push((arn.clone(), conditions));
    Some(arn)
}

fn texts(input: Option<&Value>, member: &str) -> Vec<String> {
    let Some(Value::Struct(input)) = input else { return Vec::new() };
    let place = input.shape.structure().and_then(|structure| structure.member(member));
    let value = place.and_then(|(index, _)| input.members.iter().find(|(at, _)| *at == index));
    match value.map(|(_, value)| value) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::List(values)) => values
            .iter()
            .filter_map(|value| match value {
                Value::String(text) => Some(text.clone()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}
