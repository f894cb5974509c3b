//! `DescribeIndexPolicies` (logs.md §8.5): the policy that holds for a group.

use api::logs::types;
use api::{CallContext, ServiceError};
use store::Catalog;

use super::put_index_policy::described;
use crate::field_indexes::{IndexPolicyRecord, NAME};
use crate::groups::Group;
use crate::list_page::invalid_token;
use crate::record::LogGroupClass;
use crate::{Logs, account_policies, groups};

pub(super) async fn describe_index_policies(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeIndexPoliciesRequest,
) -> Result<types::DescribeIndexPoliciesResponse, ServiceError> {
    let catalog = &logs.parts.catalog;
    let mut index_policies = Vec::new();
    for identifier in &input.log_group_identifiers {
        let group = groups::identified(catalog, cx, identifier)?;
        let own = catalog.get::<IndexPolicyRecord>(&group.belonging(NAME));
        let own = own.and_then(|found| described(&group, &found.value));
        index_policies.extend(own.or_else(|| of_account(catalog, &group)));
    }
    // One group has one policy, so no answer ever gave a token.
    match input.next_token {
        None => Ok(types::DescribeIndexPoliciesResponse { index_policies: Some(index_policies), next_token: None }),
        Some(_) => Err(invalid_token()),
    }
}

/// The account's policy that is for a group.
fn of_account(catalog: &Catalog, group: &Group) -> Option<types::IndexPolicy> {
    if group.record.class != LogGroupClass::Standard {
        return None;
    }
    let (name, found) = account_policies::index_policy(catalog, &group.scope, &group.name)?;
    Some(types::IndexPolicy {
        log_group_identifier: Some(group.arn()),
        last_update_time: Some(found.value.updated.millis()),
        policy_document: Some(found.value.versions.current()?.document.clone()),
        policy_name: Some(name),
        source: Some(types::IndexSource::Account),
    })
}
