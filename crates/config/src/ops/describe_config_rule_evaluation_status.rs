//! `DescribeConfigRuleEvaluationStatus`

use api::config::types::{
    ConfigRuleEvaluationStatus, DescribeConfigRuleEvaluationStatusRequest, DescribeConfigRuleEvaluationStatusResponse,
};
use api::{CallContext, ServiceError};
use base::Scope;

use super::rules_page::{RulesPage, selected};
use crate::paging;
use crate::rule_book::RuleRecord;
use crate::rule_state::{self, RuleStateRecord};
use crate::service::Config;

/// Rules of a page, unless fewer are asked for.
const PAGE: usize = 50;

/// How the evaluation of rules goes, by name (config.md §6.6).
pub async fn describe_config_rule_evaluation_status(
    config: &Config,
    cx: &CallContext,
    input: DescribeConfigRuleEvaluationStatusRequest,
) -> Result<DescribeConfigRuleEvaluationStatusResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let asked = format!("DescribeConfigRuleEvaluationStatus\n{:?}", input.config_rule_names);
    let rules = selected(config, cx, input.config_rule_names.as_deref())?;
    let limit = paging::limit(input.limit, PAGE);
    let RulesPage { rules, next_token } = RulesPage::read(cx, rules, &asked, input.next_token.as_deref(), limit)?;
    let status = |rule: &RuleRecord| status(&scope, rule, rule_state::of(catalog, &scope, &rule.id));
    Ok(DescribeConfigRuleEvaluationStatusResponse {
        config_rules_evaluation_status: Some(rules.iter().map(|rule| status(rule)).collect()),
        next_token,
    })
}

fn status(scope: &Scope, rule: &RuleRecord, state: RuleStateRecord) -> ConfigRuleEvaluationStatus {
    let (code, message) = state.error.map(|error| (error.code, error.message)).unzip();
    ConfigRuleEvaluationStatus {
        config_rule_name: Some(rule.name.clone()),
        config_rule_arn: Some(rule.arn(scope)),
        config_rule_id: Some(rule.id.clone()),
        last_successful_invocation_time: state.invoked,
        last_failed_invocation_time: state.invocation_failed,
        last_successful_evaluation_time: state.evaluated,
        last_failed_evaluation_time: state.evaluation_failed,
        first_activated_time: state.first_activated,
        // A rule is active until it is gone.
        last_deactivated_time: None,
        last_error_code: code,
        last_error_message: message,
        first_evaluation_started: Some(state.first_evaluation_started),
        last_debug_log_delivery_status: None,
        last_debug_log_delivery_status_reason: None,
        last_debug_log_delivery_time: None,
    }
}
