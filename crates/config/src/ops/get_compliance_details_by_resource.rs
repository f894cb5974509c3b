//! `GetComplianceDetailsByResource`

use api::config::errors;
use api::config::types::{GetComplianceDetailsByResourceRequest, GetComplianceDetailsByResourceResponse};
use api::{CallContext, ServiceError};

use crate::compliance::{self, Wanted};
use crate::paging;
use crate::results;
use crate::rule::{Compliance, ResourceKey};
use crate::rule_book;
use crate::service::Config;

/// Results of a page.
const PAGE: usize = 10;

/// What rules said of a resource, by the rules' names (config.md §6.6).
pub async fn get_compliance_details_by_resource(
    config: &Config,
    cx: &CallContext,
    input: GetComplianceDetailsByResourceRequest,
) -> Result<GetComplianceDetailsByResourceResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let wanted = Wanted::of_results(input.compliance_types)?;
    if input.resource_evaluation_id.is_some() {
        // There are none: resources are judged when they are there.
        let message = "The ResourceEvaluationId provided in the request is invalid.";
        return Err(errors::invalid_parameter_value_exception(message));
    }
    let (Some(resource_type), Some(resource_id)) = (input.resource_type, input.resource_id) else {
        let message = "The ResourceType and the ResourceId should be provided.";
        return Err(errors::invalid_parameter_value_exception(message));
    };
    let asked = format!("GetComplianceDetailsByResource\n{}\n{resource_type}\n{resource_id}\n{wanted:?}", cx.account());
    let after: Option<String> = paging::read(input.next_token.as_deref(), &asked, cx.now)?;
    let key = ResourceKey { resource_type, resource_id };
    let said = results::of_resource(catalog, &scope, &key);
    let is_wanted = |compliance| wanted.holds(compliance, Some(Compliance::NotApplicable));
    let mut rules = rule_book::all(catalog, &scope);
    rules.retain(|found| {
        let is_said =
            |(rule_id, compliance): &(String, Compliance)| *rule_id == found.value.id && is_wanted(*compliance);
        after.as_ref().is_none_or(|after| found.value.name > *after) && said.iter().any(is_said)
    });
    let is_more = rules.len() > PAGE;
    rules.truncate(PAGE);
    let last = rules.last().filter(|_| is_more);
    let next_token = last.map(|last| paging::write(&asked, &last.value.name, cx.now));
    let result = |rule: &rule_book::RuleRecord| {
        let found = results::find(catalog, &scope, &rule.id, &key)?;
        Some(compliance::result(rule, &key, &found.value))
    };
    let results = rules.iter().filter_map(|found| result(&found.value)).collect();
    Ok(GetComplianceDetailsByResourceResponse { evaluation_results: Some(results), next_token })
}
