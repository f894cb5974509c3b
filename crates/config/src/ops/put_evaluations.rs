//! `PutEvaluations`

use api::config::errors;
use api::config::types::{ComplianceType, Evaluation, PutEvaluationsRequest, PutEvaluationsResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use super::rules_page::no_such_rule;
use crate::change::change;
use crate::custom::{Given, compliance, to_result, token};
use crate::results::{self, Invocation};
use crate::rule_book::{self, RuleState};
use crate::rule_state;
use crate::service::Config;

/// Takes what a function found out (config.md §6.6). In test mode nothing is stored, and any token will do.
pub async fn put_evaluations(
    config: &Config,
    cx: &CallContext,
    input: PutEvaluationsRequest,
) -> Result<PutEvaluationsResponse, ServiceError> {
    let Some(evaluations) = input.evaluations else {
        let message =
            "The Evaluations object in your request cannot be null.Add the required parameters and try again.";
        return Err(errors::invalid_parameter_value_exception(message));
    };
    check_words(evaluations.iter().map(|evaluation| evaluation.compliance_type))?;
    let (mut results, mut failed) = (Vec::new(), Vec::new());
    for evaluation in evaluations {
        match to_result(given(&evaluation)) {
            Ok(result) => results.push(result),
            Err(_) => failed.push(evaluation),
        }
    }
    let response = PutEvaluationsResponse { failed_evaluations: Some(failed) };
    if input.test_mode == Some(true) {
        return Ok(response);
    }
    let (parts, scope) = (&config.parts, cx.scope());
    let token = token::find(&parts.catalog, &scope, &input.result_token, cx.now)?;
    change(&parts.catalog, || {
        // A rule that was made anew under its name is another one.
        let rule = rule_book::find(&parts.catalog, &scope, &token.rule_name);
        let rule = rule.filter(|found| found.value.id == token.rule_id && found.value.state == RuleState::Active);
        let rule = rule.ok_or_else(|| no_such_rule(&token.rule_name))?;
        let mut transaction = Transaction::default();
        rule_book::check(&mut transaction, &scope, &rule);
        let of = Invocation { rule: &rule.value, invoked: token.invoked };
        results::put_all(parts, &mut transaction, &scope, [(of, results.clone())], cx.now);
        rule_state::note(&parts.catalog, &mut transaction, &scope, &token.rule_id, |state| {
            (state.first_evaluation_started, state.evaluated, state.error) = (true, Some(cx.now), None);
        });
        Ok((transaction, ()))
    })
    .await?;
    parts.wake_for_results();
    Ok(response)
}

/// # Errors
/// `InvalidParameterValueException`: that there is no data is no evaluation.
pub(super) fn check_words(words: impl IntoIterator<Item = ComplianceType>) -> Result<(), ServiceError> {
    match words.into_iter().any(|word| word == ComplianceType::InsufficientData) {
        true => {
            let message = "The ComplianceType INSUFFICIENT_DATA is invalid. Only the following values are permitted: COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE";
            Err(errors::invalid_parameter_value_exception(message))
        }
        false => Ok(()),
    }
}

fn given(evaluation: &Evaluation) -> Given {
    Given {
        resource_type: evaluation.compliance_resource_type.clone(),
        resource_id: evaluation.compliance_resource_id.clone(),
        compliance: compliance(evaluation.compliance_type),
        annotation: evaluation.annotation.clone(),
        ordering: evaluation.ordering_timestamp,
    }
}
