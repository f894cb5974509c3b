//! `DescribeLogGroups` (logs.md §2.3).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};

use crate::change::store_failure;
use crate::groups::{self, Group};
use crate::list_page::{self, Asked, Order};
use crate::record::LogGroupClass;
use crate::{Logs, data_protection};

pub(super) async fn describe_log_groups(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeLogGroupsRequest,
) -> Result<types::DescribeLogGroupsResponse, ServiceError> {
    let by_pattern = input.log_group_name_pattern.is_some();
    let parameters = format!(
        "{:?}",
        (
            "DescribeLogGroups",
            cx.scope(),
            &input.log_group_name_prefix,
            &input.log_group_name_pattern,
            input.log_group_class,
            &input.log_group_identifiers,
        )
    );
    let asked = Asked {
        parameters: &parameters,
        token: input.next_token.as_deref(),
        limit: list_page::limit(input.limit),
        order: Order::Ascending,
        now: cx.now,
    };
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    let (page, next_token) = match chosen(logs, cx, &input)? {
        Chosen::These(groups) => page_of(&asked, &input, groups)?,
        Chosen::From(prefix) => {
            page_of(&asked, &input, groups::walk(catalog, &scope, prefix, asked.after::<String>()?))?
        }
    };
    let mut log_groups = Vec::with_capacity(page.len());
    for group in page {
        log_groups.push(match by_pattern {
            true => briefly(&group),
            false => wholly(logs, cx, &group).await?,
        });
    }
    Ok(types::DescribeLogGroupsResponse { log_groups: Some(log_groups), next_token })
}

/// The groups that a call asks for, before those are taken out that do not fit.
enum Chosen<'a> {
    /// These, by name.
    These(Vec<Group>),
    /// All whose names start so.
    From(&'a str),
}

/// The groups that the call asks for.
fn chosen<'a>(
    logs: &Logs,
    cx: &CallContext,
    input: &'a types::DescribeLogGroupsRequest,
) -> Result<Chosen<'a>, ServiceError> {
    let refused = |message: &str| Err(errors::invalid_parameter_exception(message));
    if input.log_group_name_prefix.is_some() && input.log_group_name_pattern.is_some() {
        // logs.md DG-2.
        return refused("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
    }
    if !takes_own_account(cx, input.include_linked_accounts, input.account_identifiers.as_deref())? {
        return Ok(Chosen::These(Vec::new()));
    }
    let Some(identifiers) = &input.log_group_identifiers else {
        return Ok(Chosen::From(input.log_group_name_prefix.as_deref().unwrap_or_default()));
    };
    let others = input.log_group_name_prefix.is_some()
        || input.log_group_name_pattern.is_some()
        || input.log_group_class.is_some()
        || input.account_identifiers.is_some();
    if others {
        return refused("logGroupIdentifiers cannot be combined with other filters.");
    }
    let mut names = Vec::new();
    for identifier in identifiers {
        names.push(groups::name_of(cx, identifier)?);
    }
    names.sort_unstable();
    names.dedup();
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    Ok(Chosen::These(names.into_iter().filter_map(|name| groups::get(catalog, &scope, name)).collect()))
}

/// The page of those that fit.
fn page_of(
    asked: &Asked<'_>,
    input: &types::DescribeLogGroupsRequest,
    groups: impl IntoIterator<Item = Group>,
) -> Result<list_page::Page<Group>, ServiceError> {
    let class = input.log_group_class.map(LogGroupClass::of);
    let fits = |group: &Group| {
        let pattern = input.log_group_name_pattern.as_deref();
        pattern.is_none_or(|pattern| group.name.contains(pattern))
            && class.is_none_or(|class| group.record.class == class)
    };
    list_page::page(asked, groups.into_iter().filter(fits).map(|group| (group.name.clone(), group)))
}

/// Whether the caller's own groups are asked for: no other account is ever linked to it (logs.md DG-4).
///
/// # Errors
/// `InvalidParameterException` for accounts without `includeLinkedAccounts`.
pub(super) fn takes_own_account(
    cx: &CallContext,
    include_linked: Option<bool>,
    accounts: Option<&[String]>,
) -> Result<bool, ServiceError> {
    match (accounts.unwrap_or_default(), include_linked) {
        ([], _) => Ok(true),
        (accounts, Some(true)) => Ok(accounts.iter().any(|account| account == cx.account().as_str())),
        _ => {
            let message = "accountIdentifiers can be specified only when includeLinkedAccounts is true.";
            Err(errors::invalid_parameter_exception(message))
        }
    }
}

/// What is given of a group that a pattern found (logs.md DG-3).
fn briefly(group: &Group) -> types::LogGroup {
    types::LogGroup {
        retention_in_days: None,
        kms_key_id: None,
        data_protection_status: None,
        inherited_properties: None,
        deletion_protection_enabled: None,
        bearer_token_authentication_enabled: None,
        ..group.described()
    }
}

async fn wholly(logs: &Logs, cx: &CallContext, group: &Group) -> Result<types::LogGroup, ServiceError> {
    let bytes = logs.parts.events.stored_bytes(group.id(), group.kept_from(cx.now)).await;
    let stored_bytes = i64::try_from(bytes.map_err(|error| store_failure(&error))?).ok();
    let data_protection_status =
        data_protection::record(&logs.parts.catalog, group).map(|record| match record.documents.current() {
            Some(_) => types::DataProtectionStatus::Activated,
            None => types::DataProtectionStatus::Deleted,
        });
    let inherited_properties =
        data_protection::is_inherited(logs, group).then(|| vec![types::InheritedProperty::AccountDataProtection]);
    Ok(types::LogGroup { stored_bytes, data_protection_status, inherited_properties, ..group.described() })
}
