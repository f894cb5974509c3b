//! `DescribeIndexPolicies` (logs.md §8.5): the policy that holds for a group.

use api::logs::types;
use api::{CallContext, ServiceError};

use super::put_index_policy::described;
use crate::field_indexes::{IndexPolicyRecord, NAME};
use crate::list_page::invalid_token;
use crate::{Logs, groups};

pub(super) async fn describe_index_policies(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeIndexPoliciesRequest,
) -> Result<types::DescribeIndexPoliciesResponse, ServiceError> {
    let catalog = &logs.parts.catalog;
    let mut index_policies = Vec::new();
    for identifier in &input.log_group_identifiers {
        let group = groups::identified(catalog, cx, identifier)?;
        let found = catalog.get::<IndexPolicyRecord>(&group.belonging(NAME));
        index_policies.extend(found.and_then(|found| described(&group, &found.value)));
    }
    // One group has one policy, so no answer ever gave a token.
    match input.next_token {
        None => Ok(types::DescribeIndexPoliciesResponse { index_policies: Some(index_policies), next_token: None }),
        Some(_) => Err(invalid_token()),
    }
}
