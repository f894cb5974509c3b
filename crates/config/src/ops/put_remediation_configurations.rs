//! `PutRemediationConfigurations`

use api::config::types::{PutRemediationConfigurationsRequest, PutRemediationConfigurationsResponse};
use api::config::{errors, types};
use api::{CallContext, ServiceError};
use base::{Scope, id};
use store::catalog::{Catalog, Transaction, Versioned};

use super::rules_page::no_such_rule;
use crate::change::change;
use crate::remediation;
use crate::rule_book::{self, RuleRecord, RuleState};
use crate::service::Config;

/// Says what is done about resources that break rules (config.md §8.4): all of it or, where something is wrong, nothing.
pub async fn put_remediation_configurations(
    config: &Config,
    cx: &CallContext,
    input: PutRemediationConfigurationsRequest,
) -> Result<PutRemediationConfigurationsResponse, ServiceError> {
    let given = &input.remediation_configurations;
    let mut names: Vec<_> = given.iter().map(|given| given.config_rule_name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        let message = format!("There can be one remediation configuration for each rule; {} has several.", twice[0]);
        return Err(errors::invalid_parameter_value_exception(message));
    }
    let catalog = &config.parts.catalog;
    change(catalog, || {
        let mut transaction = Transaction::default();
        for given in given {
            add(config, cx, given, &mut transaction)?;
        }
        Ok((transaction, ()))
    })
    .await?;
    config.parts.signals.remediations.notify_one();
    Ok(PutRemediationConfigurationsResponse { failed_batches: Some(Vec::new()) })
}

fn add(
    config: &Config,
    cx: &CallContext,
    given: &types::RemediationConfiguration,
    transaction: &mut Transaction,
) -> Result<(), ServiceError> {
    let (catalog, scope, name) = (&config.parts.catalog, cx.scope(), &given.config_rule_name);
    let rule = staying(catalog, &scope, name)?;
    if let Some(service) = &rule.value.created_by {
        let message = format!("The rule {name} was made by {service}: its remediation cannot be put by others.");
        return Err(errors::insufficient_permissions_exception(message));
    }
    let found = remediation::find(catalog, &scope, name);
    let known_id = found.as_ref().map(|found| found.value.id.clone());
    let id = known_id.unwrap_or_else(|| id::uuid(&*config.parts.entropy).to_string());
    let record = remediation::of_api(given, id, cx.now)?;
    let is_other = |arn: &String| *arn != record.arn(&scope, name);
    if given.created_by_service.is_some() || given.arn.as_ref().is_some_and(is_other) {
        let message = format!("Arn and CreatedByService of the configuration for {name} are given by AWS Config.");
        return Err(errors::invalid_parameter_value_exception(message));
    }
    rule_book::check(transaction, &scope, &rule);
    match found {
        Some(found) => transaction.update(remediation::key(&scope, name), found.version, &record),
        None => transaction.create(remediation::key(&scope, name), &record),
    };
    Ok(())
}

/// The rule of this name, unless it goes: what is put for one that goes would be there for the next of its name.
///
/// # Errors
/// `InvalidParameterValueException`
pub(super) fn staying(catalog: &Catalog, scope: &Scope, name: &str) -> Result<Versioned<RuleRecord>, ServiceError> {
    let found = rule_book::find(catalog, scope, name).filter(|found| found.value.state != RuleState::Deleting);
    found.ok_or_else(|| {
        let message = no_such_rule(name).message.unwrap_or_default();
        errors::invalid_parameter_value_exception(message)
    })
}
