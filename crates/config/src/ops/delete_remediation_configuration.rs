//! `DeleteRemediationConfiguration`

use api::config::errors;
use api::config::types::{DeleteRemediationConfigurationRequest, DeleteRemediationConfigurationResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::remediation::{self, execution};
use crate::service::Config;

/// Nothing is done any more about resources that break a rule; what became of it is forgotten (config.md §8.4).
pub async fn delete_remediation_configuration(
    config: &Config,
    cx: &CallContext,
    input: DeleteRemediationConfigurationRequest,
) -> Result<DeleteRemediationConfigurationResponse, ServiceError> {
    let (catalog, scope, name) = (&config.parts.catalog, cx.scope(), &input.config_rule_name);
    change(catalog, || {
        let found = remediation::named(catalog, &scope, name)?;
        let is_of_type = |wanted: &String| found.value.resource_type.as_ref().is_none_or(|only| only == wanted);
        if !input.resource_type.as_ref().is_none_or(is_of_type) {
            let message = format!("The remediation configuration for {name} is not about resources of this type.");
            return Err(errors::invalid_parameter_value_exception(message));
        }
        if let Some(service) = &found.value.created_by {
            let message = format!("The remediation configuration for {name} was made by {service}.");
            return Err(errors::insufficient_permissions_exception(message));
        }
        if execution::of_rule(catalog, &scope, name).iter().any(|(_, found)| found.value.is_under_way()) {
            let message = format!("A remediation action for the rule {name} is in progress. Try again later.");
            return Err(errors::remediation_in_progress_exception(message));
        }
        let mut transaction = Transaction::default();
        remediation::remove(catalog, &mut transaction, &scope, name);
        Ok((transaction, ()))
    })
    .await?;
    Ok(DeleteRemediationConfigurationResponse {})
}
