//! `DeleteEvaluationResults`

use api::config::types::{DeleteEvaluationResultsRequest, DeleteEvaluationResultsResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use super::put_config_rule::refuse_in_use;
use super::rules_page::named;
use crate::change::change;
use crate::rule_book::{self, RuleRecord, RuleState};
use crate::service::Config;

/// Lets the results of a rule go; the rule says nothing until it is evaluated again (config.md §6.6).
pub async fn delete_evaluation_results(
    config: &Config,
    cx: &CallContext,
    input: DeleteEvaluationResultsRequest,
) -> Result<DeleteEvaluationResultsResponse, ServiceError> {
    let (parts, scope) = (&config.parts, cx.scope());
    change(&parts.catalog, || {
        let found = named(&parts.catalog, &scope, &input.config_rule_name)?;
        refuse_in_use(parts, &scope, &found.value)?;
        let record = RuleRecord { state: RuleState::DeletingResults, ..RuleRecord::clone(&found.value) };
        let mut transaction = Transaction::default();
        rule_book::put(&parts.catalog, &mut transaction, &scope, Some(&found), &record);
        Ok((transaction, ()))
    })
    .await?;
    parts.signals.schedule.notify_one();
    Ok(DeleteEvaluationResultsResponse {})
}
