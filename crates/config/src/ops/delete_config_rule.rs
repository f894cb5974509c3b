//! `DeleteConfigRule`

use api::config::errors;
use api::config::types::DeleteConfigRuleRequest;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use super::put_config_rule::{refuse_in_use, refuse_service_linked};
use super::rules_page::named;
use crate::change::change;
use crate::remediation::{self, exception};
use crate::rule_book::{self, RuleState};
use crate::service::Config;

/// Lets a rule go, which is gone once its results are (config.md §6.6).
pub async fn delete_config_rule(
    config: &Config,
    cx: &CallContext,
    input: DeleteConfigRuleRequest,
) -> Result<Unit, ServiceError> {
    let (parts, scope) = (&config.parts, cx.scope());
    change(&parts.catalog, || {
        let found = named(&parts.catalog, &scope, &input.config_rule_name)?;
        let mut transaction = Transaction::default();
        refuse_service_linked(&found.value)?;
        // It goes already.
        if found.value.state != RuleState::Deleting {
            refuse_in_use(parts, &scope, &found.value)?;
            if remediation::find(&parts.catalog, &scope, &found.value.name).is_some() {
                let message = format!(
                    "A remediation action is associated with the rule {}. Delete the remediation action before the rule.",
                    found.value.name
                );
                return Err(errors::resource_in_use_exception(message));
            }
            exception::remove_all(&parts.catalog, &mut transaction, &scope, &found.value.name);
            rule_book::remove(&mut transaction, &scope, &found);
        }
        Ok((transaction, ()))
    })
    .await?;
    parts.signals.schedule.notify_one();
    Ok(Unit)
}
