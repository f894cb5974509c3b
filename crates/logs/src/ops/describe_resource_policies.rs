//! `DescribeResourcePolicies` (logs.md RP-5).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use store::log_event::GroupId;

use crate::list_page::{self, Asked, Order};
use crate::record::ResourcePolicyRecord;
use crate::resource_policies::{self, ACCOUNT, PolicyScope};
use crate::{Logs, groups};

pub(super) async fn describe_resource_policies(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeResourcePoliciesRequest,
) -> Result<types::DescribeResourcePoliciesResponse, ServiceError> {
    let scope = match (input.policy_scope, &input.resource_arn) {
        (Some(types::PolicyScope::Account), Some(_)) => {
            let message = "resourceArn can be specified only with the policyScope RESOURCE.";
            return Err(errors::invalid_parameter_exception(message));
        }
        (scope, arn) => scope.unwrap_or(match arn {
            Some(_) => types::PolicyScope::Resource,
            None => types::PolicyScope::Account,
        }),
    };
    let parameters = format!("{:?}", ("DescribeResourcePolicies", cx.scope(), scope, &input.resource_arn));
    let asked = Asked {
        parameters: &parameters,
        token: input.next_token.as_deref(),
        limit: list_page::limit(input.limit),
        order: Order::Ascending,
        now: cx.now,
    };
    let found = match (scope, input.resource_arn.as_deref()) {
        (types::PolicyScope::Account, _) => of_account(logs, cx),
        (types::PolicyScope::Resource, Some(arn)) => of_group(logs, cx, arn)?,
        (types::PolicyScope::Resource, None) => of_groups(logs, cx),
    };
    let (page, next_token) = list_page::page(&asked, found)?;
    Ok(types::DescribeResourcePoliciesResponse { resource_policies: Some(page), next_token })
}

type Found = Vec<(String, types::ResourcePolicy)>;

fn of_account(logs: &Logs, cx: &CallContext) -> Found {
    let all = logs.parts.catalog.list_prefix::<ResourcePolicyRecord>(cx.account(), Some(&cx.region), ACCOUNT);
    let policy = |(key, found): (String, store::Versioned<ResourcePolicyRecord>)| {
        let described = resource_policies::described(key.strip_prefix(ACCOUNT), None, &found.value);
        (key, described)
    };
    all.into_iter().map(policy).collect()
}

fn of_group(logs: &Logs, cx: &CallContext, arn: &str) -> Result<Found, ServiceError> {
    let group = resource_policies::group_of(logs, cx, arn)?;
    let key = PolicyScope::Group(group.clone()).key();
    let found = logs.parts.catalog.get::<ResourcePolicyRecord>(&key);
    let policy = |found: store::Versioned<ResourcePolicyRecord>| {
        let described = resource_policies::described(found.value.name.as_deref(), Some(&group), &found.value);
        (key.name.clone(), described)
    };
    Ok(found.map(policy).into_iter().collect())
}

fn of_groups(logs: &Logs, cx: &CallContext) -> Found {
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    let all = catalog.list::<ResourcePolicyRecord>(cx.account(), Some(&cx.region));
    let policy = |(key, found): (String, store::Versioned<ResourcePolicyRecord>)| {
        let (number, _) = key.split_once(':').filter(|_| !key.starts_with(ACCOUNT))?;
        let known = logs.directory.group(GroupId(u64::from_str_radix(number, 16).ok()?))?;
        let group = groups::get(catalog, &scope, &known.name)?;
        let described = resource_policies::described(found.value.name.as_deref(), Some(&group), &found.value);
        Some((key, described))
    };
    all.into_iter().filter_map(policy).collect()
}
