//! `ListPolicies`: lists managed policies, AWS's and the account's own.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::paging::page;
use crate::iam::shapes::{aws_policy_in_list, policy_in_list};
use crate::iam::usage::Usage;
use crate::managed;
use crate::record::{Policy, PolicyRef};

pub(super) async fn list_policies(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListPoliciesRequest,
) -> Result<types::ListPoliciesResponse, ServiceError> {
    let scope = input.scope.unwrap_or(types::PolicyScopeType::All);
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let usages = iam.usage(cx);
    let usage_of = |policy: PolicyRef| usages.get(&policy).copied().unwrap_or_default();
    let wanted = |usage: Usage| match (input.only_attached, input.policy_usage_filter) {
        (Some(true), Some(types::PolicyUsageType::PermissionsBoundary)) => usage.boundaries > 0,
        (Some(true), _) => usage.attached > 0,
        (_, Some(types::PolicyUsageType::PermissionsPolicy)) => usage.attached > 0,
        (_, Some(types::PolicyUsageType::PermissionsBoundary)) => usage.boundaries > 0,
        _ => true,
    };
    let mut items = Vec::new();
    if scope != types::PolicyScopeType::Aws {
        for (key, policy) in iam.catalog.list::<Policy>(cx.account(), None) {
            let usage = usage_of(PolicyRef::Account(key.clone()));
            if policy.value.path.starts_with(prefix) && wanted(usage) {
                items.push((format!("own {key}"), policy_in_list(cx, &policy.value, usage)));
            }
        }
    }
    if scope != types::PolicyScopeType::Local {
        for (name, policy) in managed::all() {
            let usage = usage_of(PolicyRef::Aws(name.clone()));
            if policy.path.starts_with(prefix) && wanted(usage) {
                items.push((format!("their {name}"), aws_policy_in_list(cx, policy, usage)));
            }
        }
    }
    let page = page(items, input.marker.as_deref(), input.max_items)?;
    Ok(types::ListPoliciesResponse { policies: Some(page.items), is_truncated: page.is_truncated, marker: page.marker })
}
