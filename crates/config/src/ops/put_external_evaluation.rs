//! `PutExternalEvaluation`

use api::config::errors;
use api::config::types::{PutExternalEvaluationRequest, PutExternalEvaluationResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use super::put_evaluations::check_words;
use super::rules_page::no_such_rule;
use crate::change::change;
use crate::custom::compliance;
use crate::item::ACCOUNT_TYPE;
use crate::results::{self, Invocation, NewResult};
use crate::rule::{ResourceKey, Trigger, Verdict};
use crate::rule_book::{self, RuleSource, RuleState};
use crate::rule_state;
use crate::rules;
use crate::service::Config;

/// Takes how it stands with a process that people look after (config.md §6.6): only of rules that are such checks.
pub async fn put_external_evaluation(
    config: &Config,
    cx: &CallContext,
    input: PutExternalEvaluationRequest,
) -> Result<PutExternalEvaluationResponse, ServiceError> {
    let (parts, scope, evaluation) = (&config.parts, cx.scope(), input.external_evaluation);
    check_words([evaluation.compliance_type])?;
    let is_of_account = evaluation.compliance_resource_type == ACCOUNT_TYPE
        && evaluation.compliance_resource_id == scope.account.as_str();
    if !is_of_account {
        let message =
            format!("A process is checked for the resource type {ACCOUNT_TYPE} and the id of the account alone.");
        return Err(errors::invalid_parameter_value_exception(message));
    }
    let result = NewResult {
        resource: ResourceKey {
            resource_type: evaluation.compliance_resource_type,
            resource_id: evaluation.compliance_resource_id,
        },
        verdict: Some(Verdict {
            compliance: compliance(evaluation.compliance_type),
            annotation: evaluation.annotation,
        }),
        ordering: evaluation.ordering_timestamp,
    };
    change(&parts.catalog, || {
        let rule = rule_book::find(&parts.catalog, &scope, &input.config_rule_name);
        let rule = rule.filter(|found| found.value.state == RuleState::Active && is_process(&found.value.source));
        let rule = rule.ok_or_else(|| no_such_rule(&input.config_rule_name))?;
        let mut transaction = Transaction::default();
        rule_book::check(&mut transaction, &scope, &rule);
        let of = Invocation { rule: &rule.value, invoked: cx.now };
        results::put_all(parts, &mut transaction, &scope, [(of, vec![result.clone()])], cx.now);
        rule_state::note(&parts.catalog, &mut transaction, &scope, &rule.value.id, |state| state.succeeded(cx.now));
        Ok((transaction, ()))
    })
    .await?;
    parts.wake_for_results();
    Ok(PutExternalEvaluationResponse {})
}

/// Whether a rule's results are put by callers.
fn is_process(source: &RuleSource) -> bool {
    let RuleSource::Managed { identifier } = source else { return false };
    rules::rule(identifier).is_some_and(|rule| rule.trigger == Trigger::External)
}
