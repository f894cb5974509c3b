//! `DescribeConfigRules`

use api::config::types::{DescribeConfigRulesRequest, DescribeConfigRulesResponse, EvaluationMode};
use api::{CallContext, ServiceError};

use super::rules_page::{RulesPage, selected};
use crate::rule_book::{Mode, RuleRecord};
use crate::rule_state;
use crate::service::Config;

/// Rules of a page.
const PAGE: usize = 25;

/// What rules there are, by name (config.md §6.1).
pub async fn describe_config_rules(
    config: &Config,
    cx: &CallContext,
    input: DescribeConfigRulesRequest,
) -> Result<DescribeConfigRulesResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let mode = input.filters.and_then(|filters| filters.evaluation_mode);
    let asked = format!("DescribeConfigRules\n{:?}\n{mode:?}", input.config_rule_names);
    let mut rules = selected(config, cx, input.config_rule_names.as_deref())?;
    rules.retain(|rule| mode.is_none_or(|mode| has_mode(rule, mode)));
    let RulesPage { rules, next_token } = RulesPage::read(cx, rules, &asked, input.next_token.as_deref(), PAGE)?;
    let shown = |rule: &RuleRecord| rule.to_api(&scope, &rule_state::of(catalog, &scope, &rule.id));
    Ok(DescribeConfigRulesResponse { config_rules: Some(rules.iter().map(|rule| shown(rule)).collect()), next_token })
}

/// Whether a rule is evaluated so; one of which nothing is said judges what is there.
fn has_mode(rule: &RuleRecord, mode: EvaluationMode) -> bool {
    let mode = Mode::of_api(mode);
    rule.modes.contains(&mode) || (rule.modes.is_empty() && mode == Mode::Detective)
}
