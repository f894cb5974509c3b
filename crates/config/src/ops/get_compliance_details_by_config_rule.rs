//! `GetComplianceDetailsByConfigRule`

use api::config::types::{GetComplianceDetailsByConfigRuleRequest, GetComplianceDetailsByConfigRuleResponse};
use api::{CallContext, ServiceError};

use super::rules_page::named;
use crate::compliance::{self, Wanted};
use crate::paging;
use crate::results;
use crate::rule::{Compliance, ResourceKey};
use crate::service::Config;

/// Results of a page, unless others are asked for.
const PAGE: usize = 10;
/// Results that are read at once.
const READ: usize = 256;

/// What a rule said of resources, by type and id (config.md §6.6).
pub async fn get_compliance_details_by_config_rule(
    config: &Config,
    cx: &CallContext,
    input: GetComplianceDetailsByConfigRuleRequest,
) -> Result<GetComplianceDetailsByConfigRuleResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let wanted = Wanted::of_results(input.compliance_types)?;
    let rule = named(catalog, &scope, &input.config_rule_name)?.value;
    let asked = format!("GetComplianceDetailsByConfigRule\n{}\n{}\n{wanted:?}", cx.account(), input.config_rule_name);
    let after: Option<(String, String)> = paging::read(input.next_token.as_deref(), &asked, cx.now)?;
    let mut after = after.map(|(resource_type, resource_id)| ResourceKey { resource_type, resource_id });
    let limit = paging::limit(input.limit, PAGE);
    let mut page = Vec::new();
    // One more than a page tells whether there is another.
    while page.len() <= limit {
        let found = results::of_rule(catalog, &scope, &rule.id, after.as_ref(), READ);
        let Some((last, _)) = found.last() else { break };
        after = Some(last.clone());
        let is_wanted = |compliance| wanted.holds(compliance, Some(Compliance::NotApplicable));
        page.extend(found.into_iter().filter(|(_, result)| is_wanted(result.value.compliance)));
    }
    let is_more = page.len() > limit;
    page.truncate(limit);
    let last = page.last().filter(|_| is_more);
    let next_token = last.map(|(key, _)| paging::write(&asked, (&key.resource_type, &key.resource_id), cx.now));
    let results = page.iter().map(|(key, result)| compliance::result(&rule, key, &result.value)).collect();
    Ok(GetComplianceDetailsByConfigRuleResponse { evaluation_results: Some(results), next_token })
}
