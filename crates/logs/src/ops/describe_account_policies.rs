//! `DescribeAccountPolicies` (logs.md AP-5).

use api::logs::types;
use api::{CallContext, ServiceError};

use super::describe_log_groups::takes_own_account;
use crate::Logs;
use crate::account_policies::{self, AccountPolicyType};
use crate::list_page::{self, Asked, Order};

pub(super) async fn describe_account_policies(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeAccountPoliciesRequest,
) -> Result<types::DescribeAccountPoliciesResponse, ServiceError> {
    let (scope, of) = (cx.scope(), AccountPolicyType::of(input.policy_type));
    let parameters = format!("{:?}", ("DescribeAccountPolicies", &scope, of, &input.policy_name));
    let asked = Asked {
        parameters: &parameters,
        token: input.next_token.as_deref(),
        limit: list_page::PAGE,
        order: Order::Ascending,
        now: cx.now,
    };
    // Other accounts' policies would be those of linked accounts, which there are none of.
    let own = takes_own_account(cx, Some(true), input.account_identifiers.as_deref())?;
    let mut found = match own {
        true => account_policies::in_force(&logs.parts.catalog, &scope, of),
        false => Vec::new(),
    };
    if let Some(wanted) = &input.policy_name {
        found.retain(|(name, _)| name == wanted);
        if found.is_empty() && own {
            return Err(account_policies::not_found());
        }
    }
    let described = found.into_iter().filter_map(|(name, found)| {
        let described = account_policies::described(&scope, of, &name, &found.value)?;
        Some((name, described))
    });
    let (account_policies, next_token) = list_page::page(&asked, described)?;
    Ok(types::DescribeAccountPoliciesResponse { account_policies: Some(account_policies), next_token })
}
