//! `ListLogGroups` (logs.md §2.4).

use api::logs::types;
use api::{CallContext, ServiceError};

use super::describe_log_groups::takes_own_account;
use crate::Logs;
use crate::field_indexes;
use crate::groups::{self, Group};
use crate::list_page::{self, Asked, Order};
use crate::record::LogGroupClass;

pub(super) async fn list_log_groups(
    logs: &Logs,
    cx: &CallContext,
    input: types::ListLogGroupsRequest,
) -> Result<types::ListLogGroupsResponse, ServiceError> {
    let parameters = format!(
        "{:?}",
        (
            "ListLogGroups",
            cx.scope(),
            &input.log_group_name_pattern,
            input.log_group_class,
            &input.account_identifiers,
            &input.data_sources,
            &input.field_index_names,
            &input.log_group_tags,
        )
    );
    let asked = Asked {
        parameters: &parameters,
        token: input.next_token.as_deref(),
        limit: list_page::limit(input.limit),
        order: Order::Ascending,
        now: cx.now,
    };
    let own = takes_own_account(cx, input.include_linked_accounts, input.account_identifiers.as_deref())?;
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    let found = own.then(|| Ok(groups::walk(catalog, &scope, "", asked.after::<String>()?))).transpose()?;
    let found = found
        .into_iter()
        .flatten()
        .filter(|group| wanted(group, &input) && indexed(logs, cx, group, input.field_index_names.as_deref()));
    let (log_groups, next_token) = list_page::page(&asked, found.map(|group| (group.name.clone(), summary(&group))))?;
    Ok(types::ListLogGroupsResponse { log_groups: Some(log_groups), next_token })
}

fn summary(group: &Group) -> types::LogGroupSummary {
    types::LogGroupSummary {
        log_group_name: Some(group.name.clone()),
        log_group_arn: Some(group.arn()),
        log_group_class: Some(group.record.class.api()),
    }
}

fn wanted(group: &Group, input: &types::ListLogGroupsRequest) -> bool {
    let pattern = input.log_group_name_pattern.as_deref();
    let tags = input.log_group_tags.as_deref().unwrap_or_default();
    pattern.is_none_or(|pattern| matches_pattern(&group.name, pattern))
        && input.log_group_class.is_none_or(|class| group.record.class == LogGroupClass::of(class))
        // Nothing here is ingested from data sources.
        && input.data_sources.is_none()
        && tags.iter().all(|filter| matches_tag(&group.record.tags, filter))
}

/// Whether a group has an index on each of the fields (logs.md LL-2).
fn indexed(logs: &Logs, cx: &CallContext, group: &Group, fields: Option<&[String]>) -> bool {
    let Some(fields) = fields else { return true };
    let indexed = field_indexes::indexes(logs, group);
    fields.iter().all(|field| indexed.indexes(cx.now, field))
}

/// Up to five alternatives; each is a part of the name, or its start after `^` (logs.md LL-1).
fn matches_pattern(name: &str, pattern: &str) -> bool {
    pattern.split('|').any(|alternative| match alternative.strip_prefix('^') {
        Some(start) => name.starts_with(start),
        None => name.contains(alternative),
    })
}

/// One filter on tags: the key, and any of the values where there are some (logs.md LL-2).
fn matches_tag(tags: &[(String, String)], filter: &types::TagFilter) -> bool {
    let Some((_, value)) = tags.iter().find(|(key, _)| *key == filter.key) else { return false };
    let values = filter.values.as_deref().unwrap_or_default();
    values.is_empty()
        || values.iter().any(|wanted| match wanted.strip_prefix('!') {
            Some(unwanted) => !matches_value(value, unwanted),
            None => matches_value(value, wanted),
        })
}

/// Without regard to case; `*` at either end stands for anything.
fn matches_value(value: &str, pattern: &str) -> bool {
    let (value, pattern) = (value.to_lowercase(), pattern.to_lowercase());
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(""), _) => true,
        (Some(end), Some(_)) => value.contains(end.trim_end_matches('*')),
        (Some(end), None) => value.ends_with(end),
        (None, Some(start)) => value.starts_with(start),
        (None, None) => value == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_alternatives_of_parts_and_starts() {
        for (pattern, matches) in
            [("app", true), ("^/aws", true), ("^app", false), ("nope|app", true), ("nope|^aws", false), ("APP", false)]
        {
            assert_eq!(matches_pattern("/aws/app/1", pattern), matches, "{pattern}");
        }
    }

    #[test]
    fn values_of_tags_have_wildcards_and_can_be_unwanted() {
        let tags = [("team".to_owned(), "Blue-Ops".to_owned())];
        let filter = |key: &str, values: &[&str]| types::TagFilter {
            key: key.to_owned(),
            values: (!values.is_empty()).then(|| values.iter().map(|value| (*value).to_owned()).collect()),
        };
        for (values, matches) in [
            (&[][..], true),
            (&["blue-ops"], true),
            (&["blue"], false),
            (&["blue*"], true),
            (&["*OPS"], true),
            (&["*e-o*"], true),
            (&["!red"], true),
            (&["!blue*"], false),
            (&["red", "blue*"], true),
        ] {
            assert_eq!(matches_tag(&tags, &filter("team", values)), matches, "{values:?}");
        }
        assert!(!matches_tag(&tags, &filter("owner", &[])));
    }
}
