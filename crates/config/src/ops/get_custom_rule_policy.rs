//! `GetCustomRulePolicy`

use api::config::types::{GetCustomRulePolicyRequest, GetCustomRulePolicyResponse};
use api::{CallContext, ServiceError};

use super::rules_page::no_such_rule;
use crate::rule_book::{self, RuleSource};
use crate::service::Config;

/// The text of a rule's policy; nothing of a rule without one (config.md §6.6).
pub async fn get_custom_rule_policy(
    config: &Config,
    cx: &CallContext,
    input: GetCustomRulePolicyRequest,
) -> Result<GetCustomRulePolicyResponse, ServiceError> {
    let name = input.config_rule_name.unwrap_or_default();
    let found = rule_book::find(&config.parts.catalog, &cx.scope(), &name).ok_or_else(|| no_such_rule(&name))?;
    let policy_text = match &found.value.source {
        RuleSource::Policy { text, .. } => Some(text.clone()),
        RuleSource::Managed { .. } | RuleSource::Lambda { .. } => None,
    };
    Ok(GetCustomRulePolicyResponse { policy_text })
}
