//! `StartConfigRulesEvaluation`

use api::config::errors;
use api::config::types::{StartConfigRulesEvaluationRequest, StartConfigRulesEvaluationResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use super::put_config_rule::refuse_in_use;
use super::rules_page::selected;
use crate::change::change;
use crate::notices;
use crate::rule_book::RuleState;
use crate::rule_state::{self, Why};
use crate::service::Config;

/// Time that must pass between two calls for one rule.
const PAUSE_MS: i64 = 60_000;

/// Evaluates rules over what is known of the resources that they are about; all active ones where none is named
/// (config.md §6.6).
pub async fn start_config_rules_evaluation(
    config: &Config,
    cx: &CallContext,
    input: StartConfigRulesEvaluationRequest,
) -> Result<StartConfigRulesEvaluationResponse, ServiceError> {
    let (parts, scope) = (&config.parts, cx.scope());
    change(&parts.catalog, || {
        let names = input.config_rule_names.as_deref().unwrap_or_default();
        let mut rules = selected(config, cx, Some(names))?;
        if names.is_empty() {
            rules.retain(|rule| rule.state == RuleState::Active);
        }
        let mut transaction = Transaction::default();
        for rule in &rules {
            let state = rule_state::of(&parts.catalog, &scope, &rule.id);
            let is_soon = state.asked.is_some_and(|asked| cx.now < asked.plus_millis(PAUSE_MS));
            if is_soon || state.is_evaluating() {
                let message = format!(
                    "The rule {} is being evaluated, or its evaluation was started less than a minute ago. Try again later.",
                    rule.name
                );
                return Err(errors::limit_exceeded_exception(message));
            }
            refuse_in_use(parts, &scope, rule)?;
            rule_state::want(&parts.catalog, &mut transaction, &scope, &rule.id, Why::Asked, cx.now);
        }
        if !rules.is_empty() {
            let names = rules.iter().map(|rule| rule.name.clone()).collect();
            notices::add_evaluation_started(&mut transaction, &scope, names, cx.now);
        }
        Ok((transaction, ()))
    })
    .await?;
    parts.signals.schedule.notify_one();
    parts.signals.notices.notify_one();
    Ok(StartConfigRulesEvaluationResponse {})
}
