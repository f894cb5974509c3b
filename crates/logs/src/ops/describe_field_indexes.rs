//! `DescribeFieldIndexes` (logs.md §8.5): the indexes of groups, and which of their events have the fields.

use std::collections::HashMap;

use api::logs::types;
use api::{CallContext, ServiceError};
use base::Timestamp;

use crate::Logs;
use crate::field_indexes::{self, IndexKind, Wish, seen};
use crate::groups::{self, Group};
use crate::list_page::{self, Asked, Order, PAGE};

/// An index of a group.
struct Index {
    group: Group,
    kind: IndexKind,
    of_policy: bool,
    wish: Wish,
}

pub(super) async fn describe_field_indexes(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeFieldIndexesRequest,
) -> Result<types::DescribeFieldIndexesResponse, ServiceError> {
    let parameters = format!("{:?}", ("DescribeFieldIndexes", cx.scope(), &input.log_group_identifiers));
    let asked = Asked {
        parameters: &parameters,
        token: input.next_token.as_deref(),
        limit: PAGE,
        order: Order::Ascending,
        now: cx.now,
    };
    let mut indexes = Vec::new();
    for group in asked_groups(logs, cx, &input.log_group_identifiers)? {
        indexes.extend(indexes_of(logs, cx, &group));
    }
    let named = indexes.into_iter().map(|index| ((index.group.name.clone(), index.wish.field.clone()), index));
    let (page, next_token) = list_page::page(&asked, named)?;
    let mut field_indexes = Vec::with_capacity(page.len());
    for of_group in page.chunk_by(|one, other| one.group.name == other.group.name) {
        let wishes: Vec<Wish> = of_group.iter().map(|index| index.wish.clone()).collect();
        let times = seen(logs, &of_group[0].group, &wishes, cx.now).await?;
        // An index that every group has is told of where there is something in it.
        let told = of_group.iter().filter(|index| index.of_policy || times.contains_key(&index.wish.field));
        field_indexes.extend(told.map(|index| {
            let times = times.get(&index.wish.field);
            types::FieldIndex {
                log_group_identifier: Some(index.group.arn()),
                field_index_name: Some(index.wish.field.clone()),
                // It was looked for just now.
                last_scan_time: Some(cx.now.millis()),
                first_event_time: times.map(|seen| seen.first.millis()),
                last_event_time: times.and_then(|seen| seen.last).map(Timestamp::millis),
                r#type: Some(index.kind.api()),
            }
        }));
    }
    Ok(types::DescribeFieldIndexesResponse { field_indexes: Some(field_indexes), next_token })
}

/// The groups, each once, by name.
fn asked_groups(logs: &Logs, cx: &CallContext, identifiers: &[String]) -> Result<Vec<Group>, ServiceError> {
    let mut found = HashMap::new();
    for identifier in identifiers {
        let group = groups::identified(&logs.parts.catalog, cx, identifier)?;
        found.insert(group.id(), group);
    }
    let mut found: Vec<Group> = found.into_values().collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// A group's indexes, by the names of their fields.
fn indexes_of(logs: &Logs, cx: &CallContext, group: &Group) -> Vec<Index> {
    let indexed = field_indexes::indexes(logs, group);
    let index = |(field, kind): (String, IndexKind)| Index {
        group: group.clone(),
        kind,
        of_policy: indexed.names(cx.now, &field),
        wish: Wish { coverage: indexed.coverage(std::slice::from_ref(&field), cx.now), field },
    };
    let mut indexes: Vec<Index> = indexed.fields(cx.now).into_iter().map(index).collect();
    indexes.sort_by(|one, other| one.wish.field.cmp(&other.wish.field));
    indexes
}
